"""Items that have the identical picture: equal in every kind."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import IndexDamaged
from webapp.index.hamming import Positions

FILE = "twins.npy"

Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class IdenticalPictures:
    """The items that share their picture with others; most share theirs with none.

    `positions`: theirs, ascending, shape (T,). `first`: of each the position of the first item
    with its picture, shape (T,).
    """

    positions: Positions
    first: Positions

    def picture(self, position: int) -> int:
        """Return the position of the first item with the picture that this one has."""
        place = int(np.searchsorted(self.positions, position))
        has_twins = place < len(self.positions) and self.positions[place] == position
        return int(self.first[place]) if has_twins else position

    def sharing(self, picture: int) -> Positions:
        """Return the positions of the items with a picture; none where it is one item's alone."""
        sharing: Positions = self.positions[self.first == picture]
        return sharing

    def save(self, folder: Path) -> None:
        """Write as a file that can be mapped."""
        np.save(folder / FILE, np.stack([self.positions, self.first]))


NONE = IdenticalPictures(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp))


def load(folder: Path) -> IdenticalPictures:
    """Map what was saved.

    Raises:
        IndexDamaged: it is unreadable.
    """
    try:
        positions, first = np.load(folder / FILE, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise IndexDamaged(
            f"{folder.name}: {FILE} cannot be read: run `hashbag index`", private=error
        ) from error
    return IdenticalPictures(positions, first)


def find(items: int, rows_by_kind: Iterable[Rows]) -> IdenticalPictures:
    """Find the items whose codes are equal in every kind.

    `rows_by_kind`: for each kind the rows of all items' views, shape (M, V); equal rows are equal
    codes. Without any, no two items are known to be equal.
    """
    group = np.arange(items)
    for number, rows in enumerate(rows_by_kind):
        group = group if number else np.zeros(items, dtype=np.int64)
        for view in rows.T.astype(np.int64):
            combined = group * (int(view.max(initial=0)) + 1) + view
            group = np.unique(combined, return_inverse=True)[1]
    _, first, number_of, counts = np.unique(
        group, return_index=True, return_inverse=True, return_counts=True
    )
    shared = np.flatnonzero(counts[number_of] > 1)
    return IdenticalPictures(shared, first[number_of[shared]])
