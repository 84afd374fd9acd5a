"""`imagehash.whash`, bit for bit, mostly without its wavelet transforms.

imagehash transforms the resized grey picture, takes its mean away, transforms it back and forth
again, and says of each coefficient that is left whether it is above the median. A coefficient is a
sum of pixels with fixed weights, and taking the mean away shifts all of them and their median
alike. So the sums decide as well, wherever the two in the middle, between which the median lies,
are apart. Where these are equal, as on a plain background, rounding errors of the transforms
decide, and imagehash itself makes the hash.
"""

from functools import cache

import imagehash
import numpy as np
import pywt
from numpy.typing import NDArray

from webapp.kinds.lanczos import Grey

Bits = NDArray[np.bool_]

_CELLS = 8

# Sums of pixels in 0..255: errors of rounding are below 1e-7 in the largest pictures.
_APART = 1e-5


def haar(grey: Grey) -> Bits:
    """Return the bits (8, 8) of `imagehash.whash(picture)`."""
    side = max(_CELLS, _power_of_two(min(grey.image.size)))
    small = grey.resized(side, side)
    block = side // _CELLS
    blocks = np.asarray(small).reshape(_CELLS, block, _CELLS, block)
    bits = _above_median(blocks.sum(axis=(1, 3), dtype=np.int64))
    return np.asarray(imagehash.whash(small).hash) if bits is None else bits


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
    return np.asarray(imagehash.whash(small, mode="db4").hash) if bits is None else bits


def _power_of_two(number: int) -> int:
    """Return the largest power of two that is no larger."""
    return 1 << number.bit_length() - 1


def _above_median(sums: NDArray[np.int64] | NDArray[np.float64]) -> Bits | None:
    """Compare sums with their median; None where that is a matter of rounding."""
    ascending = np.sort(sums, axis=None)
    lower, upper = ascending[sums.size // 2 - 1 : sums.size // 2 + 1]
    return sums >= upper if upper - lower > _APART else None


@cache
def _db4_weights(side: int) -> NDArray[np.float64]:
    """Return how much of each pixel of a row is in each coefficient, (14, side)."""
    level = (side // _CELLS).bit_length() - 1
    some = 256  # columns of the identity at a time: the whole of it can be large
    parts = [
        pywt.wavedec(np.eye(side, min(some, side), -first), "db4", level=level, axis=0)[0]
        for first in range(0, side, some)
    ]
    return np.concatenate(parts, axis=1)
