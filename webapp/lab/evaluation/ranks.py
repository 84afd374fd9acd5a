"""Ranks counted honestly: what is equally far is put in an order that only chance decides."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.index.hamming import Positions

NEIGHBOURS = 9


def chance(seed: int, item_id: int, *words: str) -> np.random.Generator:
    """Return random numbers that are the same for the same question."""
    return np.random.default_rng([seed, item_id, zlib.crc32("\n".join(words).encode())])


def rank(distances: NDArray[Any], wanted: NDArray[np.bool_], random: np.random.Generator) -> int:
    """Return the rank, from 1, of the first of the wanted items; both have shape (M,)."""
    nearest = distances[wanted].min()
    nearer = int((distances < nearest).sum())
    tied = distances == nearest
    hits = int((tied & wanted).sum())
    # The first of the hits when all that are equally near are shuffled.
    return nearer + 1 + int(random.permutation(int(tied.sum()))[:hits].min())


def neighbours(
    distances: NDArray[Any], left_out: NDArray[np.bool_], random: np.random.Generator
) -> Positions:
    """Return the positions of the nine nearest that are not left out, nearest first."""
    positions = random.permutation(np.flatnonzero(~left_out))
    return positions[np.argsort(distances[positions], kind="stable")[:NEIGHBOURS]]
