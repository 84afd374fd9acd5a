"""The nearest of some items, ranked by exact distance, and what is known of that answer."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from webapp.index.hamming import Positions, k_smallest, sorted_contains
from webapp.models import Ids
from webapp.search.measure import Measure

_FIRST_MEASURED = 64
"""Of candidates whose codes are fetched, so many are measured before others are ruled out."""


class Proof(StrEnum):
    """What became of the proof of an answer."""

    HELD = "held"
    MENDED = "mended"
    LEFT_OUT = "left out"
    NOT_NEEDED = "not needed"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The K nearest items of a query, ordered by (distance, id).

    `ids`: shape (K,). `distances`: shape (K,), in the unit of the measure: bits for a kind, look
    distance for the look. `exact`: the answer is proven, no other item is nearer. `missed`: ids
    of the answer that were not among the engine's candidates; known only after a proof.
    `candidates`: how many items the engine proposed, or passed the filters.
    """

    ids: Ids
    distances: NDArray[np.int64]
    exact: bool
    missed: frozenset[int] = frozenset()
    proof: Proof = Proof.NOT_NEEDED
    candidates: int = 0


def ranked(measure: Measure, positions: Positions | None, k: int, *, exact: bool) -> Neighbours:
    """Measure items, all if no `positions` are given, and return the k nearest of them.

    `exact`: what is to be said of the answer.
    """
    distances = measure.distances(positions)
    order = k_smallest(distances, k)
    ranked = order if positions is None else positions[order]
    return Neighbours(measure.ids[ranked], distances[order].astype(np.int64), exact)


def listed(
    measure: Measure, positions: Positions, k: int, unsure: Positions | None = None
) -> Neighbours:
    """Rank candidates, fetching the codes of those alone that may be among the k nearest.

    Most are listed by one kind, and known to be far in the others. Of items `unsure` nothing is
    known.
    """
    least = measure.at_least(positions)
    if unsure is not None and len(unsure):
        least[sorted_contains(unsure, positions)] = 0
    order = np.argsort(least, kind="stable")
    count = max(_FIRST_MEASURED, 2 * k)
    found = ranked(measure, positions[np.sort(order[:count])], k, exact=False)
    if len(found.ids) == k:
        possible = int(np.count_nonzero(least <= found.distances[-1]))
    else:
        possible = len(positions)
    if possible > count:
        found = ranked(measure, positions[np.sort(order[:possible])], k, exact=False)
    return replace(found, candidates=len(positions))
