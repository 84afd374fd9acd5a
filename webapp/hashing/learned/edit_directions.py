"""The directions in which edits move the network's output, made to count less.

A photo that is cropped, turned, saved again or put before another background is still a photo of
the same bag, but the network's output moves. It moves mostly along a few directions, whatever the
bag: these were learned without labels from edits of drawn bags (`webapp/lab/edit_directions.py`).
Shrinking them is a regularised form of within-class covariance normalisation (Hatch et al., 2006).
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("edit_directions.npy")

_STRENGTH = 10.0
COUNT = 32
"""With more directions or a greater strength edits are found better, the sort of bag worse."""


def damped(output: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a weighted output of the network, (2240,), with the directions of edits shrunk."""
    directions = _directions()
    shrunk: NDArray[np.float64] = output - (directions @ output) @ directions
    return shrunk


@cache
def _directions() -> NDArray[np.float64]:
    """Return the directions, (`COUNT`, 2240), each as long as the root of what it loses, 0 to 1."""
    stored: NDArray[np.float16] = np.load(FILE)
    return stored.astype(np.float64)


def learned(movements: NDArray[np.floating]) -> NDArray[np.float16]:
    """Return the directions, as they are stored, in which movements are largest.

    `movements`: of N edited pictures, how the weighted output differs from that of the picture
    before the edit, (N, 2240).
    """
    variances, axes = np.linalg.eigh(movements.T @ movements)
    strongest, axes = variances[::-1][:COUNT], axes[:, ::-1][:, :COUNT]
    kept = 1 / np.sqrt(1 + _STRENGTH * strongest / strongest[0])
    stored: NDArray[np.float16] = (axes * np.sqrt(1 - kept)).T.astype(np.float16)
    return stored
