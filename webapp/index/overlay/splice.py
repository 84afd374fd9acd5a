"""A short sequence put into a long one, of which some places are dropped: where everything is."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from webapp.index.hamming import Positions, sorted_contains

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Splice:
    """How `recent` entries, few, are put among `frozen` ones, many, some of which are `gone`.

    A *merged* place is one in the sequence that comes of it. `frozen_count`: how many frozen
    entries there are. `gone`: the places of those that are dropped, ascending, shape (G,).
    `before`: of each recent entry, how many frozen ones that stay are before it, ascending,
    shape (R,).
    """

    frozen_count: int
    gone: Positions
    before: Positions

    @classmethod
    def at(cls, frozen_count: int, gone: Positions, places: Positions) -> "Splice":
        """Put recent entries before the frozen entries at some places, ascending, shape (R,)."""
        return cls(frozen_count, gone, places - gone.searchsorted(places))

    @property
    def count(self) -> int:
        """How many entries there are in all."""
        return self.frozen_count - len(self.gone) + len(self.before)

    @cached_property
    def recent(self) -> Positions:
        """The merged places of the recent entries, ascending, shape (R,)."""
        return self.before + np.arange(len(self.before))

    @cached_property
    def _gone_before(self) -> Positions:
        """Of each dropped entry, how many of those that stay are before it, ascending, (G,)."""
        return self.gone - np.arange(len(self.gone))

    def merged(self, frozen: NDArray[T], recent: NDArray[T]) -> NDArray[T]:
        """Merge what is said of the frozen entries, shape (N,), and of the recent, shape (R,)."""
        stay = np.delete(frozen, self.gone) if len(self.gone) else frozen
        if not len(self.before):
            return stay
        if int(self.before[0]) == len(stay):  # new items have the highest ids: no search of places
            return np.concatenate([stay, recent])
        return np.insert(stay, self.before, recent)

    def of_frozen(self, places: Positions) -> Positions:
        """Return the merged places of frozen entries at ascending places; dropped are left out."""
        if len(self.gone):
            places = places[~sorted_contains(self.gone, places)]
        rank = places - self.gone.searchsorted(places)
        return rank + self.before.searchsorted(rank, "right")

    def parted(self, merged: Positions) -> tuple[NDArray[np.bool_], Positions]:
        """Say of merged places which are of recent entries; and of each its place among its own."""
        number = self.recent.searchsorted(merged)
        is_recent = sorted_contains(self.recent, merged)
        rank = merged - number
        frozen = rank + self._gone_before.searchsorted(rank, "right")
        return is_recent, np.where(is_recent, number, frozen)
