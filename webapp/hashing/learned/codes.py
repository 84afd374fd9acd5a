"""The learned code: the signs of random projections of the network's output.

Locality-sensitive hashing by random hyperplanes (Charikar, 2002): the share of bits that differ
grows with the angle between two outputs.
"""

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.hash_kind import Bits
from webapp.hashing.learned.edit_directions import damped
from webapp.hashing.learned.network import CHANNELS, ROWS, Floats
from webapp.hashing.picture_features import PictureFeatures

SHAPE = (32, 32)
BITS = SHAPE[0] * SHAPE[1]

# The weight of each row of the network's output: the middle of a picture counts most.
_ROW_WEIGHTS = np.array((0.6, 0.9, 1.1, 1.2, 1.1, 0.9, 0.6))

_SEED = b"hashbag learned 1"


def codes(features: PictureFeatures) -> Bits:
    """Return the bits of a picture's two views, (2, `BITS`); before a plain background equal."""
    whole = encode(features.profile)
    return np.stack([whole, encode(features.bag_profile) if features.frames else whole])


def encode(profile: Floats) -> Bits:
    """Return the bits (`BITS`,) of a network's output, (320 channels, 7 rows)."""
    bits: Bits = projected(profile) > 0
    return bits


def projected(profile: Floats) -> NDArray[np.float64]:
    """Return the projection of a network's output, (320, 7), on each normal vector, (`BITS`,).

    In double precision, so that only the network's own rounding can change a bit.
    """
    projections: NDArray[np.float64] = damped(weighted(profile)) @ hyperplanes()
    return projections


def weighted(profile: Floats) -> NDArray[np.float64]:
    """Return a network's output, (320, 7), with its rows weighted, (2240,)."""
    by_rows: NDArray[np.float64] = np.multiply(profile, _ROW_WEIGHTS, dtype=np.float64)
    return by_rows.ravel()


@cache
def hyperplanes() -> NDArray[np.float64]:
    """Return the normal vectors of the hyperplanes, (2240, `BITS`), of components 1 and -1.

    They come from SHAKE-256, not from a random generator that another version may change. The
    hyperplanes go through the origin, around which the network's outputs are spread evenly.
    """
    count = CHANNELS * ROWS * BITS
    drawn = np.frombuffer(hashlib.shake_256(_SEED).digest(count // 8), dtype=np.uint8)
    signs = 2 * np.unpackbits(drawn).astype(np.float64) - 1
    return signs.reshape(CHANNELS * ROWS, BITS)
