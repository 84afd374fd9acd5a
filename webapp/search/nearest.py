"""From candidates to the true nearest: exact re-rank, then proof by a scan where it is cheap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webapp.index.code_table import CodeTable
from webapp.index.engines import Index
from webapp.index.hamming import Planes, Positions, distinct, smallest
from webapp.models import Ids

# XOR and count of as many 64-bit words takes some tens of milliseconds, as a page does: a million
# items in the widest kind.
PROVE_UP_TO_WORDS = 1 << 26

# Where more than one in so many items is left, single ones are slower to look up than all.
FEW_OF = 4


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest items, ordered by (distance, id).

    `exact` says that no other item is nearer; `missed` are those of them that the engine missed.
    """

    ids: Ids
    distances: NDArray[np.int64]
    exact: bool
    missed: frozenset[int] = frozenset()


class Measure(Protocol):
    """One query, and how far every item is from it."""

    ids: Ids
    """The items, ascending; a place in it is an item's position."""

    @property
    def words(self) -> int:
        """How many words a scan of all items would compare; none once it was made."""

    def candidates(self, k: int) -> tuple[Positions, bool]:
        """Propose the positions, ascending, of items that may be among the k nearest.

        The flag says that no nearer one can be missing.
        """

    def distances(self, positions: Positions | None = None) -> NDArray[np.integer]:
        """Return the exact distance of every item, or of those at `positions`."""

    def within(self, bound: int, k: int) -> Positions | None:
        """Return the positions, ascending, of items within a distance, and maybe of others.

        All of those within it are there that can be among the k nearest. None where they would
        be about all.
        """


def nearest(
    measure: Measure,
    k: int,
    among: Positions | None = None,
    prove_up_to: int | None = None,
) -> Neighbours:
    """Find the k nearest items, among those at some positions or all of them.

    Always min(k, number of items) answers. A subset is scanned, never filtered afterwards: a
    filter that few items pass would leave too few of the engine's candidates. Larger scans than
    of `prove_up_to` words, usually `PROVE_UP_TO_WORDS`, are not made for a proof.
    """
    most = PROVE_UP_TO_WORDS if prove_up_to is None else prove_up_to
    if among is not None:
        if FEW_OF * len(among) > len(measure.ids):
            measure.distances()
        return _ranked(measure, among, k, exact=True)
    candidates, complete = measure.candidates(k)
    proposed = _ranked(measure, candidates, k, exact=complete)
    if complete or (len(proposed.ids) == k and measure.words > most):
        return proposed
    return _proven(proposed, _ranked(measure, _contenders(measure, proposed, k), k, exact=True))


def _contenders(measure: Measure, proposed: Neighbours, k: int) -> Positions | None:
    """Return the positions of items that may be as near as the last proposed; None for all."""
    near = measure.within(int(proposed.distances[-1]), k) if len(proposed.ids) == k else None
    return near if near is not None and FEW_OF * len(near) < len(measure.ids) else None


def _ranked(measure: Measure, positions: Positions | None, k: int, *, exact: bool) -> Neighbours:
    found = measure.distances(positions)
    order = smallest(found, k)
    chosen = order if positions is None else positions[order]
    return Neighbours(measure.ids[chosen], found[order].astype(np.int64), exact)


def _proven(proposed: Neighbours, truth: Neighbours) -> Neighbours:
    missed = frozenset(truth.ids.tolist()) - frozenset(proposed.ids.tolist())
    return Neighbours(truth.ids, truth.distances, exact=True, missed=missed)


class KindMeasure:
    """The Hamming distance in one kind, to the nearest of several readings of the query."""

    # Candidates asked for beyond k, so that ties at the last place are decided by id.
    _SPARE = 64

    def __init__(self, table: CodeTable, index: Index, queries: Planes) -> None:
        self.ids = table.ids
        self._table = table
        self._index = index
        self._queries = queries
        self._all: NDArray[np.integer] | None = None

    @property
    def words(self) -> int:
        """How many words a scan of all items would compare; none once it was made."""
        return self._table.codes.size * self._queries.shape[1] if self._all is None else 0

    def candidates(self, k: int) -> tuple[Positions, bool]:
        """Ask the index with each query."""
        # Each of an item's views may take a place.
        count = (k + self._SPARE) * self._table.rows.shape[1]
        rows = rows_near(self._index, self._queries, count)
        return self._table.items_of(rows, k), self._index.exact

    def distances(self, positions: Positions | None = None) -> NDArray[np.integer]:
        """Count differing bits; of all items, once."""
        if positions is None and self._all is None:
            self._all = self._table.distances(self._queries)
        if self._all is not None:
            return self._all if positions is None else self._all[positions]
        return self._table.distances(self._queries, positions)

    def within(self, bound: int, k: int) -> Positions:
        """Scan all codes, each no further than it takes to see that it is too far."""
        if self._all is not None:
            return np.flatnonzero(self._all <= bound)
        return self._table.within(self._queries, bound, k)


def rows_near(index: Index, queries: Planes, count: int) -> Positions:
    """Propose different rows near any of the queries, shape (W, Q)."""
    found: Sequence[Positions] = [
        index.candidates(queries[:, number : number + 1], count)
        for number in range(queries.shape[1])
    ]
    return found[0] if len(found) == 1 else distinct(np.concatenate(found))
