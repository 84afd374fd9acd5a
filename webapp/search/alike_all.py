"""What is like several items at once: the distances from each of them, added up."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from webapp.index.engines import NOTHING
from webapp.index.hamming import Positions, sorted_unique
from webapp.search.nearest import Measure


class SumMeasure:
    """The sum of the distances from several queries, in the unit of their measures.

    All of them measure the same items.
    """

    def __init__(self, measures: Sequence[Measure]) -> None:
        self.ids = measures[0].ids
        self._measures = measures

    @property
    def scan_words(self) -> int:
        """How many 64-bit words a scan of all items compares; 0 once it was made."""
        return sum(measure.scan_words for measure in self._measures)

    def candidates(self, k: int) -> tuple[Positions, int]:
        """Join the candidates of all queries; what is near to all may be near to none."""
        found = [measure.candidates(k)[0] for measure in self._measures]
        return sorted_unique(np.concatenate(found)), NOTHING

    def distances(self, positions: Positions | None = None) -> NDArray[np.integer]:
        """Add up the exact distances from all queries."""
        total = self._measures[0].distances(positions).astype(np.int64)
        for measure in self._measures[1:]:
            total += measure.distances(positions)
        return total

    def within(self, bound: int, k: int) -> Positions | None:
        """Say that all items must be measured: no distance alone tells what the sum is."""
        del bound, k
        return None
