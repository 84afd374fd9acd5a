"""BMP pictures packed as runs of equal pixels, which may leave pixels out."""

import numpy as np
from numpy.typing import NDArray

_END_OF_ROW, _END_OF_PICTURE, _JUMP = 0, 1, 2


def unpacked(packed: bytes, width: int, height: int, bits: int) -> NDArray[np.int16]:
    """Return which colour of its palette each pixel has, (h, w), the lowest row first; -1 is none.

    `bits` of a pixel are 4 or 8.

    Raises:
        ValueError: the packed pixels are cut short.
    """
    pixels = np.full((height, width), -1, dtype=np.int16)
    at, x, y = 0, 0, 0
    while y < height:
        if at + 2 > len(packed):
            raise ValueError("its pixels are cut short")
        count, value = packed[at : at + 2]
        at += 2
        if count:
            pixels[y, x : x + count] = _values(bytes([value]) * count, bits)[
                : min(count, width - x)
            ]
            x = min(x + count, width)
        elif value == _END_OF_ROW:
            x, y = 0, y + 1
        elif value == _END_OF_PICTURE:
            break
        elif value == _JUMP:
            x, y = min(x + packed[at], width), y + packed[at + 1]
            at += 2
        else:
            length = value if bits == 8 else (value + 1) // 2
            values = _values(packed[at : at + length], bits)[: min(value, width - x)]
            pixels[y, x : x + value] = values
            x = min(x + value, width)
            at += length + length % 2  # in whole words
    return pixels


def coloured(pixels: NDArray[np.int16], palette: bytes) -> NDArray[np.uint8]:
    """Return the colours of pixels, (h, w, 3), by a palette of four bytes each, blue first.

    As in browsers, what has no colour is black.
    """
    colours = np.zeros((257, 3), dtype=np.uint8)
    given = np.frombuffer(palette[: len(palette) // 4 * 4], np.uint8).reshape(-1, 4)[:256]
    colours[: len(given)] = given[:, 2::-1]
    return colours[pixels]


def _values(packed: bytes, bits: int) -> NDArray[np.uint8]:
    values = np.frombuffer(packed, np.uint8)
    return values if bits == 8 else np.stack([values >> 4, values & 15], axis=1).ravel()
