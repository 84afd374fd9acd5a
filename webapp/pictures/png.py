"""PNG files: what decides how they look is kept, all else that is said in them is left out."""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL.PngImagePlugin import PngImageFile

from webapp.pictures.colour_profile import is_profile
from webapp.pictures.colour_space import code_profile, gamma_profile
from webapp.pictures.formats import not_read
from webapp.pictures.orientation import PREFIX, exif_orientation
from webapp.pictures.undecoded import Undecoded

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD = frozenset({b"IHDR", b"PLTE", b"tRNS"})
_LOOK = frozenset({b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"eXIf"})
# Where picture programs put EXIF before there was a chunk for it; browsers know only that chunk.
_OLD_EXIF = b"Raw profile type exif\0"
_GREY, _RGB, _PALETTE = 0, 2, 3
_LEAST_GAMMA = 3  # of 100,000: one that small has no profile
# How Pillow calls samples of 16 bits with the other byte first.
_SECOND_BYTES = "RGB;16L"
_MOST_PROFILE, _MOST_OLD_EXIF = 1 << 24, 1 << 16


@dataclass(slots=True)
class _Chunks:
    """The chunks of a file that count; of each sort that says how it looks, the first."""

    head: dict[bytes, bytes] = field(default_factory=dict)
    look: dict[bytes, bytes] = field(default_factory=dict)
    old_exif: bytes = b""
    pixels: list[bytes] = field(default_factory=list)
    # An animation: whether the pixels above are no part of it, its frames, the first's pixels.
    animated: bool = False
    apart: bool = False
    frames: list[bytes] = field(default_factory=list)
    frame_pixels: list[bytes] = field(default_factory=list)


def parse(data: bytes) -> Undecoded:
    """Read what a PNG file says of its picture; of an animation the first frame counts.

    Raises:
        NotAnImage: it is of a sort that is not read.
        Exception: it is damaged, by whatever Pillow raises.
    """
    chunks = _Chunks()
    for kind, body in _chunks(data):
        _take(chunks, kind, body)
    new, old = exif_orientation(chunks.look.get(b"eXIf", b"")), 1
    if new == 1:
        old = exif_orientation(_old_exif(chunks.old_exif))
    canvas, frame = None, None
    if chunks.animated and chunks.apart and chunks.frame_pixels:
        width, height, left, top = struct.unpack_from(">4I", chunks.frames[0], 4)
        canvas = struct.unpack_from(">II", chunks.head[b"IHDR"])
        frame = (left, top, left + width, top + height)
        chunks.head[b"IHDR"] = struct.pack(">II", width, height) + chunks.head[b"IHDR"][8:]
        chunks.pixels = chunks.frame_pixels
    image, second_bytes = _files(chunks)
    return Undecoded(
        image=image,
        second_bytes=second_bytes,
        orientation=max(new, old),
        profile=_profile(chunks.look),
        canvas=canvas,
        frame=frame,
        as_is=old == 1 and not chunks.animated and not _has_odd_colours(chunks.look),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and body of each chunk; the checksum must be right, or it must hold pixels."""
    at = len(_SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body, checksum = data[at + 8 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        # Of pixels the decoder finds out more: they are compressed with a checksum of their own.
        if kind == b"IDAT" or zlib.crc32(body, zlib.crc32(kind)) == int.from_bytes(checksum, "big"):
            yield kind, body
        elif kind in {b"IHDR", b"PLTE"}:
            raise ValueError(f"wrong checksum of {kind.decode()}")
        if kind == b"IEND":
            return
        at += length + 12


def _take(chunks: _Chunks, kind: bytes, body: bytes) -> None:
    match kind:
        case b"IDAT":
            chunks.apart = chunks.apart or not (chunks.pixels or chunks.frames)
            chunks.pixels.append(body)
        case b"IHDR" | b"PLTE" | b"tRNS" if not chunks.pixels:
            chunks.head.setdefault(kind, body)
        case b"CgBI":
            raise not_read("PNG pictures packed for Apple's phones")
        case b"acTL" if not chunks.pixels:
            chunks.animated = True
        case b"fcTL" if len(body) == 26:
            chunks.frames.append(body)
        case b"fdAT" if len(chunks.frames) == 1:
            chunks.frame_pixels.append(body[4:])
        case b"zTXt" | b"tEXt" if body.startswith(_OLD_EXIF):
            chunks.old_exif = kind + body[len(_OLD_EXIF) :]
        case _ if kind in _LOOK and not chunks.pixels:
            chunks.look.setdefault(kind, body)


def _files(chunks: _Chunks) -> tuple[PngImageFile, PngImageFile | None]:
    """Write down what is left for Pillow to decode.

    The second file is of colours of 16 bits of which one is transparent: their second bytes.
    """
    depth, colour = chunks.head[b"IHDR"][8:10]
    if colour == _PALETTE:
        chunks.head[b"PLTE"] = _palette(chunks.head.get(b"PLTE", b""))
    parts = [_SIGNATURE, *(_chunk(kind, body) for kind, body in sorted(chunks.head.items()))]
    parts += [_chunk(b"IDAT", body) for body in chunks.pixels]
    file = b"".join([*parts, _chunk(b"IEND", b"")])
    image, low = PngImageFile(io.BytesIO(file)), None
    if "transparency" in image.info and colour == _GREY and depth in {2, 4}:
        # Pillow scales the samples to 8 bits, and not the one that is transparent.
        image.info["transparency"] *= 255 // (2**depth - 1)
    if "transparency" in image.info and colour == _RGB and depth == 16:
        low = PngImageFile(io.BytesIO(file))
        low.tile = [tile._replace(args=_SECOND_BYTES) for tile in low.tile]
    return image, low


def _palette(colours: bytes) -> bytes:
    """Fill a palette up with its last colour."""
    count = min(len(colours) // 3, 256)
    if not count:
        raise ValueError("its palette is missing")
    return colours[: 3 * count] + colours[3 * count - 3 : 3 * count] * (256 - count)


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = 0 if kind == b"IDAT" else zlib.crc32(body, zlib.crc32(kind))  # nobody asks for it
    return b"".join([struct.pack(">I4s", len(body), kind), body, struct.pack(">I", checksum)])


def _profile(look: dict[bytes, bytes]) -> bytes | None:
    """Return the profile of the colours, by the first chunk that makes sense in this order."""
    if len(codes := look.get(b"cICP", b"")) == 4:
        colours, curve, matrix, full_range = codes
        if (matrix, full_range) == (0, 1) and (made := code_profile(colours, curve)):
            return made
    if is_profile(embedded := _embedded(look.get(b"iCCP", b""))):
        return embedded
    if look.get(b"sRGB", b"") in {b"\0", b"\1", b"\2", b"\3"} or len(look.get(b"gAMA", b"")) != 4:
        return None
    gamma = int.from_bytes(look[b"gAMA"], "big") / 100_000
    if len(points := look.get(b"cHRM", b"")) != 32:
        return gamma_profile(gamma, None)
    white_x, white_y, *primaries = (value / 100_000 for value in struct.unpack(">8I", points))
    return gamma_profile(gamma, (*primaries, white_x, white_y))


def _has_odd_colours(look: dict[bytes, bytes]) -> bool:
    """Say whether browsers show nothing, or black, for what is no sense here."""
    gamma = int.from_bytes(look.get(b"gAMA", b""), "big")
    return look.get(b"cICP", bytes(4))[2:3] != b"\0" or 0 < gamma <= _LEAST_GAMMA


def _embedded(body: bytes) -> bytes:
    """Unpack an ICC profile."""
    _, _, packed = body.partition(b"\0")
    return _inflated(packed[1:], _MOST_PROFILE)


def _old_exif(body: bytes) -> bytes:
    """Unpack an EXIF note that is written in hexadecimal digits, after its name and length."""
    text = _inflated(body[5:], _MOST_OLD_EXIF) if body.startswith(b"zTXt") else body[4:]
    digits = b"".join(text.split()[2:])[:_MOST_OLD_EXIF]
    try:
        exif = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
    except ValueError:
        return b""
    return exif.removeprefix(PREFIX)


def _inflated(packed: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return b""
