"""Which of all items pass: a truth for each item by position, worked on in blocks.

A block stays in the processor's cache. Of millions of items whole arrays of positions would take
ten times the memory of what they are made of.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_BLOCK = 65_536  # items
_KEPT = 4


def blocks(count: int) -> Iterator[slice]:
    """Yield the slices that part so many items into blocks."""
    return (slice(start, start + _BLOCK) for start in range(0, count, _BLOCK))


def places_of(mask: Mask, ranks: NDArray[np.integer]) -> NDArray[np.intp]:
    """Return the positions of some of the items that pass, by their ranks among these, from 0."""
    if len(ranks) > _BLOCK:
        return np.flatnonzero(mask).take(ranks)
    counts = np.array([np.count_nonzero(mask[some]) for some in blocks(len(mask))], dtype=np.intp)
    ends = counts.cumsum()
    block_of = ends.searchsorted(ranks, "right")
    found = np.empty(len(ranks), dtype=np.intp)
    for block in np.unique(block_of).tolist():
        those = block_of == block
        start, before = block * _BLOCK, ends[block] - counts[block]
        found[those] = start + np.flatnonzero(mask[start : start + _BLOCK])[ranks[those] - before]
    return found


def in_order(mask: Mask, order: NDArray[np.integer]) -> Mask:
    """Say of each place in an order of all items whether the item there passes."""
    found = np.empty(len(order), dtype=bool)
    for some in blocks(len(order)):
        found[some] = mask.take(order[some])
    return found


def mark(mask: Mask, positions: NDArray[np.integer]) -> None:
    """Let the items at some positions pass."""
    for some in blocks(len(positions)):
        mask[positions[some]] = True


def having(column: NDArray[np.integer], numbers: Sequence[int]) -> Mask:
    """Say of each item whether its number in a column is one of some."""
    found = np.zeros(len(column), dtype=bool)
    for some in blocks(len(column)):
        for number in numbers:
            found[some] |= column[some] == number
    return found


def counted(
    columns: Mapping[str, NDArray[np.integer]], sizes: Mapping[str, int], mask: Mask | None = None
) -> dict[str, NDArray[np.intp]]:
    """Count of each column how often each number below its size is there, of items that pass."""
    found = {name: np.zeros(sizes[name] + 1, dtype=np.intp) for name in columns}
    count = max((len(column) for column in columns.values()), default=0)
    for some in blocks(count):
        passing = None if mask is None else np.flatnonzero(mask[some])
        for name, column in columns.items():
            block = column[some] if passing is None else column[some].take(passing)
            found[name] += np.bincount(block, minlength=sizes[name] + 1)
    return {name: counts[:-1] for name, counts in found.items()}


class RecentMasks:
    """The last few masks, by what was asked; a bit for each item. Threads may share it."""

    def __init__(self) -> None:
        self._kept: tuple[tuple[object, int, NDArray[np.uint8]], ...] = ()  # replaced as a whole

    def get(self, asked: object) -> Mask | None:
        """Return a mask of one's own; None where it is not known any more."""
        for known, count, packed in self._kept:
            if known == asked:
                return np.unpackbits(packed, count=count).view(np.bool_)
        return None

    def keep(self, asked: object, mask: Mask) -> None:
        """Keep a mask in place of the oldest."""
        self._kept = ((asked, len(mask), np.packbits(mask)), *self._kept[: _KEPT - 1])
