"""How a picture was held: read from its EXIF note, and turned upright.

Only the orientation is read: whatever else such a note says, and however badly, harms nobody.
"""

import struct

from PIL import Image

from webapp.pictures.tag_directory import directory_at, layout_of

ORIENTATION = 0x0112
PREFIX = b"Exif\0\0"
"""Begins an EXIF note in some formats, and is no part of it."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def exif_orientation(exif: bytes) -> int:
    """Read the orientation from an EXIF note, 1 to 8; upright, 1, if it says none.

    As browsers do, it is believed only as one number of 16 bits.
    """
    try:
        layout = layout_of(exif)
    except ValueError:
        return 1
    entry = directory_at(exif, layout, layout.first).entries.get(ORIENTATION)
    if entry is None:
        return 1
    _, kind, count, value = struct.unpack(layout.entry, entry)
    (orientation,) = struct.unpack_from(f"{layout.order}H", value)
    return int(orientation) if (kind, count) == (3, 1) and 1 <= orientation <= 8 else 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turn a picture as its orientation asks."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image
