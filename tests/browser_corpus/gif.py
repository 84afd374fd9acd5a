"""GIF files written block by block."""

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.browser_corpus.scene import Bytes, as_bytes, grey, scene
from tests.pictures import encoded

SCREEN, END = (32, 24), b"\x3b"


def palette(bits: int) -> bytes:
    steps = np.linspace(0, 255, 2**bits).round().astype(int)
    return np.stack([steps, 255 - steps, steps * 3 % 256], axis=1).astype(np.uint8).tobytes()


def start(
    bits: int | None, size: tuple[int, int] = SCREEN, background: int = 0, version: bytes = b"89a"
) -> bytes:
    """Write the beginning; without `bits` there is no palette for all frames."""
    flags = 0 if bits is None else 0x80 | (bits - 1)
    head = struct.pack("<HHBBB", *size, flags, background, 0)
    return b"GIF" + version + head + (b"" if bits is None else palette(bits))


def control(clear: int | None = None, disposal: int = 0, delay: int = 10) -> bytes:
    flags = disposal << 2 | (clear is not None)
    return b"\x21\xf9\4" + struct.pack("<BHBB", flags, delay, clear or 0, 0)


def image(
    indices: Bytes,
    bits: int,
    at: tuple[int, int] = (0, 0),
    *,
    own: bytes = b"",
    interlaced: bool = False,
) -> bytes:
    """Write a frame; `own` is its palette."""
    height, width = indices.shape
    if interlaced:
        rows = [
            *range(0, height, 8),
            *range(4, height, 8),
            *range(2, height, 4),
            *range(1, height, 2),
        ]
        indices = indices[rows]
    flags = (0x80 | (bits - 1) if own else 0) | interlaced << 6
    head = b"\x2c" + struct.pack("<HHHHB", *at, width, height, flags)
    return head + own + _packed(indices.ravel().tolist(), max(2, bits))


def _packed(values: list[int], bits: int) -> bytes:
    """Write codes that are never combined: the table is cleared before it grows a bit."""
    clear, number, length = 1 << bits, 0, 0
    every = (1 << bits) - 2
    codes = [
        code for at, value in enumerate(values) for code in ([clear] * (at % every == 0) + [value])
    ]
    for code in [*codes, clear + 1]:
        number |= code << length
        length += bits + 1
    packed = number.to_bytes(-(-length // 8), "little")
    blocks = [packed[at : at + 255] for at in range(0, len(packed), 255)]
    return bytes([bits]) + b"".join(bytes([len(one)]) + one for one in blocks) + b"\0"


def indices(bits: int, size: tuple[int, int] = SCREEN) -> Bytes:
    return as_bytes(grey(*size).astype(int) * (2**bits - 1) // 255)


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield files, with a name for each."""
    for bits in range(1, 9):
        for interlaced in (False, True):
            whole = image(indices(bits), bits, interlaced=interlaced)
            yield f"{bits} bits{', interlaced' * interlaced}", start(bits) + whole + END
            yield (
                f"{bits} bits{', interlaced' * interlaced}, one colour clear",
                start(bits) + control(1) + whole + END,
            )
    whole = image(indices(4), 4)
    yield "of 1987", start(4, version=b"87a") + whole + END
    yield "its own palette", start(None) + image(indices(4), 4, own=palette(4)) + END
    yield "two palettes", start(2) + image(indices(4), 4, own=palette(4)[::-1]) + END
    yield "no palette", start(None) + whole + END
    yield "a palette that is too small", start(2) + whole + END
    yield "a background", start(4, background=5) + image(indices(4, (10, 8)), 4, (6, 5)) + END
    yield (
        "a background, one colour clear",
        start(4, background=5) + control(5) + image(indices(4, (10, 8)), 4, (6, 5)) + END,
    )
    yield "a clear colour that is not used", start(4) + control(200) + whole + END
    yield "a frame beyond the canvas", start(4, (20, 16)) + whole + END
    yield (
        "a frame partly beside the canvas",
        start(4, (20, 16)) + image(indices(4, (10, 8)), 4, (14, 12)) + END,
    )
    yield (
        "a frame all beside the canvas",
        start(4, (20, 16)) + image(indices(4, (10, 8)), 4, (30, 30)) + END,
    )
    yield "a canvas of no size", start(4, (0, 0)) + whole + END
    yield "a comment", start(4) + b"\x21\xfe\5words\0" + whole + END
    yield "no end", start(4) + whole
    yield "something after the end", start(4) + whole + END + b"and more"
    yield "cut", start(4) + whole[: len(whole) // 2]
    small = image(indices(4, (10, 8)), 4, (6, 5))
    for disposal in range(4):
        frames = control(3, disposal) + small + control(None, disposal) + whole
        yield f"animated, frames put away by {disposal}", start(4) + frames + END
    endless = b"\x21\xff\x0bNETSCAPE2.0\3\1\0\0\0"
    yield "animated without end", start(4) + endless + control() + whole + control() + small + END
    yield "by Pillow", encoded(Image.fromarray(scene()), "GIF")
    yield "by Pillow, grey", encoded(Image.fromarray(grey()), "GIF", interlace=1)
