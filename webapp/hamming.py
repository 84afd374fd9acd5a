"""Exact Hamming distances on packed codes, and the smallest of them."""

import numpy as np
from numpy.typing import NDArray

from webapp.models import Ids

Planes = NDArray[np.uint64]
"""N codes of W words each as W rows of N: a scan then reads memory in one direction."""

Distances = NDArray[np.uint16]


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
    each = (_to_one(codes, query) for query in queries.T)
    smallest = next(each)
    for other in each:
        np.minimum(smallest, other, out=smallest)
    return smallest


def _to_one(codes: Planes, query: NDArray[np.uint64]) -> Distances:
    total = np.zeros(codes.shape[1], dtype=np.uint16)
    for plane, word in zip(codes, query, strict=True):
        total += np.bitwise_count(plane ^ word)
    return total


def nearest_rows(found: Distances, weights: Ids, k: int) -> NDArray[np.intp]:
    """Return, in ascending order, the rows no farther than the k-th nearest item.

    `weights`, shape (N,), is how many items share each row's code. Distances are small whole
    numbers, so that counting them finds the cut without sorting.
    """
    wanted = weights > 0
    per_distance = np.bincount(found[wanted], weights=weights[wanted])
    cut = np.searchsorted(np.cumsum(per_distance), k)
    return np.flatnonzero((found <= cut) & wanted)
