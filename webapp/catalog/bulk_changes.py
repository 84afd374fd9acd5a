"""Changing attributes of many items at once: all of them, or none."""

from collections.abc import Sequence

from webapp.catalog.given_attributes import Given, columns_of
from webapp.catalog.item_entries import Entry
from webapp.catalog.item_rows import item_in
from webapp.catalog.reader import Catalog
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import BadParameter, ItemNotFound


def change_many(catalog: Catalog, changes: Sequence[tuple[int, Given]]) -> int:
    """Change attributes of items, in one transaction; return how many are others than before.

    Each change is an item's id and the attributes that it gets; an empty value takes one away.

    Raises:
        BadParameter: one cannot be made, which is named by its number, from 1; then none is.
    """
    writer, changed = CatalogWriter(catalog, live=True), set[int]()
    with writer.transaction() as connection:
        for number, (item_id, given) in enumerate(changes, 1):
            try:
                item = item_in(connection, item_id)
                columns = columns_of(given, item.extra)
            except (BadParameter, ItemNotFound) as problem:
                raise BadParameter(f"line {number}", str(problem)) from problem
            others = {n: value for n, value in columns.items() if getattr(item, n) != value}
            if others:
                writer.write_in(connection, [Entry(item_id, others, None, {})])
                changed.add(item_id)
    return len(changed)
