"""The region of a picture where most of something lies, in words."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_NINTHS = (
    ("top left", "top", "top right"),
    ("left side", "middle", "right side"),
    ("bottom left", "bottom", "bottom right"),
)
_SIDES = (("top", "middle", "bottom"), ("left side", "middle", "right side"))
# Evenly spread amounts would put 0.11 in a ninth and 0.33 in a third.
_MIN_SHARE_OF_NINTH, _MIN_SHARE_OF_THIRD = 0.4, 0.6


def region(amounts: NDArray[Any]) -> str:
    """Name the ninth or third of a grid, shape (rows, columns), that holds most of its amounts.

    Empty where the amounts are spread over the grid, or all are 0.
    """
    total = amounts.sum()
    if not total:
        return ""
    third_of_row, third_of_column = (np.arange(size) * 3 // size for size in amounts.shape)
    ninths = np.zeros((3, 3))
    np.add.at(ninths, (third_of_row[:, None], third_of_column[None, :]), amounts)
    row, column = np.unravel_index(int(ninths.argmax()), ninths.shape)
    if ninths[row, column] >= _MIN_SHARE_OF_NINTH * total:
        return _NINTHS[row][column]
    for axis, names in zip((1, 0), _SIDES, strict=True):
        thirds = ninths.sum(axis=axis)
        if thirds.max() >= _MIN_SHARE_OF_THIRD * total:
            return names[int(thirds.argmax())]
    return ""
