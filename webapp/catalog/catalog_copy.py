"""Copying a whole catalogue to another database: what is not there yet, and what differs.

Whatever ends a copy, another run compares what is there, which is quick, and goes on. The photos
stay where they are, in the instance folder or elsewhere.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from webapp.catalog.reader import Catalog
from webapp.catalog.row_comparison import rows_of
from webapp.catalog.row_writing import go_on_numbering, make_equal
from webapp.catalog.schema import SHARING, facts, metadata
from webapp.catalog.write_lock import writing, writing_at
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import CatalogError
from webapp.models import Progress, WithProgress

# Tables come before those that refer to them. What is in `facts` comes last of all.
_TABLES = [table for table in metadata.sorted_tables if table is not facts]
_PASSES = 5
_STEP_ROWS = 500

# In `facts` of the copy: the revision of the catalogue that was copied, once all of it was.
_COPIED = "copied"
_UNFINISHED = -1
_OWN = ("schema", _COPIED)


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """One table, as it is in both databases. `digest`: SHA-256 of all rows, in hex."""

    name: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: `written` are the rows that were not there already."""

    tables: Sequence[CopiedTable]
    written: int


def copy(source: Catalog, url: sa.URL) -> WithProgress[Copied]:
    """Copy a catalogue, as it is at one moment, and compare all of it afterwards.

    Imports wait meanwhile; what is changed live is copied too, by another pass.

    Raises:
        CatalogError: another catalogue is there, or the copy did not come out equal, or the
            catalogue changed faster than it could be copied.
        CatalogBusy: somebody imports into one of both.
    """
    target = Catalog(url, source.originals)
    try:
        CatalogWriter(target).make_catalog()
        with writing(source), writing_at(target.engine):
            _claim(target)
            return (yield from _passes(source, target))
    finally:
        target.engine.dispose()


def _passes(source: Catalog, target: Catalog) -> WithProgress[Copied]:
    written = 0
    for _ in range(_PASSES):
        with source.at_one_moment() as frozen, frozen.connect() as original:
            for table in _TABLES:
                written += yield from _copy_table(table, original, target.engine)
            tables = yield from _compared(original, target.engine)
            if tables is None:
                continue
            _finish(original, target.engine)
            if frozen.revision == source.revision:
                return Copied(tables, written)
    raise CatalogError(
        "the catalogue changes faster than it can be copied: end its servers, then run the same "
        "command again"
    )


def _claim(target: Catalog) -> None:
    """Note that a copy is under way, or refuse to write over another catalogue."""
    with target.engine.begin() as connection:
        known = dict(connection.execute(sa.select(facts.c.name, facts.c.value)).all())
        copied = known.get(_COPIED)
        if known["revision"] and copied not in {_UNFINISHED, known["revision"]}:
            raise CatalogError(
                "there is another catalogue in that database, or one that was changed since it was "
                "copied there: name an empty database"
            )
        connection.execute(facts.delete().where(facts.c.name == _COPIED))
        connection.execute(facts.insert().values(name=_COPIED, value=_UNFINISHED))


def _copy_table(table: sa.Table, original: sa.Connection, target: sa.Engine) -> WithProgress[int]:
    total, done, written = _count(table, original), 0, 0
    yield Progress(f"copying {table.name}", 0, total)
    for seen, changed in make_equal(table, original, target):
        done, written = done + seen, written + changed
        yield Progress(f"copying {table.name}", min(done, total), total)
    return written


def _compared(
    original: sa.Connection, target: sa.Engine
) -> WithProgress[Sequence[CopiedTable] | None]:
    """Read all rows of both once more; None if some differ."""
    tables = []
    for table in _TABLES:
        total = _count(table, original)
        found = yield from _digest(table, original, total)
        with target.connect() as connection:
            copied = yield from _digest(table, connection, total)
        if found != copied:
            return None
        tables.append(found)
    return tables


def _digest(table: sa.Table, connection: sa.Connection, total: int) -> WithProgress[CopiedTable]:
    digest, count = hashlib.sha256(), 0
    for count, (_, row) in enumerate(rows_of(table, connection), 1):
        digest.update(repr(tuple(row)).encode())
        if count % _STEP_ROWS == 0:
            yield Progress(f"comparing {table.name}", min(count, total), total)
    return CopiedTable(table.name, count, digest.hexdigest())


def _finish(original: sa.Connection, target: sa.Engine) -> None:
    """Say of the copy what the catalogue says of itself: its index is the copy's too."""
    # What machines share is of the original's storage, and they look at the original.
    copied = facts.c.name.not_in(_OWN) & ~facts.c.name.startswith(SHARING)
    told = original.execute(sa.select(facts).where(copied)).all()
    revision = next(row.value for row in told if row.name == "revision")
    rows = [{"name": row.name, "value": row.value} for row in told]
    with target.begin() as connection:
        go_on_numbering(original, connection)
        connection.execute(facts.delete().where(facts.c.name != "schema"))
        connection.execute(facts.insert(), [*rows, {"name": _COPIED, "value": revision}])


def _count(table: sa.Table, connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
