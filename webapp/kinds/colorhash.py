"""`imagehash.colorhash`, bit for bit, by a table of all colours.

The hash counts pixels by class: black, grey, and each of six hues, faint and bright. The class of a
pixel follows from its colour alone, so it is looked up, in a table of 16 MB that was made by the
conversions and comparisons that imagehash makes of each picture. Making the table takes as long as
hashing some pictures; until that many pixels have been hashed, imagehash does it.
"""

from functools import cache

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bits = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

_HUES = 6
_BLACK, _GREY, _FAINT, _BRIGHT, _NEITHER = 0, 1, 2, 2 + _HUES, 2 + 2 * _HUES

_STEPS, _BITS = 8, 3

# Pixels that are looked up together: so few that what is made on the way stays in the cache.
_CHUNK = 1 << 15


class Colorhash:
    """Hashes pictures, at first without a table: one picture is not worth making it."""

    def __init__(self, worth_a_table: int = 20_000_000) -> None:
        self._pixels_left = worth_a_table

    def bits(self, picture: Image.Image) -> Bits:
        """Return the bits (14, 3) of an RGB picture."""
        self._pixels_left -= picture.width * picture.height
        if self._pixels_left > 0:
            return np.asarray(imagehash.colorhash(picture).hash)
        return bits_of(class_counts(picture))


def bits_of(counts: list[int]) -> Bits:
    """Return the bits (14, 3) of a picture from its pixels of each class, as imagehash does."""
    pixels, coloured = sum(counts), sum(counts[_FAINT:])
    shares = [count / pixels for count in counts[:_FAINT]]
    shares += [count / max(1, coloured) for count in counts[_FAINT:_NEITHER]]
    steps = np.array([[min(_STEPS - 1, int(share * _STEPS))] for share in shares])
    # Nearly the binary digits of a step: the higher ones stay in.
    place = _BITS - np.arange(_BITS)
    return np.asarray(steps // 2 ** (place - 1) % 2**place > 0)


def class_counts(picture: Image.Image) -> list[int]:
    """Count the pixels of an RGB picture by class, (15,)."""
    colours = np.frombuffer(picture.tobytes("raw", "RGBX"), dtype="<u4")
    classes = np.empty((1, colours.size), dtype=np.uint8)
    at = np.empty(_CHUNK, dtype=np.intp)
    for start in range(0, colours.size, _CHUNK):
        some = colours[start : start + _CHUNK]
        np.bitwise_and(some, 0xFFFFFF, out=at[: some.size])
        made = classes[0, start : start + _CHUNK]
        np.take(_class_of_all(), at[: some.size], out=made, mode="clip")
    return Image.fromarray(classes).histogram()[: _NEITHER + 1]


@cache
def _class_of_all() -> Bytes:
    """Return the class of each colour, (1 << 24,), the least byte being red."""
    classes = np.empty((256, 256, 256), dtype=np.uint8)
    green, red = np.mgrid[0:256, 0:256].astype(np.uint8)
    for blue in range(256):
        plane = np.stack([red, green, np.full_like(red, blue)], axis=-1)
        classes[blue] = _class_of(Image.fromarray(plane))
    return classes.ravel()


def _class_of(picture: Image.Image) -> Bytes:
    """Return the class of each pixel, (height, width), by the steps of `imagehash.colorhash`."""
    light = np.asarray(picture.convert("L"))
    hue, saturation, _ = np.moveaxis(np.asarray(picture.convert("HSV")), 2, 0)
    return np.where(light < 256 // 8, np.uint8(_BLACK), _class_of_lit()[saturation, hue])


@cache
def _class_of_lit() -> Bytes:
    """Return the class of what is not black, (256 saturations, 256 hues)."""
    saturation, hue = np.mgrid[0:256, 0:256]
    # Six stretches of 0..255, the last with both its ends.
    of_wheel = np.searchsorted(np.linspace(0, 255, _HUES + 1)[1:-1], hue, side="right")
    classes = np.full(hue.shape, _NEITHER)
    faint, bright = saturation < 256 * 2 // 3, saturation > 256 * 2 // 3
    classes[faint] = _FAINT + of_wheel[faint]
    classes[bright] = _BRIGHT + of_wheel[bright]
    classes[saturation < 256 // 3] = _GREY
    return classes.astype(np.uint8)
