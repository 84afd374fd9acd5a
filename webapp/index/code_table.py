"""The distinct codes of one kind, and the photos that have each of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import IndexDamaged
from webapp.index import photo_rows
from webapp.index.hamming import (
    Distances,
    Planes,
    Positions,
    distances,
    spans,
    to_planes,
    within,
)
from webapp.index.photo_rows import PhotoRows
from webapp.index.row_table import RowTable
from webapp.models import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTable(RowTable):
    """A table that has its N distinct codes too, ascending: `codes`, shape (W, N).

    `rows`: the row of each view, shape (P, V). `members[starts[r]:starts[r + 1]]`: the positions,
    ascending, of the photos that have row r, once for each of their views that has it; shapes
    (P * V,) and (N + 1,).
    """

    codes: Planes
    rows: NDArray[np.int32]
    members: NDArray[np.int32]
    starts: NDArray[np.int32]

    @property
    def whole(self) -> "CodeTable":
        """All of it as one table: itself."""
        return self

    @property
    def row_count(self) -> int:
        """Number of distinct codes, N."""
        return len(self.starts) - 1

    @property
    def views(self) -> int:
        """How many codes a photo has, V."""
        return int(self.rows.shape[1])

    @property
    def all_rows(self) -> NDArray[np.integer]:
        """The row of each view of each photo, shape (P, V)."""
        return self.rows

    def rows_at(self, positions: Positions) -> NDArray[np.integer]:
        """Return the rows of the views of photos at positions: see `RowTable`."""
        return self.rows.take(positions, axis=0)

    def members_of(self, rows: Positions, most: int | Positions) -> NDArray[np.integer]:
        """Return the positions of the first photos of rows: see `RowTable`."""
        # As wide as what may be asked for: more than there are.
        starts = self.starts[rows].astype(np.int64)
        counts = np.minimum(self.starts[rows + 1] - starts, most)
        return self.members[spans(starts, counts)]

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

    def by_first_view(self) -> "CodeTable":
        """Return the same with rows numbered by the first view that has each: see `RepeatedRows`.

        Its codes do not ascend any more: it is not asked for the rows of codes, but sent to where
        codes are kept.
        """
        _, first = np.unique(self.rows, return_index=True)
        order = np.argsort(first)
        number = np.empty(self.row_count, dtype=np.int32)
        number[order] = np.arange(self.row_count, dtype=np.int32)
        codes = self.codes.take(order, axis=1)
        return _arranged(self.bits, self.ids, self.photos, codes, number.take(self.rows))

    def save(self, folder: Path, kind: str) -> None:
        """Write the arrays as `<kind>.<array>.npy`, which `load_table` maps into memory."""
        for name in _ARRAYS:
            np.save(folder / f"{kind}.{name}.npy", getattr(self, name))
        if self.photos:
            self.photos.save(folder, kind)


_ARRAYS = ("codes", "ids", "rows", "members", "starts")


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
    item_ids, of_items = (ids, None) if numbers is None else photo_rows.group(ids, numbers)
    return _arranged(bits, item_ids, of_items, codes, row_of.reshape(photos, views))


def of_codes(bits: int, ids: Ids, photos: PhotoRows | None, codes: Planes) -> CodeTable:
    """Build the table of M items whose P photos have codes of shape (W, P, V)."""
    packed = np.ascontiguousarray(codes.transpose(1, 2, 0)).view(np.uint8)[..., : -(-bits // 8)]
    if photos is None:
        return make_table(bits, ids, packed)
    return make_table(bits, ids[photos.items], packed, photos.numbers)


def of_rows(
    bits: int, ids: Ids, photos: PhotoRows | None, codes: Planes, rows: NDArray[np.integer]
) -> CodeTable:
    """Build the table of distinct codes, (W, N), in any order, and the row of each view, (P, V)."""
    order = np.lexsort(codes[::-1])
    number = np.empty(len(order), dtype=np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    return _arranged(bits, ids, photos, codes.take(order, axis=1), number.take(rows))


def _arranged(
    bits: int, ids: Ids, photos: PhotoRows | None, codes: Planes, rows: NDArray[np.int32]
) -> CodeTable:
    """Put a table together of distinct codes and the row of each view, (P, V)."""
    of_views = rows.ravel()
    order = np.argsort(of_views, kind="stable")
    return CodeTable(
        bits=bits,
        codes=codes,
        ids=ids,
        rows=rows,
        members=(order // rows.shape[1]).astype(np.int32),
        starts=np.concatenate(([0], np.cumsum(np.bincount(of_views)))).astype(np.int32),
        photos=photos,
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
