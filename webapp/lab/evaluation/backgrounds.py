"""Edits that replace the background of a photo."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

_MAX_BACKGROUND_LEVELS = 16  # a background pixel differs by fewer in each channel
_FLAT_PIXELS = 7  # background in the middle of an object is flat over so many pixels each way


def replaced_by_grey(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Replace the background by one grey, from 150 to 225."""
    width, height = picture.size
    return _replaced(picture, np.full((height, width, 3), random.uniform(150, 225)))


def replaced_by_gradient(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Replace the background by a gradient between two light colours, in any direction."""
    width, height = picture.size
    angle = random.uniform(0, 2 * math.pi)
    y, x = np.mgrid[0:height, 0:width]
    along = (x / width - 0.5) * math.cos(angle) + (y / height - 0.5) * math.sin(angle) + 0.5
    start, end = random.uniform(140, 250, 3), random.uniform(140, 250, 3)
    return _replaced(picture, start + along[..., None] * (end - start))


def replaced_by_photo(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Replace the background by what looks like a blurred room."""
    return _replaced(picture, blurred_room(picture.size, random))


def mask(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which pixels of a studio photo, (h, w, 3), are background, (h, w).

    A background pixel has the colour of the border, and is at the border or flat over 7x7 pixels:
    the hole in a handle is background, the weave of a white bag is not. Where less than half of
    the border has one colour, nothing is background.
    """
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.int16)
    colour = np.median(border, axis=0)
    if np.mean(np.abs(border - colour).max(axis=1) < _MAX_BACKGROUND_LEVELS) < 0.5:
        return np.zeros(pixels.shape[:2], dtype=np.bool_)
    near = np.abs(pixels.astype(np.int16) - colour).max(axis=2) < _MAX_BACKGROUND_LEVELS
    background = _filtered(near, ImageFilter.MinFilter(_FLAT_PIXELS)) & near
    background[[0, -1]] = near[[0, -1]]
    background[:, [0, -1]] = near[:, [0, -1]]
    for _ in range(_FLAT_PIXELS // 2 + 1):  # grows back the edges that the flatness test removed
        background = near & _filtered(background, ImageFilter.MaxFilter(3))
    return np.asarray(background)


def _filtered(
    chosen: NDArray[np.bool_], rank: ImageFilter.MinFilter | ImageFilter.MaxFilter
) -> NDArray[np.bool_]:
    filtered: NDArray[np.bool_] = np.asarray(_as_image(chosen).filter(rank)) > 0
    return filtered


def _as_image(chosen: NDArray[np.bool_]) -> Image.Image:
    return Image.fromarray(chosen.astype(np.uint8) * 255)


def _replaced(picture: Image.Image, background: NDArray[np.float64]) -> Image.Image:
    """Replace the background by another, (h, w, 3), with a soft edge around the object."""
    soft_mask = _as_image(mask(np.asarray(picture))).filter(ImageFilter.GaussianBlur(0.7))
    new = Image.fromarray(np.clip(background, 0, 255).astype(np.uint8))
    return Image.composite(new, picture, soft_mask)


def blurred_room(size: tuple[int, int], random: np.random.Generator) -> NDArray[np.float64]:
    """Draw what looks like a blurred room, (h, w, 3): colour noise, coarse parts stronger."""
    width, height = size
    total = np.zeros((height, width, 3)) + random.uniform(70, 190, 3)
    for cells in (2, 4, 8, 16, 32, 64):
        light = random.normal(0, 1, (cells, cells, 1))
        grid = light + 0.25 * random.normal(0, 1, (cells, cells, 3))
        layer = np.clip(128 + 40 * grid, 0, 255).astype(np.uint8)
        smooth = Image.fromarray(layer).resize(size, Image.Resampling.BICUBIC)
        total += (np.asarray(smooth, dtype=np.float64) - 128) * (2.2 / cells**0.6)
    return total
