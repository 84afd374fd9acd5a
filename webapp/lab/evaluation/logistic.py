"""Logistic regression, by Newton's method."""

import numpy as np
from numpy.typing import NDArray

# How strongly weights are kept small: anything from 10 to 300 tells bags as well.
_RIDGE = 100.0
_STEPS = 30


def fitted(
    values: NDArray[np.float64], positive: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """Return the weights, (D,), and the bias that tell `values`, (N, D), that are `positive`, (N,).

    Both sides count the same, however many there are of each.
    """
    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-6
    scaled = np.hstack([(values - mean) / spread, np.ones((len(values), 1))])
    counts = np.where(positive, positive.sum(), (~positive).sum())
    importance = 0.5 * len(positive) / counts
    ridge = np.diag([*[_RIDGE] * values.shape[1], 1e-6])
    found = np.zeros(scaled.shape[1])
    for _ in range(_STEPS):
        odds = np.clip(scaled @ found, -30, 30)
        probable = 1 / (1 + np.exp(-odds))
        slope = scaled.T @ (importance * (probable - positive)) + ridge @ found
        bend = (scaled.T * (importance * probable * (1 - probable))) @ scaled + ridge
        found -= np.linalg.solve(bend, slope)
    weights = found[:-1] / spread
    return weights, float(found[-1] - mean @ weights)
