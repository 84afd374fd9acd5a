"""Metadata that is huge, or leads in circles."""

import struct
from collections.abc import Iterator

from PIL import Image

from tests.hostile.png_chunks import chunk, png
from tests.pictures import bag, encoded

_LARGEST_SEGMENT = 65_533


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield notes of Exif, XMP, comments and text."""
    jpeg = encoded(bag(1), "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", _LARGEST_SEGMENT + 2)
    for name, begins in (("Exif", b"Exif\0\0"), ("XMP", b"http://ns.adobe.com/xap/1.0/\0")):
        filled = segment + begins.ljust(_LARGEST_SEGMENT, b"A")
        yield f"jpeg with 200 notes of {name}", jpeg[:2] + filled * 200 + jpeg[2:]
    comment = b"\xff\xfe" + struct.pack(">H", 2)
    yield "jpeg with a million empty comments", jpeg[:2] + comment * 1_000_000 + jpeg[2:]
    yield "jpeg of filling bytes", jpeg[:2] + b"\xff" * 5_000_000 + jpeg[3:]
    for name, exif in _exif():
        for format_ in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF"):
            yield f"{format_} with Exif that {name}", encoded(bag(1), format_, exif=exif)
    yield "png of 200,000 empty notes", png((60, 60), b"", chunk(b"tEXt", b"a\0") * 200_000)
    yield "png of a note of 8 MB", png((60, 60), b"", chunk(b"tEXt", b"a\0" + b"b" * 8_000_000))
    for name, xmp in _xmp():
        yield f"jpeg with XMP that {name}", encoded(bag(1), "JPEG", xmp=xmp)
        packed = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
        yield f"png with XMP that {name}", png((60, 60), b"", packed)
    yield "tiff of a directory of 60,000 entries", _tiff_of(60_000)
    yield "tiff whose directory is itself", b"II*\0\4\0\0\0" + struct.pack("<H", 1) + bytes(16)


def _exif() -> Iterator[tuple[str, bytes]]:
    right = Image.Exif()
    right[274] = 6
    whole = right.tobytes()
    yield "ends at once", whole[:14]
    yield "leads to itself", b"Exif\0\0II*\0\x08\0\0\0" + _directory([(34665, 4, 1, 8)], 8)
    yield "never ends", b"Exif\0\0II*\0\x08\0\0\0" + _directory([(274, 3, 1, 6)] * 5000, 8)
    yield "points far away", b"Exif\0\0II*\0\xff\xff\xff\x7f"
    yield (
        "counts to four billion",
        b"Exif\0\0II*\0\x08\0\0\0" + _directory([(274, 3, 2**32 - 1, 8), (270, 2, 2**31, 8)], 0),
    )


def _xmp() -> Iterator[tuple[str, bytes]]:
    rdf = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>%s</x:xmpmeta>"
    laughs = b"".join(
        b"<!ENTITY l%d '%s'>" % (n, b"&l%d;" % (n - 1) * 10 if n else b"ha") for n in range(10)
    )
    yield "laughs a billion times", b"<!DOCTYPE x [" + laughs + b"]>" + rdf % b"&l9;"
    outside = b"<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    yield "reads a file of the server", outside + rdf % b"&f;"
    yield "nests without end", rdf % (b"<a>" * 15_000)


def _directory(entries: list[tuple[int, int, int, int]], following: int) -> bytes:
    """Write a directory of TIFF: tag, type, count and value of each entry."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


def _tiff_of(entries: int) -> bytes:
    return b"II*\0\x08\0\0\0" + _directory([(256, 4, 1, 60)] * entries, 0)
