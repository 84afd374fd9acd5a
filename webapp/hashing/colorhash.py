"""`imagehash.colorhash`, bit for bit, by a table of all colours.

The hash counts pixels by class: black, grey, and each of six hues, faint and bright. The class of a
pixel follows from its colour alone, so it is looked up, in a table of 16 MB that was made by the
conversions and comparisons that imagehash makes of each picture. Making the table takes as long as
hashing some pictures without it; until so many have been hashed, imagehash does it.
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

# What imagehash does for each picture, whatever its size, takes as long as so many pixels.
_PIXELS_A_PICTURE = 10_000

# Pixels that are looked up together: so few that what is made on the way stays in the cache.
_CHUNK = 1 << 15


class Colorhash:
    """Hashes pictures, at first without a table: one picture is not worth making it."""

    def __init__(self, worth_a_table: int = 12_000_000) -> None:
        self._pixels_left = worth_a_table

    def bits(self, picture: Image.Image) -> Bits:
        """Return the bits (14, 3) of an RGB picture."""
        self._pixels_left -= picture.width * picture.height + _PIXELS_A_PICTURE
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
    """Return the class of each colour, (1 << 24,), the least byte being red.

    By the steps of `imagehash.colorhash`, with Pillow's own conversions.
    """
    classes = np.empty((256, 256 * 256), dtype=np.uint8)
    plane = np.zeros((256, 256, 4), dtype=np.uint8)
    plane[..., 0], plane[..., 1] = np.arange(256), np.arange(256)[:, None]
    for blue in range(256):
        plane[..., 2] = blue
        picture = Image.frombuffer("RGB", (256, 256), plane.tobytes(), "raw", "RGBX", 0, 1)
        hue, saturation, _ = picture.convert("HSV").split()
        at = np.asarray(saturation).ravel().astype(np.uint16) << 8
        at |= np.asarray(hue).ravel()
        _class_of_lit().take(at, out=classes[blue])
        classes[blue][np.asarray(picture.convert("L")).ravel() < 256 // 8] = _BLACK
    return classes.ravel()


@cache
def _class_of_lit() -> Bytes:
    """Return the class of what is not black, (256 saturations x 256 hues,)."""
    saturation, hue = np.mgrid[0:256, 0:256]
    # Six stretches of 0..255, the last with both its ends.
    of_wheel = np.searchsorted(np.linspace(0, 255, _HUES + 1)[1:-1], hue, side="right")
    classes = np.full(hue.shape, _NEITHER)
    faint, bright = saturation < 256 * 2 // 3, saturation > 256 * 2 // 3
    classes[faint] = _FAINT + of_wheel[faint]
    classes[bright] = _BRIGHT + of_wheel[bright]
    classes[saturation < 256 // 3] = _GREY
    return classes.astype(np.uint8).ravel()
