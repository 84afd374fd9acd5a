"""From points to cells: a mosaic without gaps, in which near points stay near."""

from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from webapp.explore.map.placement import Points

# Wider than high, as most screens are, yet not lost on a phone.
_ASPECT = 4 / 3

Order = NDArray[np.intp]
"""Shape (N,): which point is in each cell, row by row from the top left."""


def columns_for(count: int) -> int:
    """Return how many columns the mosaic of so many items has; only the last row has gaps."""
    return ceil(sqrt(count * _ASPECT))


def snap(points: Points, columns: int) -> Order:
    """Give every point a cell of its own.

    The points are halved across the longer side of the cells they are to fill, as many to each
    side as it has cells, and so on to the single cell.
    """
    count = len(points)
    order = np.empty(count, dtype=np.intp)

    def room(top: int, bottom: int, left: int, right: int) -> int:
        full, rest = divmod(count, columns)
        whole_rows = max(0, min(bottom, full) - top)
        in_last_row = max(0, min(right, rest) - left) if top <= full < bottom else 0
        return whole_rows * (right - left) + in_last_row

    def fill(some: Order, top: int, bottom: int, left: int, right: int) -> None:
        if len(some) == 0:
            return
        if bottom - top == right - left == 1:
            order[top * columns + left] = some[0]
            return
        across = right - left >= bottom - top
        some = some[np.argsort(points[some, 0 if across else 1], kind="stable")]
        if across:
            middle = (left + right) // 2
            first = room(top, bottom, left, middle)
            fill(some[:first], top, bottom, left, middle)
            fill(some[first:], top, bottom, middle, right)
        else:
            middle = (top + bottom) // 2
            first = room(top, middle, left, right)
            fill(some[:first], top, middle, left, right)
            fill(some[first:], middle, bottom, left, right)

    fill(np.arange(count), 0, -(-count // columns), 0, columns)
    return order
