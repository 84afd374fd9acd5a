"""The histogram of pair distances, whose bars are the choices of how near duplicates must be."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from webapp.explore.duplicates import most_distance
from webapp.explore.pair_counts import PairCounts
from webapp.hashing.hash_kind import HashKind

_HEIGHT, _LEAST_HEIGHT = 100, 2
# A finger must hit each bar on a phone.
_BARS_TO_VERY_NEAR, _BARS_TO_NEAR, _BARS_BEYOND = 2, 2, 3


@dataclass(frozen=True, slots=True)
class Bar:
    """The number of pairs that differ in `first` to `last` bits, and a height of 0 to 100."""

    first: int
    last: int
    pairs: int
    height: float

    @property
    def short(self) -> str:
        """The number of pairs in at most five characters, as 9,999, 58k or 1.2M."""
        if self.pairs < 10_000:
            return f"{self.pairs:,}"
        return f"{self.pairs / 1e3:.0f}k" if self.pairs < 999_500 else f"{self.pairs / 1e6:.1f}M"


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars from the nearest pairs to the farthest that can be asked, among `items` items."""

    bars: Sequence[Bar]
    items: int


def distances_offered(kind: HashKind) -> dict[str, int]:
    """Return the distances, in bits, that the page offers by name."""
    near = max(2, kind.bits // 20)
    return {"Identical": 0, "Very near": near // 2, "Near": near}


def histogram_of(kind: HashKind, counts: PairCounts) -> Histogram:
    """Sum the counts of a kind into few bars; each distance offered by name ends one.

    Heights go with the square root: far pairs may be a thousand times as many as near ones.
    """
    bars, first = [], 0
    for last in _ends(kind):
        pairs = int(counts.pairs[first : last + 1].sum())
        bars.append((first, last, pairs))
        first = last + 1
    most = max(1, *(pairs for _, _, pairs in bars))
    heights = [
        max(_HEIGHT * math.sqrt(bar[2] / most), _LEAST_HEIGHT * bool(bar[2])) for bar in bars
    ]
    drawn = [Bar(*bar, height) for bar, height in zip(bars, heights, strict=True)]
    return Histogram(drawn, counts.items)


def _ends(kind: HashKind) -> list[int]:
    """Return the largest distance of each bar, ascending."""
    _, very_near, near = distances_offered(kind).values()
    most = most_distance(kind)
    ends = {0}
    for first, last, parts in (
        (0, very_near, _BARS_TO_VERY_NEAR),
        (very_near, near, _BARS_TO_NEAR),
        (near, most, _BARS_BEYOND),
    ):
        ends |= {first + (last - first) * part // parts for part in range(1, parts + 1)}
    return sorted(ends)
