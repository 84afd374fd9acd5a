"""The distinct codes of one kind, and which items have them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import IndexDamaged
from webapp.index.hamming import Distances, Planes, Positions, distances, distinct, planes, within
from webapp.models import Code, Ids


@dataclass(frozen=True, slots=True)
class CodeTable:
    """N distinct codes of W words, ascending, and M items with V codes (views) each.

    Identical codes are one row: real catalogues are full of them, and Annoy builds badly on
    them. The distance of an item is that of its nearest view.

    `codes`: shape (W, N). `ids`: the items, shape (M,), ascending; a place in it is an item's
    *position*. `rows`: the rows of each item's views, shape (M, V). `members[starts[r]:
    starts[r + 1]]`: the positions, ascending, of the items that have row r.
    """

    bits: int
    codes: Planes
    ids: Ids
    rows: NDArray[np.int32]
    members: NDArray[np.int32]
    starts: NDArray[np.int64]

    @property
    def row_count(self) -> int:
        """Number of distinct codes."""
        return int(self.codes.shape[1])

    def items_of(self, rows: Positions, most: int) -> Positions:
        """Return the positions, ascending, of the items that have one of these different rows.

        Of the items with the same row, only the first so many: a popular code has thousands, all
        as far from any query, and of equals the first are nearest.
        """
        starts = self.starts[rows]
        # Several views of an item may have the same row.
        counts = np.minimum(self.starts[rows + 1] - starts, most * self.rows.shape[1])
        ends = np.cumsum(counts)
        places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + counts, counts)
        return distinct(self.members[places])

    def within(self, queries: Planes, bound: int, most: int) -> Positions:
        """Return the positions of the items within so many bits of a query, as `items_of` does."""
        return self.items_of(within(self.codes, queries, bound), most)

    def distances(self, queries: Planes, positions: Positions | None = None) -> Distances:
        """Return the distance of each item, or of those at `positions`, to its nearest query.

        `queries` has shape (W, Q); a view and a query that are near make the item near.
        """
        if positions is None:
            of_row = distances(self.codes, queries)
            return _nearest_view([of_row.take(rows) for rows in self.rows.T])
        rows = self.rows.take(positions, axis=0)
        found = distances(self.codes.take(rows.ravel(), axis=1), queries).reshape(rows.shape)
        return _nearest_view(list(found.T))

    def code(self, item_id: int) -> Code | None:
        """Return an item's code as it was packed, its views one after the other; None without."""
        position = int(self.ids.searchsorted(item_id))
        if position == len(self.ids) or self.ids[position] != item_id:
            return None
        width = -(-self.bits // 8)
        views = self.rows[position].tolist()
        return b"".join(self.codes[:, row].tobytes()[:width] for row in views)

    def bit_vector(self, row: int) -> NDArray[np.uint8]:
        """Return one code as single bits, shape (bits,)."""
        return bit_vector(self.codes[:, row], self.bits)

    def save(self, folder: Path, kind: str) -> None:
        """Write the table's arrays as files that can be mapped."""
        for name in _ARRAYS:
            np.save(folder / f"{kind}.{name}.npy", getattr(self, name))


_ARRAYS = tuple(field.name for field in fields(CodeTable) if field.name != "bits")


def _nearest_view(views: Sequence[Distances]) -> Distances:
    nearest = views[0]
    for view in views[1:]:
        nearest = np.minimum(nearest, view)
    return nearest


def bit_vector(words: NDArray[np.uint64], bits: int) -> NDArray[np.uint8]:
    """Return one code of W words as single bits, shape (bits,)."""
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), count=bits)


def make_table(bits: int, ids: Ids, packed: NDArray[np.uint8]) -> CodeTable:
    """Group items by their codes; `ids` has shape (M,), ascending, `packed` (M, V, bytes)."""
    items, views, _ = packed.shape
    codes, row_of = _distinct(planes(packed.reshape(items * views, -1)))
    order = np.argsort(row_of, kind="stable")
    return CodeTable(
        bits=bits,
        codes=codes,
        ids=ids,
        rows=row_of.reshape(items, views),
        members=(order // views).astype(np.int32),
        starts=np.concatenate(([0], np.cumsum(np.bincount(row_of)))).astype(np.int64),
    )


def _distinct(codes: Planes) -> tuple[Planes, NDArray[np.int32]]:
    """Return codes ascending, word by word, each once, and the place of every given one there."""
    order = np.lexsort(codes[::-1])
    ascending = codes.take(order, axis=1)
    first = np.ones(len(order), dtype=bool)
    first[1:] = (ascending[:, 1:] != ascending[:, :-1]).any(axis=0)
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.cumsum(first) - 1
    return ascending.compress(first, axis=1), place


def load_table(folder: Path, kind: str, bits: int) -> CodeTable:
    """Map a saved table.

    Raises:
        IndexDamaged: an array is missing, or not of the shape that the kind's bits ask for.
    """
    try:
        arrays = {
            name: np.asarray(
                np.load(folder / f"{kind}.{name}.npy", mmap_mode="r", allow_pickle=False)
            )
            for name in _ARRAYS
        }
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{folder.name}: the codes of {kind} cannot be read: {error}") from error
    codes, starts = arrays["codes"], arrays["starts"]
    if codes.shape[0] != -(-bits // 64) or len(starts) != codes.shape[1] + 1:
        raise IndexDamaged(f"{folder.name}: the codes of {kind} are not {bits} bits wide")
    return CodeTable(bits, **arrays)
