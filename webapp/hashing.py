"""The table of hash kinds: imagehash's own, bit for bit, and Hashbag's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.exceptions import TooPlain
from webapp.kinds import colour, shape, variants
from webapp.kinds.sight import Sight
from webapp.models import Code, Fingerprint

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TriesHarder:
    """More readings of a query: mirrored, turned, as a crop of something larger.

    `carried` gives the codes that a query's fingerprint must carry for them, `count` of them, the
    kind's own views first; `readings` makes all readings of carried codes (C, bits): a phrase for
    each, empty where the picture is taken as it is, and their codes (R, bits).
    """

    count: int
    carried: Callable[[Sight], Bits]
    readings: Callable[[Bits], tuple[tuple[str, ...], Bits]]


@dataclass(frozen=True, slots=True)
class HashKind:
    """A named perceptual hash.

    `compute` gives the bits of `views` codes, shape (views, bits): a kind may know a picture by
    several views of it, the nearest of which counts. `tries_harder` is how a query is read in
    more ways than those. `revision` grows when a kind of our own changes its bits.

    `shape` is how a code's bits are laid out, rows by columns, and `drawing` how they are shown:
    as the cells of a grid, or as one bar for each row. `light` says that a set bit is a lighter
    cell, so that the unset ones are drawn dark.

    `tag` names the kind inside a fingerprint's link and is never given to another kind.
    """

    name: str
    label: str
    description: str
    tag: int
    shape: tuple[int, int]
    compute: Callable[[Sight], Bits]
    views: int = 1
    tries_harder: TriesHarder | None = None
    revision: int = 0
    drawing: Literal["grid", "bars"] = "grid"
    light: bool = False
    libraries: tuple[str, ...] = ("ImageHash", "pillow")

    @property
    def bits(self) -> int:
        """Length of a code in bits."""
        return self.shape[0] * self.shape[1]

    @property
    def bytes(self) -> int:
        """Length of one view's packed code in bytes; the bits beyond `bits` are zero."""
        return -(-self.bits // 8)

    def versions(self) -> str:
        """Name the libraries that decide this kind's bits, with their versions."""
        own = [f"{self.name} {self.revision}"] if self.revision else []
        return ", ".join([*own, *(f"{name} {version(name)}" for name in self.libraries)])


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


KINDS: dict[str, HashKind] = {
    kind.name: kind
    for kind in (
        HashKind(
            "shape",
            "Shape",
            "The broad forms of light and dark, of the whole picture and of the bag with its "
            "margins cut off; the nearer counts.",
            tag=9,
            shape=(16, 24),
            views=3,
            compute=lambda sight: shape.codes(sight.prepared),
            tries_harder=TriesHarder(
                variants.COUNT,
                lambda sight: variants.carried_codes(sight.prepared),
                variants.readings,
            ),
            revision=1,
            libraries=("pillow",),
        ),
        HashKind(
            "colour",
            "Colour of the bag",
            f"How much of the bag, its background left out, has each of {colour.ANCHORS} "
            "colours; near colours count as near.",
            tag=10,
            shape=(colour.ANCHORS, colour.LEVELS),
            compute=lambda sight: colour.codes(sight.prepared),
            drawing="bars",
            revision=1,
            libraries=("pillow",),
        ),
        HashKind(
            "whash",
            "Shape and light",
            "Where the picture is lighter or darker than its middle tone, in an 8 by 8 grid "
            "(Haar wavelet).",
            tag=1,
            shape=(8, 8),
            compute=_stock(imagehash.whash),
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
            libraries=("ImageHash", "pillow", "scipy"),
        ),
        HashKind(
            "phash_simple",
            "Waves across",
            "The broad waves of light and dark from left to right only (cosine transform of "
            "the rows).",
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
        ),
        HashKind(
            "dhash_vertical",
            "Edges down",
            "Whether the light rises or falls from each cell to the one below.",
            tag=7,
            shape=(8, 8),
            compute=_stock(imagehash.dhash_vertical),
        ),
        HashKind(
            "whash_db4",
            "Shape, smoother",
            "Like whash, in a finer grid of 14 by 14 cells that overlap (Daubechies wavelet).",
            tag=8,
            shape=(14, 14),
            compute=_stock(_whash_db4),
            light=True,
            libraries=("ImageHash", "pillow", "PyWavelets"),
        ),
    )
}


def fingerprint(image: Image.Image, kinds: Iterable[HashKind] = KINDS.values()) -> Fingerprint:
    """Compute the codes of an upright RGB picture."""
    sight = Sight(image)
    return {kind.name: pack(kind.compute(sight)) for kind in kinds}


def query_fingerprint(image: Image.Image) -> Fingerprint:
    """Compute the codes of a query, with those that trying harder needs.

    Raises:
        TooPlain: the picture shows nothing that could be told apart.
    """
    sight = Sight(image)
    if sight.prepared.too_plain:
        raise TooPlain(
            "this picture is one plain colour, or nearly: there is nothing in it to compare"
        )
    return {
        kind.name: pack((kind.tries_harder.carried if kind.tries_harder else kind.compute)(sight))
        for kind in KINDS.values()
    }


def pack(bits: Bits) -> Code:
    """Pack the bits of V views, shape (V, bits), eight to a byte, each view from a new byte."""
    return np.packbits(bits, axis=1).tobytes()


def packed_views(kind: HashKind, code: Code) -> NDArray[np.uint8]:
    """Return the packed views of a code, shape (V, bytes)."""
    return np.frombuffer(code, dtype=np.uint8).reshape(-1, kind.bytes)


def unpack(kind: HashKind, code: Code) -> Bits:
    """Return the bits of a code's views, shape (V, bits)."""
    return np.unpackbits(packed_views(kind, code), axis=1, count=kind.bits).astype(bool)


def fits(kind: HashKind, code: Code) -> bool:
    """Say whether a code is of the kind's length, nothing set beyond the last bit of a view."""
    counts = {kind.views, kind.tries_harder.count if kind.tries_harder else kind.views}
    if len(code) not in {count * kind.bytes for count in counts}:
        return False
    spare = (1 << (8 * kind.bytes - kind.bits)) - 1
    return not (packed_views(kind, code)[:, -1] & spare).any()


def to_hex(kind: HashKind, code: Code) -> str:
    """Write a code the way `str(imagehash.ImageHash)` does, one view after the other."""
    digits = -(-kind.bits // 4)
    views = (int.from_bytes(view.tobytes(), "big") for view in packed_views(kind, code))
    return "".join(f"{view >> (8 * kind.bytes - kind.bits):0{digits}x}" for view in views)
