"""Photos of another sort of a bag: cut out of its studio, small and off centre before a real scene.

The scenes are photographs that come with scikit-image and scikit-learn, where these are installed,
and rooms that are drawn here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from webapp.hashing.bag_finder import Frame
from webapp.lab.evaluation.backgrounds import blurred_room, mask

ROOMS, PLACES, OBJECTS = "drawn rooms", "places", "objects"
"""What the bag is before; the objects are large, so that a network may take them for the point."""

SIZE_PIXELS = (640, 480)

# Half was used for tuning, so that the other half can tell the truth: see `Gallery.half`.
_PHOTOGRAPHS: Mapping[str, Mapping[str, tuple[tuple[str, str], ...]]] = {
    PLACES: {
        "even": (
            ("sklearn", "datasets/images/china.jpg"),
            ("skimage", "data/motorcycle_left.png"),
            ("skimage", "data/gravel.png"),
        ),
        "odd": (
            ("skimage", "data/rocket.jpg"),
            ("skimage", "data/brick.png"),
            ("skimage", "data/grass.png"),
        ),
    },
    OBJECTS: {
        "even": (("sklearn", "datasets/images/flower.jpg"), ("skimage", "data/coffee.png")),
        "odd": (("skimage", "data/astronaut.png"), ("skimage", "data/chelsea.png")),
    },
}

# Of the shorter side of the scene: how large the longer side of the bag is.
_SMALLEST_BAG, _LARGEST_BAG = 0.3, 0.5
# Of the photograph's width: the smallest part of it that is a scene.
_SMALLEST_PART = 0.55
# A photo in which more is "bag" has no plain background to be cut out of.
_MOST_BAG = 0.9


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture, and the frame of the pasted bag in it."""

    picture: Image.Image
    frame: Frame


def photographs(sort: str, half: str) -> tuple[Path, ...]:
    """Return the installed photographs of a sort of background; `half` is all, even or odd."""
    halves = ("even", "odd") if half == "all" else (half,)
    named = [one for half in halves for one in _PHOTOGRAPHS.get(sort, {}).get(half, ())]
    paths = (_folder_of(package) / file for package, file in named)
    return tuple(path for path in paths if path.is_file())


@cache
def _folder_of(package: str) -> Path:
    """Return a package's folder, without importing it; where it is not installed, none such."""
    found = find_spec(package)
    return Path(found.origin).parent if found and found.origin else Path("not-installed")


def can_be_pasted(photo: Image.Image) -> bool:
    """Say whether a bag can be cut out of a photo."""
    return 0 < float(np.mean(~mask(np.asarray(photo)))) < _MOST_BAG


def paste(photo: Image.Image, backgrounds: tuple[Path, ...], random: np.random.Generator) -> Scene:
    """Paste the bag of a studio photo before a part of a photograph, or before a drawn room."""
    if backgrounds:
        scene = _part_of(backgrounds[random.integers(len(backgrounds))], random)
    else:
        room = np.clip(blurred_room(SIZE_PIXELS, random), 0, 255)
        scene = Image.fromarray(room.astype(np.uint8))
    bag, alpha = cut_out(photo)
    scale = random.uniform(_SMALLEST_BAG, _LARGEST_BAG) * min(SIZE_PIXELS) / max(bag.size)
    width, height = (max(8, round(side * scale)) for side in bag.size)
    left = int(random.integers(SIZE_PIXELS[0] - width + 1))
    top = int(random.integers(SIZE_PIXELS[1] - height + 1))
    small, small_alpha = (
        one.resize((width, height), Image.Resampling.LANCZOS) for one in (bag, alpha)
    )
    scene.paste(small, (left, top), small_alpha)
    across, down = SIZE_PIXELS
    return Scene(scene, Frame(left / across, top / down, width / across, height / down))


def _part_of(path: Path, random: np.random.Generator) -> Image.Image:
    """Return a random part of a photograph as a scene, mirrored or not."""
    with Image.open(path) as opened:
        photograph = opened.convert("RGB")
    aspect = SIZE_PIXELS[0] / SIZE_PIXELS[1]
    most = min(photograph.width, photograph.height * aspect)
    width = most * random.uniform(_SMALLEST_PART, 1)
    height = width / aspect
    left = random.uniform(0, photograph.width - width)
    top = random.uniform(0, photograph.height - height)
    box = (left, top, left + width, top + height)
    scene = photograph.resize(SIZE_PIXELS, Image.Resampling.LANCZOS, box=box)
    return scene.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.integers(2) else scene


def cut_out(photo: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Return the bag's part of a photo, and how much each pixel of it is bag, mode L."""
    is_bag = ~mask(np.asarray(photo))
    rows, columns = np.flatnonzero(is_bag.any(axis=1)), np.flatnonzero(is_bag.any(axis=0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    alpha = Image.fromarray(is_bag.astype(np.uint8) * 255)
    return photo.crop(box), alpha.crop(box)


def overlap(one: Frame, other: Frame) -> float:
    """Return how much two frames have in common, 0 to 1: intersection over union."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    common = max(0.0, across) * max(0.0, down)
    return common / (one.area + other.area - common)
