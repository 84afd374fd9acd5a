"""The codes of one kind as they are now: a frozen table, and beside it those of changed items."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from webapp.index.code_table import CodeTable, of_codes
from webapp.index.engines import EVERYTHING, NOTHING, Index, LocalIndex, Proposal
from webapp.index.hamming import (
    Distances,
    Planes,
    Positions,
    distances,
    k_smallest,
    sorted_contains,
)
from webapp.index.narrowing import Narrowing
from webapp.index.overlay.splice import Splice
from webapp.index.photo_rows import PhotoRows
from webapp.index.remote_table import FrozenTable
from webapp.models import Code, Ids

# An engine is asked for more by as many rows as changed items may have taken out, but not for much
# more: what it misses, the proof finds.
_MOST_SPARE_ROWS = 16
# How many recent rows are proposed: so many, and more where they are a large share of all.
_LEAST_ROWS = 8
_TIMES_ITS_SHARE = 2


@dataclass(frozen=True)
class OverlaidTable:
    """A `CodeTable` in which some items were replaced, and to which some were added.

    It answers as a table would that was made anew of all photos: its positions are those in
    `ids` and `photos`, as they are now. Its rows are those of the `frozen` table and after them
    those of `recent`, so a code may have two.

    `items`, `pictures`: how the items and the photos of `recent` are spliced into the frozen ones.
    """

    frozen: FrozenTable
    recent: CodeTable
    ids: Ids
    photos: PhotoRows | None
    items: Splice
    pictures: Splice

    @property
    def bits(self) -> int:
        """The width of a code."""
        return self.frozen.bits

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return self.frozen.row_count + self.recent.row_count

    @property
    def photo_count(self) -> int:
        """Number of photos that have codes, P."""
        return self.pictures.count

    @property
    def scan_words(self) -> int:
        """How many 64-bit words a scan of all codes compares with each query."""
        return self.frozen.scan_words + self.recent.scan_words

    @property
    def codes_per_item(self) -> int:
        """How many codes the item with the most photos has."""
        return max(self.frozen.codes_per_item, self.recent.codes_per_item)

    @cached_property
    def _gone_rows(self) -> tuple[Positions, Positions]:
        """The frozen rows of which items are gone, ascending, and how many at most of each."""
        rows, counts = np.unique(self.frozen.rows_at(self.pictures.gone), return_counts=True)
        return rows.astype(np.intp), counts

    def _frozen_photos(self, rows: Positions, per_row: int) -> Positions:
        """Return the photos of frozen rows; of those that stay, the first `per_row` of each."""
        gone_rows, counts = self._gone_rows
        wanted = np.full(len(rows), per_row)
        has_gone = sorted_contains(gone_rows, rows)
        wanted[has_gone] += counts[gone_rows.searchsorted(rows[has_gone])]
        return self.frozen.photos_of(rows, wanted)

    def photos_of(self, rows: Positions, per_row: int) -> Positions:
        """Return the positions of photos that have one of these rows: see `CodeTable`."""
        is_recent = rows >= self.frozen.row_count
        of_frozen = self._frozen_photos(rows[~is_recent], per_row)
        of_recent = self.recent.photos_of(rows[is_recent] - self.frozen.row_count, per_row)
        return self._merged(of_frozen, of_recent)

    def within(self, queries: Planes, bound: int, per_row: int) -> Positions:
        """Return the positions of photos within `bound` bits of a query: see `CodeTable`."""
        return self._merged(
            self._frozen_photos(self.frozen.rows_within(queries, bound), per_row),
            self.recent.within(queries, bound, per_row),
        )

    def _merged(self, of_frozen: Positions, of_recent: Positions) -> Positions:
        here = self.pictures.of_frozen(of_frozen)
        if not len(of_recent):
            return here
        return np.sort(np.concatenate([here, self.pictures.recent[of_recent]]))

    def distances(self, queries: Planes, positions: Positions | None = None) -> Distances:
        """Return the distance in bits of each photo, or of some: see `CodeTable`."""
        if positions is None:
            return self.pictures.merged(
                self.frozen.distances(queries), self.recent.distances(queries)
            )
        is_recent, places = self.pictures.parted(positions)
        found = np.empty(len(positions), dtype=np.uint16)
        found[~is_recent] = self.frozen.distances(queries, places[~is_recent])
        found[is_recent] = self.recent.distances(queries, places[is_recent])
        return found

    def rows_at(self, positions: Positions) -> NDArray[np.integer]:
        """Return the rows of the views of photos at positions: see `RowTable`."""
        is_recent, places = self.pictures.parted(positions)
        found = np.empty((len(positions), self.frozen.views), dtype=np.intp)
        found[~is_recent] = self.frozen.rows_at(places[~is_recent])
        found[is_recent] = self.recent.rows_at(places[is_recent]) + self.frozen.row_count
        return found

    def codes_of(self, positions: Positions) -> Planes:
        """Return the codes of the views of photos at positions, (n,), shape (W, n, V)."""
        is_recent, places = self.pictures.parted(positions)
        shape = self.frozen.words, len(positions), self.frozen.views
        found = np.empty(shape, dtype=np.uint64)
        found[:, ~is_recent] = self.frozen.codes_of(places[~is_recent])
        found[:, is_recent] = self.recent.codes_of(places[is_recent])
        return found

    def code(self, item_id: int, number: int = 1) -> Code | None:
        """Return the code of one of an item's photos: see `CodeTable`."""
        if sorted_contains(self.recent.ids, np.array([item_id]))[0]:
            return self.recent.code(item_id, number)
        if sorted_contains(self.frozen.ids[self.items.gone], np.array([item_id]))[0]:
            return None
        return self.frozen.code(item_id, number)

    @cached_property
    def whole(self) -> CodeTable:
        """All of it as one table; it takes as long as making an index does."""
        here = replace(self, frozen=self.frozen.whole)
        codes = here.codes_of(np.arange(self.photo_count))
        return of_codes(self.bits, self.ids, self.photos, codes)


class NoIndex(LocalIndex):
    """The index of a kind of which no frozen item has a code."""

    def candidates(
        self, queries: Planes, count: int, narrowing: Narrowing | None = None
    ) -> Proposal:
        """Propose nothing, which is all there is: see `Index`."""
        del queries, count, narrowing
        return Proposal(np.empty(0, np.intp), EVERYTHING, np.empty(0, np.uint16))


@dataclass(frozen=True, slots=True)
class OverlaidIndex:
    """Proposes rows of an overlaid table: those of a frozen index, and the nearest recent ones."""

    frozen: Index
    table: OverlaidTable

    def check(self) -> None:
        """Ask the frozen index: see `Index`."""
        self.frozen.check()

    def verify(self) -> None:
        """Have the frozen index compared: see `Index`."""
        self.frozen.verify()

    def drop(self) -> None:
        """Drop what the frozen index holds elsewhere: see `Index`."""
        self.frozen.drop()

    def candidates(
        self, queries: Planes, count: int, narrowing: Narrowing | None = None
    ) -> Proposal:
        """Propose rows near each of the queries: see `Index`."""
        frozen, recent = self.table.frozen, self.table.recent
        gone = self.table.pictures.gone.size * frozen.views
        proposed = self.frozen.candidates(queries, count + min(gone, _MOST_SPARE_ROWS), narrowing)
        of_recent = distances(recent.codes, queries)
        if proposed.within == NOTHING:
            share = recent.row_count / max(1, frozen.row_count)
            each = _LEAST_ROWS + int(_TIMES_ITS_SHARE * share * count)
            near = k_smallest(of_recent, queries.shape[1] * each)
        else:
            near = np.flatnonzero(of_recent <= proposed.within)
        rows = np.concatenate([proposed.rows, near + frozen.row_count])
        if proposed.distances is None:
            return Proposal(rows, proposed.within)
        told = np.concatenate([proposed.distances, of_recent[near]])
        return Proposal(rows, proposed.within, told)
