"""HEIF files, to which AVIF belongs: turned by the container's own word, never by EXIF."""

import io
import re
import struct
from collections.abc import Callable

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from pillow_heif import HeifImageFile, register_heif_opener

from webapp.pictures.colour_profile import is_profile
from webapp.pictures.colour_space import code_profile
from webapp.pictures.orientation import PREFIX, exif_orientation
from webapp.pictures.undecoded import Undecoded

register_heif_opener()
# It comes with names, and without types.
_heif_file: Callable[[io.BytesIO], Image.Image] = HeifImageFile

# The entry in the list of items that says which one is an EXIF note.
_EXIF_ITEM = re.compile(rb"(infe.{8}(?:..)?)Exif", re.DOTALL)
_CURVES_REFUSED = frozenset({9, 10, 11, 12})
_COLOUR_CODES = re.compile(rb"colrnclx(.{4})", re.DOTALL)


def parse_avif(data: bytes) -> Undecoded:
    """Read what an AVIF file says of its picture; of an animation the first frame counts."""
    image = AvifImageFile(io.BytesIO(_without_exif(data)))
    # Pillow writes an EXIF note of its own with the orientation that the container declares.
    orientation = exif_orientation(image.info.get("exif", b"").removeprefix(PREFIX))
    profile = _profile(data, image)
    odd = image.is_animated or image.mode == "RGBA" or _has_odd_colours(data, image)
    return Undecoded(image=image, orientation=orientation, profile=profile, as_is=not odd)


def parse_heif(data: bytes) -> Undecoded:
    """Read what a HEIC file says of its main picture; its decoder turns it."""
    image = _heif_file(io.BytesIO(_without_exif(data)))
    return Undecoded(image=image, profile=_profile(data, image))


def _without_exif(data: bytes) -> bytes:
    """Hide the EXIF note: decoders look at it, and stumble over odd ones."""
    return _EXIF_ITEM.sub(rb"\1none", data)


def _has_odd_colours(data: bytes, image: Image.Image) -> bool:
    """Say whether browsers refuse the file for what it says of its colours."""
    codes = _COLOUR_CODES.search(data)
    if codes and int.from_bytes(codes[1][2:], "big") in _CURVES_REFUSED:
        return True
    embedded = image.info.get("icc_profile")
    return embedded is not None and not is_profile(embedded)


def _profile(data: bytes, image: Image.Image) -> bytes | None:
    embedded: bytes | None = image.info.get("icc_profile")
    codes = _COLOUR_CODES.search(data)
    if embedded or not codes:
        return embedded
    primaries, transfer = struct.unpack(">HH", codes[1])
    return code_profile(primaries, transfer, video=True)
