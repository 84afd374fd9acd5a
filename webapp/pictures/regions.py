"""Where in a picture most of something lies, in words."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_NINTHS = (
    ("top left", "top", "top right"),
    ("left side", "middle", "right side"),
    ("bottom left", "bottom", "bottom right"),
)
_SIDES = (("top", "middle", "bottom"), ("left side", "middle", "right side"))
# Chance puts a ninth of it in a ninth of the cells: so much more is worth a word.
_IN_A_NINTH, _IN_A_THIRD = 0.4, 0.6


def region(amounts: NDArray[Any]) -> str:
    """Name the part of a grid, shape (rows, columns), that holds most; empty if none does."""
    total = amounts.sum()
    if not total:
        return ""
    down, along = (np.arange(size) * 3 // size for size in amounts.shape)
    ninths = np.zeros((3, 3))
    np.add.at(ninths, (down[:, None], along[None, :]), amounts)
    row, column = np.unravel_index(int(ninths.argmax()), ninths.shape)
    if ninths[row, column] >= _IN_A_NINTH * total:
        return _NINTHS[row][column]
    for axis, names in zip((1, 0), _SIDES, strict=True):
        thirds = ninths.sum(axis=axis)
        if thirds.max() >= _IN_A_THIRD * total:
            return names[int(thirds.argmax())]
    return ""
