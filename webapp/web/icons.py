"""The mark as icons: a handbag in 8 by 8 bits, on the paper of the pages."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image

MARK = (
    "00111100",
    "01000010",
    "01000010",
    "11111111",
    "11111111",
    "11100111",
    "11111111",
    "01111110",
)
"""The bits of the mark, row by row; `1` is set."""

SIZES = (180, 192, 512)
"""Sides in pixels: what an iPhone's home screen and a web app's manifest ask for."""

PAPER, ACCENT = "#f8f5ef", "#7a1f2b"
_FAVICON_SIZES = (16, 32, 48)
# A system may cut an icon to a circle: four fifths of its side are always seen.
_SHARE_OF_ICON = 0.6
_SHARE_OF_FAVICON = 1.0
_GAP_LEAST_PIXELS = 4  # cells smaller than this have no gap between them


@lru_cache(maxsize=len(SIZES))
def png(size: int) -> bytes:
    """Draw the icon of a size, as PNG."""
    return _encoded(_drawn(size, _SHARE_OF_ICON), "PNG")


@lru_cache(maxsize=1)
def favicon() -> bytes:
    """Draw the icon of a browser's tab, as ICO with several sizes."""
    drawn = [_drawn(size, _SHARE_OF_FAVICON) for size in _FAVICON_SIZES]
    sizes = [one.size for one in drawn]
    return _encoded(drawn[-1], "ICO", sizes=sizes, append_images=drawn[:-1])


def _drawn(size: int, share: float) -> Image.Image:
    """Draw the mark in the middle of a square, its cells a whole number of pixels wide."""
    cell = int(size * share) // len(MARK)
    bits = np.array([[bit == "1" for bit in row] for row in MARK])
    mask = np.kron(bits, np.ones((cell, cell), dtype=bool))
    if cell >= _GAP_LEAST_PIXELS:
        mask[cell - 1 :: cell] = False
        mask[:, cell - 1 :: cell] = False
    icon = Image.new("RGB", (size, size), PAPER)
    left = (size - cell * len(MARK)) // 2
    icon.paste(ACCENT, (left, left), Image.fromarray(mask.astype(np.uint8) * 255))
    return icon


def _encoded(icon: Image.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    icon.save(out, format_, **options)
    return out.getvalue()
