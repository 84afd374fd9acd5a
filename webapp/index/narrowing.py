"""What an engine that keeps codes elsewhere is told of filters, and of the items that have rows.

An engine that narrows lists what may pass. It may list more: what is compared in the end is what
passes by the facets themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.index.code_table import CodeTable
from webapp.index.facets import Facets
from webapp.index.row_table import RowTable
from webapp.models import Filters

SEVERAL = -1
"""The number of a row whose items have several values of a facet: it may pass any filter."""

_NO_PRICE = (np.inf, -np.inf)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Filters by the numbers of an index: see `RowFacets`.

    `numbers`: of facets, by their place among those of the index, which numbers pass. Prices: None
    where there is no bound.
    """

    numbers: Mapping[int, tuple[int, ...]]
    min_price: float | None = None
    max_price: float | None = None


@dataclass(frozen=True, slots=True)
class RowFacets:
    """What the items of each of N rows have in common.

    `numbers`: for each facet the number of the value of all items of a row, or `SEVERAL`, (F, N).
    `least`, `most`: the range of their prices, shape (N,), from above to below where none has one.
    """

    numbers: NDArray[np.int32]
    least: NDArray[np.float64]
    most: NDArray[np.float64]


def no_facets(table: RowTable) -> RowFacets:
    """Say of a table's rows nothing to narrow by."""
    least, most = (np.full(table.row_count, price) for price in _NO_PRICE)
    return RowFacets(np.empty((0, table.row_count), np.int32), least, most)


def facets_of_rows(table: CodeTable, facets: Facets) -> RowFacets:
    """Find what the items of each row have in common."""
    of_items = facets.ids.searchsorted(table.ids)
    items = table.photos.items[table.members] if table.photos else table.members
    places, starts = of_items[items], table.starts[:-1]
    numbers = np.empty((len(facets.columns), len(starts)), dtype=np.int32)
    for facet, column in enumerate(facets.columns.values()):
        of_members = column[places].astype(np.int32)  # a column's own type may lack `SEVERAL`
        least = np.minimum.reduceat(of_members, starts)
        most = np.maximum.reduceat(of_members, starts)
        numbers[facet] = np.where(least == most, least, SEVERAL)
    prices = facets.prices[places]
    none = np.isnan(prices)
    return RowFacets(
        numbers,
        np.minimum.reduceat(np.where(none, _NO_PRICE[0], prices), starts),
        np.maximum.reduceat(np.where(none, _NO_PRICE[1], prices), starts),
    )


def narrowing_of(filters: Filters, facets: Facets) -> Narrowing:
    """Translate filters for an index that was built with some facets.

    Words are left out, and so are facets that the index does not know: they narrow less.
    """
    numbers = {}
    for place, name in enumerate(facets.columns):
        if wanted := filters.values(name):
            numbers[place] = facets.numbers_of(name, wanted)
    return Narrowing(numbers, filters.min_price, filters.max_price)
