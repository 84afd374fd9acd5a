"""How far items are from a query, and which of them an engine proposes to measure."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webapp.index.engines import NOTHING, Index, Proposal
from webapp.index.hamming import Planes, Positions
from webapp.index.narrowing import Narrowing
from webapp.index.remote_table import NEVER_SCANNED
from webapp.index.table import Table
from webapp.models import Ids

DEPTHS = (1_000, 4_000, 16_000)
"""How many candidates are asked for to prove an answer that no scan can prove; ascending."""

MIN_ITEMS_PER_LOOKUP = 4
"""Measuring items one by one is faster than a scan of all only below one item in this many."""


class Measure(Protocol):
    """The distance of every item from one query."""

    ids: Ids
    """The M items that can be found, ascending, shape (M,); a place in it is a position."""

    @property
    def scan_words(self) -> int:
        """How many 64-bit words a scan of all items compares; 0 once it was made."""

    def candidates(
        self, k: int, narrowing: Narrowing | None = None, *, every: bool = False
    ) -> tuple[Positions, int]:
        """Return the positions, ascending, of candidates for the k nearest, and a distance.

        Every item that passes a `narrowing` and is within that distance is among them, unless k
        others come before it; with `every`, whatever comes before it. Where it is `NOTHING`, that
        is known of none; where it is `EVERYTHING`, of all.
        """

    def at_least(self, positions: Positions) -> NDArray[np.integer]:
        """Return how far items that were asked for as candidates last are at least, shape (P,).

        Nothing is fetched for it. Only where codes are, for it is told by the engine.
        """

    def distances(self, positions: Positions | None = None) -> NDArray[np.integer]:
        """Return the exact distances of all M items, shape (M,), or of P `positions`, (P,)."""

    def within(self, bound: int, k: int) -> Positions | None:
        """Return the positions, ascending, of the items within a distance, or None for all.

        Others may be among them; items that cannot be among the k nearest may be missing.
        """


def can_be_scanned(measure: Measure) -> bool:
    """Say whether all items can be compared: not where their codes are fetched."""
    return measure.scan_words < NEVER_SCANNED


class KindMeasure:
    """The Hamming distance in one kind, in bits, to the nearest of a query's Q readings, (W, Q).

    Of each photo: where items have several, `nearest_photo` makes one of items of it.
    """

    # Asked for beyond k, so that most rows at the k-th distance are candidates: ids decide ties.
    _SPARE_ROWS = 64

    def __init__(self, table: Table, index: Index, queries: Planes) -> None:
        self.ids = table.ids
        self._table = table
        self._index = index
        self._queries = queries
        self._all: NDArray[np.integer] | None = None
        self._proposal: Proposal | None = None
        self._narrowed = False

    @property
    def scan_words(self) -> int:
        """How many 64-bit words a scan of all items compares; 0 once it was made."""
        return self._table.scan_words * self._queries.shape[1] if self._all is None else 0

    def candidates(
        self, k: int, narrowing: Narrowing | None = None, *, every: bool = False
    ) -> tuple[Positions, int]:
        """Ask the index for rows near the readings.

        Of a row that many items have, some may be missing: they are no nearer, and come later.
        With `every` none is, where a distance is promised.
        """
        # The views of one item may be several of the rows.
        count = (k + self._SPARE_ROWS) * self._table.codes_per_item
        proposal = self._index.candidates(self._queries, count, narrowing)
        self._proposal, self._narrowed = proposal, narrowing is not None
        every = every and proposal.within != NOTHING
        per_row = self._table.photo_count if every else k
        return self._table.photos_of(proposal.rows, per_row), proposal.within

    def at_least(self, positions: Positions) -> NDArray[np.integer]:
        """Return the distance of the nearest row that was listed: see `Measure`."""
        assert self._proposal is not None, "candidates were asked for"
        of_views = self._proposal.at_least(self._table.rows_at(positions))
        least: NDArray[np.integer] = of_views.min(axis=1)
        return least

    def distances(self, positions: Positions | None = None) -> NDArray[np.integer]:
        """Count differing bits; a scan of all items is made once and kept."""
        if positions is None and self._all is None:
            self._all = self._table.distances(self._queries)
        if self._all is not None:
            return self._all if positions is None else self._all[positions]
        known = self._proposal
        if positions is None or known is None or known.distances is None or self._narrowed:
            return self._table.distances(self._queries, positions)
        # What a list promises to have all of is told by it, and need not be fetched.
        found = self.at_least(positions)
        far = np.flatnonzero(found > known.within)
        if len(far):
            found[far] = self._table.distances(self._queries, positions[far])
        return found

    def within(self, bound: int, k: int) -> Positions:
        """Scan all codes; `Table.within` leaves out what the bound excludes early."""
        if self._all is not None:
            return np.flatnonzero(self._all <= bound)
        return self._table.within(self._queries, bound, k)
