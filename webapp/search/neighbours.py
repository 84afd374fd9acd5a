"""The nearest of some items, ranked by exact distance, and what is known of that answer."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from webapp.index.hamming import Positions, k_smallest
from webapp.models import Ids
from webapp.search.measure import Measure


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
    return replace(nearest_of(measure, positions, measure.distances(positions), k), exact=exact)


def nearest_of(
    measure: Measure, positions: Positions | None, distances: NDArray[np.integer], k: int
) -> Neighbours:
    """Return the k nearest of items at ascending positions, all if None, with these distances."""
    order = k_smallest(distances, k)
    chosen = order if positions is None else positions[order]
    return Neighbours(measure.ids[chosen], distances[order].astype(np.int64), exact=False)


def proven(truth: Neighbours, proposed: Ids) -> Neighbours:
    """Say of the nearest items which of them, by id, had not been proposed."""
    missed = frozenset(truth.ids.tolist()) - frozenset(proposed.tolist())
    return replace(truth, missed=missed, proof=Proof.MENDED if missed else Proof.HELD)
