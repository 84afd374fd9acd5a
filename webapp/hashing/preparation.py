"""A picture made ready for hashing: its small copy, and where in it the object is."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.hashing.background import Floats, border, median
from webapp.hashing.bag_finder import Frame
from webapp.hashing.foreground import colour_cells, foreground, foreground_inside
from webapp.hashing.margins import MIN_SIDE_PIXELS, Box, Margins, find_margins, largest_object

# A bag in the screenshot of a phone is still some 50 pixels wide.
_SMALL_COPY_PIXELS = 160 * 160

# A picture that differs less from its background, in levels, shows nothing.
_MIN_CONTRAST_LEVELS = 6.0

# A studio's background is smooth: 19 in 20 shop photos have less than 0.8 levels of noise, a pale
# wall has two. A weave or a shadow is a studio's only where it is light and nearly all of the
# border, as 5.4 levels are in some shop photos; a wall is darker, and not so much alone.
_MAX_NOISE_LEVELS, _MAX_LIGHT_NOISE_LEVELS = 1.25, 5.5
_MIN_STUDIO_SHARE, _LIGHT_LEVELS = 0.95, 180.0


@dataclass(frozen=True)
class Prepared:
    """A small copy of (h, w) pixels and what was found in it.

    `pixels`: in levels of 0..255, (h, w, 3). `cells`: the colour of each, see `colour_cells`,
    (h, w). `boxes`: from the whole picture inwards, at least one. `weight`: how certainly each
    pixel is part of the object, 0..1, (h, w). `guessed`: whether that comes from `foreground`, for
    want of a margin. `background`: the colour assumed beyond the frame, in levels, (3,).
    `difference`: of each pixel from a soft background, in levels, (h, w). `noise`: of that
    background, in levels. `plain_background`: whether that is a studio's, a screen's or a frame's.
    `bag`: the bag, if one was found by what it is, not by its colours and margins.
    """

    pixels: Floats
    cells: NDArray[np.intp]
    boxes: tuple[Box, ...]
    weight: Floats
    guessed: bool
    background: Floats
    difference: Floats
    noise: float
    plain_background: bool
    bag: "CutOut | None" = None

    @cached_property
    def contrast(self) -> float:
        """The largest difference from the background beyond its noise, in levels."""
        return float(np.percentile(self.difference, 99.5)) - 3 * self.noise

    @property
    def too_plain(self) -> bool:
        """Whether the picture shows one soft colour and nothing else."""
        return self.contrast < _MIN_CONTRAST_LEVELS


@dataclass(frozen=True)
class CutOut:
    """An object cut out of a small copy: its box, and `weight` as in `Prepared`."""

    box: Box
    weight: Floats


def prepare(picture: Image.Image) -> Prepared:
    """Find the object of an RGB picture: inside its margins, else by its colours, else anywhere."""
    levels = np.asarray(_small_copy(picture))
    pixels, cells = levels.astype(np.float32), colour_cells(levels)
    margins = find_margins(pixels)
    boxes, weight, guessed = _object(cells, margins)
    background = median(border(pixels))
    plain = margins.weight is not None and _is_studio(margins, background)
    return Prepared(
        pixels, cells, boxes, weight, guessed, background, margins.difference, margins.noise, plain
    )


def _is_studio(margins: Margins, background: Floats) -> bool:
    light = float(background.min()) >= _LIGHT_LEVELS
    may_be_noisy = light and margins.background_share >= _MIN_STUDIO_SHARE
    return margins.noise <= (_MAX_LIGHT_NOISE_LEVELS if may_be_noisy else _MAX_NOISE_LEVELS)


def with_bag(prepared: Prepared, frame: Frame) -> Prepared:
    """Return a prepared picture with the bag cut out that is in a frame."""
    height, width = prepared.cells.shape
    around = frame.box(width, height)
    guess = foreground_inside(prepared.cells, around)
    close = _in_pixels(largest_object(guess > 0.5))
    box = close if _is_large(close) else _in_pixels(around)
    return replace(prepared, bag=CutOut(box, guess + np.float32(1e-4)))


def _small_copy(picture: Image.Image) -> Image.Image:
    """Return the picture with at most `_SMALL_COPY_PIXELS`, aspect kept; never enlarged."""
    width, height = picture.size
    scale = (_SMALL_COPY_PIXELS / (width * height)) ** 0.5
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return picture.resize(size, Image.Resampling.BOX, reducing_gap=2.0)


def _object(cells: NDArray[np.intp], margins: Margins) -> tuple[tuple[Box, ...], Floats, bool]:
    """Return the boxes, the weight (h, w), and whether it is a guess."""
    height, width = cells.shape
    whole = (0.0, 0.0, float(width), float(height))
    if margins.weight is not None:
        return (whole, *margins.boxes), margins.weight, False
    guess = foreground(cells)
    if guess is None:
        return (whole,), _centre_weight(height, width), False
    box = _in_pixels(largest_object(guess > 0.5))
    boxes = (whole, box) if _is_large(box) else (whole,)
    return boxes, guess + np.float32(1e-4), True


def _in_pixels(box: tuple[int, int, int, int]) -> Box:
    left, top, right, bottom = box
    return float(left), float(top), float(right), float(bottom)


def _is_large(box: Box) -> bool:
    left, top, right, bottom = box
    return right - left >= MIN_SIDE_PIXELS and bottom - top >= MIN_SIDE_PIXELS


def _centre_weight(height: int, width: int) -> Floats:
    """Return weights (h, w) that fall from 1 in the middle to 0 at the border."""
    x = np.linspace(-1, 1, width, dtype=np.float32)
    y = np.linspace(-1, 1, height, dtype=np.float32)
    return np.outer(1 - y * y, 1 - x * x).astype(np.float32) + np.float32(1e-3)
