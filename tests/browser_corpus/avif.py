"""AVIF files as Pillow writes them, and with other words about their colours and turns."""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from tests.browser_corpus import exif, icc
from tests.browser_corpus.scene import alpha, grey, scene
from tests.pictures import encoded


def avif(size: tuple[int, int] = (32, 24), *, clear: bool = False, **options: Any) -> bytes:
    """Encode the scene."""
    picture = np.dstack([scene(*size), alpha(*size)]) if clear else scene(*size)
    return encoded(Image.fromarray(picture), "AVIF", **{"quality": 90, "speed": 10, **options})


def with_codes(data: bytes, colours: int, curve: int) -> bytes:
    """Change what the container says of the colours."""
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", colours, curve) + data[at + 4 :]


def without(data: bytes, *names: bytes) -> bytes:
    """Give properties a name that nobody knows."""
    for name in names:
        data = data.replace(name, b"free", 1)
    return data


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield files, with a name for each."""
    yield from _sorts()
    yield from _turned()
    yield from _colours()
    frames = [Image.fromarray(scene()).rotate(turn) for turn in (0, 90, 180)]
    yield "animated", encoded(frames[0], "AVIF", save_all=True, append_images=frames[1:])
    whole = avif()
    yield "cut", whole[: len(whole) * 2 // 3]
    yield "something after the end", whole + b"and more" * 9


def _sorts() -> Iterator[tuple[str, bytes]]:
    for subsampling in ("4:4:4", "4:2:2", "4:2:0", "4:0:0"):
        for size in ((32, 24), (17, 9)):
            for range_ in ("full", "limited"):
                made = avif(size, subsampling=subsampling, range=range_)
                yield f"{subsampling} {size[0]} x {size[1]}, {range_} range", made
    for quality in (10, 50, 100):
        yield f"quality {quality}", avif(quality=quality)
    for size in ((32, 24), (17, 9)):
        yield f"partly clear {size[0]} x {size[1]}", avif(size, clear=True)
        made = avif(size, clear=True, alpha_premultiplied=True)
        yield f"partly clear {size[0]} x {size[1]}, multiplied", made
    yield "grey", encoded(Image.fromarray(grey()), "AVIF", quality=90)


def _turned() -> Iterator[tuple[str, bytes]]:
    for orientation in range(1, 9):
        note = exif.note(orientation)
        yield f"orientation {orientation}", avif(exif=note)
        alone = without(avif(exif=note), b"irot", b"imir")
        yield f"orientation {orientation} by EXIF alone", alone
    yield "orientation, partly clear", avif(clear=True, exif=exif.note(6))
    yield "orientation by XMP", avif(xmp=exif.xmp(6))


def _colours() -> Iterator[tuple[str, bytes]]:
    for name, made in icc.rgb_profiles():
        yield f"profile: {name}", avif(icc_profile=made)
    for name, made in icc.unusable():
        if made:
            yield name, avif(icc_profile=made)
    for colours in (*range(13), 22):
        yield f"codes {colours} with sRGB's curve", with_codes(avif(), colours, 13)
    for curve in range(20):
        yield f"codes of sRGB with curve {curve}", with_codes(avif(), 1, curve)
