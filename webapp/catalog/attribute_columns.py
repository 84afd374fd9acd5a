"""The attributes of all items as columns, from which filters and sorts are made."""

import math
import sys
from array import array
from collections.abc import Iterator, Mapping

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from webapp.catalog.reader import Catalog
from webapp.catalog.schema import items
from webapp.models import FACETS, Ids

_ROWS_AT_ONCE = 10_000


def attribute_columns(
    catalog: Catalog,
) -> tuple[Ids, dict[str, list[str]], NDArray[np.float64]]:
    """Return what all N items can be narrowed and sorted by.

    Ids, ascending, shape (N,), int64; of each facet N texts, "" where an item has none; and
    prices, shape (N,), NaN where an item has none.
    """
    columns = (items.c[name] for name in ("id", "price", *FACETS))
    query = sa.select(*columns).order_by(items.c.id)
    ids, prices = array("q"), array("d")
    texts: dict[str, list[str]] = {name: [] for name in FACETS}
    with catalog.connect() as connection:
        rows = connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
        for item_id, price, *values in rows:
            ids.append(item_id)
            prices.append(math.nan if price is None else price)
            for name, value in zip(FACETS, values, strict=True):
                # The same values are in many items: each is in memory once.
                texts[name].append(sys.intern(value))
    return np.array(ids, dtype=np.int64), texts, np.array(prices, dtype=np.float64)


def extra_attributes(catalog: Catalog) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the id and the extra columns of every item that has any, by ascending id."""
    query = sa.select(items.c.id, items.c.extra).order_by(items.c.id)
    with catalog.connect() as connection:
        rows = connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
        yield from ((item_id, extra) for item_id, extra in rows if extra)
