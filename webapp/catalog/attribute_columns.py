"""The attributes of all items as columns, from which filters, sorts and words are made."""

import json
import math
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from webapp.catalog.reader import Catalog
from webapp.catalog.schema import items
from webapp.models import FACETS, Ids

_ROWS_AT_ONCE = 10_000
_FEW_ROWS_AT_ONCE = 500  # a request holds them
_SAID = ("title", "brand", "colour", "category", "extra")


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A text of each of N items, each text once: `numbers`, shape (N,), are places in `texts`.

    An item with the number after the last has none.
    """

    texts: list[str]
    numbers: NDArray[np.int32]


def attribute_columns(
    catalog: Catalog,
) -> tuple[Ids, dict[str, TextColumn], NDArray[np.float64]]:
    """Return what all N items can be narrowed and sorted by.

    Ids, ascending, shape (N,), int64; of each facet the texts, "" where an item has none; and
    prices, shape (N,), NaN where an item has none.
    """
    columns = (items.c[name] for name in ("id", "price", *FACETS))
    query = sa.select(*columns).order_by(items.c.id)
    ids, prices = array("q"), array("d")
    numbers: list[tuple[array[int], dict[str, int]]] = [(array("i"), {}) for _ in FACETS]
    with catalog.connect() as connection:
        rows = connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
        for item_id, price, *values in rows:
            ids.append(item_id)
            prices.append(math.nan if price is None else price)
            for (column, number), value in zip(numbers, values, strict=True):
                column.append(number.setdefault(value, len(number)))
    return (
        np.array(ids, dtype=np.int64),
        {
            name: TextColumn(list(number), np.array(column, dtype=np.int32))
            for name, (column, number) in zip(FACETS, numbers, strict=True)
        },
        np.array(prices, dtype=np.float64),
    )


def extra_attributes(catalog: Catalog) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the id and the extra columns of every item that has any, by ascending id."""
    query = sa.select(items.c.id, items.c.extra).order_by(items.c.id)
    with catalog.connect() as connection:
        rows = connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
        yield from ((item_id, extra) for item_id, extra in rows if extra)


def extra_mentioning(catalog: Catalog, value: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the id and the extra columns of the items that have a value in one, by ascending id.

    Case may differ, and what is found may be a column's name: whoever asks looks closer. Many may
    be found: few of them are in memory at a time.
    """
    written = sa.cast(items.c.extra, sa.Text).contains(json.dumps(value), autoescape=True)
    query = sa.select(items.c.id, items.c.extra).where(written).order_by(items.c.id)
    with catalog.connect() as connection:
        rows = connection.execute(query, execution_options={"yield_per": _FEW_ROWS_AT_ONCE})
        yield from map(tuple, rows)


def said_of_items(catalog: Catalog) -> Iterator[tuple[str, str, str, str, Mapping[str, str]]]:
    """Yield title, brand, colour, category and extra columns of every item, by ascending id."""
    query = sa.select(*(items.c[name] for name in _SAID)).order_by(items.c.id)
    with catalog.connect() as connection:
        rows = connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
        yield from map(tuple, rows)
