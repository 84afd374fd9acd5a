"""From points to the cells of a mosaic without gaps, in which near points stay near."""

from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from webapp.explore.map.placement import Points

# Wide as most screens are, but still readable on a phone.
_COLUMNS_PER_ROW = 4 / 3

Order = NDArray[np.intp]
"""The number of the point in each cell, row by row from the top left, shape (N,)."""


def columns_for(count: int) -> int:
    """Return how many columns a mosaic of `count` cells has; only its last row may have gaps."""
    return ceil(sqrt(count * _COLUMNS_PER_ROW))


def snap(points: Points, columns: int) -> Order:
    """Assign every point to a cell of its own.

    As a k-d tree does, it splits the block of cells across its longer side, sorts the points along
    that side, gives each half as many points as it has cells, and goes on to single cells.
    """
    count = len(points)
    order = np.empty(count, dtype=np.intp)

    def cells_in(top: int, bottom: int, left: int, right: int) -> int:
        full_rows, in_last_row = divmod(count, columns)
        rows = max(0, min(bottom, full_rows) - top)
        partial = max(0, min(right, in_last_row) - left) if top <= full_rows < bottom else 0
        return rows * (right - left) + partial

    def fill(chosen: Order, top: int, bottom: int, left: int, right: int) -> None:
        if len(chosen) == 0:
            return
        if bottom - top == right - left == 1:
            order[top * columns + left] = chosen[0]
            return
        across = right - left >= bottom - top
        chosen = chosen[np.argsort(points[chosen, 0 if across else 1], kind="stable")]
        if across:
            middle = (left + right) // 2
            first = cells_in(top, bottom, left, middle)
            fill(chosen[:first], top, bottom, left, middle)
            fill(chosen[first:], top, bottom, middle, right)
        else:
            middle = (top + bottom) // 2
            first = cells_in(top, middle, left, right)
            fill(chosen[:first], top, middle, left, right)
            fill(chosen[first:], middle, bottom, left, right)

    fill(np.arange(count), 0, -(-count // columns), 0, columns)
    return order
