"""Every fixed-length perceptual hash of imagehash, bit for bit."""

from collections.abc import Callable

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.kinds.kind import Bits, HashKind
from webapp.kinds.sight import Sight


def _stock(
    hash_function: Callable[[Image.Image], imagehash.ImageHash],
) -> Callable[[Sight], Bits]:
    """Take a hash of imagehash as it is: one view."""

    def compute(sight: Sight) -> Bits:
        return np.asarray(hash_function(sight.image).hash).reshape(1, -1)

    return compute


def _whash_db4(image: Image.Image) -> imagehash.ImageHash:
    # The wavelet is four taps wide, and on a picture with a side below 64 px it leaves fewer
    # coefficients: the only hash of imagehash whose length varies. Scaling such pictures up to
    # 64 px first, by imagehash's own parameter, fixes it at 14 x 14.
    scale = 64 if min(image.size) < 64 else None
    return imagehash.whash(image, image_scale=scale, mode="db4")


def _waves(bits: Bits) -> NDArray[np.floating]:
    """Add up the waves of a phash, (16, 16): each up or down as its bit says, fine ones lower."""
    signs = np.where(bits.reshape(8, 8), 1.0, -1.0)
    signs[0, 0] = 0  # how light the picture is as a whole
    frequency = np.arange(8)
    height = 1 / (1 + np.hypot(frequency[:, None], frequency))
    cosines = np.cos(np.pi * (np.arange(16)[:, None] + 0.5) * frequency / 16)
    return np.asarray(cosines @ (signs * height) @ cosines.T)


STOCK = (
    HashKind(
        "whash",
        "Shape and light",
        "Where the picture is lighter or darker than its middle tone, in an 8 by 8 grid "
        "(Haar wavelet).",
        tag=1,
        shape=(8, 8),
        compute=_stock(imagehash.whash),
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
        compute=_stock(imagehash.colorhash),
        drawing="bars",
    ),
    HashKind(
        "ahash",
        "Light, plainly",
        "Where the picture is lighter or darker than its average, in an 8 by 8 grid.",
        tag=3,
        shape=(8, 8),
        compute=_stock(imagehash.average_hash),
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
        compute=_stock(imagehash.phash),
        relief=_waves,
        libraries=("ImageHash", "pillow", "scipy"),
    ),
    HashKind(
        "phash_simple",
        "Waves across",
        "The broad waves of light and dark from left to right only (cosine transform of the rows).",
        tag=5,
        shape=(8, 8),
        compute=_stock(imagehash.phash_simple),
        libraries=("ImageHash", "pillow", "scipy"),
    ),
    HashKind(
        "dhash",
        "Edges across",
        "Whether the light rises or falls from each cell to its right neighbour.",
        tag=6,
        shape=(8, 8),
        compute=_stock(imagehash.dhash),
        places=True,
        inset=(0.0, 0.5),
    ),
    HashKind(
        "dhash_vertical",
        "Edges down",
        "Whether the light rises or falls from each cell to the one below.",
        tag=7,
        shape=(8, 8),
        compute=_stock(imagehash.dhash_vertical),
        places=True,
        inset=(0.5, 0.0),
    ),
    HashKind(
        "whash_db4",
        "Shape, smoother",
        "Like whash, in a finer grid of 14 by 14 cells that overlap (Daubechies wavelet).",
        tag=8,
        shape=(14, 14),
        compute=_stock(_whash_db4),
        places=True,
        light=True,
        libraries=("ImageHash", "pillow", "PyWavelets"),
    ),
)
