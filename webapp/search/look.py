"""The look: several kinds in one ranking, leaning as far to each as the person wants.

With the learned kind it blends three: what sort of thing a picture shows, its shape, its colour.
Where that kind is not installed, or not all items have its code yet, it blends the other two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.kinds import KINDS
from webapp.index.hamming import Planes, Positions, scaled_square_roots, sorted_unique
from webapp.index.kind_index import KindIndex
from webapp.search.nearest import FEW_OF, KindMeasure

FAR = 1000
"""The look distance of two items taken at random, about: the scale of its whole numbers."""

PARTS = ("shape", "colour")
"""The kinds that the look blends everywhere."""

LEARNED = "learned"
"""The kind that it blends too, where all items have it."""

BLENDED = (LEARNED, *PARTS) if LEARNED in KINDS else PARTS
"""The kinds that it blends in a catalogue that has all that is installed."""

# Of each part: the nearest of the blend are seldom among the very nearest of any. On 8,620
# photos, 300 held 98 in 100 of the true nine, 100 held 90; a proof, where on, finds the rest.
_CANDIDATES = 300

# So many items are blended at a time: what is made on the way stays in a core's cache, and is
# not eight bytes for each of a million, several times.
_TOGETHER = 1 << 15


@dataclass(frozen=True, slots=True)
class Look:
    """The blended ranking, named and described like a kind."""

    name: str = "look"
    label: str = "Sort, shape and colour" if LEARNED in KINDS else "Shape and colour"
    description: str = (
        f"{label} together{'' if LEARNED in KINDS else ', found with the margins cut off'}. "
        "100 % alike is the same picture, 0 % is what two bags taken at random have in common."
    )
    bits: int = FAR


LOOK = Look()


@dataclass(frozen=True, slots=True)
class Leaning:
    """How much each part of the look counts.

    `name` is what an address says. `shares`, summing to 1, are by kind; `without` is the colour's
    share, the rest the shape's, where the learned kind does not take part.
    """

    name: str
    label: str
    shares: Mapping[str, float]
    without: float

    def among(self, parts: Sequence[str]) -> tuple[float, ...]:
        """Return the share of each of the parts."""
        if LEARNED in parts:
            return tuple(self.shares.get(part, 0.0) for part in parts)
        shares = {"shape": 1 - self.without, "colour": self.without}
        return tuple(shares[part] for part in parts)


def between(lean: float, label: str = "") -> Leaning:
    """Lean between shape, at 0, and colour, at 1, the learned kind left out."""
    return Leaning(f"{lean:.15g}", label, {"shape": 1 - lean, "colour": lean}, lean)


BALANCED = Leaning(
    "balanced", "Balanced", {"learned": 0.59, "shape": 0.25, "colour": 0.16}, without=0.3
)
LEANINGS = (
    Leaning("picture", "Same picture", {"learned": 0.5, "shape": 0.3, "colour": 0.2}, without=0.15),
    Leaning("sort", "Same sort", {"learned": 0.7, "shape": 0.3, "colour": 0.0}, without=0.15),
    BALANCED,
    Leaning("colour", "Same colour", {"learned": 0.25, "shape": 0.05, "colour": 0.7}, without=0.6),
)
"""What is offered where the learned kind takes part."""

PLAIN_LEANINGS = (
    between(0.0, "All shape"),
    between(0.15, "Mostly shape"),
    between(BALANCED.without, "Balanced"),
    between(0.6, "Mostly colour"),
    between(1.0, "All colour"),
)
"""What is offered where it does not."""


def blend(
    distances: Sequence[NDArray[np.integer]], scales: Sequence[float], shares: Sequence[float]
) -> NDArray[np.int64]:
    """Return look distances of items from their distances in bits in each part, shape (N,).

    `scales` are the distances, in bits, of two items taken at random from the catalogue: a
    leaning then means the same in every catalogue. Square roots, because a near copy in one part
    says more than a middling likeness in all: without them a greyed photo loses to any grey bag.
    """
    blended = np.empty(len(distances[0]), dtype=np.int64)
    for start in range(0, len(blended), _TOGETHER):
        some = slice(start, start + _TOGETHER)
        parts = (
            scaled_square_roots(found[some], scale, share)
            for found, scale, share in zip(distances, scales, shares, strict=True)
        )
        blended[some] = np.rint(FAR * sum(parts))
    return blended


class LookMeasure:
    """How far items are from a query in several parts together, each with its share."""

    def __init__(
        self, kind_indexes: Sequence[KindIndex], queries: Sequence[Planes], shares: Sequence[float]
    ) -> None:
        self.ids = kind_indexes[0].table.ids
        counted = [
            (part, asked, share)
            for part, asked, share in zip(kind_indexes, queries, shares, strict=True)
            if share
        ]
        self._parts = [KindMeasure(part.table, part.index, asked) for part, asked, _ in counted]
        self._scales = [part.scale for part, _, _ in counted]
        self._shares = [share for _, _, share in counted]
        self._all: NDArray[np.int64] | None = None

    @property
    def words(self) -> int:
        """How many words a scan of all items would compare; none once it was made."""
        return sum(part.words for part in self._parts)

    def candidates(self, k: int) -> tuple[Positions, bool]:
        """Ask all parts' indexes."""
        wanted = max(k, _CANDIDATES)
        found = [part.candidates(wanted)[0] for part in self._parts]
        return sorted_unique(np.concatenate(found)), False

    def distances(self, positions: Positions | None = None) -> NDArray[np.integer]:
        """Blend the parts' exact distances; of all items, once."""
        if self._all is not None:
            return self._all if positions is None else self._all[positions]
        each = [part.distances(positions) for part in self._parts]
        found = blend(each, self._scales, self._shares)
        if positions is None:
            self._all = found
        return found

    def within(self, bound: int, k: int) -> Positions | None:
        """Measure part by part, the cheapest first: what those put too far is not looked at again.

        A wide part, whose scan costs most, is then read of a few items only.
        """
        # Half a unit for the rounding of `blend`.
        limit = (bound + 0.5) / FAR * (1 + 1e-9)
        if len(self._parts) == 1:
            reach = int(self._scales[0] * (limit / self._shares[0]) ** 2)
            return self._parts[0].within(reach, k)
        near: Positions | None = None
        spent: NDArray[np.float64] = np.zeros(1)
        parts = zip(self._parts, self._scales, self._shares, strict=True)
        for part, scale, share in sorted(parts, key=lambda one: one[0].words):
            spent = spent + scaled_square_roots(part.distances(near), scale, share)
            left = np.flatnonzero(spent <= limit)
            if near is not None:
                near, spent = near[left], spent[left]
            elif FEW_OF * len(left) < len(spent):
                near, spent = left, spent[left]
        return near
