"""The mark, or the owner's logo, as icons: a handbag in 8 by 8 bits, on the paper of the pages."""

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageOps

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
SVG = "image/svg+xml"
_FAVICON_SIZES = (16, 32, 48)
# A system may cut an icon to a circle: four fifths of its side are always seen.
_SHARE_OF_ICON = 0.6
_SHARE_OF_FAVICON = 1.0
_GAP_LEAST_PIXELS = 4  # cells smaller than this have no gap between them


@dataclass(frozen=True, slots=True)
class IconLook:
    """What an icon shows: a logo, as its file, else the mark in a colour."""

    colour: str = ACCENT
    logo: bytes | None = None


@lru_cache(maxsize=16)
def png(size: int, look: IconLook = IconLook()) -> bytes:
    """Draw the icon of a size, as PNG."""
    return _encoded(_icon(size, _SHARE_OF_ICON, look), "PNG")


@lru_cache(maxsize=4)
def favicon(look: IconLook = IconLook()) -> bytes:
    """Draw the icon of a browser's tab, as ICO with several sizes."""
    drawn = [_icon(size, _SHARE_OF_FAVICON, look) for size in _FAVICON_SIZES]
    sizes = [one.size for one in drawn]
    return _encoded(drawn[-1], "ICO", sizes=sizes, append_images=drawn[:-1])


def svg(light: str, dark: str) -> str:
    """Draw the mark as SVG, in a colour for each theme."""
    cells = "".join(
        f"M{x}.06 {y}.06h.88v.88h-.88z"
        for y, row in enumerate(MARK)
        for x, bit in enumerate(row)
        if bit == "1"
    )
    style = f"path{{fill:{light}}}@media (prefers-color-scheme:dark){{path{{fill:{dark}}}}}"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 10 10">'
        f'<style>{style}</style><path d="{cells}"/></svg>'
    )


def _icon(size: int, share: float, look: IconLook) -> Image.Image:
    return _placed(size, share, look.logo) if look.logo else _drawn(size, share, look.colour)


def _placed(size: int, share: float, logo: bytes) -> Image.Image:
    """Put a logo in the middle of a square."""
    side = max(1, int(size * share))
    with Image.open(io.BytesIO(logo)) as opened:
        picture = ImageOps.contain(opened.convert("RGBA"), (side, side))
    icon = Image.new("RGB", (size, size), PAPER)
    place = ((size - picture.width) // 2, (size - picture.height) // 2)
    icon.paste(picture, place, picture)
    return icon


def _drawn(size: int, share: float, colour: str) -> Image.Image:
    """Draw the mark in the middle of a square, its cells a whole number of pixels wide."""
    cell = int(size * share) // len(MARK)
    bits = np.array([[bit == "1" for bit in row] for row in MARK])
    mask = np.kron(bits, np.ones((cell, cell), dtype=bool))
    if cell >= _GAP_LEAST_PIXELS:
        mask[cell - 1 :: cell] = False
        mask[:, cell - 1 :: cell] = False
    icon = Image.new("RGB", (size, size), PAPER)
    left = (size - cell * len(MARK)) // 2
    icon.paste(colour, (left, left), Image.fromarray(mask.astype(np.uint8) * 255))
    return icon


def _encoded(icon: Image.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    icon.save(out, format_, **options)
    return out.getvalue()
