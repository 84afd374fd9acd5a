"""A whole catalogue in a file of SQLite, whatever database it is in, and put back into any."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from webapp.catalog.database import connect_to, unavailable
from webapp.catalog.layout import check_connections, make_catalog
from webapp.catalog.reader import Catalog
from webapp.catalog.row_comparison import rows_of
from webapp.catalog.row_writing import go_on_numbering
from webapp.catalog.schema import SHARING, facts, metadata
from webapp.exceptions import CatalogError, NoCatalog
from webapp.models import Progress, WithProgress

# Tables come before those that refer to them.
_TABLES = [table for table in metadata.sorted_tables if table is not facts]
_BATCH_ROWS = 2000
# What a database says of itself alone.
_OWN = ("schema", "copied")


def save(catalog: Catalog, file: Path) -> WithProgress[None]:
    """Write the catalogue as it is at one moment into a new file.

    Raises:
        CatalogUnavailable: it cannot be read, or the file not be written.
    """
    if catalog.engine.dialect.name == "sqlite":
        _copy_pages(catalog, file)
        return
    with _opened(file) as engine:
        make_catalog(engine)
        with catalog.at_one_moment() as frozen, frozen.connect() as original:
            yield from _copy_rows(original, engine, "reading")


def _copy_pages(catalog: Catalog, file: Path) -> None:
    with catalog.engine.connect() as connection, closing(sqlite3.connect(file)) as copy:
        original: Any = connection.connection.dbapi_connection
        try:
            original.backup(copy)
        except sqlite3.Error as error:
            raise unavailable(catalog.engine.url, error) from error


def load(file: Path, url: sa.URL) -> WithProgress[None]:
    """Put what a file holds into a database on a server, all of it at once or nothing.

    A file of an older version is brought up to date first, in place.

    Raises:
        CatalogError: the database holds something already.
        CatalogTooNew: a later version wrote the file.
        CatalogUnavailable: the file is no database, or the server cannot be reached.
    """
    target = connect_to(url, poolclass=sa.NullPool)
    check_connections(target)
    make_catalog(target)
    with _opened(file) as engine, engine.connect() as original:
        yield from _copy_rows(original, target, "writing")


def make_usable(file: Path) -> None:
    """Bring a file up to date, and have it forget what machines that shared its catalogue built.

    That is in a storage of theirs; where the file is put, nobody would find it.

    Raises:
        CatalogTooNew: a later version wrote the file.
        CatalogUnavailable: the file is no database, or is damaged.
        NoCatalog: it is the database of something else.
    """
    with _opened(file) as engine:
        with engine.begin() as connection:
            connection.execute(facts.delete().where(facts.c.name.startswith(SHARING)))
        with engine.connect() as connection:
            # Whoever moves the file moves no log beside it.
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def is_filled(url: sa.URL) -> bool:
    """Say whether a database on a server holds anything of a catalogue."""
    engine = connect_to(url, poolclass=sa.NullPool)
    check_connections(engine)
    with suppress(NoCatalog), engine.connect() as connection:
        return _filled(connection) is not None
    return False


def _filled(connection: sa.Connection) -> str | None:
    """Name a table that has rows; None where all are empty."""
    for table in _TABLES:
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            return table.name
    return None


@contextmanager
def _opened(file: Path) -> Iterator[sa.Engine]:
    engine = connect_to(sa.URL.create("sqlite", database=str(file)), poolclass=sa.NullPool)
    check_connections(engine)
    yield engine


def _copy_rows(original: sa.Connection, target: sa.Engine, doing: str) -> WithProgress[None]:
    """Copy all rows to an empty database, in one transaction."""
    with target.begin() as copied:
        if filled := _filled(copied):
            raise CatalogError(f"the database is not empty: there are rows in {filled}")
        for table in _TABLES:
            total = original.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            rows, done = (row for _, row in rows_of(table, original)), 0
            while some := [dict(row._mapping) for row in islice(rows, _BATCH_ROWS)]:  # noqa: SLF001 - SQLAlchemy's public name for it
                copied.execute(table.insert(), some)
                done += len(some)
                yield Progress(f"{doing} {table.name}", done, total)
        go_on_numbering(original, copied)
        told = original.execute(sa.select(facts).where(facts.c.name.not_in(_OWN))).all()
        copied.execute(facts.delete().where(facts.c.name.not_in(_OWN)))
        copied.execute(facts.insert(), [{"name": row.name, "value": row.value} for row in told])
