"""Edits that put a photo's object before another background."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

_NEAR = 16  # levels within which a pixel still has the background's colour
_ISLAND = 7  # pixels a side: a smaller flat spot is part of the object


def replaced_by_grey(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Put one grey, 150 to 225, behind."""
    width, height = picture.size
    return _replaced(picture, np.full((height, width, 3), random.uniform(150, 225)))


def replaced_by_gradient(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Put two light colours behind that run softly into each other, in any direction."""
    width, height = picture.size
    angle = random.uniform(0, 2 * math.pi)
    y, x = np.mgrid[0:height, 0:width]
    along = (x / width - 0.5) * math.cos(angle) + (y / height - 0.5) * math.sin(angle) + 0.5
    start, end = random.uniform(140, 250, 3), random.uniform(140, 250, 3)
    return _replaced(picture, start + along[..., None] * (end - start))


def replaced_by_photo(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Put something photo-like behind."""
    return _replaced(picture, _blurred_room(picture.size, random))


def mask(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Find where a studio photo (h, w, 3) is background, (h, w).

    That is the border's colour, reached from the border. Islands count when they are flat over
    7x7 pixels, so that the hole in a handle is background and the weave of a white bag is not.
    A border of many colours has no background.
    """
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.int16)
    colour = np.median(border, axis=0)
    if np.mean(np.abs(border - colour).max(axis=1) < _NEAR) < 0.5:
        return np.zeros(pixels.shape[:2], dtype=np.bool_)
    near = np.abs(pixels.astype(np.int16) - colour).max(axis=2) < _NEAR
    reached = _filtered(near, ImageFilter.MinFilter(_ISLAND)) & near
    reached[[0, -1]] = near[[0, -1]]
    reached[:, [0, -1]] = near[:, [0, -1]]
    for _ in range(_ISLAND // 2 + 1):  # grows back what the flatness test ate at the edges
        reached = near & _filtered(reached, ImageFilter.MaxFilter(3))
    return np.asarray(reached)


def _filtered(
    where: NDArray[np.bool_], rank: ImageFilter.MinFilter | ImageFilter.MaxFilter
) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.asarray(_as_image(where).filter(rank)) > 0
    return found


def _as_image(where: NDArray[np.bool_]) -> Image.Image:
    return Image.fromarray(where.astype(np.uint8) * 255)


def _replaced(picture: Image.Image, background: NDArray[np.float64]) -> Image.Image:
    """Put another background, (h, w, 3), behind the object, with a soft edge."""
    behind = _as_image(mask(np.asarray(picture))).filter(ImageFilter.GaussianBlur(0.7))
    new = Image.fromarray(np.clip(background, 0, 255).astype(np.uint8))
    return Image.composite(new, picture, behind)


def _blurred_room(size: tuple[int, int], random: np.random.Generator) -> NDArray[np.float64]:
    """Draw what looks like a blurred room, (h, w, 3): coloured noise whose power falls as 1/f."""
    width, height = size
    total = np.zeros((height, width, 3)) + random.uniform(70, 190, 3)
    for cells in (2, 4, 8, 16, 32, 64):
        light = random.normal(0, 1, (cells, cells, 1))
        grid = light + 0.25 * random.normal(0, 1, (cells, cells, 3))
        layer = np.clip(128 + 40 * grid, 0, 255).astype(np.uint8)
        smooth = Image.fromarray(layer).resize(size, Image.Resampling.BICUBIC)
        total += (np.asarray(smooth, dtype=np.float64) - 128) * (2.2 / cells**0.6)
    return total
