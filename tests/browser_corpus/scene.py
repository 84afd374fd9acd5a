"""The picture that all samples of the corpus show: no two corners, sides or tones alike."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

WIDTH, HEIGHT = 32, 24
CHROMATICITIES = {
    "sRGB": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "Display P3": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
    "Adobe RGB": (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, 0.3127, 0.3290),
    "ProPhoto": (0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001, 0.3457, 0.3585),
    "BT.2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
}
"""x and y of red, green, blue and white of colour spaces that photos come in."""


def scene(width: int = WIDTH, height: int = HEIGHT) -> Bytes:
    """Draw ramps of all colours, a grey ramp, and a dark mark near one corner, (h, w, 3)."""
    y, x = np.mgrid[0:height, 0:width]
    across, down = x / max(1, width - 1), y / max(1, height - 1)
    picture = np.stack([across, down, 1 - (across + down) / 2], axis=-1) * 255
    greys = slice(height * 2 // 3, height * 5 // 6)
    picture[greys] = (across * 255)[greys, :, None]
    picture[height // 8 : height // 3, width // 8 : width // 5] = (20, 10, 60)
    return as_bytes(picture)


def alpha(width: int = WIDTH, height: int = HEIGHT) -> Bytes:
    """Draw what is clear, half clear and opaque, (h, w)."""
    steps = np.array([0, 1, 64, 128, 200, 254, 255, 255], dtype=np.uint8)
    row = steps[np.arange(width) * len(steps) // width]
    return np.roll(np.broadcast_to(row, (height, width)), 5, axis=1).copy()


def grey(width: int = WIDTH, height: int = HEIGHT) -> Bytes:
    """Draw the scene in grey, (h, w)."""
    weighed = scene(width, height) @ np.array([0.3, 0.6, 0.1])
    return as_bytes(weighed)


def as_bytes(values: NDArray[Any]) -> Bytes:
    rounded: Bytes = np.rint(values).astype(np.uint8)
    return rounded
