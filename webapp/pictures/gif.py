"""GIF files."""

import io

from PIL.GifImagePlugin import GifImageFile

from webapp.pictures.undecoded import Undecoded

_HAS_PALETTE = 0x80


def parse(data: bytes) -> Undecoded:
    """Read what a GIF file says of its first frame."""
    image = GifImageFile(io.BytesIO(data))
    # Without a palette for all frames there may be none: then browsers show what they like.
    as_is = bool(data[10] & _HAS_PALETTE) and not image.is_animated
    return Undecoded(image=image, canvas=image.size, frame=image.tile[0].extents, as_is=as_is)
