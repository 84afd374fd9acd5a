"""What items can be sorted by, and the order that each sort gives them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

SORTS = {
    "newest": "Newest first",
    "price": "Price, low to high",
    "price-desc": "Price, high to low",
    "brand": "Brand",
}
STORED_SORTS = tuple(SORTS)[1:]
"""The sorts whose order is kept; the newest first is that of the ids."""


def order_by(
    sort: str, prices: NDArray[np.float64], brands: NDArray[np.integer]
) -> NDArray[np.int32]:
    """Return the positions of M items in the order of a stored sort; of equals the first first."""
    return np.argsort(sort_keys(sort, prices, brands), kind="stable").astype(np.int32)


def sort_keys(
    sort: str, prices: NDArray[np.float64], brands: NDArray[np.number]
) -> NDArray[np.number]:
    """Return what a stored sort sorts M items by, the smallest first, shape (M,)."""
    keys: Mapping[str, NDArray[np.number]]
    keys = {"price": prices, "price-desc": -prices, "brand": brands}
    return keys[sort]
