"""The photos that have each of the distinct codes of one kind, wherever the codes lie."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.index.hamming import Distances, Planes, Positions, distances, sorted_unique
from webapp.index.photo_rows import PhotoRows
from webapp.models import Code, Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTable(ABC):
    """N distinct codes, and P photos of M items that have V codes each.

    A *row* is a distinct code. Identical codes share one row: real catalogues are full of them,
    and Annoy builds bad trees over them. A *view* is one of the V codes of a photo; the distance
    of a photo is that of its nearest view. A *position* is an item's place in `ids`, or that of a
    photo among all photos. Where `photos` is None the two are the same, and P is M: every item has
    one photo.

    `bits`: the width of a code; it takes W words. `ids`: of items, ascending, shape (M,).
    """

    bits: int
    ids: Ids
    photos: PhotoRows | None = None

    @property
    @abstractmethod
    def row_count(self) -> int:
        """Number of distinct codes, N."""

    @property
    @abstractmethod
    def views(self) -> int:
        """How many codes a photo has, V."""

    @property
    @abstractmethod
    def all_rows(self) -> NDArray[np.integer]:
        """The row of each view of each photo, shape (P, V)."""

    @abstractmethod
    def rows_at(self, positions: Positions) -> NDArray[np.integer]:
        """Return the rows of the views of photos at positions, (n,), shape (n, V)."""

    @abstractmethod
    def members_of(self, rows: Positions, most: int | Positions) -> NDArray[np.integer]:
        """Return the positions of the first photos that have each of some rows, in any order.

        A photo counts once for each of its views that has the row, and of each row the first `most`
        count.
        """

    @abstractmethod
    def codes_at(self, rows: NDArray[np.integer]) -> Planes:
        """Return the codes of rows, (n,), shape (W, n)."""

    @abstractmethod
    def distances_of_rows(self, queries: Planes) -> Distances:
        """Return the distance in bits of each row to the nearest of the queries, (W, Q), (N,)."""

    @abstractmethod
    def rows_within(self, queries: Planes, bound: int) -> Positions:
        """Return the rows, ascending, within `bound` bits of a query, shape (W, Q)."""

    @abstractmethod
    def rows_of(self, codes: Planes) -> Positions:
        """Return the rows that have codes, shape (W, n); -1 where none has: shape (n,)."""

    @property
    def words(self) -> int:
        """How many 64-bit words a code takes, W."""
        return -(-self.bits // 64)

    @property
    def photo_count(self) -> int:
        """Number of photos that have codes, P."""
        return len(self.photos.items if self.photos else self.ids)

    @property
    def codes_per_item(self) -> int:
        """How many codes the item with the most photos has."""
        return self.views * (self.photos.most if self.photos else 1)

    def photos_of(self, rows: Positions, per_row: int | Positions) -> Positions:
        """Return the positions, ascending, of photos that have one of these rows, all different.

        At least those of the first `per_row` items of each row are among them. A popular code has
        thousands of items, all at the same distance, and of equal distances the lowest ids rank
        first.
        """
        # A row may list an item once for each view of each of its photos.
        return sorted_unique(self.members_of(rows, per_row * self.codes_per_item))

    def within(self, queries: Planes, bound: int, per_row: int) -> Positions:
        """Return the positions, ascending, of photos within `bound` bits of a query, shape (W, Q).

        Of the items with the same code, at least the first `per_row`, as in `photos_of`.
        """
        return self.photos_of(self.rows_within(queries, bound), per_row)

    def distances(self, queries: Planes, positions: Positions | None = None) -> Distances:
        """Return the distance in bits of each photo, shape (P,), or of those at some `positions`.

        `queries` has shape (W, Q). The distance of a photo is the smallest between one of its
        views and one of the queries.
        """
        if positions is None:
            of_rows = self.distances_of_rows(queries)
            return _nearest_view([of_rows.take(rows) for rows in self.all_rows.T])
        rows = self.rows_at(positions)
        of_views = distances(self.codes_at(rows.ravel()), queries).reshape(rows.shape)
        return _nearest_view(list(of_views.T))

    def codes_of(self, positions: Positions) -> Planes:
        """Return the codes of the views of photos at positions, (n,), shape (W, n, V)."""
        rows = self.rows_at(positions)
        return self.codes_at(rows.ravel()).reshape(self.words, *rows.shape)

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
        (rows,) = self.rows_at(np.array([photos[numbers.index(number)]]))
        views = self.codes_at(rows)
        return b"".join(view.tobytes()[:width] for view in views.T)

    def bit_vector(self, row: int) -> NDArray[np.uint8]:
        """Return the code of one row, a byte of 0 or 1 for each bit, shape (bits,)."""
        return bit_vector(self.codes_at(np.array([row]))[:, 0], self.bits)

    def photos_at(self, item: int) -> tuple[range, list[int]]:
        """Return the positions of the photos of the item at a position, and their numbers."""
        if not self.photos:
            return range(item, item + 1), [1]
        begin, end = self.photos.starts[item : item + 2].tolist()
        return range(begin, end), self.photos.numbers[begin:end].tolist()


def _nearest_view(views: Sequence[Distances]) -> Distances:
    nearest = views[0]
    for view in views[1:]:
        nearest = np.minimum(nearest, view)
    return nearest


def bit_vector(words: NDArray[np.uint64], bits: int) -> NDArray[np.uint8]:
    """Return one code, shape (W,), as a byte of 0 or 1 for each bit, shape (bits,)."""
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), count=bits)
