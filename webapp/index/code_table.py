"""The distinct codes of one kind, and the photos that have each of them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import IndexDamaged
from webapp.index import photo_rows
from webapp.index.hamming import (
    Distances,
    Planes,
    Positions,
    distances,
    sorted_unique,
    to_planes,
    within,
)
from webapp.index.photo_rows import PhotoRows
from webapp.models import Code, Ids


@dataclass(frozen=True, slots=True)
class CodeTable:
    """N distinct codes of W words, ascending, and P photos of M items that have V codes each.

    A *row* is a distinct code. Identical codes share one row: real catalogues are full of them,
    and Annoy builds bad trees over them. A *view* is one of the V codes of a photo; the distance
    of a photo is that of its nearest view. A *position* is an item's place in `ids`, or that of a
    photo among all photos. Where `photos` is None the two are the same, and P is M: every item has
    one photo.

    `bits`: the width of a code. `codes`: shape (W, N). `ids`: of items, ascending, shape (M,).
    `rows`: the row of each view, shape (P, V). `members[starts[r]:starts[r + 1]]`: the positions,
    ascending, of the photos that have row r, once for each of their views that has it; shapes
    (P * V,) and (N + 1,).
    """

    bits: int
    codes: Planes
    ids: Ids
    rows: NDArray[np.int32]
    members: NDArray[np.int32]
    starts: NDArray[np.int64]
    photos: PhotoRows | None = None

    @property
    def row_count(self) -> int:
        """Number of distinct codes."""
        return int(self.codes.shape[1])

    @property
    def whole(self) -> "CodeTable":
        """All of it as one table: itself."""
        return self

    @property
    def photo_count(self) -> int:
        """Number of photos that have codes, P."""
        return len(self.rows)

    @property
    def scan_words(self) -> int:
        """How many 64-bit words a scan of all codes compares with each query."""
        return int(self.codes.size)

    @property
    def codes_per_item(self) -> int:
        """How many codes the item with the most photos has."""
        views: int = self.rows.shape[1]
        return views * (self.photos.most if self.photos else 1)

    def photos_of(self, rows: Positions, per_row: int | Positions) -> Positions:
        """Return the positions, ascending, of photos that have one of these rows, all different.

        At least those of the first `per_row` items of each row are among them. A popular code has
        thousands of items, all at the same distance, and of equal distances the lowest ids rank
        first.
        """
        starts = self.starts[rows]
        # A row may list an item once for each view of each of its photos.
        counts = np.minimum(self.starts[rows + 1] - starts, per_row * self.codes_per_item)
        ends = np.cumsum(counts)
        listed = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + counts, counts)
        return sorted_unique(self.members[listed])

    def within(self, queries: Planes, bound: int, per_row: int) -> Positions:
        """Return the positions, ascending, of photos within `bound` bits of a query, shape (W, Q).

        Of the items with the same code, at least the first `per_row`, as in `photos_of`.
        """
        return self.photos_of(within(self.codes, queries, bound), per_row)

    def distances(self, queries: Planes, positions: Positions | None = None) -> Distances:
        """Return the distance in bits of each photo, shape (P,), or of those at some `positions`.

        `queries` has shape (W, Q). The distance of a photo is the smallest between one of its
        views and one of the queries.
        """
        if positions is None:
            of_rows = distances(self.codes, queries)
            return _nearest_view([of_rows.take(rows) for rows in self.rows.T])
        rows = self.rows.take(positions, axis=0)
        of_views = distances(self.codes.take(rows.ravel(), axis=1), queries).reshape(rows.shape)
        return _nearest_view(list(of_views.T))

    def codes_of(self, positions: Positions) -> Planes:
        """Return the codes of the views of photos at positions, (n,), shape (W, n, V)."""
        rows = self.rows.take(positions, axis=0)
        return self.codes.take(rows.ravel(), axis=1).reshape(len(self.codes), *rows.shape)

    def row_of(self, code: NDArray[np.uint64]) -> int | None:
        """Return the row that has a code, shape (W,); None if there is none."""
        low, high = 0, self.row_count
        for ascending, word in zip(self.codes, code, strict=True):
            some = ascending[low:high]
            low, high = (
                low + int(some.searchsorted(word, "left")),
                low + int(some.searchsorted(word, "right")),
            )
        return low if low < high else None

    def code(self, item_id: int, number: int = 1) -> Code | None:
        """Return the code of one of an item's photos as it was packed, its views one by one.

        None where the item, or its photo of this number, has none.
        """
        item = int(self.ids.searchsorted(item_id))
        if item == len(self.ids) or self.ids[item] != item_id:
            return None
        photos, numbers = self.photos_at(item)
        if number not in numbers:
            return None
        width = -(-self.bits // 8)
        views = self.rows[photos[numbers.index(number)]].tolist()
        return b"".join(self.codes[:, row].tobytes()[:width] for row in views)

    def photos_at(self, item: int) -> tuple[range, list[int]]:
        """Return the positions of the photos of the item at a position, and their numbers."""
        if not self.photos:
            return range(item, item + 1), [1]
        begin, end = self.photos.starts[item : item + 2].tolist()
        return range(begin, end), self.photos.numbers[begin:end].tolist()

    def bit_vector(self, row: int) -> NDArray[np.uint8]:
        """Return the code of one row, a byte of 0 or 1 for each bit, shape (bits,)."""
        return bit_vector(self.codes[:, row], self.bits)

    def save(self, folder: Path, kind: str) -> None:
        """Write the arrays as `<kind>.<array>.npy`, which `load_table` maps into memory."""
        for name in _ARRAYS:
            np.save(folder / f"{kind}.{name}.npy", getattr(self, name))
        if self.photos:
            self.photos.save(folder, kind)


_ARRAYS = tuple(
    field.name for field in fields(CodeTable) if field.name not in {"bits", photo_rows.NAME}
)


def _nearest_view(views: Sequence[Distances]) -> Distances:
    nearest = views[0]
    for view in views[1:]:
        nearest = np.minimum(nearest, view)
    return nearest


def bit_vector(words: NDArray[np.uint64], bits: int) -> NDArray[np.uint8]:
    """Return one code, shape (W,), as a byte of 0 or 1 for each bit, shape (bits,)."""
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), count=bits)


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
        starts=np.concatenate(([0], np.cumsum(np.bincount(row_of)))).astype(np.int64),
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
    try:
        arrays = {
            name: np.asarray(
                np.load(folder / f"{kind}.{name}.npy", mmap_mode="r", allow_pickle=False)
            )
            for name in _ARRAYS
        }
    except (OSError, ValueError) as error:
        raise IndexDamaged(
            f"{folder.name}: the codes of {kind} cannot be read: run `hashbag index`",
            private=error,
        ) from error
    codes, starts = arrays["codes"], arrays["starts"]
    if codes.shape[0] != -(-bits // 64) or len(starts) != codes.shape[1] + 1:
        raise IndexDamaged(f"{folder.name}: the codes of {kind} are not {bits} bits wide")
    return CodeTable(bits, **arrays, photos=photo_rows.load(folder, kind))
