"""Other views of a bag: turned away from the camera, in another light, carried by somebody.

They are made of the bag's one photo: what a turned bag shows of its side is not there.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from webapp.lab.evaluation.backgrounds import blurred_room
from webapp.lab.evaluation.scenes import SIZE_PIXELS, cut_out

TURNED, LIT, CARRIED = "turned", "other light", "carried"
VIEWS = (TURNED, LIT, CARRIED)

_SIDE_PIXELS = 600
# Degrees. Shops turn a bag by as much so that its side shows, and its front is still known.
_LEAST_YAW, _MOST_YAW, _MOST_PITCH = 20.0, 38.0, 12.0
# Of the bag's longer side: how far away the camera is.
_CAMERA_DISTANCE = 2.4
# Of the picture's shorter side: how large a carried bag is.
_SMALLEST_CARRIED, _LARGEST_CARRIED = 0.32, 0.48
_SKIN = ((92, 60, 46), (150, 104, 78), (198, 152, 122), (232, 194, 168))


@dataclass(frozen=True, slots=True)
class _Turn:
    """Angles of a flat bag to the camera, in radians; `roll` is in the picture's plane."""

    yaw: float
    pitch: float
    roll: float


def view(name: str, photo: Image.Image, random: np.random.Generator) -> Image.Image:
    """Return a view, by its name, of the bag in a studio photo: see `scenes.can_be_pasted`."""
    return {TURNED: _turned, LIT: _lit, CARRIED: _carried}[name](photo, random)


def _turned(photo: Image.Image, random: np.random.Generator) -> Image.Image:
    """Show the bag from the side and from above or below, in perspective, before a light wall."""
    yaw = random.uniform(_LEAST_YAW, _MOST_YAW) * random.choice((-1, 1))
    pitch = random.uniform(-_MOST_PITCH, _MOST_PITCH)
    bag = _seen(photo, _Turn(math.radians(yaw), math.radians(pitch), 0.0))
    wall = Image.new("RGB", (_SIDE_PIXELS, _SIDE_PIXELS), (int(random.integers(225, 256)),) * 3)
    _put(wall, bag, random.uniform(0.72, 0.9) * _SIDE_PIXELS, (0.5, 0.5))
    return wall


def _lit(photo: Image.Image, random: np.random.Generator) -> Image.Image:
    """Show the whole photo in warm or cold light from one side, brighter or darker."""
    pixels = np.asarray(photo, dtype=np.float64) / 255
    width = pixels.shape[1]
    warmth = random.uniform(0.08, 0.25) * random.choice((-1, 1))
    cast = np.array([1 + warmth, 1.0, 1 - warmth])
    left, right = random.permutation([0.62, 1.12]).tolist()
    across = np.linspace(left, right, width)[None, :, None]
    lit = pixels ** random.uniform(0.7, 1.4) * cast * across
    return Image.fromarray((np.clip(lit, 0, 1) * 255).astype(np.uint8))


def _carried(photo: Image.Image, random: np.random.Generator) -> Image.Image:
    """Hang the bag from the hand of a drawn person in a blurred street, the hand before it."""
    street = np.clip(blurred_room(SIZE_PIXELS, random), 0, 255).astype(np.uint8)
    scene = Image.fromarray(street)
    width, height = SIZE_PIXELS
    middle = random.uniform(0.35, 0.65) * width
    side = int(random.choice((-1, 1)))
    hand = (middle + side * random.uniform(0.16, 0.22) * width, random.uniform(0.36, 0.5) * height)
    coat, trousers = (tuple(int(one) for one in random.integers(20, 200, 3)) for _ in range(2))
    _draw_person(scene, middle, coat, trousers)
    turn = _Turn(*(math.radians(random.uniform(-most, most)) for most in (25, 8, 8)))
    size = random.uniform(_SMALLEST_CARRIED, _LARGEST_CARRIED) * height
    bag = _seen(photo, turn)
    drop = size * bag.height / max(bag.size) / 2
    _put(scene, bag, size, (hand[0] / width, (hand[1] + 0.82 * drop) / height))
    _draw_arm(scene, (middle + side * 0.11 * width, 0.12 * height), hand, coat, random)
    return scene.filter(ImageFilter.GaussianBlur(0.6))


def _draw_person(
    scene: Image.Image, middle: float, coat: tuple[int, ...], trousers: tuple[int, ...]
) -> None:
    """Draw a torso and two legs; the head is above the picture."""
    width, height = SIZE_PIXELS
    pen = ImageDraw.Draw(scene)
    half = 0.12 * width
    for leg in (-1, 1):
        left = middle + leg * 0.05 * width - 0.05 * width
        pen.rectangle((left, 0.5 * height, left + 0.1 * width, height), fill=trousers)
    pen.rounded_rectangle(
        (middle - half, -0.1 * height, middle + half, 0.66 * height), 0.05 * width, fill=coat
    )


def _draw_arm(
    scene: Image.Image,
    shoulder: tuple[float, float],
    hand: tuple[float, float],
    coat: tuple[int, ...],
    random: np.random.Generator,
) -> None:
    """Draw a sleeve from a shoulder to a hand, and the hand over what it holds."""
    pen = ImageDraw.Draw(scene)
    sleeve = tuple(max(0, channel - 12) for channel in coat)
    thickness = round(0.055 * SIZE_PIXELS[0])
    pen.line((shoulder, hand), fill=sleeve, width=thickness)
    radius = 0.032 * SIZE_PIXELS[0]
    box = (hand[0] - radius, hand[1] - radius, hand[0] + radius, hand[1] + radius)
    pen.ellipse(box, fill=_SKIN[int(random.integers(len(_SKIN)))])


def _put(scene: Image.Image, bag: Image.Image, longest: float, centre: tuple[float, float]) -> None:
    """Paste a bag, mode RGBA, with its middle at a place in fractions of the scene."""
    scale = longest / max(bag.size)
    size = (max(8, round(bag.width * scale)), max(8, round(bag.height * scale)))
    small = bag.resize(size, Image.Resampling.LANCZOS)
    left = round(centre[0] * scene.width - size[0] / 2)
    top = round(centre[1] * scene.height - size[1] / 2)
    scene.paste(small, (left, top), small)


def _seen(photo: Image.Image, turn: _Turn) -> Image.Image:
    """Return the bag as a flat picture seen under some angles, cropped to it, mode RGBA."""
    bag, alpha = cut_out(photo)
    flat = bag.convert("RGBA")
    flat.putalpha(alpha)
    longest = max(flat.size)
    half = np.array(flat.size) / longest / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    seen = _projected(corners, turn)
    low, high = seen.min(axis=0), seen.max(axis=0)
    size = np.maximum(8, np.ceil((high - low) * longest)).astype(int)
    to_pixels = (seen - low) * longest
    coefficients = _homography(to_pixels, (corners + half) * longest)
    return flat.transform(
        (int(size[0]), int(size[1])),
        Image.Transform.PERSPECTIVE,
        coefficients.tolist(),
        Image.Resampling.BICUBIC,
    )


def _projected(points: NDArray[np.float64], turn: _Turn) -> NDArray[np.float64]:
    """Project points of a flat picture around its middle, (n, 2), as a camera sees it turned."""
    x, y = points.T
    x, y = (
        x * math.cos(turn.roll) - y * math.sin(turn.roll),
        x * math.sin(turn.roll) + y * math.cos(turn.roll),
    )
    x, depth = x * math.cos(turn.yaw), x * math.sin(turn.yaw)
    y, depth = (
        y * math.cos(turn.pitch) - depth * math.sin(turn.pitch),
        y * math.sin(turn.pitch) + depth * math.cos(turn.pitch),
    )
    scale = _CAMERA_DISTANCE / (_CAMERA_DISTANCE + depth)
    return np.stack([x * scale, y * scale], axis=1)


def _homography(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the eight numbers that map four points to four others, as Pillow takes them, (8,)."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.linalg.solve(np.array(rows), np.array(values))
