"""Ranks and neighbours by distance; equal distances are put in random order, which is fair."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.index.hamming import Positions

NEIGHBOURS = 9
"""How many neighbours each test looks at."""


def random_for(seed: int, item_id: int, *words: str) -> np.random.Generator:
    """Return a random generator that is the same for equal arguments."""
    return np.random.default_rng([seed, item_id, zlib.crc32("\n".join(words).encode())])


def rank(distances: NDArray[Any], relevant: NDArray[np.bool_], random: np.random.Generator) -> int:
    """Return the rank, from 1, of the first relevant of M items; both arrays have shape (M,)."""
    nearest = distances[relevant].min()
    nearer = int((distances < nearest).sum())
    tied = distances == nearest
    hits = int((tied & relevant).sum())
    # The place of the first hit after all items at this distance are shuffled.
    return nearer + 1 + int(random.permutation(int(tied.sum()))[:hits].min())


def neighbours(
    distances: NDArray[Any], left_out: NDArray[np.bool_], random: np.random.Generator
) -> Positions:
    """Return the positions of the nine nearest of M items that are not left out, nearest first."""
    positions = random.permutation(np.flatnonzero(~left_out))
    return positions[np.argsort(distances[positions], kind="stable")[:NEIGHBOURS]]
