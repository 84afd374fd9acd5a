"""Who may import, and who may build: one process at a time for each.

The processes of one machine find each other by files in the instance folder. Where the catalogue is
in PostgreSQL, other machines may use it too, each with a folder of its own: there it is the
database's server that knows who is at work.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from webapp.catalog.database import connect_to
from webapp.catalog.file_lock import PATIENCE_SECONDS, busy, file_locked, is_locked
from webapp.catalog.reader import Catalog


@dataclass(frozen=True, slots=True)
class _Lock:
    """One of the locks: a file in the instance folder, and a number of 64 bits for PostgreSQL.

    Any number will do that no other program takes for a lock in the same database.
    """

    file: str
    number: int


_WRITING = _Lock(".lock", 0x68617368626177)
_BUILDING = _Lock(".building", 0x68617368626162)

_CATCHING_UP = ".catching-up"

# A machine that lost its power holds nothing for longer than some two minutes.
_NOTICE_LOSS = (
    "SET tcp_keepalives_idle = 60",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 5",
)


@contextmanager
def writing(catalog: Catalog) -> Iterator[None]:
    """Hold the catalogue's write lock, as imports do; live changes go on without it.

    Raises:
        CatalogBusy: another process holds it, on this machine or on another.
        CatalogError: the folder cannot be written.
        CatalogUnavailable: the database cannot be reached.
    """
    with _held(catalog, _WRITING, wait=False):
        yield


@contextmanager
def building(catalog: Catalog, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock under which indexes and maps are built; by default wait until it is free.

    Machines that share a database build one after the other: so some answer at full speed.

    Raises:
        CatalogBusy: another process holds it, on this machine or on another.
        CatalogError: the folder cannot be written.
        CatalogUnavailable: the database cannot be reached.
    """
    with _held(catalog, _BUILDING, wait=wait):
        yield


def is_building(catalog: Catalog) -> bool:
    """Say whether an index or a map is being built just now, on whatever machine.

    Raises:
        CatalogError: the folder cannot be read.
        CatalogUnavailable: the database cannot be reached.
    """
    here = is_building_here(catalog.instance)
    return here or (_is_on_server(catalog) and _is_held(catalog, _BUILDING))


def is_building_here(instance: Path) -> bool:
    """Say whether an index or a map is being built just now, from this folder; asks no database.

    Raises:
        CatalogError: the folder cannot be read.
    """
    return is_locked(instance / _BUILDING.file)


def is_writing_here(instance: Path) -> bool:
    """Say whether an import, or what else keeps imports waiting, is under way from this folder.

    Raises:
        CatalogError: the folder cannot be read.
    """
    return is_locked(instance / _WRITING.file)


@contextmanager
def building_here(instance: Path) -> Iterator[None]:
    """Have nobody build from this folder meanwhile, whatever other machines do.

    Raises:
        CatalogBusy: somebody does.
        CatalogError: the folder cannot be written.
    """
    with file_locked(instance, _BUILDING.file, wait=False):
        yield


@contextmanager
def fetching_here(folder: Path) -> Iterator[None]:
    """Be the one process of this machine that brings files into a folder; others wait.

    Raises:
        CatalogError: the folder cannot be written.
    """
    with file_locked(folder, ".fetching", wait=True):
        yield


@contextmanager
def following_here(instance: Path) -> Iterator[None]:
    """Be the one process that follows for this machine what others build.

    Raises:
        CatalogBusy: another does.
        CatalogError: the folder cannot be written.
    """
    with file_locked(instance, ".following", wait=False):
        yield


@contextmanager
def catching_up_here(instance: Path) -> Iterator[None]:
    """Be the one process of this machine that waits for imports, to build what they changed.

    Raises:
        CatalogBusy: another does.
        CatalogError: the folder cannot be written.
    """
    with file_locked(instance, _CATCHING_UP, wait=False):
        yield


def is_catching_up_here(instance: Path) -> bool:
    """Say whether a process of this machine does so.

    Raises:
        CatalogError: the folder cannot be read.
    """
    return is_locked(instance / _CATCHING_UP)


@contextmanager
def writing_at(engine: sa.Engine) -> Iterator[None]:
    """Hold the write lock of a database that is used from nowhere else, or by other machines.

    Raises:
        CatalogBusy: somebody imports into it.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with _server_locked(engine.url, _WRITING.number, wait=False):
        yield


def wait_for_imports(catalog: Catalog) -> None:
    """Wait until nobody imports, on whatever machine; nothing is held when this returns."""
    with _held(catalog, _WRITING, wait=True):
        return


def _is_on_server(catalog: Catalog) -> bool:
    return catalog.engine.dialect.name == "postgresql"


@contextmanager
def _held(catalog: Catalog, lock: _Lock, *, wait: bool) -> Iterator[None]:
    with file_locked(catalog.instance, lock.file, wait=wait):
        if not _is_on_server(catalog):
            yield
            return
        with _server_locked(catalog.engine.url, lock.number, wait=wait):
            yield


@contextmanager
def _server_locked(url: sa.URL, number: int, *, wait: bool) -> Iterator[None]:
    """Hold a lock of the database's server; it ends with the connection, also after a kill -9."""
    engine = connect_to(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in _NOTICE_LOSS:
            connection.exec_driver_sql(setting)
        if wait:
            connection.exec_driver_sql("SET lock_timeout = 0")
            connection.execute(sa.select(sa.func.pg_advisory_lock(number)))
        elif not _taken(connection, number):
            raise busy(url.database)
        yield


def _taken(connection: sa.Connection, number: int) -> bool:
    """Try to take a lock of the server.

    Servers that wait for the end of imports hold it for a moment then, and it is free only a moment
    after who held it has closed the connection.
    """
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(number))):
        if time.monotonic() > give_up:
            return False
        time.sleep(PATIENCE_SECONDS / 20)
    return True


def _is_held(catalog: Catalog, lock: _Lock) -> bool:
    """Look without trying, which would be in the way of who takes it at this moment."""
    query = sa.text(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted "
        "AND classid = :high AND objid = :low "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    halves = {"high": lock.number >> 32, "low": lock.number & 0xFFFFFFFF}
    with catalog.connect() as connection:
        return connection.scalar(query, halves) is not None
