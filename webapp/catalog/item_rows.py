"""Items as the database gives them: a row each, and a row for each further photo."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from webapp.catalog.schema import items, photos
from webapp.exceptions import ItemNotFound
from webapp.models import Item, ItemPhoto

_CHUNK_ITEMS = 500  # SQLite limits the values in one statement
_SOME: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)
_COUNT = list(items.c).index(items.c.photo_count)
_ID = list(items.c).index(items.c.id)
_FURTHER = (
    sa.select(photos).where(photos.c.item_id.in_(_SOME)).order_by(photos.c.item_id, photos.c.number)
)
_PHOTO_COLUMNS = tuple(column.name for column in photos.c)


def read_items(
    connection: sa.Connection, query: sa.Select[Any], values: Mapping[str, object] | None = None
) -> list[Item]:
    """Run a query of all columns of `items`, and return the items, each with all its photos.

    Where every item has one photo, no more is asked of the database.
    """
    rows = connection.execute(query, values or {}).all()
    further = _further(connection, [row[_ID] for row in rows if row[_COUNT] > 1])
    if not further:
        return [Item(*row) for row in rows]
    # `further` is the last field, after all columns.
    return [Item(*(*row, tuple(further.get(row[_ID], ())))) for row in rows]


def item_in(connection: sa.Connection, item_id: int) -> Item:
    """Read an item within a transaction.

    Raises:
        ItemNotFound: there is no such item.
    """
    found = may_be_id(item_id) and read_items(
        connection, sa.select(items).where(items.c.id == item_id)
    )
    if not found:
        raise ItemNotFound(f"there is no item {item_id}")
    return found[0]


def may_be_id(number: int) -> bool:
    """Say whether an item may have this number: databases know none beyond 64 bits."""
    return 0 < number < 2**63


def _further(connection: sa.Connection, ids: Sequence[int]) -> dict[int, list[ItemPhoto]]:
    found: dict[int, list[ItemPhoto]] = {}
    for start in range(0, len(ids), _CHUNK_ITEMS):
        some = {"ids": ids[start : start + _CHUNK_ITEMS]}
        for row in connection.execute(_FURTHER, some).all():
            photo = ItemPhoto(**dict(zip(_PHOTO_COLUMNS, row, strict=True)))
            found.setdefault(photo.item_id, []).append(photo)
    return found
