"""Items that have the identical pictures: equal in every kind; if plain, the same file."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.reader import Catalog
from webapp.exceptions import IndexDamaged
from webapp.index.hamming import Positions, sorted_contains
from webapp.index.masks import Mask
from webapp.index.photo_rows import PhotoRows
from webapp.models import Ids

FILE = "twins.npy"

Rows = NDArray[np.int32]


@dataclass(frozen=True)
class IdenticalPictures:
    """The items that share their picture with others; most items share theirs with none.

    `positions`: theirs, ascending, shape (T,). `pictures`: a number for the picture of each,
    shape (T,); equal pictures have equal numbers.
    """

    positions: Positions
    pictures: NDArray[np.integer]

    def among(self, passes: Mask) -> "IdenticalPictures":
        """Return what is left of these where only some items pass, `passes` by position."""
        stay = np.flatnonzero(passes.take(self.positions))
        return IdenticalPictures(self.positions.take(stay), self.pictures.take(stay))

    @cached_property
    def repeats(self) -> Positions:
        """The positions, ascending, of all but the first item with each picture."""
        first = np.empty(int(self.pictures.max(initial=-1)) + 1, dtype=np.intp)
        first[self.pictures[::-1]] = self.positions[::-1]  # of equal pictures the last write stays
        return self.positions.take(np.flatnonzero(first.take(self.pictures) != self.positions))

    def counts(self, positions: Positions) -> list[int]:
        """Count for each of some items those that have its picture, itself among them."""
        if not len(self.positions):
            return [1] * len(positions)
        found = np.ones(len(positions), dtype=np.int64)
        sharing = sorted_contains(self.positions, positions)
        places = np.searchsorted(self.positions, positions[sharing])
        found[sharing] = np.bincount(self.pictures)[self.pictures[places]]
        counts: list[int] = found.tolist()
        return counts

    def save(self, folder: Path) -> None:
        """Write as a file that can be mapped."""
        np.save(folder / FILE, np.stack([self.positions, self.pictures]))


NONE_IDENTICAL = IdenticalPictures(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp))


def load(folder: Path) -> IdenticalPictures:
    """Map what was saved.

    Raises:
        IndexDamaged: it is unreadable.
    """
    try:
        positions, pictures = np.asarray(np.load(folder / FILE, mmap_mode="r"))
    except (OSError, ValueError) as error:
        raise IndexDamaged(
            f"{folder.name}: {FILE} cannot be read: run `hashbag index`", private=error
        ) from error
    return IdenticalPictures(positions, pictures)


def contents(catalog: Catalog, ids: Ids, photos: PhotoRows | None, plain: Mask) -> Rows:
    """Return a number for the file of each plain picture, and 0 for the other photos, (P, 1)."""
    places = np.flatnonzero(plain)
    of_items = photos.items[places] if photos else places
    by_id = {item.id: item for item in catalog.items(sorted(set(ids[of_items].tolist())))}
    of_photos = photos.numbers[places].tolist() if photos else [1] * len(places)
    digests = [
        by_id[item_id].photo(number).digest
        for item_id, number in zip(ids[of_items].tolist(), of_photos, strict=True)
    ]
    numbers = {digest: number for number, digest in enumerate(sorted(set(digests)), 1)}
    found = np.zeros((len(plain), 1), dtype=np.int32)
    found[plain, 0] = [numbers[digest] for digest in digests]
    return found


def find(
    items: int, rows_by_kind: Iterable[Rows], photos: PhotoRows | None = None
) -> IdenticalPictures:
    """Find the items whose codes are equal in every kind: those of all their photos, in any order.

    `rows_by_kind`: for each kind the rows of all photos' views, shape (P, V); equal rows are equal
    codes. One of them may be `contents`. Without any, no two items are known to be equal.
    """
    group = np.arange(items)
    count = len(photos.items) if photos else items
    for number, rows in enumerate(rows_by_kind):
        group = group if number else np.zeros(count, dtype=np.int64)
        group = _parted(group, rows)
    if photos and len(group) == count:
        pictures = np.full((items, photos.most), -1, dtype=np.int64)
        order = np.lexsort((group, photos.items))
        pictures[photos.items, np.arange(count) - photos.starts[photos.items]] = group[order]
        group = _parted(np.zeros(items, dtype=np.int64), pictures + 1)
    _, first, number_of, counts = np.unique(
        group, return_index=True, return_inverse=True, return_counts=True
    )
    shared = np.flatnonzero(counts[number_of] > 1)
    return IdenticalPictures(shared, first[number_of[shared]])


def _parted(group: NDArray[np.int64], rows: NDArray[np.integer]) -> NDArray[np.int64]:
    """Part groups by numbers, (N, columns): members of one have all of these in common too."""
    for column in rows.T.astype(np.int64):
        combined = group * (int(column.max(initial=0)) + 1) + column
        group = np.unique(combined, return_inverse=True)[1].astype(np.int64)
    return group
