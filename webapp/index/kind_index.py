"""One opened kind: its code table, its index, and how its distances are spread in the catalogue."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from webapp.index.engines import Index
from webapp.index.hamming import Distances, Positions
from webapp.index.table import Table

T = TypeVar("T", bound=np.integer)

_RANDOM_PAIRS = 20_000
_SEED = 81

MIN_ITEMS_FOR_PAIRS = 30
"""Fewer items have too few pairs to say how distances are spread."""

_MAX_CACHED_ARRAYS = 8


def random_pairs(items: int) -> tuple[Positions, Positions]:
    """Draw the positions of 20,000 pairs of items, two arrays of shape (20000,).

    The two items of a pair differ if there are two or more; equal `items` give equal pairs.
    """
    random = np.random.default_rng(_SEED)
    first = random.integers(0, items, _RANDOM_PAIRS)
    return first, (first + random.integers(1, max(2, items), _RANDOM_PAIRS)) % items


@dataclass(frozen=True)
class KindIndex:
    """One kind of a generation, ready for queries.

    `table` gives exact distances, `index` proposes candidates. Shared by all threads.
    """

    table: Table
    index: Index
    _cached: dict[Hashable, NDArray[np.integer]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def random_distances(self) -> Distances:
        """Distances of random pairs of items, in bits, in the order of `random_pairs`, (20000,).

        As in a search: from the first photo of the one to the nearest of the other.
        """
        return self.nearest_of_pairs(self.random_photo_distances)

    @cached_property
    def random_photo_distances(self) -> Distances:
        """Distances from the first photo of the one to each photo of the other, pair by pair."""
        first, second = random_pairs(len(self.table.ids))
        photos = self.table.photos
        if photos:
            counts = np.diff(photos.starts)[second]
            first = np.repeat(photos.starts[first], counts)
            second, _ = photos.photos_of(second)
        return _between(self.table, first, second)

    def nearest_of_pairs(self, of_photos: NDArray[T]) -> NDArray[T]:
        """Return of what is said of `random_photo_distances` the least for each pair."""
        photos = self.table.photos
        if not photos:
            return of_photos
        _, begins = photos.photos_of(random_pairs(len(self.table.ids))[1])
        least: NDArray[T] = np.minimum.reduceat(of_photos, begins)
        return least

    @cached_property
    def random_distances_ascending(self) -> Distances:
        """Distances of random pairs of items, in bits, ascending, shape (20000,)."""
        return np.sort(self.random_distances)

    def cached(
        self, name: Hashable, make: Callable[[], NDArray[np.integer]]
    ) -> NDArray[np.integer]:
        """Return the array cached under `name`; make it and cache it if there is none.

        For arrays derived from `random_distances`, which live as long as the generation.
        """
        array = self._cached.get(name)
        if array is None:
            array = make()
            if len(self._cached) >= _MAX_CACHED_ARRAYS:
                self._cached.clear()
            self._cached[name] = array
        return array

    @cached_property
    def scale(self) -> float:
        """The median distance of random pairs, in bits.

        A third of the kind's bits, a usual median, where the median is 0, or there are so few items
        that it is chance.
        """
        enough = len(self.table.ids) >= MIN_ITEMS_FOR_PAIRS
        median = float(np.median(self.random_distances)) if enough else 0.0
        return median or self.table.bits / 3


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
