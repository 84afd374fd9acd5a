"""The catalogue as it is written: whole batches, each with its codes, or nothing of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from webapp.catalog import Catalog
from webapp.models import Fingerprint
from webapp.schema import codes, facts, items, makers


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue shall hold of one item.

    `item_id` is None for a new one. `columns` are the columns of `items` to write; of an
    existing item, those left out stay. `fingerprint` is None where the codes are still right.
    """

    item_id: int | None
    columns: Mapping[str, object]
    fingerprint: Fingerprint | None
    versions: Mapping[str, str]


class Ledger:
    """Writes to a catalogue; one process at a time (see `webapp.lock`)."""

    def __init__(self, catalog: Catalog) -> None:
        self._engine = catalog.engine
        self._maker_ids: dict[str, int] = {}

    def write(self, entries: Sequence[Entry]) -> None:
        """Add and update items, all of them in one transaction."""
        if not entries:
            return
        with self._engine.begin() as connection:
            for entry in entries:
                self._write_one(connection, entry)
            # The indexes follow attributes as they follow codes: filters read both there.
            _advance(connection)

    def remove(self, ids: Sequence[int]) -> None:
        """Take items out, with their codes."""
        with self._engine.begin() as connection:
            connection.execute(items.delete().where(items.c.id.in_(ids)))
            _advance(connection)

    def _write_one(self, connection: sa.Connection, entry: Entry) -> None:
        item_id = entry.item_id
        if item_id is None:
            inserted = connection.execute(items.insert().values(**entry.columns))
            item_id = _new_id(inserted)
        elif entry.columns:
            connection.execute(items.update().where(items.c.id == item_id).values(**entry.columns))
        if entry.fingerprint:
            replaced = [codes.c.item_id == item_id]
            # Of another photo than before, no code may stay, not even of a kind that is not
            # installed just now.
            if "digest" not in entry.columns:
                replaced.append(codes.c.kind.in_(list(entry.fingerprint)))
            connection.execute(codes.delete().where(*replaced))
            connection.execute(
                codes.insert(),
                [
                    {
                        "kind": kind,
                        "item_id": item_id,
                        "code": code,
                        "maker_id": self._maker_id(connection, entry.versions[kind]),
                    }
                    for kind, code in entry.fingerprint.items()
                ],
            )

    def _maker_id(self, connection: sa.Connection, versions: str) -> int:
        if versions not in self._maker_ids:
            query = sa.select(makers.c.id).where(makers.c.versions == versions)
            found = connection.scalar(query)
            if found is None:
                inserted = connection.execute(makers.insert().values(versions=versions))
                found = _new_id(inserted)
            self._maker_ids[versions] = found
        return self._maker_ids[versions]


def _new_id(inserted: sa.CursorResult[Any]) -> int:
    (new_id,) = inserted.inserted_primary_key or (None,)
    return int(new_id)  # type: ignore[arg-type]  # an insert of one row always has it


def _advance(connection: sa.Connection) -> None:
    connection.execute(
        facts.update().where(facts.c.name == "revision").values(value=facts.c.value + 1)
    )
