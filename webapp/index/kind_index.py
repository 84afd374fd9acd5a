"""An opened kind, with what its catalogue's own distances look like."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from webapp.index.code_table import CodeTable
from webapp.index.engines import Index
from webapp.index.hamming import Distances, Positions

_PAIRS = 20_000
_SEED = 81
_CACHE_SIZE = 8


def random_pairs(items: int) -> tuple[Positions, Positions]:
    """Draw positions of pairs of different items, the same for the same number of items."""
    random = np.random.default_rng(_SEED)
    first = random.integers(0, items, _PAIRS)
    return first, (first + random.integers(1, max(2, items), _PAIRS)) % items


@dataclass(frozen=True)
class KindIndex:
    """One kind, ready for questions."""

    table: CodeTable
    index: Index
    _cached: dict[Hashable, NDArray[np.integer]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def sample(self) -> Distances:
        """The distances of random pairs of items, in bits, shape (20000,)."""
        first, second = random_pairs(len(self.table.ids))
        return _between(self.table, first, second)

    @cached_property
    def ascending(self) -> Distances:
        """The same, ascending."""
        return np.sort(self.sample)

    def cached(
        self, name: Hashable, make: Callable[[], NDArray[np.integer]]
    ) -> NDArray[np.integer]:
        """Return what was made of samples before; the last few are kept, under their names."""
        found = self._cached.get(name)
        if found is None:
            found = make()
            if len(self._cached) >= _CACHE_SIZE:
                self._cached.clear()
            self._cached[name] = found
        return found

    @cached_property
    def scale(self) -> float:
        """The median of those, in bits; where items are too few or too alike, a usual one."""
        median = float(np.median(self.sample)) if len(self.table.ids) > 1 else 0.0
        return median or self.table.bits / 3


def _between(table: CodeTable, first: Positions, second: Positions) -> Distances:
    """Return the distance of each item in `first` to that in `second`, by their nearest views."""
    left, right = table.rows[first], table.rows[second]
    pairs: list[NDArray[np.uint16]] = [
        np.bitwise_count(table.codes[:, a] ^ table.codes[:, b]).sum(axis=0, dtype=np.uint16)
        for a in left.T
        for b in right.T
    ]
    nearest: Distances = np.minimum.reduce(pairs)
    return nearest
