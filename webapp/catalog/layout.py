"""Which layout the database's tables have: older ones are brought up to date, newer ones refused.

The layout's number is in the table `facts`. Asking for it is one small query for each connection;
Alembic is loaded only when something has to be changed.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from webapp.catalog.database import PATIENCE, READER_SECONDS, no_catalog
from webapp.catalog.schema import LAYOUT, facts
from webapp.exceptions import CatalogTooNew, NoCatalog

_CHECKED = "layout is checked"


def check_connections(engine: sa.Engine) -> None:
    """Have each new connection of an engine check the layout before it is used.

    Whoever connects then gets `NoCatalog` where there are no tables, `CatalogTooNew` where a later
    version made them.
    """
    sa.event.listen(engine, "engine_connect", _check_once)


def make_catalog(engine: sa.Engine) -> None:
    """Make the database and its tables where there are none."""
    with suppress(NoCatalog), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Kept in the file. Readers go on while an import writes.
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        return
    _migrate(engine.url, engine.get_execution_options(), create=True)


def layout_of(connection: sa.Connection) -> int | None:
    """Return the number of the layout that the tables have; None where there are none."""
    if not sa.inspect(connection).has_table(facts.name):
        return None
    return connection.scalar(sa.select(facts.c.value).where(facts.c.name == "schema"))


def _check_once(connection: sa.Connection) -> None:
    if _CHECKED in connection.info:
        return
    try:
        _check(connection)
    except BaseException:
        connection.close()
        raise
    connection.info[_CHECKED] = True


def _check(connection: sa.Connection) -> None:
    found = layout_of(connection)
    connection.rollback()  # nothing was written: it ends the transaction that reading began
    if found is None:
        raise no_catalog(connection.engine.url)
    if found > LAYOUT:
        raise CatalogTooNew(
            "a later version of Hashbag made this catalogue: install that version or a later one",
            private=f"layout {found} of its tables; this version reads {LAYOUT} and older ones",
        )
    if found < LAYOUT:
        _migrate(connection.engine.url, connection.get_execution_options())


def _migrate(url: sa.URL, options: Mapping[str, Any], *, create: bool = False) -> None:
    from webapp.catalog import migrations  # noqa: PLC0415 - Alembic is slow to load

    migrations.upgrade(url, options.get(PATIENCE, READER_SECONDS), create=create)
