"""Bringing the database's tables from any layout to this version's, or making them.

All of it is one transaction: whatever ends it, the database is as it was, or as it shall be. The
first process to begin holds the others off; they then find nothing left to do.
"""

import logging

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from webapp.catalog.database import PATIENCE, connect_to
from webapp.catalog.layout import layout_of
from webapp.catalog.schema import LAYOUT, facts

# Any number will do that no other program takes for a lock in the same database.
_POSTGRESQL_LOCK = 0x68617368626167

log = logging.getLogger(__name__)


def upgrade(url: sa.URL, patience: float, *, create: bool = False) -> None:
    """Bring the tables up to date; with `create` they are made where there are none.

    Raises:
        CatalogUnavailable: another process was at it for longer than `patience` seconds, or the
            database cannot be written.
    """
    engine = connect_to(
        url, create=create, poolclass=sa.NullPool, execution_options={PATIENCE: patience}
    )
    if engine.dialect.name == "sqlite":
        _take_over_transactions(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {1000 * patience:.0f}")
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRESQL_LOCK)))
        found = layout_of(connection)
        if found != LAYOUT:
            _migrate(connection, found)


def _take_over_transactions(engine: sa.Engine) -> None:
    """Begin as a writer at once, and keep Python's driver from committing changes of tables."""

    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        # A table that is made anew is dropped first, and would take all that refers to it along.
        connection.cursor().execute("PRAGMA foreign_keys = OFF")
        # Kept in the file. Readers go on while an import writes.
        connection.cursor().execute("PRAGMA journal_mode = WAL")

    sa.event.listen(engine, "connect", configure)
    sa.event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))


def _migrate(connection: sa.Connection, found: int | None) -> None:
    config = Config()
    config.set_main_option("script_location", "webapp.catalog:migrations")
    config.attributes["connection"] = connection
    if found is not None:
        # The first layout knew nothing of Alembic.
        command.stamp(config, str(found))
    command.upgrade(config, str(LAYOUT))
    connection.execute(facts.update().where(facts.c.name == "schema").values(value=LAYOUT))
    if found is not None:
        log.warning("the catalogue's tables were brought from layout %d to %d", found, LAYOUT)
