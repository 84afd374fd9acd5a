"""One opened kind: its codes, its index, and how its distances are spread in the catalogue."""

from dataclasses import dataclass, field

from webapp.index.array_cache import ArrayCache
from webapp.index.engines import Index
from webapp.index.random_pairs import RandomPairs
from webapp.index.table import Table


@dataclass(frozen=True)
class KindIndex:
    """One kind, ready for queries; shared by all threads.

    `table` gives exact distances, `index` proposes candidates, `pairs` tell how far random items
    are, `arrays` keep what is made of its items.
    """

    table: Table
    index: Index
    pairs: RandomPairs
    arrays: ArrayCache = field(default_factory=ArrayCache, init=False, repr=False, compare=False)

    @property
    def scale(self) -> float:
        """The median distance of random pairs, in bits: see `RandomPairs`."""
        return self.pairs.scale


def kind_index(table: Table, index: Index) -> KindIndex:
    """Put a kind together, its pairs those of its table."""
    return KindIndex(table, index, RandomPairs(table))
