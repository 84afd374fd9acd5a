"""The soft background of a picture: a plane of colour fitted to its border."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SOFT_LEVELS = 14.0
"""A pixel that differs from the background by fewer levels of 0..255 is part of it."""

# Each fit trusts outliers less: scales of the Cauchy weights, in levels.
_CAUCHY_SCALES = (32.0, 16.0, 8.0, 8.0)


def border(pixels: Floats) -> Floats:
    """Return the outermost pixels of (h, w, 3): first row, last row, first and last column."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def median(values: Floats) -> Floats:
    """Return `np.median(values, axis=0)`, faster for the few values of a border."""
    ordered, half = np.sort(values, axis=0), len(values) // 2
    odd = len(values) % 2 == 1
    middle: Floats = ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2
    return middle


def difference_from_background(pixels: Floats, channels: Floats) -> tuple[Floats, float, float]:
    """Return how much a picture differs from its background, pixel by pixel.

    `pixels` has shape (h, w, 3), in levels of 0..255; `channels` holds the same, shape (3, h, w).
    Returns the differences (h, w) in levels, the share of the border that is background, 0..1,
    and the noise of that part, its median difference in levels.
    """
    height, width = pixels.shape[:2]
    colours, terms = border(pixels), _border_terms(height, width)
    plane = _fitted_plane(colours, terms)
    residuals = np.abs(colours - terms @ plane).mean(axis=1)
    close = residuals[residuals < 2 * SOFT_LEVELS]
    noise = float(median(close)) if close.size else 0.0
    x, y = _coordinates(width)[None, :], _coordinates(height)[:, None]
    total = np.zeros((height, width), dtype=np.float32)
    for channel, values in enumerate(channels):
        level, along, down = (float(term) for term in plane[:, channel])
        total += np.abs(values - (level + along * x + down * y))
    total /= 3
    return total, float(close.size / residuals.size), noise


def _fitted_plane(colours: Floats, terms: Floats) -> Floats:
    """Fit a plane (3 terms, 3 channels) to the colours of the border, (n, 3).

    A plane, because a soft gradient is one background. Iteratively reweighted least squares with
    Cauchy weights, because an object may touch the border.
    """
    plane = np.zeros((3, 3), dtype=np.float32)
    plane[0] = median(colours)
    ridge = 1e-3 * np.eye(3, dtype=np.float32)
    for scale in _CAUCHY_SCALES:
        residuals = np.abs(colours - terms @ plane).mean(axis=1)
        weighted = terms / (1 + (residuals / scale) ** 2)[:, None]
        plane = np.linalg.solve(weighted.T @ terms + ridge, weighted.T @ colours)
    return plane


@lru_cache(maxsize=64)
def _coordinates(size: int) -> Floats:
    """Return the coordinate of each of `size` pixels in a row, from -1 to 1."""
    return np.linspace(-1, 1, size, dtype=np.float32)


@lru_cache(maxsize=64)
def _border_terms(height: int, width: int) -> Floats:
    """Return the terms 1, x, y of each pixel of `border`, (n, 3); x and y from -1 to 1."""
    terms = np.ones((2 * (height + width), 3), dtype=np.float32)
    top, bottom, left = terms[:width], terms[width : 2 * width], terms[2 * width : -height]
    top[:, 1] = bottom[:, 1] = _coordinates(width)
    left[:, 2] = terms[-height:, 2] = _coordinates(height)
    top[:, 2] = left[:, 1] = -1
    return terms
