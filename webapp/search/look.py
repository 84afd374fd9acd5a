"""The look: a ranking that blends several kinds, its parts, each with an adjustable share.

The parts are `learned` (what sort of thing a picture shows), `shape` and `colour`. Where the
learned kind is not installed, or some items have no learned code yet, the look blends the other
two.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.kinds import KINDS
from webapp.index.engines import EVERYTHING
from webapp.index.hamming import Planes, Positions, scaled_square_roots, sorted_unique
from webapp.index.kind_index import KindIndex
from webapp.index.narrowing import Narrowing
from webapp.search.measure import MIN_ITEMS_PER_LOOKUP, KindMeasure

LOOK_SCALE = 1000
"""The look distance, a whole number, of two random items, roughly."""

COLOUR = "colour"
PARTS = ("shape", COLOUR)
"""The kinds that the look always blends."""

LEARNED = "learned"
"""The kind that the look blends too where all items have its code."""

BLENDED = (LEARNED, *PARTS) if LEARNED in KINDS else PARTS
"""The kinds that the look blends where all items have the codes of all installed kinds."""

# The nearest by look are seldom the very nearest by one part. On 8,620 photos, 300 candidates of
# each part contained 98 % of the true nine nearest, 100 contained 90 %.
_MIN_PART_CANDIDATES = 300

# The arrays made for one block fit the cache of a core.
_BLEND_BLOCK_ITEMS = 1 << 15


@dataclass(frozen=True, slots=True)
class Look:
    """The blended ranking, with a name, a label, a description and a width as a kind has."""

    name: str = "look"
    label: str = "Sort, shape and colour" if LEARNED in KINDS else "Shape and colour"
    description: str = (
        f"{label} together{'' if LEARNED in KINDS else ', found with the margins cut off'}."
    )
    bits: int = LOOK_SCALE


LOOK = Look()


@dataclass(frozen=True, slots=True)
class Leaning:
    """The share of each part in the look.

    `name`: its value in addresses (`lean=`). `label`: its words on pages. `shares`: the share of
    each kind, summing to 1, where the learned kind takes part. `two_part_colour`: the share of
    colour where it does not; shape has the rest.
    """

    name: str
    label: str
    shares: Mapping[str, float]
    two_part_colour: float

    def shares_of(self, parts: Sequence[str]) -> tuple[float, ...]:
        """Return the share of each of the given parts, summing to 1."""
        if LEARNED in parts:
            return tuple(self.shares.get(part, 0.0) for part in parts)
        shares = {"shape": 1 - self.two_part_colour, "colour": self.two_part_colour}
        return tuple(shares[part] for part in parts)


def two_part_leaning(colour: float, label: str = "") -> Leaning:
    """Build a leaning with `colour`, 0 to 1, as the share of colour, the rest shape's alone."""
    return Leaning(f"{colour:.15g}", label, {"shape": 1 - colour, "colour": colour}, colour)


BALANCED = Leaning(
    "balanced", "Balanced", {"learned": 0.65, "shape": 0.2, "colour": 0.15}, two_part_colour=0.3
)
LEANINGS = (
    Leaning("picture", "Same picture", {"learned": 0.5, "shape": 0.3, "colour": 0.2}, 0.15),
    Leaning("sort", "Same sort", {"learned": 0.7, "shape": 0.3, "colour": 0.0}, 0.15),
    BALANCED,
    Leaning("colour", "Same colour", {"learned": 0.35, "shape": 0.05, "colour": 0.6}, 0.6),
)
"""The leanings that pages offer where the learned kind takes part."""

WISHED = Leaning(
    "wished",
    "Its shape, that colour",
    {"learned": 0.3, "shape": 0.25, "colour": 0.45},
    two_part_colour=0.5,
)
"""How the look leans, unless told otherwise, where a colour is wished for."""

TWO_PART_LEANINGS = (
    two_part_leaning(0.0, "All shape"),
    two_part_leaning(0.15, "Mostly shape"),
    two_part_leaning(BALANCED.two_part_colour, "Balanced"),
    two_part_leaning(0.6, "Mostly colour"),
    two_part_leaning(1.0, "All colour"),
)
"""The leanings that pages offer where it does not."""


def blend(
    distances: Sequence[NDArray[np.integer]], scales: Sequence[float], shares: Sequence[float]
) -> NDArray[np.int64]:
    """Return the look distances of N items, shape (N,).

    Look distance = `LOOK_SCALE` * the sum over the parts of share * sqrt(distance / scale),
    rounded.
    `distances`: of each part, in bits, shape (N,). `scales`: of each part the `KindIndex.scale`,
    in bits, so that a leaning means the same in every catalogue. `shares`: of each part, summing
    to 1. The square root lets a very small distance in one part outweigh middling distances in
    all: without it, other grey bags rank before the original of a photo turned grey.
    """
    blended = np.empty(len(distances[0]), dtype=np.int64)
    for start in range(0, len(blended), _BLEND_BLOCK_ITEMS):
        block = slice(start, start + _BLEND_BLOCK_ITEMS)
        parts = (
            scaled_square_roots(of_part[block], scale, share)
            for of_part, scale, share in zip(distances, scales, shares, strict=True)
        )
        blended[block] = np.rint(LOOK_SCALE * sum(parts))
    return blended


class LookMeasure:
    """The look distance of every item from a query.

    For each part its opened kind, the query's Q readings, shape (W, Q), and its share; all kinds
    have the same photos. Parts with a share of 0 are not measured. Each photo is measured by
    itself: where items have several, `nearest_photo` makes a measure of items of this one, so that
    all parts of an item's distance come from one of its photos.
    """

    def __init__(
        self, kind_indexes: Sequence[KindIndex], queries: Sequence[Planes], shares: Sequence[float]
    ) -> None:
        self.ids = kind_indexes[0].table.ids
        measured = [
            (kind_index, readings, share)
            for kind_index, readings, share in zip(kind_indexes, queries, shares, strict=True)
            if share
        ]
        self._parts = [
            KindMeasure(kind_index.table, kind_index.index, readings)
            for kind_index, readings, _ in measured
        ]
        self._scales = [kind_index.scale for kind_index, _, _ in measured]
        self._shares = [share for _, _, share in measured]
        self._all: NDArray[np.int64] | None = None

    @property
    def scan_words(self) -> int:
        """How many 64-bit words a scan of all items compares; 0 once it was made."""
        return sum(part.scan_words for part in self._parts)

    def candidates(
        self,
        k: int,
        narrowing: Narrowing | None = None,
        *,
        every: bool = False,  # noqa: ARG002 - they always are
    ) -> tuple[Positions, int]:
        """Join the candidates of all parts.

        An item that no part proposed is in every part farther than that part's promise, so its look
        distance is at least that of an item one bit beyond each.
        """
        count = max(k, _MIN_PART_CANDIDATES)
        of_parts = [part.candidates(count, narrowing, every=True) for part in self._parts]
        found, promised = zip(*of_parts, strict=True)
        if EVERYTHING in promised:
            return sorted_unique(np.concatenate(found)), EVERYTHING
        beyond = (
            share * math.sqrt((within + 1) / scale)
            for within, scale, share in zip(promised, self._scales, self._shares, strict=True)
        )
        return sorted_unique(np.concatenate(found)), round(LOOK_SCALE * sum(beyond)) - 1

    def at_least(self, positions: Positions) -> NDArray[np.integer]:
        """Blend what the parts are at least: see `Measure`."""
        of_parts = [part.at_least(positions) for part in self._parts]
        return blend(of_parts, self._scales, self._shares)

    def distances(self, positions: Positions | None = None) -> NDArray[np.integer]:
        """Blend the exact distances of the parts; a scan of all items is made once and kept."""
        if self._all is not None:
            return self._all if positions is None else self._all[positions]
        of_parts = [part.distances(positions) for part in self._parts]
        blended = blend(of_parts, self._scales, self._shares)
        if positions is None:
            self._all = blended
        return blended

    def within(self, bound: int, k: int) -> Positions | None:
        """Measure the parts one after another, narrow codes first, and drop items beyond the bound.

        The widest part, whose scan costs most, is then measured for few items only.
        """
        # `blend` rounds to a whole number: half of one is allowed.
        limit = (bound + 0.5) / LOOK_SCALE * (1 + 1e-9)
        if len(self._parts) == 1:
            bound_bits = int(self._scales[0] * (limit / self._shares[0]) ** 2)
            return self._parts[0].within(bound_bits, k)
        near: Positions | None = None
        sums: NDArray[np.float64] = np.zeros(1)
        parts = zip(self._parts, self._scales, self._shares, strict=True)
        for part, scale, share in sorted(parts, key=lambda one: one[0].scan_words):
            sums = sums + scaled_square_roots(part.distances(near), scale, share)
            left = np.flatnonzero(sums <= limit)
            if near is not None:
                near, sums = near[left], sums[left]
            elif MIN_ITEMS_PER_LOOKUP * len(left) < len(sums):
                near, sums = left, sums[left]
        return near
