"""`imagehash.colorhash`, bit for bit, several times as fast: a table has the class of each colour.

The hash counts pixels by class: black, grey, and each of six hues, faint and bright. The class of
a pixel depends on its colour only. The table of 16 MB is made by the conversions and comparisons
that imagehash makes for each picture. Making it takes as long as hashing some pictures without it,
so the first pictures of a process are hashed by imagehash.
"""

from functools import cache

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.hashing.hash_kind import Bits

Bytes = NDArray[np.uint8]

_HUES = 6
_BLACK, _GREY, _FAINT, _BRIGHT, _NEITHER = 0, 1, 2, 2 + _HUES, 2 + 2 * _HUES

_LEVELS, _LEVEL_BITS = 8, 3

# The part of imagehash's time that does not depend on the size of a picture, as pixels.
_OVERHEAD_PIXELS = 10_000

# The arrays made for one block fit the cache of a core.
_BLOCK_PIXELS = 1 << 15


class Colorhash:
    """Hashes pictures, those after the first `table_after_pixels` by the table."""

    def __init__(self, table_after_pixels: int = 12_000_000) -> None:
        self._pixels_left = table_after_pixels

    def bits(self, picture: Image.Image) -> Bits:
        """Return the bits of an RGB picture, shape (14, 3)."""
        self._pixels_left -= picture.width * picture.height + _OVERHEAD_PIXELS
        if self._pixels_left > 0:
            return np.asarray(imagehash.colorhash(picture).hash)
        return bits_of(class_counts(picture))


def bits_of(counts: list[int]) -> Bits:
    """Return the bits, shape (14, 3), from the number of pixels of each class, (15,)."""
    pixels, coloured = sum(counts), sum(counts[_FAINT:])
    shares = [count / pixels for count in counts[:_FAINT]]
    shares += [count / max(1, coloured) for count in counts[_FAINT:_NEITHER]]
    levels = np.array([[min(_LEVELS - 1, int(share * _LEVELS))] for share in shares])
    # Not quite binary digits: as in imagehash, a higher digit may set the next lower one too.
    place = _LEVEL_BITS - np.arange(_LEVEL_BITS)
    return np.asarray(levels // 2 ** (place - 1) % 2**place > 0)


def class_counts(picture: Image.Image) -> list[int]:
    """Return the number of pixels of an RGB picture in each class, (15,)."""
    colours = np.frombuffer(picture.tobytes("raw", "RGBX"), dtype="<u4")
    classes = np.empty((1, colours.size), dtype=np.uint8)
    indices = np.empty(_BLOCK_PIXELS, dtype=np.intp)
    for start in range(0, colours.size, _BLOCK_PIXELS):
        block = colours[start : start + _BLOCK_PIXELS]
        np.bitwise_and(block, 0xFFFFFF, out=indices[: block.size])
        of_block = classes[0, start : start + _BLOCK_PIXELS]
        np.take(_class_of_colour(), indices[: block.size], out=of_block, mode="clip")
    return Image.fromarray(classes).histogram()[: _NEITHER + 1]


@cache
def _class_of_colour() -> Bytes:
    """Return the class of each colour, (1 << 24,); red is the lowest byte of a colour's number.

    It takes the steps of `imagehash.colorhash`, with Pillow's conversions.
    """
    classes = np.empty((256, 256 * 256), dtype=np.uint8)
    plane = np.zeros((256, 256, 4), dtype=np.uint8)
    plane[..., 0], plane[..., 1] = np.arange(256), np.arange(256)[:, None]
    for blue in range(256):
        plane[..., 2] = blue
        picture = Image.frombuffer("RGB", (256, 256), plane.tobytes(), "raw", "RGBX", 0, 1)
        hue, saturation, _ = picture.convert("HSV").split()
        indices = np.asarray(saturation).ravel().astype(np.uint16) << 8
        indices |= np.asarray(hue).ravel()
        _class_of_hue().take(indices, out=classes[blue])
        classes[blue][np.asarray(picture.convert("L")).ravel() < 256 // 8] = _BLACK
    return classes.ravel()


@cache
def _class_of_hue() -> Bytes:
    """Return the class of colours that are not black, by saturation, then hue, (256 * 256,)."""
    saturation, hue = np.mgrid[0:256, 0:256]
    # Six ranges of 0..255; the last includes both its ends.
    hue_range = np.searchsorted(np.linspace(0, 255, _HUES + 1)[1:-1], hue, side="right")
    classes = np.full(hue.shape, _NEITHER)
    faint, bright = saturation < 256 * 2 // 3, saturation > 256 * 2 // 3
    classes[faint] = _FAINT + hue_range[faint]
    classes[bright] = _BRIGHT + hue_range[bright]
    classes[saturation < 256 // 3] = _GREY
    return classes.astype(np.uint8).ravel()
