"""The distinct codes of one kind, and the photos that have each of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import IndexDamaged
from webapp.index import photo_rows
from webapp.index.hamming import Distances, Planes, Positions, distances, to_planes, within
from webapp.index.row_table import RowTable
from webapp.models import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTable(RowTable):
    """A table that has its N distinct codes too, ascending: `codes`, shape (W, N)."""

    codes: Planes

    @property
    def whole(self) -> "CodeTable":
        """All of it as one table: itself."""
        return self

    @property
    def scan_words(self) -> int:
        """How many 64-bit words a scan of all codes compares with each query."""
        return int(self.codes.size)

    def codes_at(self, rows: NDArray[np.integer]) -> Planes:
        """Return the codes of rows: see `RowTable`."""
        return self.codes.take(rows, axis=1)

    def distances_of_rows(self, queries: Planes) -> Distances:
        """Return the distance of each row: see `RowTable`."""
        return distances(self.codes, queries)

    def rows_within(self, queries: Planes, bound: int) -> Positions:
        """Return the rows within some bits of a query: see `RowTable`."""
        return within(self.codes, queries, bound)

    def rows_of(self, codes: Planes) -> Positions:
        """Return the rows that have codes: see `RowTable`."""
        return np.array([self._row_of(code) for code in codes.T], dtype=np.intp)

    def _row_of(self, code: NDArray[np.uint64]) -> int:
        low, high = 0, self.row_count
        for ascending, word in zip(self.codes, code, strict=True):
            some = ascending[low:high]
            low, high = (
                low + int(some.searchsorted(word, "left")),
                low + int(some.searchsorted(word, "right")),
            )
        return low if low < high else -1

    def save(self, folder: Path, kind: str, *, codes: bool = True) -> None:
        """Write the arrays as `<kind>.<array>.npy`, which `load_table` maps into memory.

        Without `codes`, what `load_remote` wants.
        """
        for name in _ARRAYS if codes else ROW_ARRAYS:
            np.save(folder / f"{kind}.{name}.npy", getattr(self, name))
        if self.photos:
            self.photos.save(folder, kind)


ROW_ARRAYS = ("ids", "rows", "members", "starts")
"""The arrays that tell which photos have which row."""

_ARRAYS = ("codes", *ROW_ARRAYS)


def make_table(
    bits: int,
    ids: Ids,
    packed: NDArray[np.uint8],
    numbers: NDArray[np.integer] | None = None,
) -> CodeTable:
    """Build the table of P photos: `packed` codes, (P, V, bytes), and the `ids` of their items.

    `ids` ascend, shape (P,). `numbers`: of each photo its number among those of its item, ascending
    with them, shape (P,); without them every item has one photo.
    """
    photos, views, size = packed.shape
    codes, row_of = _distinct(to_planes(packed.reshape(photos * views, size)))
    order = np.argsort(row_of, kind="stable")
    item_ids, of_items = (ids, None) if numbers is None else photo_rows.group(ids, numbers)
    return CodeTable(
        bits=bits,
        codes=codes,
        ids=item_ids,
        rows=row_of.reshape(photos, views),
        members=(order // views).astype(np.int32),
        starts=np.concatenate(([0], np.cumsum(np.bincount(row_of)))).astype(np.int32),
        photos=of_items,
    )


def _distinct(codes: Planes) -> tuple[Planes, NDArray[np.int32]]:
    """Return the distinct codes, ascending word by word, and the row of each given code."""
    order = np.lexsort(codes[::-1])
    ascending = codes.take(order, axis=1)
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (ascending[:, 1:] != ascending[:, :-1]).any(axis=0)
    row_of = np.empty(len(order), dtype=np.int32)
    row_of[order] = np.cumsum(is_first) - 1
    return ascending.compress(is_first, axis=1), row_of


def load_table(folder: Path, kind: str, bits: int) -> CodeTable:
    """Map a saved table into memory.

    Raises:
        IndexDamaged: an array is missing or unreadable, or its shape does not fit `bits`.
    """
    arrays = load_arrays(folder, kind, _ARRAYS)
    codes, starts = arrays["codes"], arrays["starts"]
    if codes.shape[0] != -(-bits // 64) or len(starts) != codes.shape[1] + 1:
        raise IndexDamaged(f"{folder.name}: the codes of {kind} are not {bits} bits wide")
    return CodeTable(bits=bits, **arrays, photos=photo_rows.load(folder, kind))


def load_arrays(folder: Path, kind: str, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Map saved arrays of a table into memory, by their names.

    Raises:
        IndexDamaged: one is missing or unreadable.
    """
    try:
        return {
            name: np.asarray(
                np.load(folder / f"{kind}.{name}.npy", mmap_mode="r", allow_pickle=False)
            )
            for name in names
        }
    except (OSError, ValueError) as error:
        raise IndexDamaged(
            f"{folder.name}: the codes of {kind} cannot be read: run `hashbag index`",
            private=error,
        ) from error
