"""What is like several items at once: the distances from each of them, added up."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from webapp.index.engines import EVERYTHING, NOTHING
from webapp.index.hamming import Positions, sorted_unique
from webapp.index.narrowing import Narrowing
from webapp.search.measure import Measure


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

    def candidates(
        self,
        k: int,
        narrowing: Narrowing | None = None,
        *,
        every: bool = False,  # noqa: ARG002 - they always are
    ) -> tuple[Positions, int]:
        """Join the candidates of all queries.

        An item that is among those of none is farther from each than that one's promise.
        """
        of_each = [measure.candidates(k, narrowing, every=True) for measure in self._measures]
        found, promised = zip(*of_each, strict=True)
        joined = sorted_unique(np.concatenate(found))
        if EVERYTHING in promised:
            return joined, EVERYTHING
        return joined, NOTHING if NOTHING in promised else sum(promised) + len(promised) - 1

    def at_least(self, positions: Positions) -> NDArray[np.integer]:
        """Add up what is known of each query: see `Measure`."""
        total = np.zeros(len(positions), dtype=np.int64)
        for measure in self._measures:
            total += measure.at_least(positions)
        return total

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
