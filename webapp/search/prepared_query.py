"""A query made ready to be answered by one snapshot: what it measures, and what that means."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.hash_kind import HashKind
from webapp.index.hamming import Positions
from webapp.index.kind_index import KindIndex
from webapp.search import levels
from webapp.search.levels import Levels
from webapp.search.look import COLOUR
from webapp.search.measure import Measure
from webapp.search.nearest_photo import NearestPhotoMeasure
from webapp.search.query_readings import QueryReadings
from webapp.search.result import Level


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of a ranking: its index, the query's readings in it, and its share of the look."""

    kind: HashKind
    kind_index: KindIndex
    readings: QueryReadings
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class PreparedQuery:
    """A query, ready to be answered by one snapshot.

    All distances are in the unit of `measure`: bits for a kind, look distance for the look.
    `random_distances`: those of random pairs of items, ascending, shape (20000,), or (0,)
    where there are too few items to say. `bits`: the
    distance at which similarity is 0, which is the width of a kind's code, or `LOOK_SCALE`.
    `levels`: None where several queries are asked at once, and for leanings that were not
    measured. `bag`: whether the photo asked with shows one; None if that is not known.
    """

    measure: Measure
    random_distances: NDArray[np.integer]
    parts: tuple[Part, ...]
    bits: int
    levels: Levels | None
    bag: bool | None

    def chance(self, distance: int) -> float | None:
        """Return the share of random pairs of items that are at least as near.

        None where there are too few items to say.
        """
        pairs = self.random_distances
        if not len(pairs):
            return None
        return float(np.searchsorted(pairs, distance, side="right") / len(pairs))

    def verdicts(
        self, ids: Sequence[int], distances: Sequence[int]
    ) -> list[tuple[Level | None, bool]]:
        """Return of each item at its distance the level, and whether it is close: see `Hit`."""
        chosen = self.levels
        if chosen is None or not ids:
            return [(None, False)] * len(ids)
        return [
            (chosen.level(distance, bag=self.bag, same_colours=same), chosen.is_close(distance))
            for distance, same in zip(distances, self._same_colours(ids), strict=True)
        ]

    def _same_colours(self, ids: Sequence[int]) -> list[bool]:
        """Say of each item whether its colours are the query's; of none if they do not rank."""
        part = next((part for part in self.parts if part.kind.name == COLOUR), None)
        if part is None or len(self.parts) == 1:
            return [False] * len(ids)
        table = part.kind_index.table
        apart = table.distances(part.readings.queries, self.photos_at(ids))
        same: list[bool] = (apart <= levels.SAME_COLOUR_BITS).tolist()
        return same

    def phrases(self, ids: Sequence[int]) -> list[str]:
        """Return for each item the phrase of its nearest reading, empty for the plain one."""
        if not ids:
            return []
        # In the look, parts may disagree: the one with the most readings decides.
        part = max(self.parts, key=lambda part: len(part.readings.phrases))
        if not any(part.readings.phrases):
            return [""] * len(ids)
        return part.readings.phrases_for(part.kind_index.table, self.photos_at(ids))

    def photos_at(self, ids: Sequence[int]) -> Positions:
        """Return the position, in the tables of the parts, of each item's nearest photo."""
        positions = np.searchsorted(self.measure.ids, np.array(ids, dtype=np.int64))
        if isinstance(self.measure, NearestPhotoMeasure) and len(ids):
            return self.measure.nearest_photos(positions)
        return positions

    def photo_numbers(self, ids: Sequence[int]) -> list[int]:
        """Return the number of each item's nearest photo; the first of what is like several."""
        if not isinstance(self.measure, NearestPhotoMeasure) or not ids:
            return [1] * len(ids)
        numbers: list[int] = self.measure.photos.numbers[self.photos_at(ids)].tolist()
        return numbers
