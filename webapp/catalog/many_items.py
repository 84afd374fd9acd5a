"""Changing many items alike: all of them in one transaction, or none."""

from collections.abc import Sequence

import sqlalchemy as sa

from webapp.catalog.given_attributes import Given, columns_of
from webapp.catalog.item_entries import Entry
from webapp.catalog.item_rows import read_items
from webapp.catalog.reader import Catalog
from webapp.catalog.schema import items
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import ItemNotFound
from webapp.models import Item

MOST_AT_ONCE = 20_000
"""So many take some seconds, in which others that write wait."""

_CHUNK_ITEMS = 500


def change_many(catalog: Catalog, ids: Sequence[int], given: Given) -> int:
    """Give items the same attributes, and return how many of them were otherwise before.

    An empty value takes an attribute away.

    Raises:
        BadParameter: an attribute cannot be read.
        ItemNotFound: one of them is gone; then none is changed.
    """
    writer = CatalogWriter(catalog, live=True)
    changed = 0
    with writer.transaction() as connection:
        for start in range(0, len(ids), _CHUNK_ITEMS):
            some = ids[start : start + _CHUNK_ITEMS]
            found = read_items(connection, sa.select(items).where(items.c.id.in_(some)))
            if len(found) < len(some):
                raise ItemNotFound("some of these bags were removed meanwhile: nothing is changed")
            entries = [entry for item in found if (entry := _entry(item, given))]
            writer.write_in(connection, entries)
            changed += len(entries)
    return changed


def _entry(item: Item, given: Given) -> Entry | None:
    columns = columns_of(given, item.extra)
    changed = {name: value for name, value in columns.items() if getattr(item, name) != value}
    return Entry(item.id, changed, None, {}) if changed else None
