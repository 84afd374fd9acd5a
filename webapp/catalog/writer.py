"""Writing the catalogue: a batch of items with their codes is written as a whole, or not at all."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby

import sqlalchemy as sa

from webapp.catalog.change_log import note
from webapp.catalog.code_writer import CodeWriter, drop_replaced
from webapp.catalog.database import PATIENCE, WRITER_SECONDS
from webapp.catalog.item_entries import Entry
from webapp.catalog.layout import make_catalog
from webapp.catalog.reader import Catalog
from webapp.catalog.schema import codes, facts, items, photos, removed
from webapp.models import T

_CHUNK_ITEMS = 500  # SQLite limits the values in one statement


_UNLOGGED = (
    facts.update()
    .where(facts.c.name == "unlogged")
    .values(value=sa.select(facts.c.value).where(facts.c.name == "revision").scalar_subquery())
)


class CatalogWriter:
    """Writes to a catalogue.

    Imports do so one process at a time (see `webapp.catalog.write_lock`), and a new index follows
    them. `live` changes may come from any process at any time: they are logged, for searches to
    follow at once.
    """

    def __init__(self, catalog: Catalog, *, live: bool = False) -> None:
        self._engine = catalog.engine.execution_options(**{PATIENCE: WRITER_SECONDS})
        self._live = live
        self._codes = CodeWriter()

    def make_catalog(self) -> None:
        """Make the database and its tables where there are none."""
        make_catalog(self._engine)

    def write(self, entries: Sequence[Entry]) -> Sequence[int]:
        """Add and update items, all of them in one transaction; return the ids of those added."""
        if not entries:
            return ()
        with self.transaction() as connection:
            return self.write_in(connection, entries)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Change the catalogue as a whole, or not at all; nobody else writes meanwhile."""
        with self._engine.begin() as connection:
            # Indexes hold attributes too, for filters: they must follow every change.
            _advance(connection)
            if not self._live:
                connection.execute(_UNLOGGED)
            yield connection

    @contextmanager
    def others_waiting(self) -> Iterator[sa.Connection]:
        """Have all others who write wait, while nothing is changed in the database itself."""
        with self._engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(
                    "BEGIN IMMEDIATE"
                )  # writes nothing: the disk may be full
            else:
                same = facts.update().where(facts.c.name == "revision").values(value=facts.c.value)
                connection.execute(same)
            yield connection

    def write_in(self, connection: sa.Connection, entries: Sequence[Entry]) -> Sequence[int]:
        """Add and update items in a transaction; return the ids of those added, in order."""
        new = [entry for entry in entries if entry.item_id is None]
        known = {entry.item_id: entry for entry in entries if entry.item_id is not None}
        known = _still_as_seen(connection, known)
        for item_id, entry in known.items():
            if entry.columns:
                update = items.update().where(items.c.id == item_id)
                connection.execute(update.values(**entry.columns))
        drop_replaced(connection, known)
        added = _added(connection, new)
        every = {**known, **added}
        _replace_further(connection, every)
        self._codes.add(connection, every)
        recoded = [item_id for item_id, one in every.items() if item_id in added or _recodes(one)]
        note(connection, list(every), recoded, live=self._live)
        return list(added)

    def remove(self, ids: Sequence[int], *, for_good: bool = False) -> None:
        """Take items out, with their codes; `for_good`: imports leave their photos out later."""
        with self.transaction() as connection:
            self.remove_in(connection, ids, for_good=for_good)

    def remove_in(
        self, connection: sa.Connection, ids: Sequence[int], *, for_good: bool = False
    ) -> None:
        """Take items out in a transaction."""
        for some in _chunks(ids):
            those = items.c.id.in_(some)
            if for_good:
                note_removal(connection, those)
            connection.execute(items.delete().where(those))
        note(connection, ids, ids, live=self._live)

    def claim(self, ids: Sequence[int], source: str) -> None:
        """Note which folder or list named items last; nothing that searches see changes."""
        with self._engine.begin() as connection:
            for some in _chunks(ids):
                update = items.update().where(items.c.id.in_(some))
                connection.execute(update.values(source=source))

    def forget_removals(self, places: Sequence[tuple[str, int]]) -> None:
        """Let photos in again, by path and occurrence, whose items were taken out for good."""
        place = sa.tuple_(removed.c.path, removed.c.occurrence)
        with self._engine.begin() as connection:
            for some in _chunks(places):
                connection.execute(removed.delete().where(place.in_(some)))


def _recodes(entry: Entry) -> bool:
    """Say whether an entry changes the photos of an item, or codes of them."""
    return "digest" in entry.columns or bool(entry.fingerprints) or entry.further is not None


def _still_as_seen(connection: sa.Connection, entries: Mapping[int, Entry]) -> dict[int, Entry]:
    """Leave out items that are gone by now, or got another photo since their entries were made."""
    digests: dict[int, str] = {}
    for some in _chunks(list(entries)):
        query = sa.select(items.c.id, items.c.digest).where(items.c.id.in_(some))
        digests.update((item_id, digest) for item_id, digest in connection.execute(query))
    return {
        item_id: entry
        for item_id, entry in entries.items()
        if item_id in digests and entry.seen in {None, digests[item_id]}
    }


def _added(connection: sa.Connection, entries: Iterable[Entry]) -> dict[int, Entry]:
    """Insert new items, those with the same columns at once; returns them by their ids."""
    added: dict[int, Entry] = {}
    for _, alike in groupby(entries, key=lambda entry: tuple(entry.columns)):
        some = list(alike)
        ids = connection.scalars(
            items.insert().returning(items.c.id, sort_by_parameter_order=True),
            [entry.columns for entry in some],
        )
        added.update(zip(ids, some, strict=True))
    return added


def _replace_further(connection: sa.Connection, entries: Mapping[int, Entry]) -> None:
    """Write the further photos of items anew; the codes of photos that are gone go too."""
    given = {item_id: one.further for item_id, one in entries.items() if one.further is not None}
    if not given:
        return
    connection.execute(photos.delete().where(photos.c.item_id.in_(given)))
    last = [{"of_item": item_id, "last": 1 + len(some)} for item_id, some in given.items()]
    beyond = (codes.c.item_id == sa.bindparam("of_item")) & (codes.c.photo > sa.bindparam("last"))
    connection.execute(codes.delete().where(beyond), last)
    rows = [
        {"item_id": item_id, "number": number, **one.columns}
        for item_id, some in given.items()
        for number, one in enumerate(some, 2)
    ]
    if rows:
        connection.execute(photos.insert(), rows)


def _chunks(things: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), _CHUNK_ITEMS):
        yield things[start : start + _CHUNK_ITEMS]


def note_removal(connection: sa.Connection, those: sa.ColumnElement[bool]) -> None:
    """Note that imports leave out the photos of some items."""
    columns = ("path", "occurrence", "digest")
    gone = sa.select(*(items.c[name] for name in columns)).where(those)
    known = sa.tuple_(removed.c.path, removed.c.occurrence)
    places = gone.with_only_columns(items.c.path, items.c.occurrence)
    connection.execute(removed.delete().where(known.in_(places)))
    connection.execute(removed.insert().from_select(columns, gone))


def _advance(connection: sa.Connection) -> None:
    """Give the catalogue a revision that it never had, nor any other that was in its place.

    An index tells by it whether it is of the catalogue as it is. Counting alone would not do: one
    that is begun anew may come to the same count.
    """
    now = int(time.time() * 1000)
    following = sa.case((facts.c.value < now, now), else_=facts.c.value + 1)
    connection.execute(facts.update().where(facts.c.name == "revision").values(value=following))
