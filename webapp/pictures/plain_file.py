"""Files of pictures without what they say beside the picture: place, time, camera, owner, words.

Nothing is decoded or compressed again: the pixels are the same bytes. What decides how they look,
the orientation and the colour profile, stays.
"""

import re
import struct
import zlib
from collections.abc import Iterator

from webapp.pictures.orientation import ORIENTATION, PREFIX, exif_orientation

_END_OF_IMAGE, _START_OF_SCAN, _COMMENT, _NOTE_1 = 0xD9, 0xDA, 0xFE, 0xE1
_NOTES = range(0xE0, 0xF0)
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # these have no length
# Notes of a JPEG file that decide how it looks.
_JPEG_LOOK = (b"JFIF\0", b"Adobe", b"ICC_PROFILE\0")
# Within a scan, 255 is followed by zero or a restart marker; anything else ends it.
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_LOOK = frozenset(
    b"cICP iCCP sRGB gAMA cHRM mDCV cLLI tRNS bKGD sBIT pHYs hIST sPLT acTL fcTL fdAT".split()
)

_WEBP_LOOK = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_NOTES = 0x08 | 0x04  # flags of VP8X: EXIF, XMP

_SIGNS_OF_NOTES = re.compile(rb"Exif|XMP|xap/1\.0|brob|\x21\xfe")


def without_notes(data: bytes, media_type: str) -> bytes | None:
    """Return a file without its notes; None where that is not known of this format or file."""
    try:
        match media_type:
            case "image/jpeg":
                return b"".join(_jpeg(data))
            case "image/png":
                return b"".join(_png(data))
            case "image/webp":
                return _webp(data)
    except (ValueError, struct.error):  # it is not built as it should be
        return None
    return None if _SIGNS_OF_NOTES.search(data) else data


def _jpeg(data: bytes) -> Iterator[bytes]:
    """Yield the parts that stay; what comes after the picture's end does not."""
    yield data[:2]
    at, exif_was_seen = 2, False
    while at + 4 <= len(data):
        marker = data[at + 1]
        if data[at] != 0xFF:
            raise ValueError("there is no marker where one should be")
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == _END_OF_IMAGE:
            break
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        body = data[at + 4 : end]
        if marker == _START_OF_SCAN:
            found = _SCAN_END.search(data, end)
            end = found.end() - 2 if found else len(data)
        if marker == _NOTE_1 and body.startswith(b"Exif\0") and not exif_was_seen:
            exif_was_seen = True
            yield _jpeg_orientation(exif_orientation(body[6:]))
        elif marker != _COMMENT and (marker not in _NOTES or body.startswith(_JPEG_LOOK)):
            yield data[at:end]
        at = end
    yield b"\xff\xd9"


def _jpeg_orientation(orientation: int) -> bytes:
    note = PREFIX + _exif(orientation)
    return b"" if orientation == 1 else struct.pack(">BBH", 0xFF, _NOTE_1, len(note) + 2) + note


def _exif(orientation: int) -> bytes:
    """Write an EXIF note that says how the picture was held, and nothing else."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, ORIENTATION, 3, 1, orientation, 0, 0)


def _png(data: bytes) -> Iterator[bytes]:
    yield _PNG_SIGNATURE
    at = len(_PNG_SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        orientation = exif_orientation(data[at + 8 : end - 4]) if kind == b"eXIf" else 1
        if kind[:1].isupper() or kind in _PNG_LOOK:
            yield data[at:end]
        elif orientation != 1:
            note = kind + _exif(orientation)
            yield struct.pack(">I", len(note) - 4) + note + struct.pack(">I", zlib.crc32(note))
        if kind == b"IEND":
            return
        at = end
    raise ValueError("its end is missing")


def _webp(data: bytes) -> bytes:
    parts, at = [b"WEBP"], 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length + length % 2
        if kind in _WEBP_LOOK:
            part = bytearray(data[at:end])
            if kind == b"VP8X":
                part[8] &= ~_WEBP_NOTES
            parts.append(bytes(part))
        at = end
    body = b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body
