"""The table of hash kinds: every fixed-length perceptual hash of imagehash, bit for bit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.exceptions import BadParameter
from webapp.models import Code, Fingerprint

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class HashKind:
    """A named perceptual hash.

    `shape` is how its bits are laid out, rows by columns; `drawing` is how they are shown:
    the cells of a grid over the picture, or one bar for each row.
    `light` says that a set bit is a lighter cell, so that the unset ones are drawn dark.
    `tag` names the kind inside a fingerprint's link and is never given to another kind.
    """

    name: str
    label: str
    description: str
    tag: int
    shape: tuple[int, int]
    compute: Callable[[Image.Image], imagehash.ImageHash]
    drawing: Literal["grid", "bars"] = "grid"
    light: bool = False
    libraries: tuple[str, ...] = ("ImageHash", "pillow")

    @property
    def bits(self) -> int:
        """Length of a code in bits."""
        return self.shape[0] * self.shape[1]

    @property
    def bytes(self) -> int:
        """Length of a packed code in bytes; the bits beyond `bits` are zero."""
        return -(-self.bits // 8)

    def versions(self) -> str:
        """Name the libraries that decide this kind's bits, with their versions."""
        return ", ".join(f"{name} {version(name)}" for name in self.libraries)


def _whash_db4(image: Image.Image) -> imagehash.ImageHash:
    # The wavelet is four taps wide, and on a picture with a side below 64 px it leaves fewer
    # coefficients: the only hash of imagehash whose length varies. Scaling such pictures up to
    # 64 px first, by imagehash's own parameter, fixes it at 14 x 14.
    scale = 64 if min(image.size) < 64 else None
    return imagehash.whash(image, image_scale=scale, mode="db4")


KINDS: dict[str, HashKind] = {
    kind.name: kind
    for kind in (
        HashKind(
            "whash",
            "Shape and light",
            "Where the picture is lighter or darker than its middle tone, in an 8 by 8 grid "
            "(Haar wavelet).",
            tag=1,
            shape=(8, 8),
            compute=imagehash.whash,
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
            compute=imagehash.colorhash,
            drawing="bars",
        ),
        HashKind(
            "ahash",
            "Light, plainly",
            "Where the picture is lighter or darker than its average, in an 8 by 8 grid.",
            tag=3,
            shape=(8, 8),
            compute=imagehash.average_hash,
            light=True,
        ),
        HashKind(
            "phash",
            "Broad structure",
            "The broad waves of light and dark across the picture (cosine transform in both "
            "directions).",
            tag=4,
            shape=(8, 8),
            compute=imagehash.phash,
            libraries=("ImageHash", "pillow", "scipy"),
        ),
        HashKind(
            "phash_simple",
            "Waves across",
            "The broad waves of light and dark from left to right only (cosine transform of "
            "the rows).",
            tag=5,
            shape=(8, 8),
            compute=imagehash.phash_simple,
            libraries=("ImageHash", "pillow", "scipy"),
        ),
        HashKind(
            "dhash",
            "Edges across",
            "Whether the light rises or falls from each cell to its right neighbour.",
            tag=6,
            shape=(8, 8),
            compute=imagehash.dhash,
        ),
        HashKind(
            "dhash_vertical",
            "Edges down",
            "Whether the light rises or falls from each cell to the one below.",
            tag=7,
            shape=(8, 8),
            compute=imagehash.dhash_vertical,
        ),
        HashKind(
            "whash_db4",
            "Shape, smoother",
            "Like whash, in a finer grid of 14 by 14 cells that overlap (Daubechies wavelet).",
            tag=8,
            shape=(14, 14),
            compute=_whash_db4,
            light=True,
            libraries=("ImageHash", "pillow", "PyWavelets"),
        ),
    )
}


def kind_named(name: str, parameter: str = "by") -> HashKind:
    """Look up a kind.

    Raises:
        BadParameter: there is no such kind.
    """
    if name not in KINDS:
        raise BadParameter(parameter, f"there is no hash kind '{name}'; try {', '.join(KINDS)}")
    return KINDS[name]


def fingerprint(image: Image.Image, kinds: Iterable[HashKind] = KINDS.values()) -> Fingerprint:
    """Compute the codes of an upright RGB picture."""
    return {kind.name: pack(kind.compute(image).hash) for kind in kinds}


def pack(bits: Bits) -> Code:
    """Pack bits of any shape, row by row, eight to a byte."""
    return np.packbits(np.ravel(bits)).tobytes()


def unpack(kind: HashKind, code: Code) -> Bits:
    """Return the code's bits in the kind's shape."""
    packed = np.frombuffer(code, dtype=np.uint8)
    return np.unpackbits(packed, count=kind.bits).astype(bool).reshape(kind.shape)


def fits(kind: HashKind, code: Code) -> bool:
    """Say whether a code is of the kind's length, nothing set beyond its last bit."""
    spare = 8 * kind.bytes - kind.bits
    return len(code) == kind.bytes and int.from_bytes(code, "big") % (1 << spare) == 0


def to_hex(kind: HashKind, code: Code) -> str:
    """Write a code the way `str(imagehash.ImageHash)` does."""
    number = int.from_bytes(code, "big") >> (8 * kind.bytes - kind.bits)
    return f"{number:0{-(-kind.bits // 4)}x}"
