"""Exact Hamming distances on packed codes, and the smallest of them."""

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.uint64]
"""N codes of W words each as W rows of N: a scan then reads memory in one direction."""

Distances = NDArray[np.uint16]
Positions = NDArray[np.intp]


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
    each = (to_one(codes, query) for query in queries.T)
    smallest = next(each)
    for other in each:
        np.minimum(smallest, other, out=smallest)
    return smallest


def to_one(codes: Planes, query: NDArray[np.uint64]) -> Distances:
    """Return the distance of each code, shape (N,), to one query, shape (W,)."""
    total = np.zeros(codes.shape[1], dtype=np.uint16)
    for plane, word in zip(codes, query, strict=True):
        total += np.bitwise_count(plane ^ word)
    return total


def smallest(found: NDArray[np.integer], k: int) -> Positions:
    """Return the positions of the k smallest, by (distance, position).

    Distances are small whole numbers: counting them finds the cut without sorting them all.
    """
    cut = np.searchsorted(np.cumsum(np.bincount(found)), k)
    near = np.flatnonzero(found <= cut)
    return near[np.argsort(found[near], kind="stable")[:k]]
