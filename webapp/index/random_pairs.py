"""How the distances of one kind are spread in a catalogue: those of random pairs of its items."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import IndexDamaged
from webapp.index.array_cache import ArrayCache
from webapp.index.hamming import Distances, Positions
from webapp.index.table import Table

T = TypeVar("T", bound=np.integer)

_NAME = "pairs"
_PAIRS = 20_000
_SEED = 81

MIN_ITEMS_FOR_PAIRS = 30
"""Fewer items have too few pairs to say how distances are spread."""


def random_pairs(items: int) -> tuple[Positions, Positions]:
    """Draw the positions of 20,000 pairs of items, two arrays of shape (20000,).

    The two items of a pair differ if there are two or more; equal `items` give equal pairs.
    """
    random = np.random.default_rng(_SEED)
    first = random.integers(0, items, _PAIRS)
    return first, (first + random.integers(1, max(2, items), _PAIRS)) % items


@dataclass(frozen=True)
class RandomPairs:
    """The random pairs of the items of a table, and their distances; shared by all threads.

    They live as long as a generation does, also while items change: what a look distance means,
    and how rare one is, is set when an index is built. `saved`: their `photo_distances`, where
    these were kept with it. `arrays`: what is made of them.
    """

    table: Table
    saved: Distances | None = None
    arrays: ArrayCache = field(default_factory=ArrayCache, init=False, repr=False, compare=False)

    @property
    def are_enough(self) -> bool:
        """Whether there are so many items that their pairs say something."""
        return len(self.table.ids) >= MIN_ITEMS_FOR_PAIRS

    @cached_property
    def distances(self) -> Distances:
        """Distances in bits, in the order of `random_pairs`, shape (20000,).

        As in a search: from the first photo of the one to the nearest of the other.
        """
        return self.nearest(self.photo_distances)

    @cached_property
    def photo_distances(self) -> Distances:
        """Distances from the first photo of the one to each photo of the other, pair by pair."""
        if self.saved is not None:
            return self.saved
        first, second = random_pairs(len(self.table.ids))
        photos = self.table.photos
        if photos:
            counts = np.diff(photos.starts)[second]
            first = np.repeat(photos.starts[first], counts)
            second, _ = photos.photos_of(second)
        return _between(self.table, first, second)

    def nearest(self, of_photos: NDArray[T]) -> NDArray[T]:
        """Return of what is said of `photo_distances` the least for each pair."""
        photos = self.table.photos
        if not photos:
            return of_photos
        _, begins = photos.photos_of(random_pairs(len(self.table.ids))[1])
        least: NDArray[T] = np.minimum.reduceat(of_photos, begins)
        return least

    @cached_property
    def ascending(self) -> Distances:
        """The distances, in bits, ascending, shape (20000,)."""
        return np.sort(self.distances)

    @cached_property
    def scale(self) -> float:
        """The median distance, in bits.

        A third of the kind's bits, a usual median, where the median is 0, or there are so few items
        that it is chance.
        """
        median = float(np.median(self.distances)) if self.are_enough else 0.0
        return median or self.table.bits / 3


def save(table: Table, folder: Path, kind: str) -> None:
    """Write the distances as `<kind>.pairs.npy`, where there are enough to say something."""
    pairs = RandomPairs(table)
    if pairs.are_enough:
        np.save(folder / f"{kind}.{_NAME}.npy", pairs.photo_distances)


def load(table: Table, folder: Path, kind: str) -> RandomPairs:
    """Return the pairs of a table, with their distances if these were saved.

    Raises:
        IndexDamaged: what was saved is unreadable.
    """
    path = folder / f"{kind}.{_NAME}.npy"
    if not path.exists():
        return RandomPairs(table)
    try:
        return RandomPairs(table, np.load(path, allow_pickle=False))
    except (OSError, ValueError) as error:
        raise IndexDamaged(
            f"{folder.name}: the pairs of {kind} cannot be read: run `hashbag index`",
            private=error,
        ) from error


def _between(table: Table, first: Positions, second: Positions) -> Distances:
    """Return the distance of each photo in `first` to its pair in `second`, by nearest views."""
    first_codes, second_codes = table.codes_of(first), table.codes_of(second)
    views = range(first_codes.shape[2])
    of_views: list[NDArray[np.uint16]] = [
        np.bitwise_count(first_codes[..., a] ^ second_codes[..., b]).sum(axis=0, dtype=np.uint16)
        for a in views
        for b in views
    ]
    nearest: Distances = np.minimum.reduce(of_views)
    return nearest
