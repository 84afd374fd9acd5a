"""`imagehash.colorhash`, bit for bit, without its detour through HSV.

The hash counts pixels by class: black, grey, and each of six hues, pale and strong. imagehash
converts to HSV, in steps of 1/255, and compares hue and saturation with thresholds. Both are
quotients of differences of red, green and blue, so each comparison is one of whole numbers too;
that the two agree is tested on every colour there is. The rest, shares in eight steps, is
imagehash's own arithmetic.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]

HUES = 6
_STEPS, _BITS = 8, 3
_TESTS = 7

# Pixels that are looked at together: so few that all arrays of them stay in the cache.
_CHUNK = 1 << 16


def _classes() -> tuple[Mask, list[Mask]]:
    """Say which of the answers to `_told_apart` mean coloured, and which each hue, (128,) each."""
    told = np.arange(1 << _TESTS)
    places = range(_TESTS - 1, -1, -1)
    coloured, pale, strong, near, red_green, red_blue, green_blue = (
        (told >> place & 1).astype(bool) for place in places
    )
    red = red_green & red_blue
    green = ~red & green_blue
    blue = ~(red | green)
    hues = (
        red & green_blue | green & red_blue & near,
        green & red_blue & ~near,
        green & ~red_blue | blue & ~red_green & near,
        blue & ~red_green & ~near,
        blue & red_green | red & ~green_blue & near,
        red & ~green_blue & ~near,
    )
    return coloured, [coloured & strength & hue for strength in (pale, strong) for hue in hues]


_COLOURED, _HUES = _classes()


def bits(image: Image.Image, grey: Image.Image) -> NDArray[np.bool_]:
    """Return the bits (1, 42) of an RGB picture; `grey` is the same picture in mode L."""
    pixels = image.width * image.height
    black, coloured, *hues = class_counts(image, grey).tolist()
    shares = [black / pixels, (pixels - black - coloured) / pixels]
    shares += [hue / max(1, coloured) for hue in hues]
    steps = np.array([[min(_STEPS - 1, int(share * _STEPS))] for share in shares])
    # Nearly the binary digits of a step: imagehash leaves the higher ones in.
    place = _BITS - np.arange(_BITS)
    digits: NDArray[np.bool_] = steps // 2 ** (place - 1) % 2**place > 0
    return digits.reshape(1, -1)


def class_counts(image: Image.Image, grey: Image.Image) -> Counts:
    """Count pixels: black, coloured, then those of each hue, pale ones first, (14,).

    Some coloured ones are in no hue: imagehash leaves out a saturation of exactly 170.
    """
    planes = [np.frombuffer(image.tobytes("raw", channel), np.uint8) for channel in "RGB"]
    light = np.asarray(grey).ravel()
    black, made = 0, []
    for start in range(0, light.size, _CHUNK):
        some = slice(start, start + _CHUNK)
        is_black = light[some] < 32
        black += np.count_nonzero(is_black)
        made.append(_told_apart(*(plane[some] for plane in planes), is_black))
    told = np.array(Image.fromarray(np.concatenate(made)[None]).histogram()[: 1 << _TESTS])
    return np.array([black, told[_COLOURED].sum(), *(told[hue].sum() for hue in _HUES)])


def _told_apart(red: Bytes, green: Bytes, blue: Bytes, is_black: Mask) -> Bytes:
    """Ask seven questions of each pixel; the answers are the bits of a number below 128."""
    lower, upper = np.minimum(red, green), np.maximum(red, green)
    low, high = np.minimum(lower, blue), np.maximum(upper, blue)
    middle = np.maximum(lower, np.minimum(upper, blue))
    chroma = high - low
    # 0 - 1 is 255 here: what follows from it is wrong where there is no colour, which is left out.
    below, beneath = high - np.uint8(1), chroma - np.uint8(1)
    told = ((chroma > below // 3) > is_black).view(np.uint8)
    for answer in (
        low > high // 3,  # saturation < 170: 3 chroma < 2 high
        low <= (below - below // 85) // 3,  # saturation > 170: 85 chroma >= 57 high
        high - middle <= beneath // 85,
        red >= green,
        red > blue,
        green >= blue,
    ):
        np.left_shift(told, 1, out=told)
        np.bitwise_or(told, answer.view(np.uint8), out=told)
    return told
