"""Headers that are wrong: of the wrong format, twice, out of order, or of the wrong length."""

import struct
from collections.abc import Iterator

from tests.hostile.png_chunks import START, chunk, png
from tests.pictures import bag, encoded

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield files of all formats."""
    made = {format_: encoded(bag(1), format_) for format_ in FORMATS}
    for one, data in made.items():
        for other, its in made.items():
            if one != other:
                yield f"{one} that begins like {other}", its[:16] + data[16:]
        yield f"{one}, twice", data + data
        yield f"{one} alone in its first bytes", data[:12]
        yield f"{one} backwards", data[::-1]
        yield f"{one} with a megabyte of nothing behind", data + bytes(1_000_000)
    yield from _pngs()
    yield from _containers(made)


def _pngs() -> Iterator[tuple[str, bytes]]:
    head = struct.pack(">IIBBBBB", 60, 60, 8, 0, 0, 0, 0)
    right = png((60, 60), b"")
    yield "png without header", START + right[8 + 25 :]
    yield "png of two headers", right[:33] + chunk(b"IHDR", head) + right[33:]
    yield "png of a chunk as long as can be", right[:33] + b"\x7f\xff\xff\xffIDAT" + right[41:]
    yield "png of a chunk of negative length", right[:33] + b"\xff\xff\xff\xffIDAT" + right[41:]
    yield "png of a strange critical chunk", right[:33] + chunk(b"ABCD", b"x") + right[33:]
    for depth, colour in ((3, 0), (16, 3), (0, 0), (255, 255), (8, 3)):
        odd = chunk(b"IHDR", struct.pack(">IIBBBBB", 60, 60, depth, colour, 0, 0, 0))
        yield f"png of depth {depth} and colour {colour}", START + odd + right[33:]


def _containers(made: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name in ("AVIF", "HEIF"):
        data = made[name]
        for box in (b"meta", b"iloc", b"iprp", b"ipco", b"mdat", b"hdlr", b"pitm", b"iinf"):
            at = data.find(box) - 4
            if at < 0:
                continue
            for length in (0, 1, 7, 2**31, 2**32 - 1):
                lied = data[:at] + struct.pack(">I", length) + data[at + 4 :]
                yield f"{name} whose box {box.decode()} says {length} bytes", lied
    webp = made["WEBP"]
    for length in (0, 1, 2**31, 2**32 - 1):
        yield f"webp of {length} bytes, it says", webp[:4] + struct.pack("<I", length) + webp[8:]
