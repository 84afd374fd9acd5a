"""GIF files."""

import io

from PIL.GifImagePlugin import GifImageFile

from webapp.pictures.undecoded import Undecoded


def parse(data: bytes) -> Undecoded:
    """Read what a GIF file says of its first frame."""
    image = GifImageFile(io.BytesIO(data))
    frame, is_animated = image.tile[0].extents, image.is_animated
    return Undecoded(image=image, canvas=image.size, frame=frame, as_is=not is_animated)
