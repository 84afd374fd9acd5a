"""The prices that part a catalogue in three, found in the order of prices without reading all."""

import math
from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

_THIRDS = (1 / 3, 2 / 3)


def price_thirds(
    prices: NDArray[np.float64], order: NDArray[np.integer]
) -> tuple[float, float] | None:
    """Return the prices that part M items in three; None where they do not.

    `order`: the positions of the items by price, shape (M,), those without a price, NaN, last.
    """

    def has_none(at: int) -> bool:
        return math.isnan(prices[order[at]])

    count = bisect_left(range(len(order)), True, key=has_none)
    if not count:
        return None
    least, most = prices[order[0]], prices[order[count - 1]]
    low, high = (_quantile(prices, order[:count], share) for share in _THIRDS)
    return (low, high) if least <= low < high < most else None


def _quantile(prices: NDArray[np.float64], order: NDArray[np.integer], share: float) -> float:
    """Return what `np.quantile` does for the prices in an order, to the bit."""
    place = share * (len(order) - 1)
    before = math.floor(place)
    both = prices[order[before : before + 2]]
    return float(np.quantile(both, place - before) if len(both) > 1 else both[0])
