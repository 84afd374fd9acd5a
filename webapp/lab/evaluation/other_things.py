"""Pictures without a bag, drawn here: textures, rooms and faces."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from webapp.lab.evaluation.backgrounds import blurred_room
from webapp.lab.evaluation.ranks import random_for

SIDE_PIXELS = 320


def draw(number: int, seed: int) -> Image.Image:
    """Draw one of them as an RGB picture; the sorts take turns."""
    sort = _SORTS[number % len(_SORTS)]
    return sort(random_for(seed, number, "other things"))


def _room(random: np.random.Generator) -> Image.Image:
    return _image(blurred_room((SIDE_PIXELS, SIDE_PIXELS * 3 // 4), random))


def _texture(random: np.random.Generator) -> Image.Image:
    """Stripes, checks or dots in two colours, turned by any angle, with some grain."""
    y, x = np.mgrid[0:SIDE_PIXELS, 0:SIDE_PIXELS]
    angle = random.uniform(0, np.pi)
    step = random.uniform(6, 60)
    along = 2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / step
    across = 2 * np.pi * (y * np.cos(angle) - x * np.sin(angle)) / step
    waves = (np.sin(along), np.sin(along) * np.sin(across), np.sin(along) + np.sin(across))
    pattern = (waves[random.integers(3)] > random.uniform(-0.3, 0.3))[..., None]
    one, other = random.uniform(0, 255, 3), random.uniform(0, 255, 3)
    grain = random.normal(0, random.uniform(1, 12), (SIDE_PIXELS, SIDE_PIXELS, 1))
    return _image(np.where(pattern, one, other) + grain)


def _face(random: np.random.Generator) -> Image.Image:
    """A head with hair, eyes, nose and mouth before a wall, as a portrait has them."""
    picture = _image(blurred_room((SIDE_PIXELS, SIDE_PIXELS), random))
    pen, s = ImageDraw.Draw(picture), SIDE_PIXELS
    skin = tuple(
        int(tone * light)
        for tone, light in zip((235, 190, 160), random.uniform(0.4, 1, 3), strict=True)
    )
    hair = tuple(int(one) for one in random.uniform(10, 150, 3))
    cloth = tuple(int(one) for one in random.uniform(20, 230, 3))
    middle, top, wide = (
        s * random.uniform(0.42, 0.58),
        s * random.uniform(0.12, 0.2),
        s * random.uniform(0.17, 0.22),
    )
    chin = top + wide * random.uniform(2.5, 2.9)
    pen.ellipse((middle - 2.3 * wide, chin - 0.1 * wide, middle + 2.3 * wide, s * 1.6), fill=cloth)
    pen.rectangle(
        (middle - 0.4 * wide, chin - 0.6 * wide, middle + 0.4 * wide, chin + 0.3 * wide), fill=skin
    )
    pen.ellipse(
        (middle - 1.2 * wide, top - 0.3 * wide, middle + 1.2 * wide, chin - 0.5 * wide), fill=hair
    )
    pen.ellipse((middle - wide, top, middle + wide, chin), fill=skin)
    eyes = top + 0.42 * (chin - top)
    for side in (-1, 1):
        eye = middle + 0.42 * side * wide
        pen.ellipse(
            (eye - 0.17 * wide, eyes - 0.09 * wide, eye + 0.17 * wide, eyes + 0.09 * wide),
            fill="white",
        )
        pen.ellipse(
            (eye - 0.08 * wide, eyes - 0.09 * wide, eye + 0.08 * wide, eyes + 0.09 * wide),
            fill=hair,
        )
        pen.line(
            (eye - 0.2 * wide, eyes - 0.25 * wide, eye + 0.2 * wide, eyes - 0.27 * wide),
            fill=hair,
            width=4,
        )
    pen.line(
        (
            middle,
            eyes,
            middle - 0.1 * wide,
            eyes + 0.6 * wide,
            middle + 0.1 * wide,
            eyes + 0.6 * wide,
        ),
        fill=hair,
        width=2,
    )
    mouth = top + 0.8 * (chin - top)
    pen.ellipse(
        (middle - 0.35 * wide, mouth - 0.07 * wide, middle + 0.35 * wide, mouth + 0.09 * wide),
        fill=(170, 70, 75),
    )
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def _image(pixels: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


_SORTS: tuple[Callable[[np.random.Generator], Image.Image], ...] = (_texture, _room, _face)
