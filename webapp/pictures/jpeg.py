"""JPEG files: what decides how they look is kept, all else that is said in them is left out."""

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL.JpegImagePlugin import JpegImageFile

from webapp.pictures.formats import not_read
from webapp.pictures.jpeg_scans import Frame, are_complete, frame_of
from webapp.pictures.orientation import exif_orientation
from webapp.pictures.undecoded import Undecoded

_START_OF_SCAN, _COMMENT, _LOSSLESS_LS = 0xDA, 0xFE, 0xF7
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_NOTES = range(0xE0, 0xF0)
_FRAMES_READ = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_END = b"\xff\xd9"
_NOT_FILLING = re.compile(rb"[^\xff]")
# Cameras write some dozens, a colour profile in parts 255 at most.
_MOST_SEGMENTS = 10_000
# A file that is filled up with zeros after a cut has some, a scan that ends in zeros hardly any.
_FILLED = 16


@dataclass(slots=True)
class _Said:
    kept: list[bytes] = field(default_factory=lambda: [b"\xff\xd8"])
    frame: Frame | None = None
    restart_interval: int = 0
    exif: bytes = b""
    profile_parts: list[bytes] = field(default_factory=list)

    @property
    def profile(self) -> bytes | None:
        """The ICC profile: of several the first; no part of it may be missing or come twice."""
        found: dict[int, bytes] = {}
        for part in self.profile_parts:
            number, count = part[:2]
            if number in found or not 1 <= number <= count or count != self.profile_parts[0][1]:
                return None
            found[number] = part[2:]
            if len(found) == count:
                return b"".join(found[one] for one in sorted(found))
        return None


def parse(data: bytes) -> Undecoded:
    """Read what a JPEG file says of its picture; of several pictures the first is the main one.

    Raises:
        NotAnImage: it is of a sort that is not read.
        Exception: it is damaged, by whatever Pillow raises.
    """
    said, scans = _Said(), b""
    for count, (marker, body) in enumerate(_segments(data)):
        if count > _MOST_SEGMENTS:
            raise ValueError(f"more than {_MOST_SEGMENTS:,} segments come before its picture")
        if marker == _START_OF_SCAN:
            scans = body
        else:
            _take(said, marker, body)
    head = b"".join(said.kept)
    orientation, profile = exif_orientation(said.exif), said.profile
    if _END in scans:
        return Undecoded(image=_file(head + scans), orientation=orientation, profile=profile)
    # Only the end marker may be missing. If so, it does not matter what comes after the scan.
    # Browsers may leave out the last rows.
    scans = _without_filling(scans).removesuffix(b"\xff")
    if said.frame is None or not are_complete(said.frame, said.restart_interval, scans):
        raise ValueError("its end is missing")
    whole, witness = (_file(head + scans + more + _END) for more in (b"", b"\x55\xaa" * 64))
    return Undecoded(
        image=whole, witness=witness, as_is=False, orientation=orientation, profile=profile
    )


def _file(data: bytes) -> JpegImageFile:
    return JpegImageFile(io.BytesIO(data))


def _without_filling(scans: bytes) -> bytes:
    end = scans.rstrip(b"\0")
    if len(scans) - len(end) < _FILLED:
        return scans
    return end + b"\0" if end.endswith(b"\xff") else end  # that zero belongs to the scan


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and body of each segment; the last is all from the first scan on."""
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        marker = data[at + 1]
        if marker == _START_OF_SCAN:
            yield marker, data[at:]
            return
        if marker == 0xFF:
            following = _NOT_FILLING.search(data, at)
            at = following.start() - 1 if following else len(data)
            continue
        if marker == 0x00 or marker in _ALONE:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + max(2, length)


def _take(said: _Said, marker: int, body: bytes) -> None:
    """Keep a segment if the picture's pixels need it, and note what it says of their look."""
    if marker in _FRAMES or marker == _LOSSLESS_LS:
        _check_frame(marker, body)
        said.frame = frame_of(body)
    if marker == 0xDD:
        (said.restart_interval,) = struct.unpack_from(">H", body)
    if marker == 0xE1 and body.startswith(b"Exif\0"):
        said.exif = said.exif or body[6:]
    elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
        said.profile_parts.append(body[12:])
    elif marker != _COMMENT and (marker not in _NOTES or _tells_colours(body)):
        said.kept.append(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body)


def _tells_colours(body: bytes) -> bool:
    """Say whether the decoder learns from this note if colours are RGB, YCbCr, CMYK or YCCK."""
    return (body.startswith(b"JFIF\0") and len(body) >= 14) or (
        body.startswith(b"Adobe") and len(body) >= 12
    )


def _check_frame(marker: int, body: bytes) -> None:
    if marker not in _FRAMES_READ:
        raise not_read("lossless and hierarchical JPEG pictures")
    if body and body[0] != 8:
        raise not_read("JPEG pictures of more than 8 bits a colour")
