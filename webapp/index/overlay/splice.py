"""A short sequence put into a long one, of which some places are dropped: where everything is."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from webapp.index.hamming import Positions, sorted_contains
from webapp.models import Ids

T = TypeVar("T", bound=np.generic)

_FEW_CHANGES = 2000
"""Up to so many, runs of entries between them are copied as they are."""


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

    @classmethod
    def of_ids(cls, frozen: Ids, changed: Ids, present: Ids) -> "Splice":
        """Put the changed items that are `present` among the frozen ones that did not change."""
        places = places_among(frozen, changed)
        return cls.at(len(frozen), places, frozen.searchsorted(present))

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
        if len(self.gone) + len(self.before) <= _FEW_CHANGES:
            return np.concatenate(self._pieces(frozen, recent))
        stay = np.delete(frozen, self.gone) if len(self.gone) else frozen
        return np.insert(stay, self.before, recent)

    def _pieces(self, frozen: NDArray[T], recent: NDArray[T]) -> list[NDArray[T]]:
        """Cut what is merged into runs of either: so each entry is copied once."""
        pieces, at = [], 0
        for place, number in self._cuts:
            pieces.append(frozen[at:place])
            at = place
            if number is None:
                at += 1
            else:
                pieces.append(recent[number : number + 1])
        return [*pieces, frozen[at:]]

    @cached_property
    def _cuts(self) -> list[tuple[int, int | None]]:
        """The places of the frozen entries that are dropped, or before which the n-th recent is."""
        places = self.before + self._gone_before.searchsorted(self.before, "right")
        coming = [(place, number) for number, place in enumerate(places.tolist())]
        going = [(place, None) for place in self.gone.tolist()]
        return sorted([*coming, *going], key=lambda cut: cut[0])

    def merged_places(self) -> NDArray[np.int32] | None:
        """Return the merged place of each frozen entry that stays, (N,); None: as it was.

        What is said of a dropped entry is of no use.
        """
        count, stay = len(self.gone), self.frozen_count - len(self.gone)
        takes_their_places = np.array_equal(self.gone, self.recent[:count])
        if takes_their_places and (self.before[count:] == stay).all():
            return None  # the others come after all of the frozen ones
        moves = np.zeros(self.frozen_count + 1, dtype=np.int32)
        np.subtract.at(moves, self.gone + 1, 1)
        places = self.before + self._gone_before.searchsorted(self.before, "right")
        np.add.at(moves, places, 1)
        return np.arange(self.frozen_count, dtype=np.int32) + np.cumsum(moves[:-1], dtype=np.int32)

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


def places_among(ids: Ids, wanted: Ids) -> Positions:
    """Return the places, ascending, of those of a few ids that are among many; both ascend."""
    places = ids.searchsorted(wanted)
    known = places < len(ids)
    known[known] = ids[places[known]] == wanted[known]
    return places[known]
