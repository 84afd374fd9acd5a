"""Which items came from which folder or list."""

import sqlalchemy as sa

from webapp.catalog.reader import Catalog
from webapp.catalog.schema import items


def ids_of_source(catalog: Catalog, source: str) -> list[int]:
    """List the items that a folder or list, by its stored path, named last, ascending.

    Items of before this was noted count as of the folder that they lie in.
    """
    inside = items.c.path.startswith(f"{source}/", autoescape=True)
    query = sa.select(items.c.id).where(
        (items.c.source == source) | ((items.c.source == "") & inside)
    )
    with catalog.engine.connect() as connection:
        return list(connection.scalars(query.order_by(items.c.id)))


def count_without_price(catalog: Catalog, source: str) -> int:
    """Count the items of a source that have no price."""
    query = sa.select(sa.func.count()).where(items.c.source == source, items.c.price.is_(None))
    with catalog.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())
