"""Small files of vast pictures, in every format: by their header, or unpacked for real."""

import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from tests.browser_corpus import gif
from tests.hostile.png_chunks import chunk, png
from tests.pictures import bag, encoded

VAST = 60_000  # pixels each way: 3.6 billion
LARGEST = (7000, 7100)  # just below the limit of pixels: it is decoded


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield one and more of each format."""
    yield from _pngs()
    yield from _jpegs()
    yield from _riffs()
    yield from _others()


def _pngs() -> Iterator[tuple[str, bytes]]:
    zeros = zlib.compress(bytes(50_000_000), 9)
    yield "png of a vast header", png((VAST, VAST), zlib.compress(b"\0"))
    yield "png of the largest header", png((2**31 - 1, 2**31 - 1), zlib.compress(b"\0"))
    yield "png with far more pixels than it says", png((4, 4), zeros)
    yield "png that is long and thin", png((2**31 - 1, 1), zeros)
    yield "png of the most pixels that are let in", encoded(Image.new("1", LARGEST, 1), "PNG")
    yield "png of no width", png((0, 60), zeros)
    for kind, head in (("zTXt", b"a\0\0"), ("iCCP", b"a\0\0"), ("iTXt", b"a\0\1\0\0\0")):
        packed = chunk(kind.encode(), head + zlib.compress(bytes(200_000_000), 9))
        yield f"png with a note that unpacks to 200 MB, {kind}", png((60, 60), b"", packed)


def _jpegs() -> Iterator[tuple[str, bytes]]:
    for progressive in (False, True):
        data = encoded(bag(1), "JPEG", progressive=progressive)
        at = data.index(b"\xff\xc2" if progressive else b"\xff\xc0") + 5
        sizes = {"vast": (65_500, 65_500), "largest": (7100, 7000), "thin": (65_500, 1)}
        for name, (height, width) in sizes.items():
            size = struct.pack(">HH", height, width)
            yield f"jpeg of a {name} header, {progressive=}", data[:at] + size + data[at + 4 :]
    # Each scan of a progressive picture is a pass over all of it.
    data = encoded(bag(1), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    yield "jpeg of 2,000 scans", data[:last] + data[last:-2] * 2000 + data[-2:]


def _riffs() -> Iterator[tuple[str, bytes]]:
    simple = encoded(bag(1), "WEBP")
    yield "webp of the largest frame", _patched(simple, b"\x9d\x01\x2a", 3, b"\xff\x3f\xff\x3f")
    lossless = encoded(bag(1), "WEBP", lossless=True)
    yield "webp of the largest lossless frame", _patched(lossless, b"VP8L", 9, b"\xff\xff\xff\x0f")
    moving = encoded(bag(1), "WEBP", save_all=True, append_images=[bag(2)])
    yield "webp of a vast canvas", _patched(moving, b"VP8X", 12, b"\xff" * 6)


def _others() -> Iterator[tuple[str, bytes]]:
    yield "gif of a vast canvas", gif.start(4, (65_535, 65_535))
    yield "gif of one, with a frame", gif.start(4, (65_535, 65_535)) + encoded(bag(1), "GIF")[13:]
    header = struct.pack("<IiiHHIIiiII", 40, VAST, 50_000, 1, 8, 1, 4, 0, 0, 0, 0)
    runs = struct.pack("<2sIHHI", b"BM", 60, 0, 0, 54) + header
    yield "bmp of a vast picture in few runs", runs + b"\4\1\0\1"
    yield "bmp of negative sizes", runs.replace(struct.pack("<ii", VAST, 50_000), b"\0\0\0\x80" * 2)
    for packed in ("raw", "tiff_lzw", "tiff_adobe_deflate"):
        data = encoded(bag(1), "TIFF", compression=packed)
        for tag, name in ((256, "width"), (257, "height"), (278, "rows of a strip")):
            entry = next(e for e in _entries(data) if e[:2] == struct.pack("<H", tag))
            vast = entry[:2] + struct.pack("<HII", 4, 1, 4_000_000)
            yield f"tiff of a vast {name}, {packed}", data.replace(entry, vast)
    for format_ in ("AVIF", "HEIF"):
        data = encoded(bag(1), format_)
        yield (
            f"{format_} of a vast size",
            _patched(data, b"ispe", 8, struct.pack(">II", VAST, VAST)),
        )


def _entries(data: bytes) -> Iterator[bytes]:
    """Yield the entries of the first directory of a small TIFF."""
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    for number in range(count):
        yield data[at + 2 + 12 * number : at + 14 + 12 * number]


def _patched(data: bytes, after: bytes, skip: int, new: bytes) -> bytes:
    """Overwrite the bytes at some distance from where a mark begins."""
    at = data.index(after) + skip
    return data[:at] + new + data[at + len(new) :]
