"""WebP files: what Pillow writes, and containers put together from its parts."""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from tests.browser_corpus import exif, icc
from tests.browser_corpus.scene import alpha, scene
from tests.pictures import encoded

PROFILE, ALPHA, EXIF, XMP, ANIMATION = 0x20, 0x10, 0x08, 0x04, 0x02
Chunk = tuple[bytes, bytes]


def webp(size: tuple[int, int] = (32, 24), *, clear: bool = False, **options: Any) -> bytes:
    """Encode the scene."""
    picture = scene(*size)
    if clear:
        picture = np.dstack([picture, alpha(*size)])
    return encoded(Image.fromarray(picture), "WEBP", **{"quality": 90, **options})


def riff(*chunks: Chunk) -> bytes:
    body = b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def chunks_of(data: bytes) -> list[Chunk]:
    at, found = 12, []
    while at < len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        found.append((kind, data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found


def pixels_of(data: bytes) -> list[Chunk]:
    return [one for one in chunks_of(data) if one[0] in {b"VP8 ", b"VP8L", b"ALPH"}]


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def extended(flags: int, size: tuple[int, int] = (32, 24)) -> Chunk:
    return b"VP8X", bytes([flags, 0, 0, 0]) + _three(size[0] - 1) + _three(size[1] - 1)


def frame(data: bytes, size: tuple[int, int], at: tuple[int, int] = (0, 0), how: int = 0) -> Chunk:
    head = b"".join(map(_three, (at[0] // 2, at[1] // 2, size[0] - 1, size[1] - 1, 100)))
    return b"ANMF", head + bytes([how]) + riff(*pixels_of(data))[12:]


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield files, with a name for each."""
    for size in ((32, 24), (1, 1), (17, 9), (64, 33)):
        for clear in (False, True):
            name = f"{size[0]} x {size[1]}{', partly clear' * clear}"
            yield f"lossy {name}", webp(size, clear=clear)
            yield f"lossless {name}", webp(size, clear=clear, lossless=True)
            yield (
                f"lossless, all colours kept {name}",
                webp(size, clear=clear, lossless=True, exact=True),
            )
    for quality in (1, 50, 100):
        yield f"quality {quality}", webp(quality=quality)
    yield "clearness made coarse", webp(clear=True, alpha_quality=10)
    yield from _turned()
    yield from _profiles()
    yield from _animated()
    whole = webp()
    yield "something after the end", whole + b"and more" * 9
    yield "cut", whole[: len(whole) * 2 // 3]
    yield "an unknown chunk", riff(extended(0), (b"abcd", b"12345"), *pixels_of(whole))


def _turned() -> Iterator[tuple[str, bytes]]:
    pixels = pixels_of(webp())
    for orientation in range(10):
        note = (b"EXIF", exif.note(orientation, ">"))
        yield f"orientation {orientation}", riff(extended(EXIF), *pixels, note)
    for name, odd in exif.odd_notes():
        yield f"orientation: {name}", riff(extended(EXIF), *pixels, (b"EXIF", odd))
    six = (b"EXIF", exif.note(6))
    yield "orientation before the pixels", riff(extended(EXIF), six, *pixels)
    yield "orientation, not declared", riff(extended(0), *pixels, six)
    yield (
        "orientation with the name of a JPEG's",
        riff(extended(EXIF), *pixels, (b"EXIF", b"Exif\0\0" + six[1])),
    )
    yield "orientation by XMP", riff(extended(XMP), *pixels, (b"XMP ", exif.xmp(6)))
    clear = pixels_of(webp(clear=True))
    yield "orientation, partly clear", riff(extended(EXIF | ALPHA), *clear, six)
    lossless = pixels_of(webp(lossless=True))
    yield "orientation, lossless", riff(extended(EXIF), *lossless, six)


def _profiles() -> Iterator[tuple[str, bytes]]:
    for name, made in icc.rgb_profiles():
        yield f"profile: {name}", riff(extended(PROFILE), (b"ICCP", made), *pixels_of(webp()))
    for name, made in icc.unusable():
        yield name, riff(extended(PROFILE), (b"ICCP", made), *pixels_of(webp()))
    p3, line = icc.rgb("Display P3", icc.points(461)), icc.gray(icc.LINE)
    yield "profile of grey", riff(extended(PROFILE), (b"ICCP", line), *pixels_of(webp()))
    yield "profile, not declared", riff(extended(0), (b"ICCP", p3), *pixels_of(webp()))
    yield "profile after the pixels", riff(extended(PROFILE), *pixels_of(webp()), (b"ICCP", p3))
    clear = pixels_of(webp(clear=True, lossless=True))
    yield "profile, partly clear", riff(extended(PROFILE | ALPHA), (b"ICCP", p3), *clear)


def _animated() -> Iterator[tuple[str, bytes]]:
    head, whole = (b"ANIM", bytes([0, 0, 255, 255, 0, 0])), webp()
    small = (16, 10)
    for name, first in {
        "whole": frame(whole, (32, 24)),
        "a part of the canvas": frame(webp(small), small, (8, 6)),
        "partly clear": frame(webp(clear=True), (32, 24)),
        "partly clear, drawn over": frame(webp(clear=True), (32, 24), how=2),
        "a clear part, put away after": frame(webp(small, clear=True), small, (8, 6), how=1),
    }.items():
        flags = ANIMATION | ALPHA
        second = frame(webp(quality=1), (32, 24))
        yield f"first of two frames, {name}", riff(extended(flags), head, first, second)
        yield f"the only frame, {name}", riff(extended(flags), head, first)
    p3 = (b"ICCP", icc.rgb("Display P3", icc.points(461)))
    first = frame(whole, (32, 24))
    yield "animated, with a profile", riff(extended(ANIMATION | PROFILE), p3, head, first, first)
    note = (b"EXIF", exif.note(6))
    yield (
        "animated, with an orientation",
        riff(extended(ANIMATION | EXIF), head, first, first, note),
    )
