"""Which views have which row, in little memory: only views that repeat a code are listed.

In a large catalogue most codes are of one view alone. Where rows are numbered by the first view
that has each, a new view's row is the number of new views before it, and nothing else is known.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from webapp.index.hamming import Positions, spans

ROW_ARRAYS = ("repeats", "repeats_rows", "new_before", "by_row", "ascending_rows")
"""The arrays of `RepeatedRows`."""


@dataclass(frozen=True, slots=True)
class RepeatedRows:
    """The rows of all views, `row_count` of them, numbered by the first view that has each.

    Views are counted photo after photo. D of them repeat the code of an earlier one; all arrays
    have shape (D,). `repeats`: these views, ascending; `repeats_rows`: the row of each;
    `new_before`: how many views before each repeat none. `by_row`: the same views, ascending by
    row, then by view; `ascending_rows`: their rows.
    """

    row_count: int
    repeats: NDArray[np.int32]
    repeats_rows: NDArray[np.int32]
    new_before: NDArray[np.int32]
    by_row: NDArray[np.int32]
    ascending_rows: NDArray[np.int32]

    @property
    def arrays(self) -> dict[str, NDArray[np.int32]]:
        """All of its arrays, by name."""
        return {name: getattr(self, name) for name in ROW_ARRAYS}

    @property
    def views(self) -> int:
        """Number of views."""
        return self.row_count + len(self.repeats)

    def rows_of(self, views: Positions) -> Positions:
        """Return the row of each of some views, (n,)."""
        before = _places(self.repeats, views, "left")
        rows = views - before
        is_repeat = _places(self.repeats, views, "right") > before
        rows[is_repeat] = self.repeats_rows[before[is_repeat]]
        return rows

    def views_of(self, rows: Positions, most: int | Positions) -> Positions:
        """Return the first `most` views, one or more, of each of some rows, (n,), in any order."""
        first = rows + _places(self.new_before, rows, "right")
        starts = _places(self.ascending_rows, rows, "left")
        others = _places(self.ascending_rows, rows, "right") - starts
        listed = self.by_row[spans(starts, np.minimum(others, most - 1))]
        return np.concatenate([first, listed])


def _places(
    ascending: NDArray[np.int32], wanted: Positions, side: Literal["left", "right"]
) -> Positions:
    # Keys of another type would have the whole array converted to it.
    return ascending.searchsorted(wanted.astype(ascending.dtype), side)


def repeated(rows: NDArray[np.int32]) -> RepeatedRows:
    """Find what repeats among the rows of all views, (P, V), numbered by first views."""
    of_views = rows.ravel()
    highest = np.maximum.accumulate(of_views)
    is_repeat = np.ones(len(of_views), dtype=bool)
    is_repeat[:1] = False
    is_repeat[1:] = of_views[1:] <= highest[:-1]
    new = of_views[~is_repeat]
    assert (new == np.arange(len(new))).all(), "rows are numbered by first views"
    repeats = np.flatnonzero(is_repeat).astype(np.int32)
    of_repeats = of_views[repeats]
    by_row = np.argsort(of_repeats, kind="stable")
    return RepeatedRows(
        row_count=len(new),
        repeats=repeats,
        repeats_rows=of_repeats,
        new_before=(repeats - np.arange(len(repeats))).astype(np.int32),
        by_row=repeats[by_row],
        ascending_rows=of_repeats[by_row],
    )
