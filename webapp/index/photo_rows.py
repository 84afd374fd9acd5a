"""Which photo of which item each row of a code table is, where items have several."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import IndexDamaged
from webapp.index.hamming import Positions, sorted_unique, spans
from webapp.models import Ids

NAME = "photos"


@dataclass(frozen=True)
class PhotoRows:
    """P photos of M items, those of an item one after the other.

    `items`: the position of each photo's item, ascending, shape (P,). `numbers`: its number among
    the item's photos, from 1, shape (P,). A table in which every item has its first photo alone has
    none of these: there a photo's place is its item's.
    """

    items: NDArray[np.int32]
    numbers: NDArray[np.int32]

    @cached_property
    def starts(self) -> Positions:
        """Where the photos of each item begin, after the last where they end, shape (M + 1,)."""
        is_first = np.ones(len(self.items), dtype=bool)
        is_first[1:] = self.items[1:] != self.items[:-1]
        return np.append(np.flatnonzero(is_first), len(self.items))

    @cached_property
    def most(self) -> int:
        """How many photos the item with the most has."""
        return int(np.diff(self.starts).max(initial=1))

    def items_of(self, photos: Positions) -> Positions:
        """Return the positions of the items that photos are of, ascending, each once."""
        return sorted_unique(self.items.take(photos))

    def photos_of(self, items: Positions) -> tuple[Positions, Positions]:
        """Return the photos of items, one item after the other, and where each item's begin."""
        counts = self.starts[items + 1] - self.starts[items]
        return spans(self.starts[items], counts), np.cumsum(counts) - counts

    def nearest(
        self, of_photos: NDArray[np.integer], begins: Positions | None = None
    ) -> NDArray[np.integer]:
        """Return of photos' distances the smallest of each item; without `begins` of all items."""
        begins = self.starts[:-1] if begins is None else begins
        if not len(begins):
            return of_photos
        smallest: NDArray[np.integer] = np.minimum.reduceat(of_photos, begins)
        return smallest

    def equals(self, other: "PhotoRows | None") -> bool:
        """Say whether these are the same photos."""
        return other is self or (
            other is not None
            and np.array_equal(self.items, other.items)
            and np.array_equal(self.numbers, other.numbers)
        )

    def save(self, folder: Path, kind: str) -> None:
        """Write as `<kind>.photos.npy`."""
        np.save(folder / f"{kind}.{NAME}.npy", np.stack([self.items, self.numbers]))


def one_each(items: int) -> PhotoRows:
    """Return the photos of items that have one each."""
    return PhotoRows(np.arange(items, dtype=np.int32), np.ones(items, dtype=np.int32))


def group(ids: Ids, numbers: NDArray[np.integer]) -> tuple[Ids, PhotoRows | None]:
    """Return the items' ids, ascending, each once, and the photos of them.

    `ids`, ascending, and `numbers` are of P photos, shape (P,). None: each item has its first photo
    and no other.
    """
    if len(ids) < 2 or (ids[1:] != ids[:-1]).all():
        if (numbers == 1).all():
            return ids, None
        items = np.arange(len(ids))
    else:
        ids, items = np.unique(ids, return_inverse=True)
    return ids, PhotoRows(items.astype(np.int32), numbers.astype(np.int32))


def load(folder: Path, kind: str) -> PhotoRows | None:
    """Map what was saved; None where there is nothing.

    Raises:
        IndexDamaged: it is unreadable.
    """
    path = folder / f"{kind}.{NAME}.npy"
    if not path.exists():
        return None
    try:
        items, numbers = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError) as error:
        raise IndexDamaged(
            f"{folder.name}: the photos of {kind} cannot be read: run `hashbag index`",
            private=error,
        ) from error
    return PhotoRows(items, numbers)
