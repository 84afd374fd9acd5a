"""The photos that have each of the distinct codes of one kind, whose codes an engine keeps."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webapp.index import photo_rows
from webapp.index.code_table import CodeTable, load_arrays, of_rows
from webapp.index.hamming import Distances, Planes, Positions, distances, within
from webapp.index.repeated_rows import ROW_ARRAYS, RepeatedRows, repeated
from webapp.index.row_table import RowTable

NEVER_SCANNED = 1 << 62
"""More words than any scan compares: what a scan of codes costs that are elsewhere."""


class RemoteCodes(Protocol):
    """N distinct codes of W words that are elsewhere; several threads may ask.

    All methods raise `EngineUnavailable` where they cannot be had in time, and `IndexDamaged`
    where some are not there.
    """

    def take(self, rows: Positions) -> Planes:
        """Return the codes of rows, (n,), shape (W, n)."""

    def blocks(self) -> Iterator[Planes]:
        """Yield all of them, in parts, shape (W, n); it takes long."""

    def rows_of(self, codes: Planes) -> Positions:
        """Return the rows that have codes, shape (W, n); -1 where none has: shape (n,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTable(RowTable):
    """A table whose codes are fetched when they are wanted, and not kept.

    Its rows are numbered by the first view that has each, so that little has to be known of them
    here.

    What compares all codes reads all of them, which takes long: groups of duplicates do, and a
    search from whose lists more items were taken out since than these are long.
    """

    codes: RemoteCodes
    repeated: RepeatedRows

    @property
    def row_count(self) -> int:
        """Number of distinct codes, N."""
        return self.repeated.row_count

    @property
    def views(self) -> int:
        """How many codes a photo has, V."""
        return self.repeated.views // self.photo_count

    @property
    def all_rows(self) -> NDArray[np.integer]:
        """The row of each view of each photo, shape (P, V); made anew each time."""
        return self.rows_at(np.arange(self.photo_count))

    def rows_at(self, positions: Positions) -> NDArray[np.integer]:
        """Return the rows of the views of photos at positions: see `RowTable`."""
        views = positions[:, None] * self.views + np.arange(self.views)
        return self.repeated.rows_of(views.ravel()).reshape(views.shape)

    def members_of(self, rows: Positions, most: int | Positions) -> NDArray[np.integer]:
        """Return the positions of the first photos of rows: see `RowTable`."""
        return self.repeated.views_of(rows, most) // self.views

    @property
    def whole(self) -> CodeTable:
        """All of it as one table, with its codes."""
        codes = np.concatenate([np.empty((self.words, 0), np.uint64), *self.codes.blocks()], axis=1)
        return of_rows(self.bits, self.ids, self.photos, codes, self.all_rows)

    @property
    def scan_words(self) -> int:
        """More words than any scan compares."""
        return NEVER_SCANNED

    def codes_at(self, rows: NDArray[np.integer]) -> Planes:
        """Fetch the codes of rows: see `RowTable`."""
        return self.codes.take(np.asarray(rows, dtype=np.intp))

    def distances_of_rows(self, queries: Planes) -> Distances:
        """Return the distance of each row: see `RowTable`."""
        of_blocks = [distances(block, queries) for block in self.codes.blocks()]
        return np.concatenate([np.empty(0, np.uint16), *of_blocks])

    def rows_within(self, queries: Planes, bound: int) -> Positions:
        """Return the rows within some bits of a query: see `RowTable`."""
        found, start = [np.empty(0, dtype=np.intp)], 0
        for block in self.codes.blocks():
            found.append(within(block, queries, bound) + start)
            start += block.shape[1]
        return np.concatenate(found)

    def rows_of(self, codes: Planes) -> Positions:
        """Return the rows that have codes: see `RowTable`."""
        return self.codes.rows_of(codes)


FrozenTable = CodeTable | RemoteTable
"""The table of an index that was built, wherever its codes are."""


_IDS = "ids"


def save(table: CodeTable, folder: Path, kind: str) -> None:
    """Write of a table, numbered by first views, what `load` wants, as `<kind>.<array>.npy`."""
    np.save(folder / f"{kind}.{_IDS}.npy", table.ids)
    for name, array in repeated(table.rows).arrays.items():
        np.save(folder / f"{kind}.{name}.npy", array)
    if table.photos:
        table.photos.save(folder, kind)


def load(folder: Path, kind: str, bits: int, codes: RemoteCodes, rows: int) -> RemoteTable:
    """Map a table of so many rows into memory that was saved without its codes.

    Raises:
        IndexDamaged: an array is missing or unreadable.
    """
    ids = load_arrays(folder, kind, [_IDS])[_IDS]
    return RemoteTable(
        bits=bits,
        ids=ids,
        photos=photo_rows.load(folder, kind),
        codes=codes,
        repeated=RepeatedRows(rows, **load_arrays(folder, kind, ROW_ARRAYS)),
    )
