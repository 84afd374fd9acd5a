"""Dropping stored codes that are not those of their photos, for them to be computed anew."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from webapp.catalog.change_log import note
from webapp.catalog.reader import Catalog
from webapp.catalog.schema import codes
from webapp.catalog.writer import CatalogWriter


def drop_codes(catalog: Catalog, wrong: Mapping[tuple[int, int], Collection[str]]) -> None:
    """Drop codes of some kinds, by item and number of photo; the next index is without them."""
    with CatalogWriter(catalog).transaction() as connection:
        for (item_id, number), kinds in wrong.items():
            of_photo = sa.and_(codes.c.item_id == item_id, codes.c.photo == number)
            connection.execute(codes.delete().where(of_photo, codes.c.kind.in_(kinds)))
        ids = sorted({item_id for item_id, _ in wrong})
        note(connection, ids, ids, live=False)
