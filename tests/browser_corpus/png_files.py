"""PNG files written chunk by chunk."""

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.browser_corpus.scene import CHROMATICITIES, alpha, grey, scene

Chunk = tuple[bytes, bytes]
Samples = NDArray[np.int64]

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SORTS = {GREY: "grey", RGB: "rgb", PALETTE: "palette", GREY_ALPHA: "grey+alpha", RGBA: "rgba"}
DEPTHS = {
    GREY: (1, 2, 4, 8, 16),
    RGB: (8, 16),
    PALETTE: (1, 2, 4, 8),
    GREY_ALPHA: (8, 16),
    RGBA: (8, 16),
}
_ADAM7 = (
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
)


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", checksum)


def png(*chunks: Chunk | bytes) -> bytes:
    """Write a file of these chunks; those given as bytes are as they are."""
    parts = [one if isinstance(one, bytes) else chunk(*one) for one in chunks]
    return b"".join([b"\x89PNG\r\n\x1a\n", *parts])


def header(width: int, height: int, depth: int, sort: int, interlaced: bool = False) -> Chunk:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, sort, 0, 0, interlaced)


def packed(samples: Samples, depth: int, *, interlaced: bool = False, filter_: int = 0) -> bytes:
    """Compress samples, (h, w, channels)."""
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    raw = b"".join(
        _filtered(samples[top::down, left::across], depth, filter_)
        for top, left, down, across in passes
    )
    return zlib.compress(raw)


def _filtered(samples: Samples, depth: int, filter_: int) -> bytes:
    height, width, channels = samples.shape
    if not samples.size:
        return b""
    step = max(1, channels * depth // 8)
    if depth == 16:
        rows = samples.astype(">u2").reshape(height, -1).view(np.uint8)
    elif depth == 8:
        rows = samples.reshape(height, -1).astype(np.uint8)
    else:
        places = np.arange(depth - 1, -1, -1)
        rows = np.packbits(
            (samples.reshape(height, width, 1) >> places & 1).reshape(height, -1), axis=1
        )
    rows = rows.astype(int)
    above = np.pad(rows[:-1], ((1, 0), (0, 0)))
    before, corner = (np.pad(one, ((0, 0), (step, 0)))[:, : rows.shape[1]] for one in (rows, above))
    guess = before + above - corner
    paeth = np.where(
        (abs(guess - before) <= abs(guess - above)) & (abs(guess - before) <= abs(guess - corner)),
        before,
        np.where(abs(guess - above) <= abs(guess - corner), above, corner),
    )
    by = (0 * rows, before, above, (before + above) // 2, paeth)
    lines = (rows - by[filter_]) % 256
    return np.insert(lines, 0, filter_, axis=1).astype(np.uint8).tobytes()


def samples_of(sort: int, depth: int, width: int = 32, height: int = 24) -> Samples:
    """Draw the scene in samples of a sort and depth, (h, w, channels)."""
    if sort == PALETTE:
        tones: Samples = grey(width, height)[..., None].astype(np.int64)
        tones *= 2**depth - 1
        tones //= 255
        return tones
    colours = grey(width, height)[..., None] if sort in {GREY, GREY_ALPHA} else scene(width, height)
    if sort in {GREY_ALPHA, RGBA}:
        colours = np.concatenate([colours, alpha(width, height)[..., None]], axis=-1)
    deep: Samples = colours.astype(np.int64) * 257
    deep += np.arange(deep.size).reshape(deep.shape) * 37 % 200 * (deep < 65000)  # low bytes too
    deep >>= 16 - depth
    return deep


def palette(count: int) -> bytes:
    steps = np.linspace(0, 255, count).round().astype(int)
    return np.stack([steps, 255 - steps, steps * 2 % 256], axis=1).astype(np.uint8).tobytes()


def of(
    sort: int,
    depth: int,
    *before: Chunk,
    size: tuple[int, int] = (32, 24),
    after: Sequence[Chunk | bytes] = (),
    interlaced: bool = False,
    filter_: int = 0,
) -> bytes:
    """Write the scene with some chunks before its pixels, and some after them."""
    pixels = packed(samples_of(sort, depth, *size), depth, interlaced=interlaced, filter_=filter_)
    colours = [(b"PLTE", palette(2**depth))] if sort == PALETTE else []
    first = [one for one in before if one[0] != b"tRNS"]
    last = [one for one in before if one[0] == b"tRNS"]
    return png(
        header(*size, depth, sort, interlaced),
        *first,
        *colours,
        *last,
        (b"IDAT", pixels),
        *after,
        (b"IEND", b""),
    )


def clear(sort: int, depth: int) -> Chunk:
    """Make a part of the scene transparent."""
    samples = samples_of(sort, depth)
    if sort == PALETTE:
        return b"tRNS", bytes((0, 128, 255, 40)[: 2**depth])
    return b"tRNS", samples[12, 9].astype(">u2").tobytes()


def gamma(value: float) -> Chunk:
    return b"gAMA", struct.pack(">I", round(value * 100_000))


def primaries(space: str) -> Chunk:
    *colours, white_x, white_y = CHROMATICITIES[space]
    return b"cHRM", struct.pack(
        ">8I", *(round(100_000 * one) for one in (white_x, white_y, *colours))
    )


def profile(icc_profile: bytes) -> Chunk:
    return b"iCCP", b"name\0\0" + zlib.compress(icc_profile)


def codes(colours: int, curve: int, matrix: int = 0, full_range: int = 1) -> Chunk:
    return b"cICP", bytes((colours, curve, matrix, full_range))


def spoilt(data: bytes, kind: bytes) -> bytes:
    """Give a chunk a wrong checksum."""
    at = data.index(kind)
    end = at + 4 + int.from_bytes(data[at - 4 : at], "big")
    return data[:end] + bytes([data[end] ^ 0x55]) + data[end + 1 :]
