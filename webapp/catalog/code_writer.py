"""Codes in the database: those of photos that are there anew take the place of what was there."""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from webapp.catalog.item_entries import Entry
from webapp.catalog.schema import codes, makers

_OF_PHOTO = (codes.c.item_id == sa.bindparam("of_item")) & (
    codes.c.photo == sa.bindparam("of_photo")
)


class CodeWriter:
    """Writes the codes of entries, by the ids of their items, in others' transactions."""

    def __init__(self) -> None:
        self._maker_ids: dict[str, int] = {}

    def add(self, connection: sa.Connection, entries: Mapping[int, Entry]) -> None:
        """Insert the codes of entries, each with the versions of the libraries that made it."""
        rows = [
            {
                "kind": kind,
                "item_id": item_id,
                "photo": number,
                "code": code,
                "maker_id": self._maker_id(connection, entry.versions[kind]),
            }
            for item_id, entry in entries.items()
            for number, fingerprint in entry.fingerprints.items()
            for kind, code in fingerprint.items()
        ]
        if rows:
            connection.execute(codes.insert(), rows)

    def _maker_id(self, connection: sa.Connection, versions: str) -> int:
        if versions not in self._maker_ids:
            query = sa.select(makers.c.id).where(makers.c.versions == versions)
            found = connection.scalar(query)
            if found is None:
                insert = makers.insert().values(versions=versions).returning(makers.c.id)
                found = connection.execute(insert).scalar_one()
            self._maker_ids[versions] = found
        return self._maker_ids[versions]


def drop_replaced(connection: sa.Connection, entries: Mapping[int, Entry]) -> None:
    """Delete the codes that are to be replaced.

    If a photo is another than before, or gone, all its codes are deleted: also those of kinds that
    are not installed now.
    """
    another = [
        {"of_item": item_id, "of_photo": number}
        for item_id, entry in entries.items()
        for number in _replaced_photos(entry)
    ]
    if another:
        connection.execute(codes.delete().where(_OF_PHOTO), another)
    replaced = [
        {"of_item": item_id, "of_photo": number, "of_kind": kind}
        for item_id, entry in entries.items()
        for number, fingerprint in entry.fingerprints.items()
        for kind in fingerprint
    ]
    if replaced:
        which = _OF_PHOTO & (codes.c.kind == sa.bindparam("of_kind"))
        connection.execute(codes.delete().where(which), replaced)


def _replaced_photos(entry: Entry) -> Iterator[int]:
    """Yield the numbers of an item's photos that are others than before."""
    if "digest" in entry.columns:
        yield 1
    yield from (number for number, one in enumerate(entry.further or (), 2) if one.is_new)
