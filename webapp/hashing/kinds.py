"""The table of hash kinds: imagehash's own and Hashbag's."""

from webapp.hashing import colour, learned, query_variants, shape
from webapp.hashing.hash_kind import HashKind, TriesHarder
from webapp.hashing.imagehash_kinds import IMAGEHASH_KINDS
from webapp.hashing.learned import codes as learned_codes
from webapp.hashing.learned.attention import attention

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
            cuts_out_bags=True,
        ),
        HashKind(
            "colour",
            "Colour of the bag",
            f"How much of the bag, its background left out, has each of {colour.ANCHORS} "
            "colours; near colours count as near.",
            tag=10,
            shape=(colour.ANCHORS, colour.LEVELS),
            compute=lambda features: colour.codes(features.prepared),
            sees_colour=True,
            drawing="bars",
            revision=1,
            libraries=("pillow",),
            cuts_out_bags=True,
        ),
        HashKind(
            "learned",
            "Sort of thing",
            "What a small network, trained to name things of all sorts, makes of the picture: "
            "forms, materials and parts, and at which height they are. Before a real background "
            "the bag is also looked at alone.",
            tag=12,  # 11 in links made before edits counted less
            shape=learned_codes.SHAPE,
            compute=learned_codes.codes,
            views=2,
            view_names=("the whole picture", "the bag, cut out"),
            sees_colour=True,
            revision=2,
            attention=attention,
            libraries=("onnxruntime", "pillow"),
            cuts_out_bags=True,
            slack=8,
            extra=learned.EXTRA,
            installed=learned.is_installed(),
        ),
        *IMAGEHASH_KINDS,
    )
}
"""Every kind by name, installed or not: stored codes and links may hold any of them."""

KINDS: dict[str, HashKind] = {name: kind for name, kind in KNOWN_KINDS.items() if kind.installed}
"""The kinds whose requirements are installed: only these can be computed and searched by."""
