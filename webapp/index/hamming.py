"""Exact Hamming distances between packed codes, and the k smallest of them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.uint64]
"""N codes of W 64-bit words, shape (W, N): word w of all codes lies together in memory, so a scan
reads memory in one direction."""

Distances = NDArray[np.uint16]
"""Hamming distances: counts of differing bits."""

Positions = NDArray[np.intp]
"""Places of items, counted from 0, among the items of a table in ascending order of id."""

# One block and the arrays made from it fit the cache of a core.
_SCAN_BLOCK_CODES = 1 << 15
# A byte holds at most 255: the 64 differing bits of three words fit, those of four may not.
_MAX_BYTE_WORDS = 3
_WORD_BITS = 64
# Random codes differ in a quarter to a half of their bits. If the bound is below an eighth of the
# bits, the first half of the words already rules out most codes.
_HALVING_MAX_BOUND = 1 / 8
_HALVING_MIN_WORDS = 4
# Up to this many distances, sorting is faster than counting.
_SORT_MAX_DISTANCES = 1 << 9
# Above this many, a sample first gives an upper bound, and only distances within it are counted.
_SAMPLE_MIN_DISTANCES = 1 << 13
_SAMPLE_DISTANCES = 1 << 11


def spans(starts: NDArray[np.integer], counts: NDArray[np.integer]) -> Positions:
    """Return the places of so many from each start on, one start after the other."""
    ends = np.cumsum(counts)
    found: Positions = np.arange(ends[-1] if len(ends) else 0)
    found += np.repeat(starts - ends + counts, counts)
    return found


def to_planes(packed: NDArray[np.uint8]) -> Planes:
    """Turn N packed codes, shape (N, bytes), into planes, shape (W, N), padded with zero bits."""
    count, width = packed.shape
    words = -(-width // 8)
    padded = np.zeros((count, words * 8), dtype=np.uint8)
    padded[:, :width] = packed
    return np.ascontiguousarray(padded.view(np.uint64).T)


def distances(codes: Planes, queries: Planes) -> Distances:
    """Return the distance of each code to its nearest query, in bits, shape (N,).

    `codes` has shape (W, N), `queries` (W, Q) with Q of one or more.
    """
    scan = _Scan(codes)
    nearest = np.empty(codes.shape[1], dtype=np.uint16)
    for start, block in scan.blocks():
        of_block = nearest[start : start + block.shape[1]]
        of_block[:] = scan.distances(block, queries[:, 0])
        for query in queries.T[1:]:
            np.minimum(of_block, scan.distances(block, query), out=of_block)
    return nearest


def within(codes: Planes, queries: Planes, bound: int) -> Positions:
    """Return which codes differ from at least one query in `bound` bits or fewer, ascending.

    The shapes are those of `distances`; the result holds column numbers of `codes`.
    """
    scan = _Scan(codes)
    columns = [np.empty(0, dtype=np.intp)]
    for start, block in scan.blocks():
        of_queries = [scan.within(block, query, bound) for query in queries.T]
        near = of_queries[0] if len(of_queries) == 1 else sorted_unique(np.concatenate(of_queries))
        if len(near):
            columns.append(near + start)
    return np.concatenate(columns)


class _Scan:
    """Compares all codes with queries, block by block, and reuses its buffers for each block."""

    def __init__(self, codes: Planes) -> None:
        words, count = codes.shape
        self._codes = codes
        size = min(count, _SCAN_BLOCK_CODES)
        self._differing = np.empty((words, size), dtype=np.uint64)
        self._counts = np.empty((words, size), dtype=np.uint8)
        self._byte_sums = np.empty(size, dtype=np.uint8)
        self._sums = np.empty(size, dtype=np.uint16)

    def blocks(self) -> Iterator[tuple[int, Planes]]:
        """Yield the blocks of codes, each with the column number of its first code."""
        for start in range(0, self._codes.shape[1], _SCAN_BLOCK_CODES):
            yield start, self._codes[:, start : start + _SCAN_BLOCK_CODES]

    def distances(self, block: Planes, query: NDArray[np.uint64]) -> NDArray[np.unsignedinteger]:
        """Return the distance of each code to one query, in a buffer that the next call reuses."""
        words, count = block.shape
        differing, counts = self._differing[:words, :count], self._counts[:words, :count]
        np.bitwise_xor(block, query[:, None], out=differing)
        np.bitwise_count(differing, out=counts)
        if words == 1:
            only: NDArray[np.uint8] = counts[0]
            return only
        byte_sums, sums = self._byte_sums[:count], self._sums[:count]
        np.add.reduce(counts[:_MAX_BYTE_WORDS], axis=0, out=byte_sums)
        if words <= _MAX_BYTE_WORDS:
            return byte_sums
        sums[:] = byte_sums
        for start in range(_MAX_BYTE_WORDS, words, _MAX_BYTE_WORDS):
            np.add.reduce(counts[start : start + _MAX_BYTE_WORDS], axis=0, out=byte_sums)
            np.add(sums, byte_sums, out=sums)
        return sums

    def within(self, block: Planes, query: NDArray[np.uint64], bound: int) -> Positions:
        """Return which codes of the block are within a bound of one query, ascending.

        Where the bound is small, the first half of the words is compared first: the second half
        is then read only of the codes that are still within the bound.
        """
        words = len(query)
        if words >= _HALVING_MIN_WORDS and bound < int(_WORD_BITS * words * _HALVING_MAX_BOUND):
            words //= 2
        partial = self.distances(block[:words], query[:words])
        near = np.flatnonzero(partial <= min(bound, int(np.iinfo(partial.dtype).max)))
        if words == len(query):
            return near
        if 8 * len(near) > block.shape[1]:  # too many are left: a full scan costs less
            return np.flatnonzero(self.distances(block, query) <= bound)
        return near[distances_to_query(block.take(near, axis=1), query) <= bound]


def distances_to_query(codes: Planes, query: NDArray[np.uint64]) -> Distances:
    """Return the distance of each code to one query, shape (W,), in bits, shape (N,).

    For a few codes: it makes no blocks and reuses no buffers, as `distances` does for many.
    """
    counts = np.bitwise_count(codes ^ query[:, None])
    summed: Distances = (
        counts[0].astype(np.uint16) if len(counts) == 1 else counts.sum(axis=0, dtype=np.uint16)
    )
    return summed


def k_smallest(distances: NDArray[np.integer], k: int) -> Positions:
    """Return where the k smallest distances are, ordered by (distance, place); all if k is larger.

    Distances are small whole numbers, so a histogram finds the k-th smallest without sorting. In
    a long array, the k-th smallest of a sample is an upper bound for the k-th smallest of all.
    """
    if len(distances) <= _SORT_MAX_DISTANCES:
        return np.argsort(distances, kind="stable")[:k]
    if len(distances) > _SAMPLE_MIN_DISTANCES:
        sample = distances[:: len(distances) // _SAMPLE_DISTANCES]
        if k < len(sample):
            near = np.flatnonzero(distances <= np.partition(sample, k - 1)[k - 1])
            if 2 * len(near) < len(distances):
                return near[k_smallest(distances[near], k)]
    kth_smallest = np.searchsorted(np.cumsum(np.bincount(distances)), k)
    near = np.flatnonzero(distances <= kth_smallest)
    return near[np.argsort(distances[near], kind="stable")[:k]]


def scaled_square_roots(
    distances: NDArray[np.integer], scale: float, share: float
) -> NDArray[np.float64]:
    """Return `share * sqrt(distance / scale)` of each distance, in the shape of `distances`.

    `distances` and `scale` are in bits. Distances repeat, so each value's root is computed once
    and then looked up.
    """
    table = share * np.sqrt(np.arange(int(distances.max(initial=0)) + 1) / scale)
    return table.take(distances)


def sorted_contains(ascending: Positions, wanted: Positions) -> NDArray[np.bool_]:
    """Say of each of a few positions whether it is among many, which ascend."""
    places = ascending.searchsorted(wanted)
    found = places < len(ascending)
    found[found] = ascending[places[found]] == wanted[found]
    return found


def sorted_unique(values: NDArray[np.integer]) -> Positions:
    """Return whole numbers ascending, each once; for some hundred, faster than `numpy.unique`."""
    ascending = np.sort(values)
    if len(ascending) < 2:
        return ascending.astype(np.intp)
    is_first = np.empty(len(ascending), dtype=bool)
    is_first[0] = True
    np.not_equal(ascending[1:], ascending[:-1], out=is_first[1:])
    return ascending[is_first].astype(np.intp)
