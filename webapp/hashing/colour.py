"""The colour kind: the share of the object that has each of seventeen anchor colours, in unary.

A pixel belongs in part to each anchor near it in CIELAB, so there are no sharp edges between bins.
Black, white and three greys are anchors too. A share is written as the number of thresholds that it
passes (unary), so the Hamming distance of two codes is the L1 distance of their rounded histograms.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.background import Floats
from webapp.hashing.hash_kind import Bits
from webapp.hashing.preparation import Prepared

# The anchors in CIELAB: greys by lightness, then rings of hues: chroma, lightness, first hue in
# degrees.
_GREYS = (5.0, 28.0, 50.0, 72.0, 93.0)
_RINGS = ((28.0, 32.0, 30.0), (50.0, 60.0, 30.0))
_HUES = 6

# Standard deviation of an anchor's Gaussian, in CIELAB units.
_ANCHOR_SPREAD = 11.0

LEVELS = 15
"""Thresholds for each anchor."""

# Thresholds rise as a power, so that small shares count too, such as that of a red logo.
_THRESHOLD_POWER = 2.5
# Above this share no threshold is needed: few bags have more of one anchor.
_MAX_SHARE = 0.5

ANCHORS = len(_GREYS) + len(_RINGS) * _HUES
BITS = ANCHORS * LEVELS
NAMES = (
    "black",
    "dark grey",
    "grey",
    "light grey",
    "white",
    *(
        f"{strength} {hue}"
        for strength in ("dull", "vivid")
        for hue in ("red", "yellow", "green", "teal", "blue", "purple")
    ),
)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return CIELAB (D65) of sRGB in 0..255; the last axis of both has the three channels.

    Source: IEC 61966-2-1 for sRGB, CIE 15 for CIELAB.
    """
    unit = rgb / 255
    linear = np.where(unit > 0.04045, ((unit + 0.055) / 1.055) ** 2.4, unit / 12.92)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def anchors() -> NDArray[np.float64]:
    """Return the anchors in CIELAB, (`ANCHORS`, 3), in the order of `NAMES`."""
    colours = [(lightness, 0.0, 0.0) for lightness in _GREYS]
    for chroma, lightness, first in _RINGS:
        angles = np.radians(first + np.arange(_HUES) * 360 / _HUES)
        colours += [(lightness, chroma * np.cos(a), chroma * np.sin(a)) for a in angles]
    return np.array(colours)


def thresholds() -> NDArray[np.float64]:
    """Return the shares at which the bits of an anchor are set, ascending, (`LEVELS`,)."""
    return np.asarray(_MAX_SHARE * ((np.arange(LEVELS) + 0.5) / LEVELS) ** _THRESHOLD_POWER)


def membership(rgb: NDArray[np.float64]) -> Floats:
    """Return each anchor's share of N colours, (N, `ANCHORS`), rows sum to 1.

    `rgb`: sRGB in 0..255, (N, 3).
    """
    distance = lab(rgb)[:, None] - anchors()
    squared = (distance**2).sum(axis=2)
    near = np.exp((squared.min(axis=1, keepdims=True) - squared) / (2 * _ANCHOR_SPREAD**2))
    of_anchors: Floats = (near / near.sum(axis=1, keepdims=True)).astype(np.float32)
    return of_anchors


@cache
def _membership_of_cells() -> Floats:
    """Return each anchor's share of 16x16x16 RGB colours, (4096, `ANCHORS`), rows sum to 1."""
    cells = np.stack(np.meshgrid(*[np.arange(16)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    return membership(cells.astype(np.float64) * 16 + 7.5)


def shares(prepared: Prepared) -> Floats:
    """Return the share of the object that has each anchor's colour, (`ANCHORS`,), summing to 1."""
    weight = prepared.bag.weight if prepared.bag else prepared.weight
    counts = np.bincount(prepared.cells.ravel(), weight.ravel(), 4096)
    of_anchors: Floats = (counts / counts.sum()).astype(np.float32) @ _membership_of_cells()
    return of_anchors


def codes(prepared: Prepared) -> Bits:
    """Return the bits of a prepared picture's one code, (1, `BITS`), anchor by anchor."""
    return code_of(shares(prepared)).reshape(1, BITS)


def code_of(of_anchors: Floats) -> Bits:
    """Return the bits of a thing with these shares of the anchors, (`ANCHORS`,); (`BITS`,)."""
    return (of_anchors[:, None] > thresholds()).ravel()
