"""The kinds that are imagehash's hashes, bit for bit: all of those with a fixed length."""

from collections.abc import Callable

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.hashing import wavelets
from webapp.hashing.colorhash import Colorhash
from webapp.hashing.hash_kind import Bits, HashKind
from webapp.hashing.picture_features import PictureFeatures

_COLORHASH = Colorhash()


def _of_small(
    hash_function: Callable[[Image.Image], imagehash.ImageHash], width: int, height: int
) -> Callable[[PictureFeatures], Bits]:
    """Compute a hash by imagehash, from the small grey copy that it would otherwise make itself.

    It resizes the copy to the size that it has, which changes no pixel.
    """

    def compute(features: PictureFeatures) -> Bits:
        return np.asarray(hash_function(features.grey.resized(width, height)).hash).reshape(1, -1)

    return compute


def _waves(bits: Bits) -> NDArray[np.floating]:
    """Return the sum of a phash's cosine waves, (16, 16), each signed by its bit."""
    signs = np.where(bits.reshape(8, 8), 1.0, -1.0)
    signs[0, 0] = 0  # the mean of the picture, which is no wave
    frequency = np.arange(8)
    height = 1 / (1 + np.hypot(frequency[:, None], frequency))
    cosines = np.cos(np.pi * (np.arange(16)[:, None] + 0.5) * frequency / 16)
    return np.asarray(cosines @ (signs * height) @ cosines.T)


IMAGEHASH_KINDS = (
    HashKind(
        "whash",
        "Shape and light",
        "Where the picture is lighter or darker than its middle tone, in an 8 by 8 grid "
        "(Haar wavelet).",
        tag=1,
        shape=(8, 8),
        compute=lambda features: wavelets.haar(features.grey).reshape(1, -1),
        places=True,
        light=True,
        libraries=("ImageHash", "pillow", "PyWavelets"),
    ),
    HashKind(
        "colorhash",
        "Colour",
        "How much of the picture is black, grey, and each of six hues, pale and strong; "
        "blind to where.",
        tag=2,
        shape=(14, 3),
        compute=lambda features: _COLORHASH.bits(features.image).reshape(1, -1),
        sees_colour=True,
        drawing="bars",
    ),
    HashKind(
        "ahash",
        "Light, plainly",
        "Where the picture is lighter or darker than its average, in an 8 by 8 grid.",
        tag=3,
        shape=(8, 8),
        compute=_of_small(imagehash.average_hash, 8, 8),
        places=True,
        light=True,
    ),
    HashKind(
        "phash",
        "Broad structure",
        "The broad waves of light and dark across the picture (cosine transform in both "
        "directions).",
        tag=4,
        shape=(8, 8),
        compute=_of_small(imagehash.phash, 32, 32),
        relief=_waves,
        libraries=("ImageHash", "pillow", "scipy"),
    ),
    HashKind(
        "phash_simple",
        "Waves across",
        "The broad waves of light and dark from left to right only (cosine transform of the rows).",
        tag=5,
        shape=(8, 8),
        compute=_of_small(imagehash.phash_simple, 32, 32),
        libraries=("ImageHash", "pillow", "scipy"),
    ),
    HashKind(
        "dhash",
        "Edges across",
        "Whether the light rises or falls from each cell to its right neighbour.",
        tag=6,
        shape=(8, 8),
        compute=_of_small(imagehash.dhash, 9, 8),
        places=True,
        inset=(0.0, 0.5),
    ),
    HashKind(
        "dhash_vertical",
        "Edges down",
        "Whether the light rises or falls from each cell to the one below.",
        tag=7,
        shape=(8, 8),
        compute=_of_small(imagehash.dhash_vertical, 8, 9),
        places=True,
        inset=(0.5, 0.0),
    ),
    HashKind(
        "whash_db4",
        "Shape, smoother",
        "Like whash, in a finer grid of 14 by 14 cells that overlap (Daubechies wavelet).",
        tag=8,
        shape=(14, 14),
        compute=lambda features: wavelets.db4(features.grey).reshape(1, -1),
        places=True,
        light=True,
        libraries=("ImageHash", "pillow", "PyWavelets"),
    ),
)
