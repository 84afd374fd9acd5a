"""The learned code: on which side of many random planes a picture lies, as the network sees it."""

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.hash_kind import Bits
from webapp.hashing.learned.network import CHANNELS, ROWS, Floats
from webapp.hashing.picture_features import PictureFeatures

SHAPE = (32, 32)
BITS = SHAPE[0] * SHAPE[1]

# What is in the middle of a picture counts more than what is at its top and bottom.
WINDOW = np.array((0.6, 0.9, 1.1, 1.2, 1.1, 0.9, 0.6))

_SEED = b"hashbag learned 1"


def codes(features: PictureFeatures) -> Bits:
    """Return the code (1, `BITS`) of a picture."""
    return encode(features.profile)[None]


def encode(profile: Floats) -> Bits:
    """Return the bits (`BITS`,) of what the network saw."""
    bits: Bits = projected(profile) > 0
    return bits


def projected(profile: Floats) -> NDArray[np.float64]:
    """Return how far to which side of each plane a profile (320, 7) lies, (`BITS`,).

    In double precision: what rounding is left comes from the network alone.
    """
    weighed = np.multiply(profile, WINDOW, dtype=np.float64)
    found: NDArray[np.float64] = weighed.ravel() @ planes()
    return found


@cache
def planes() -> NDArray[np.float64]:
    """Return the planes through the origin, (2240, `BITS`), each number 1 or -1.

    Drawn from a hash, so that they are the same with every library. The network's last block
    spreads evenly around zero, so no centre has to be learned from anybody's pictures.
    """
    count = CHANNELS * ROWS * BITS
    drawn = np.frombuffer(hashlib.shake_256(_SEED).digest(count // 8), dtype=np.uint8)
    signs = 2 * np.unpackbits(drawn).astype(np.float64) - 1
    return signs.reshape(CHANNELS * ROWS, BITS)
