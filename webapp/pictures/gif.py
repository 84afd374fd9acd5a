"""GIF files."""

import io
import struct

from PIL.GifImagePlugin import GifImageFile

from webapp.pictures.undecoded import Undecoded

_HAS_PALETTE = 0x80


def parse(data: bytes) -> Undecoded:
    """Read what a GIF file says of its first frame."""
    image = GifImageFile(io.BytesIO(data))
    # Without a palette for all frames there may be none: then browsers show what they like.
    as_is = bool(data[10] & _HAS_PALETTE) and not image.is_animated
    return Undecoded(image=image, canvas=image.size, frame=image.tile[0].extents, as_is=as_is)


def size(data: bytes) -> tuple[int, int]:
    """Read width and height of a GIF file's canvas, which its decoder draws to look for frames."""
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height
