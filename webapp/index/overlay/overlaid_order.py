"""The order of a sort as it is now: that of the frozen items, with the changed ones moved.

Where each goes is found by bisection, of all at once; keys are read of these places alone.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from webapp.index.facet_files import value_key
from webapp.index.hamming import Positions
from webapp.index.overlay.splice import Splice

Keys = NDArray[np.float64]
"""What items are sorted by, the smallest first; NaN, last, where an item has none."""


def overlaid_order(
    order: NDArray[np.int32],
    keys: Callable[[NDArray[np.integer]], Keys],
    recent: Keys,
    splice: Splice,
) -> NDArray[np.int32]:
    """Return the merged places of all items in the order of a sort; of equals the first is first.

    `order`: the places of the frozen items in their order, shape (N,), and `keys` those of some of
    them. `recent`: the keys of the recent items, (R,).
    """
    merged = splice.merged_places()
    going = np.sort(_places(order, keys, keys(splice.gone), splice.gone, None))
    turn = np.lexsort((splice.recent, recent))
    coming = _places(order, keys, recent[turn], splice.recent[turn], merged)
    stay = order if merged is None else merged.take(order)
    return Splice.at(len(order), going, coming).merged(stay, splice.recent[turn].astype(np.int32))


def _places(
    order: NDArray[np.int32],
    keys: Callable[[NDArray[np.integer]], Keys],
    wanted: Keys,
    positions: Positions,
    merged: NDArray[np.int32] | None,
) -> Positions:
    """Return how many of an order come before each of some items, by their keys and positions.

    `merged`: the positions of the frozen items among those that `positions` are of; None where
    these are the same.
    """
    low = np.zeros(len(wanted), dtype=np.intp)
    high = np.full(len(wanted), len(order), dtype=np.intp)
    while (is_open := low < high).any():
        middle = (low + high) // 2
        here = order.take(np.minimum(middle, len(order) - 1))
        there = here if merged is None else merged.take(here)
        comes_before = _comes_before(keys(here), there, wanted, positions)
        low = np.where(is_open & comes_before, middle + 1, low)
        high = np.where(is_open & ~comes_before, middle, high)
    return low


def _comes_before(
    keys: Keys, positions: NDArray[np.integer], others: Keys, at: Positions
) -> NDArray[np.bool_]:
    has_none, have_none = np.isnan(keys), np.isnan(others)
    are_equal = (keys == others) | (has_none & have_none)
    # What has no key comes last: no comparison with it is true.
    found: NDArray[np.bool_] = (keys < others) | (have_none & ~has_none)
    found |= are_equal & (positions < at)
    return found


def numbers_among(texts: Sequence[str], values: Sequence[str]) -> Keys:
    """Return the numbers of texts among sorted values, with fractions for what is none of them.

    A text that is no value has a number between those of its neighbours; "" has the one after the
    last value.
    """
    number = {value: float(place) for place, value in enumerate(values)} | {"": float(len(values))}
    others = sorted({*texts} - {*number}, key=value_key)
    share = 1 / (len(others) + 1)
    for rank, other in enumerate(others, 1):
        before = bisect_left(values, value_key(other), key=value_key)
        number[other] = before - 1 + share * rank
    return np.array([number[text] for text in texts], dtype=np.float64)
