"""The table of hash kinds, imagehash's own and Hashbag's, and codes made by them."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.exceptions import TooPlain
from webapp.hashing import colour, learned, query_variants, shape
from webapp.hashing.hash_kind import Bits, HashKind, TriesHarder
from webapp.hashing.imagehash_kinds import IMAGEHASH_KINDS
from webapp.hashing.learned import codes as learned_codes
from webapp.hashing.learned.attention import attention
from webapp.hashing.picture_features import PictureFeatures
from webapp.models import Code, Fingerprint

KNOWN_KINDS: dict[str, HashKind] = {
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
            view_names=("the whole picture", "the bag, loosely cut out", "the bag, cut out"),
            relief=lambda bits: shape.relief(bits.ravel()),
            compute=lambda features: shape.codes(features.prepared),
            tries_harder=TriesHarder(
                query_variants.COUNT,
                lambda features: query_variants.query_codes(features.prepared),
                query_variants.readings,
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
            compute=lambda features: colour.codes(features.prepared),
            drawing="bars",
            revision=1,
            libraries=("pillow",),
        ),
        HashKind(
            "learned",
            "Sort of thing",
            "What a small network, trained to name things of all sorts, makes of the picture: "
            "forms, materials and parts, and at which height they are.",
            tag=11,
            shape=learned_codes.SHAPE,
            compute=learned_codes.codes,
            revision=1,
            attention=attention,
            libraries=("onnxruntime", "pillow"),
            slack=8,
            extra=learned.EXTRA,
            installed=learned.is_installed(),
        ),
        *IMAGEHASH_KINDS,
    )
}
"""Every kind, whether or not what it needs is installed: stored codes and links outlast that."""

KINDS: dict[str, HashKind] = {name: kind for name, kind in KNOWN_KINDS.items() if kind.installed}
"""The kinds that can be computed and asked here."""


def fingerprint(image: Image.Image, kinds: Iterable[HashKind] = KINDS.values()) -> Fingerprint:
    """Compute the codes of an upright RGB picture."""
    features = PictureFeatures(image)
    return {kind.name: pack(kind.compute(features)) for kind in kinds}


def query_fingerprint(image: Image.Image) -> Fingerprint:
    """Compute the codes of a query, with those that trying harder needs.

    Raises:
        TooPlain: the picture shows nothing that could be told apart.
    """
    features = PictureFeatures(image)
    if features.prepared.too_plain:
        raise TooPlain(
            "this picture is one plain colour, or nearly: there is nothing in it to compare"
        )
    return {
        kind.name: pack(
            (kind.tries_harder.query_codes if kind.tries_harder else kind.compute)(features)
        )
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


def differs(kind: HashKind, one: Code, other: Code) -> bool:
    """Say whether two codes are not of the same picture, whichever machines made them."""
    if len(one) != len(other):
        return True
    apart = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return apart.bit_count() > kind.slack


def to_hex(kind: HashKind, code: Code) -> str:
    """Write a code the way `str(imagehash.ImageHash)` does, one view after the other."""
    if kind.bits % 8 == 0:
        return code.hex()
    digits, spare, size = -(-kind.bits // 4), 8 * kind.bytes - kind.bits, kind.bytes
    views = (code[start : start + size] for start in range(0, len(code), size))
    return "".join(f"{int.from_bytes(view, 'big') >> spare:0{digits}x}" for view in views)
