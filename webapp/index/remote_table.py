"""The photos that have each of the distinct codes of one kind, whose codes an engine keeps."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webapp.index import photo_rows
from webapp.index.code_table import ROW_ARRAYS, CodeTable, load_arrays
from webapp.index.hamming import Distances, Planes, Positions, distances, within
from webapp.index.row_table import RowTable

NEVER_SCANNED = 1 << 62
"""More words than any scan compares: what a scan of codes costs that are elsewhere."""


class RemoteCodes(Protocol):
    """N distinct codes of W words that are elsewhere, ascending; several threads may ask.

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

    What compares all codes reads all of them, which takes long: groups of duplicates do, and a
    search from whose lists more items were taken out since than these are long.
    """

    codes: RemoteCodes

    @property
    def whole(self) -> CodeTable:
        """All of it as one table, with its codes."""
        codes = np.concatenate([np.empty((self.words, 0), np.uint64), *self.codes.blocks()], axis=1)
        arrays = {name: getattr(self, name) for name in ROW_ARRAYS}
        return CodeTable(bits=self.bits, codes=codes, **arrays, photos=self.photos)

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


def load_remote(folder: Path, kind: str, bits: int, codes: RemoteCodes) -> RemoteTable:
    """Map a table into memory that was saved without its codes.

    Raises:
        IndexDamaged: an array is missing or unreadable.
    """
    arrays = load_arrays(folder, kind, ROW_ARRAYS)
    return RemoteTable(bits=bits, codes=codes, **arrays, photos=photo_rows.load(folder, kind))
