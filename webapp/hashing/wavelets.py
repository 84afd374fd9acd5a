"""`imagehash.whash`, bit for bit, mostly without its wavelet transforms.

imagehash resizes the grey picture, removes its mean by a wavelet transform and its inverse,
transforms the result, and compares each remaining coefficient with the median. A coefficient is a
weighted sum of pixels. Removing the mean shifts all of them and their median by the same amount, so
the sums of the original pixels give the same bits, as long as the two middle sums differ. Where
they are equal, as on a plain background, rounding errors decide: the transforms are then computed
in the same order as imagehash computes them.
"""

from functools import cache

import imagehash
import numpy as np
import pywt  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image

from webapp.hashing.grey import Grey
from webapp.hashing.hash_kind import Bits

Reals = NDArray[np.float64]

_CELLS = 8
_DB4_MIN_SIDE_PIXELS = 64

# The sums are of pixels in 0..255; their rounding errors are below 1e-7 in the largest pictures.
_MIN_GAP = 1e-5

_ROOT_OF_HALF = pywt.Wavelet("haar").dec_lo[0]


def haar(grey: Grey) -> Bits:
    """Return the bits of `imagehash.whash(picture)`, (8, 8)."""
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
    """Return the bits of `imagehash.whash(picture, mode="db4")`, (14, 14).

    Of pictures with a side below 64 pixels, imagehash's hash is shorter, because the filter has
    eight taps. Those are resized to 64 pixels first, as with imagehash's `image_scale=64`.
    """
    side = max(_DB4_MIN_SIDE_PIXELS, _power_of_two(min(grey.image.size)))
    small = grey.resized(side, side)
    weights = _db4_weights(side)
    bits = _above_median(weights @ np.asarray(small, dtype=np.float64) @ weights.T)
    if bits is not None:
        return bits
    if not rounds_like_pywavelets():
        return np.asarray(imagehash.whash(small, mode="db4").hash)
    lows = _without_mean(small)
    for _ in range(_level(side)):
        # Transposed first, because pywt is several times as fast along rows as down columns.
        down = pywt.dwt(np.ascontiguousarray(lows.T), "db4")[0]
        lows = pywt.dwt(np.ascontiguousarray(down.T), "db4")[0]
    return np.asarray(lows > np.median(lows))


def _power_of_two(number: int) -> int:
    """Return the largest power of two that is no larger."""
    return 1 << number.bit_length() - 1


def _level(side: int) -> int:
    """Return how many halvings make a side `_CELLS` long."""
    return (side // _CELLS).bit_length() - 1


def _above_median(sums: NDArray[np.int64] | Reals) -> Bits | None:
    """Return which sums are above their median; None where rounding errors would decide."""
    ascending = np.sort(sums, axis=None)
    lower, upper = ascending[sums.size // 2 - 1 : sums.size // 2 + 1]
    return np.asarray(sums >= upper) if upper - lower > _MIN_GAP else None


@cache
def _db4_weights(side: int) -> Reals:
    """Return the weight of each pixel of a row in each coefficient, (14, side)."""
    block = min(side, 256)  # columns of the identity matrix, which is large as a whole
    parts = [
        pywt.wavedec(np.eye(side, block, -first), "db4", level=_level(side), axis=0)[0]
        for first in range(0, side, block)
    ]
    return np.concatenate(parts, axis=1)


def _without_mean(small: Image.Image) -> Reals:
    """Return the pixels of a square, in 0..1, less their mean, with imagehash's rounding errors.

    As in imagehash: a Haar transform to one coefficient, which is set to 0, then its inverse.
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


def _even_and_odd(values: Reals, down: bool) -> tuple[Reals, Reals]:
    """Return the even and the odd rows if `down`, else columns."""
    return (values[0::2], values[1::2]) if down else (values[:, 0::2], values[:, 1::2])


def _halves(values: Reals, down: bool) -> tuple[Reals, Reals]:
    """Return low and high coefficients of a Haar transform along one axis, as PyWavelets rounds."""
    even, odd = _even_and_odd(values * _ROOT_OF_HALF, down)
    return odd + even, even - odd


def _joined(low: Reals, high: Reals, down: bool) -> Reals:
    """Return the inverse of `_halves`; overwrites both arrays."""
    low *= _ROOT_OF_HALF
    high *= _ROOT_OF_HALF
    rows, columns = low.shape
    values = np.empty((2 * rows, columns) if down else (rows, 2 * columns))
    even, odd = _even_and_odd(values, down)
    np.add(low, high, out=even)
    np.subtract(low, high, out=odd)
    return values


@cache
def rounds_like_pywavelets() -> bool:
    """Return whether `_halves` and `_joined` round as PyWavelets does on this machine.

    They may not where the processor multiplies and adds in one step (fused multiply-add).
    """
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    lows, *details = pywt.wavedec2(noise / 255.0, "haar")
    theirs = pywt.waverec2([lows * 0, *details], "haar")
    ours = _without_mean(Image.fromarray(noise))
    again = pywt.wavedec2(theirs, "haar", level=1)[0]
    ours_again = _halves(_halves(ours, down=True)[0], down=False)[0]
    return np.array_equal(theirs, ours) and np.array_equal(again, ours_again)
