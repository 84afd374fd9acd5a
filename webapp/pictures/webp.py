"""WebP files."""

import io

from PIL.WebPImagePlugin import WebPImageFile

from webapp.pictures.orientation import PREFIX, exif_orientation
from webapp.pictures.undecoded import Undecoded


def parse(data: bytes) -> Undecoded:
    """Read what a WebP file says of its picture; of an animation the first frame counts."""
    image = WebPImageFile(io.BytesIO(data))
    orientation = exif_orientation(image.info.get("exif", b"").removeprefix(PREFIX))
    return Undecoded(
        image=image,
        orientation=orientation,
        profile=image.info.get("icc_profile"),
        # Not all browsers turn these.
        as_is=orientation == 1 and not image.is_animated,
    )


def size(data: bytes) -> tuple[int, int]:
    """Read width and height of a WebP file's canvas, for which its decoder makes room at once."""
    if data[12:16] != b"VP8X":
        return 1, 1  # of the others the size is bounded
    width, height = (int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
    return 1 + width, 1 + height
