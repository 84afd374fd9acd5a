"""`imagehash.whash`, bit for bit, mostly without its wavelet transforms.

imagehash transforms the resized grey picture, takes its mean away, transforms it back and forth
again, and says of each coefficient that is left whether it is above the median. A coefficient is a
sum of pixels with fixed weights, and taking the mean away shifts all of them and their median
alike. So the sums decide as well, wherever the two in the middle, between which the median lies,
are apart. Where these are equal, as on a plain background, rounding errors of the transforms
decide, and the transforms are done in the very order in which imagehash has them done.
"""

from functools import cache

import imagehash
import numpy as np
import pywt  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image

from webapp.hashing.grey import Grey

Bits = NDArray[np.bool_]
Reals = NDArray[np.float64]

_CELLS = 8

# Sums of pixels in 0..255: errors of rounding are below 1e-7 in the largest pictures.
_APART = 1e-5

_HALF = pywt.Wavelet("haar").dec_lo[0]  # the square root of a half


def haar(grey: Grey) -> Bits:
    """Return the bits (8, 8) of `imagehash.whash(picture)`."""
    side = max(_CELLS, _power_of_two(min(grey.image.size)))
    small = grey.resized(side, side)
    block = side // _CELLS
    blocks = np.asarray(small).reshape(_CELLS, block, _CELLS, block)
    bits = _above_median(blocks.sum(axis=(1, 3), dtype=np.int64))
    if bits is not None:
        return bits
    if not rounds_like_pywavelets():
        return np.asarray(imagehash.whash(small).hash)
    lows = _without_mean(small)
    while len(lows) > _CELLS:
        lows = _halves(_halves(lows, down=True)[0], down=False)[0]
    return lows > np.median(lows)


def db4(grey: Grey) -> Bits:
    """Return the bits (14, 14) of `imagehash.whash(picture, mode="db4")`.

    The wavelet is eight taps wide, and on a picture with a side below 64 px it would leave fewer
    coefficients: the only hash of imagehash whose length varies. Such pictures are resized to 64 px
    first, as imagehash's own parameter does.
    """
    side = max(64, _power_of_two(min(grey.image.size)))
    small = grey.resized(side, side)
    weights = _db4_weights(side)
    bits = _above_median(weights @ np.asarray(small, dtype=np.float64) @ weights.T)
    if bits is not None:
        return bits
    if not rounds_like_pywavelets():
        return np.asarray(imagehash.whash(small, mode="db4").hash)
    lows = _without_mean(small)
    for _ in range(_level(side)):
        # Along the rows of a copy: down the columns it would take several times as long.
        down = pywt.dwt(np.ascontiguousarray(lows.T), "db4")[0]
        lows = pywt.dwt(np.ascontiguousarray(down.T), "db4")[0]
    return np.asarray(lows > np.median(lows))


def _power_of_two(number: int) -> int:
    """Return the largest power of two that is no larger."""
    return 1 << number.bit_length() - 1


def _level(side: int) -> int:
    """Return how often to halve a side until cells are left."""
    return (side // _CELLS).bit_length() - 1


def _above_median(sums: NDArray[np.int64] | Reals) -> Bits | None:
    """Compare sums with their median; None where that is a matter of rounding."""
    ascending = np.sort(sums, axis=None)
    lower, upper = ascending[sums.size // 2 - 1 : sums.size // 2 + 1]
    return np.asarray(sums >= upper) if upper - lower > _APART else None


@cache
def _db4_weights(side: int) -> Reals:
    """Return how much of each pixel of a row is in each coefficient, (14, side)."""
    some = min(side, 256)  # columns of the identity at a time: the whole of it can be large
    parts = [
        pywt.wavedec(np.eye(side, some, -first), "db4", level=_level(side), axis=0)[0]
        for first in range(0, side, some)
    ]
    return np.concatenate(parts, axis=1)


def _without_mean(small: Image.Image) -> Reals:
    """Return the pixels, in 0..1, of a square less their mean, with the errors of imagehash.

    That is, transformed down to one coefficient, which is set to 0, and back.
    """
    lows = np.asarray(small) / 255.0
    details = []
    while len(lows) > 1:
        low, high = _halves(lows, down=True)
        lows, along = _halves(low, down=False)
        details.append((along, *_halves(high, down=False)))
    lows *= 0
    for along, down, both in reversed(details):
        low, high = _joined(lows, along, down=False), _joined(down, both, down=False)
        lows = _joined(low, high, down=True)
    return lows


def _places(values: Reals, down: bool) -> tuple[Reals, Reals]:
    """Return the even and the odd rows, or columns."""
    return (values[0::2], values[1::2]) if down else (values[:, 0::2], values[:, 1::2])


def _halves(values: Reals, down: bool) -> tuple[Reals, Reals]:
    """Return the low and the high half of PyWavelets' Haar transform along one axis."""
    even, odd = _places(values * _HALF, down)
    return odd + even, even - odd


def _joined(low: Reals, high: Reals, down: bool) -> Reals:
    """Undo `_halves`; changes what it is given."""
    low *= _HALF
    high *= _HALF
    rows, columns = low.shape
    values = np.empty((2 * rows, columns) if down else (rows, 2 * columns))
    even, odd = _places(values, down)
    np.add(low, high, out=even)
    np.subtract(low, high, out=odd)
    return values


@cache
def rounds_like_pywavelets() -> bool:
    """Say whether the Haar transform above rounds as PyWavelets does on this machine.

    Where multiplying and adding is one step of the processor, it may not.
    """
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    lows, *details = pywt.wavedec2(noise / 255.0, "haar")
    theirs = pywt.waverec2([lows * 0, *details], "haar")
    ours = _without_mean(Image.fromarray(noise))
    again = pywt.wavedec2(theirs, "haar", level=1)[0]
    ours_again = _halves(_halves(ours, down=True)[0], down=False)[0]
    return np.array_equal(theirs, ours) and np.array_equal(again, ours_again)
