"""The colour kind: how much of the object has each of seventeen colours, in unary.

Each pixel belongs softly to the anchors near it in CIELAB, so no edge between two bins matters and
red is one hue; black, greys and white are anchors like any other. Shares are written in unary at
rising thresholds, so the Hamming distance of two codes is the L1 distance of their (rounded)
histograms.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.kinds.foreground import colour_cells
from webapp.kinds.preparation import Floats, Prepared, prepare

Code = NDArray[np.bool_]

GREYS = (5.0, 28.0, 50.0, 72.0, 93.0)  # lightness of the anchors without colour
RINGS = (
    (28.0, 32.0, 30.0),
    (50.0, 60.0, 30.0),
)  # chroma, lightness, first hue in degrees: dull, vivid
HUES = 6  # anchors on a ring: red, yellow, green, teal, blue, purple
SOFTNESS = 11.0  # CIELAB units
LEVELS = 15  # thresholds a colour
CURVE = 2.5  # thresholds rise with this power: small shares count, or a red logo would not
MOST = (
    0.5  # a share above this counts as all: few bags are more of one anchor, and many are near it
)
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
    """CIELAB (D65) of sRGB in 0..255; the last axis has the three channels."""
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
    """The anchor colours in CIELAB, (`ANCHORS`, 3): greys from dark to light, then the rings."""
    found = [(lightness, 0.0, 0.0) for lightness in GREYS]
    for chroma, lightness, first in RINGS:
        for angle in np.radians(first + np.arange(HUES) * 360 / HUES):
            found.append((lightness, chroma * np.cos(angle), chroma * np.sin(angle)))
    return np.array(found)


@cache
def _membership() -> Floats:
    """How much each of 16x16x16 RGB cells belongs to each anchor, (4096, `ANCHORS`), rows sum to 1."""
    cell = np.stack(np.meshgrid(*[np.arange(16)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    distance = lab(cell.astype(np.float64) * 16 + 7.5)[:, None] - anchors()
    squared = (distance**2).sum(axis=2)
    near = np.exp((squared.min(axis=1, keepdims=True) - squared) / (2 * SOFTNESS**2))
    member: Floats = (near / near.sum(axis=1, keepdims=True)).astype(np.float32)
    return member


def shares(prepared: Prepared) -> Floats:
    """How much of the object is of each anchor's colour, (`ANCHORS`,), summing to 1."""
    cells = colour_cells(prepared.pixels)
    counts = np.bincount(cells.ravel(), prepared.weight.ravel(), 4096)
    found: Floats = (counts / counts.sum()).astype(np.float32) @ _membership()
    return found


def codes(prepared: Prepared) -> Code:
    """The code (1, `BITS`) of a prepared picture: anchor by anchor, each share in unary."""
    thresholds = MOST * ((np.arange(LEVELS) + 0.5) / LEVELS) ** CURVE
    return (shares(prepared)[:, None] > thresholds).reshape(1, BITS)


def colour(picture: Image.Image) -> Code:
    """The code (1, `BITS`) of an RGB picture."""
    return codes(prepare(picture))
