"""EXIF notes with an orientation, plain ones and odd ones; and what XMP says of it."""

import struct
from collections.abc import Iterator

Entry = tuple[int, int, int, bytes]
ORIENTATION, SHORT, LONG = 0x0112, 3, 4


def written(entries: list[Entry], order: str = "<", after: bytes = bytes(4)) -> bytes:
    """Write a note of one directory; values are of 4 bytes or fewer, as they are."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    body = struct.pack(f"{order}H", len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack(f"{order}HHI", tag, kind, count) + value.ljust(4, b"\0")
    return head + body + after


def oriented(orientation: int, order: str = "<") -> Entry:
    return ORIENTATION, SHORT, 1, struct.pack(f"{order}H", orientation)


def note(orientation: int, order: str = "<") -> bytes:
    return written([oriented(orientation, order)], order)


BELIEVED = (
    "among good tags",
    "after a tag that points outside",
    "after a tag of no known type",
    "after a negative resolution",
    "before a unit of 70,000",
    "twice, 6 then 3",
    "tags not in order",
    "no next directory",
    "a next directory outside",
    "more tags declared than there are",
    "in a directory further on",
)
"""The odd notes whose orientation browsers believe."""


def odd_notes() -> Iterator[tuple[str, bytes]]:
    """Yield notes that say 6 in some odd way, or beside something odd, with a name for each."""
    six = oriented(6)
    yield "among good tags", written([(0x010F, 2, 4, b"Ora\0"), six, (0x0128, SHORT, 1, b"\2\0")])
    yield "after a tag that points outside", written([(0x010E, 2, 99, b"\xff\xff\xff\x7f"), six])
    yield "after a tag of no known type", written([(0x010F, 99, 1, b"1234"), six])
    yield "after a negative resolution", written([six, (0x011A, 10, 1, b"\xf0\0\0\0")])
    yield "before a unit of 70,000", written([six, (0x0128, LONG, 1, struct.pack("<I", 70_000))])
    yield "as a long number", written([(ORIENTATION, LONG, 1, struct.pack("<I", 6))])
    yield "as a byte", written([(ORIENTATION, 1, 1, b"\6")])
    yield "two numbers", written([(ORIENTATION, SHORT, 2, struct.pack("<HH", 6, 1))])
    yield "no number", written([(ORIENTATION, SHORT, 0, struct.pack("<H", 6))])
    yield "twice, 6 then 3", written([six, oriented(3)])
    yield "twice, 1 then 6", written([oriented(1), six])
    yield "tags not in order", written([(0x0132, 2, 1, b"x"), six])
    yield "no next directory", written([six], after=b"")
    yield "a next directory outside", written([six], after=b"\xff\xff\xff\x7f")
    whole = note(6)
    yield "more tags declared than there are", whole[:8] + b"\x09\0" + whole[10:]
    yield "cut within the tag", whole[:-7]
    yield "in a directory further on", whole[:4] + struct.pack("<I", 20) + bytes(12) + whole[8:]
    yield "directory outside", whole[:4] + struct.pack("<I", 5000) + whole[8:]
    yield "other version", whole[:2] + b"\x2b\0" + whole[4:]
    yield "other byte order", b"XX" + whole[2:]
    yield "nothing", b""


def xmp(orientation: int) -> bytes:
    """Write XMP that says an orientation, which no browser believes."""
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta>'
    ) % orientation
