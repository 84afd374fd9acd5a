"""Colour profiles that are malformed, in every format that has them."""

import struct
from collections.abc import Iterator

from PIL import ImageCms

from tests.pictures import bag, encoded

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF")
_COUNT_AT, _TAGS_AT = 128, 132


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield each malformed profile in each format."""
    for name, profile in _profiles():
        for format_ in FORMATS:
            yield f"{format_} with a profile {name}", encoded(bag(1), format_, icc_profile=profile)


def _profiles() -> Iterator[tuple[str, bytes]]:
    right = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield "of one byte", b"x"
    yield "that is cut", right[: len(right) // 2]
    yield "of another colour space", right[:16] + b"CMYK" + right[20:]
    yield "of no colour space", right[:16] + b"\0\0\0\0" + right[20:]
    yield "of four billion tags", _with(right, _COUNT_AT, 2**32 - 1)
    yield "whose tags lie outside", _with(right, _TAGS_AT + 4, 2**32 - 16)
    yield "whose tag has no end", _with(right, _TAGS_AT + 8, 2**32 - 1)
    yield "whose tag is itself", _with(right, _TAGS_AT + 4, _TAGS_AT)
    yield "that says it is longer", struct.pack(">I", 2**31) + right[4:]
    at = right.index(b"para") if b"para" in right else right.index(b"curv")
    yield (
        "of a curve of four billion points",
        right[:at] + b"curv\0\0\0\0\xff\xff\xff\xff" + right[at + 12 :],
    )
    yield (
        "of numbers that are none",
        right[: _TAGS_AT + 180] + b"\xff" * len(right[_TAGS_AT + 180 :]),
    )


def _with(profile: bytes, at: int, number: int) -> bytes:
    return profile[:at] + struct.pack(">I", number) + profile[at + 4 :]
