"""The colour kind: how much of the object has each of seventeen colours, in unary.

Each pixel belongs softly to the anchors near it in CIELAB, so no edge between two bins matters and
red is one hue; black, greys and white are anchors like any other. Shares are written in unary at
rising thresholds, so the Hamming distance of two codes is the L1 distance of their (rounded)
histograms.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.preparation import Floats, Prepared

Code = NDArray[np.bool_]

# The anchors: greys by lightness, then rings of hues: chroma, lightness, first hue in degrees.
GREYS = (5.0, 28.0, 50.0, 72.0, 93.0)
RINGS = ((28.0, 32.0, 30.0), (50.0, 60.0, 30.0))
HUES = 6

# In CIELAB units: how far an anchor reaches.
SOFTNESS = 11.0

# Thresholds a colour. They rise with a power, so that small shares count, or a red logo would not,
# up to a share that counts as all: few bags are more of one anchor, and many are near it.
LEVELS = 15
CURVE = 2.5
MOST = 0.5

ANCHORS = len(GREYS) + len(RINGS) * HUES
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
    """Return CIELAB (D65) of sRGB in 0..255; the last axis has the three channels."""
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
    """Return the anchors in CIELAB, (`ANCHORS`, 3): greys from dark to light, then the rings."""
    found = [(lightness, 0.0, 0.0) for lightness in GREYS]
    for chroma, lightness, first in RINGS:
        angles = np.radians(first + np.arange(HUES) * 360 / HUES)
        found += [(lightness, chroma * np.cos(a), chroma * np.sin(a)) for a in angles]
    return np.array(found)


@cache
def _membership() -> Floats:
    """Return how much each of 16x16x16 RGB cells is of each anchor, (4096, `ANCHORS`), sums 1."""
    cell = np.stack(np.meshgrid(*[np.arange(16)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    distance = lab(cell.astype(np.float64) * 16 + 7.5)[:, None] - anchors()
    squared = (distance**2).sum(axis=2)
    near = np.exp((squared.min(axis=1, keepdims=True) - squared) / (2 * SOFTNESS**2))
    member: Floats = (near / near.sum(axis=1, keepdims=True)).astype(np.float32)
    return member


def shares(prepared: Prepared) -> Floats:
    """Return how much of the object is of each anchor's colour, (`ANCHORS`,), summing to 1."""
    counts = np.bincount(prepared.cells.ravel(), prepared.weight.ravel(), 4096)
    found: Floats = (counts / counts.sum()).astype(np.float32) @ _membership()
    return found


def codes(prepared: Prepared) -> Code:
    """Return the code (1, `BITS`) of a prepared picture: anchor by anchor, shares in unary."""
    thresholds = MOST * ((np.arange(LEVELS) + 0.5) / LEVELS) ** CURVE
    return (shares(prepared)[:, None] > thresholds).reshape(1, BITS)
