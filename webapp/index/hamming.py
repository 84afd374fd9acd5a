"""Exact Hamming distances on packed codes, and the smallest of them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.uint64]
"""N codes of W words each as W rows of N: a scan then reads memory in one direction."""

Distances = NDArray[np.uint16]
Positions = NDArray[np.intp]

# A scan takes so many codes at a time: they and what is made of them stay in a core's cache.
_BLOCK = 1 << 15
# So many words' differing bits fit a byte.
_BYTE_OF_WORDS = 3
_BITS = 64
# Random codes of pictures differ in a quarter to a half of their bits. Where a bound is less than
# an eighth, most are too far already by half of their words.
_WORTH_HALVING = 8
_HALVABLE = 4
# So few distances are sorted faster than counted; so many are bounded before they are counted.
_FEW = 1 << 9
_MANY = 1 << 13
_SAMPLE = 1 << 11


def planes(packed: NDArray[np.uint8]) -> Planes:
    """Turn N packed codes, shape (N, bytes), into planes, shape (W, N), padded with zeros."""
    count, width = packed.shape
    words = -(-width // 8)
    padded = np.zeros((count, words * 8), dtype=np.uint8)
    padded[:, :width] = packed
    return np.ascontiguousarray(padded.view(np.uint64).T)


def distances(codes: Planes, queries: Planes) -> Distances:
    """Return for each code, shape (N,), the smallest number of bits by which a query differs.

    `codes` has shape (W, N), `queries` (W, Q) with Q of one or more.
    """
    scan = _Scan(codes)
    found = np.empty(codes.shape[1], dtype=np.uint16)
    for start, block in scan.blocks():
        here = found[start : start + block.shape[1]]
        here[:] = scan.to_one(block, queries[:, 0])
        for query in queries.T[1:]:
            np.minimum(here, scan.to_one(block, query), out=here)
    return found


def within(codes: Planes, queries: Planes, bound: int) -> Positions:
    """Return the places, ascending, of the codes that differ from a query by `bound` bits or less.

    The shapes are those of `distances`.
    """
    scan = _Scan(codes)
    found = [np.empty(0, dtype=np.intp)]
    for start, block in scan.blocks():
        near = [scan.within(block, query, bound) for query in queries.T]
        some = near[0] if len(near) == 1 else distinct(np.concatenate(near))
        if len(some):
            found.append(some + start)
    return np.concatenate(found)


class _Scan:
    """A pass over codes, block by block, with room that is used again for each."""

    def __init__(self, codes: Planes) -> None:
        words, count = codes.shape
        self._codes = codes
        size = min(count, _BLOCK)
        self._differing = np.empty((words, size), dtype=np.uint64)
        self._counts = np.empty((words, size), dtype=np.uint8)
        self._narrow = np.empty(size, dtype=np.uint8)
        self._wide = np.empty(size, dtype=np.uint16)

    def blocks(self) -> Iterator[tuple[int, Planes]]:
        """Yield some codes at a time, with the place of the first."""
        for start in range(0, self._codes.shape[1], _BLOCK):
            yield start, self._codes[:, start : start + _BLOCK]

    def to_one(self, block: Planes, query: NDArray[np.uint64]) -> NDArray[np.unsignedinteger]:
        """Return the distance of each code to one query, in room that is soon used again."""
        words, count = block.shape
        differing, counts = self._differing[:words, :count], self._counts[:words, :count]
        np.bitwise_xor(block, query[:, None], out=differing)
        np.bitwise_count(differing, out=counts)
        if words == 1:
            only: NDArray[np.uint8] = counts[0]
            return only
        narrow, wide = self._narrow[:count], self._wide[:count]
        np.add.reduce(counts[:_BYTE_OF_WORDS], axis=0, out=narrow)
        if words <= _BYTE_OF_WORDS:
            return narrow
        wide[:] = narrow
        for start in range(_BYTE_OF_WORDS, words, _BYTE_OF_WORDS):
            np.add.reduce(counts[start : start + _BYTE_OF_WORDS], axis=0, out=narrow)
            np.add(wide, narrow, out=wide)
        return wide

    def within(self, block: Planes, query: NDArray[np.uint64], bound: int) -> Positions:
        """Return the places of the codes within a bound of one query.

        Half of a long code may be too far already: then the other half is not looked at.
        """
        half = len(query)
        if half >= _HALVABLE and bound < _BITS * half // _WORTH_HALVING:
            half //= 2
        found = self.to_one(block[:half], query[:half])
        near = np.flatnonzero(found <= min(bound, int(np.iinfo(found.dtype).max)))
        if half == len(query):
            return near
        if 8 * len(near) > block.shape[1]:
            return np.flatnonzero(self.to_one(block, query) <= bound)
        return near[to_one(block.take(near, axis=1), query) <= bound]


def to_one(codes: Planes, query: NDArray[np.uint64]) -> Distances:
    """Return the distance of each of a few codes, shape (N,), to one query, shape (W,)."""
    each = np.bitwise_count(codes ^ query[:, None])
    found: Distances = (
        each[0].astype(np.uint16) if len(each) == 1 else each.sum(axis=0, dtype=np.uint16)
    )
    return found


def smallest(found: NDArray[np.integer], k: int) -> Positions:
    """Return the positions of the k smallest, by (distance, position).

    Distances are small whole numbers: counting them finds the cut without sorting them all. Of
    many, the k smallest of a sample bound the k smallest of all, and few are left to count.
    """
    if len(found) <= _FEW:
        return np.argsort(found, kind="stable")[:k]
    if len(found) > _MANY:
        some = found[:: len(found) // _SAMPLE]
        if k < len(some):
            near = np.flatnonzero(found <= np.partition(some, k - 1)[k - 1])
            if 2 * len(near) < len(found):
                return near[smallest(found[near], k)]
    cut = np.searchsorted(np.cumsum(np.bincount(found)), k)
    near = np.flatnonzero(found <= cut)
    return near[np.argsort(found[near], kind="stable")[:k]]


def roots(found: NDArray[np.integer], scale: float, share: float) -> NDArray[np.float64]:
    """Return a share of the square roots of distances as parts of a scale.

    Each distance's is taken once.
    """
    table = share * np.sqrt(np.arange(int(found.max(initial=0)) + 1) / scale)
    return table.take(found)


def holds(ascending: Positions, some: Positions) -> NDArray[np.bool_]:
    """Say of each of a few positions whether it is among many, which ascend."""
    places = ascending.searchsorted(some)
    found = places < len(ascending)
    found[found] = ascending[places[found]] == some[found]
    return found


def distinct(values: NDArray[np.integer]) -> Positions:
    """Return whole numbers ascending, each once; quicker than numpy's own for a few hundred."""
    ascending = np.sort(values)
    if len(ascending) < 2:
        return ascending.astype(np.intp)
    first = np.empty(len(ascending), dtype=bool)
    first[0] = True
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return ascending[first].astype(np.intp)
