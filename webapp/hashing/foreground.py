"""The object before a real background, guessed from the colours of the middle and of the rim.

A fast form of GrabCut (Rother et al., 2004): histograms instead of Gaussian mixtures, a blur
instead of the graph cut; some milliseconds on a small copy. For pictures without a margin. It may
be wrong, so the shape kind keeps the whole picture as a view.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from webapp.hashing.background import Floats

_ROUNDS = 6
_RIM_SHARE = 0.1  # of each side: background in the first round
_BLUR_RADIUS_PIXELS = 3
_MAX_LOG_ODDS = 4.0
# Outside these shares of the picture, an object is not believed.
_MIN_OBJECT_SHARE, _MAX_OBJECT_SHARE = 0.05, 0.85

# Of a box's side: how far an object may reach beyond it, and how much around it is looked at.
_BEYOND_BOX_SHARE, _AROUND_BOX_SHARE = 0.15, 0.4
# Of a box's area: a smaller object is not believed.
_MIN_SHARE_OF_BOX = 0.15
# The first guess is sure in the middle of a box and falls to half at its edges.
_AT_MIDDLE = 1.25


@cache
def _smoothing() -> Floats:
    """Return the matrix that spreads each of 16 levels to its two neighbours, (16, 16)."""
    near = 0.5 * np.eye(16) + 0.25 * np.eye(16, k=1) + 0.25 * np.eye(16, k=-1)
    return near.astype(np.float32)


def _colour_model(cells: NDArray[np.intp], weight: Floats) -> Floats:
    """Return the weighted share of each of 16x16x16 colours, smoothed by one cell, (4096,)."""
    counts = np.bincount(cells.ravel(), weight.ravel(), 4096)
    cube = counts.astype(np.float64).reshape(16, 16, 16)
    for axis in range(3):
        cube = np.moveaxis(np.tensordot(_smoothing(), cube, axes=(1, axis)), 0, axis)
    shares: Floats = (cube.ravel() / max(float(cube.sum()), 1e-6) + 1e-5).astype(np.float32)
    return shares


def _blurred(log_odds: Floats) -> Floats:
    """Return log odds (h, w) averaged over neighbouring pixels, cut off, in steps of 1/32."""
    levels = np.clip(log_odds / (2 * _MAX_LOG_ODDS) + 0.5, 0, 1) * 255
    blurred = Image.fromarray(levels.astype(np.uint8)).filter(
        ImageFilter.BoxBlur(_BLUR_RADIUS_PIXELS)
    )
    averaged = (np.asarray(blurred, dtype=np.float32) / 255 - 0.5) * (2 * _MAX_LOG_ODDS)
    return averaged.astype(np.float32)


def colour_cells(levels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the number of each pixel's colour among 16x16x16, (h, w), from levels (h, w, 3)."""
    red, green, blue = (levels[..., channel].astype(np.uint16) for channel in range(3))
    cells = (red >> 4 << 8) | (green & 0xF0) | (blue >> 4)
    return cells.astype(np.intp)


def foreground(cells: NDArray[np.intp]) -> Floats | None:
    """Return the probability that each pixel is part of the object, (h, w); None if none is found.

    `cells`: the colour of each pixel, as `colour_cells` numbers them, (h, w).
    """
    height, width = cells.shape
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    rim = np.maximum(np.abs(x), np.abs(y)) > 1 - 2 * _RIM_SHARE
    probability = _separated(cells, np.sqrt((1 - x * x) * (1 - y * y)) * ~rim, rim)
    share = float(np.mean(probability > 0.5))
    is_object = _MIN_OBJECT_SHARE < share < _MAX_OBJECT_SHARE
    return probability if is_object else None


def foreground_inside(cells: NDArray[np.intp], box: tuple[int, int, int, int]) -> Floats:
    """Return the probability that each pixel is part of the object in a box, (h, w).

    `box`: left, top, right and bottom in pixels; it may cut the object a little short. The colours
    around it are the background's. Where all colours are alike, all of the box is the object.
    """
    left, top, right, bottom = box
    height, width = cells.shape
    x = _from_middle(left, right, width)[None, :]
    y = _from_middle(top, bottom, height)[:, None]
    outside = np.maximum(np.abs(x), np.abs(y)) > 1 + _BEYOND_BOX_SHARE
    inside: Floats = np.sqrt(np.clip(_AT_MIDDLE - x * x, 0, 1) * np.clip(_AT_MIDDLE - y * y, 0, 1))
    inside[outside] = 0
    near = _around(left, right, width), _around(top, bottom, height)
    window = (near[1], near[0])
    found = np.zeros(cells.shape, dtype=np.float32)
    found[window] = _separated(cells[window], inside[window], outside[window])
    found[outside] = 0
    share = float((found > 0.5).sum()) / ((right - left) * (bottom - top))
    return found if share > _MIN_SHARE_OF_BOX else inside


def _from_middle(start: int, end: int, size: int) -> Floats:
    """Return for each of `size` pixels how far it is from the middle of start..end, its edge 1."""
    distance = (np.arange(size, dtype=np.float32) + 0.5 - (start + end) / 2) / ((end - start) / 2)
    return distance.astype(np.float32)


def _around(start: int, end: int, size: int) -> slice:
    """Return start..end widened by a share of its length, inside the picture."""
    more = round(_AROUND_BOX_SHARE * (end - start)) + 1
    return slice(max(0, start - more), min(size, end + more))


def _separated(
    cells: NDArray[np.intp], probability: NDArray[np.floating], rim: NDArray[np.bool_]
) -> Floats:
    """Return the probability of each pixel after some rounds of learning both sides' colours."""
    for _ in range(_ROUNDS):
        log_odds = np.log(_colour_model(cells, probability) / _colour_model(cells, 1 - probability))
        probability = 1 / (1 + np.exp(-2 * _blurred(log_odds[cells])))
        probability[rim] *= 0.2
    return probability.astype(np.float32)
