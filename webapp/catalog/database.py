"""How the catalogue's database is reached, and what is raised when it cannot be used."""

import json
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.pool import ConnectionPoolEntry

from webapp.exceptions import CatalogUnavailable, NoCatalog

PATIENCE = "patience"
"""The execution option that says how many seconds to wait for a lock of another process."""

READER_SECONDS = 0.5
"""With a write-ahead log a reader waits for no writer. Whoever locks readers out does it for long,
and a request that waits keeps others waiting, `/healthz` among them."""

WRITER_SECONDS = 10.0

# Of a server that cannot be reached, or no longer: a page waits for it.
_SERVER_PATIENCE = {
    "connect_timeout": 3,  # seconds
    "tcp_user_timeout": 10_000,  # milliseconds that what was sent may be without an answer
    "keepalives_idle": 10,  # seconds
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
_HIDDEN = "***"
_SENTENCE = "the catalogue's database cannot be used at the moment"
_FULL = "the catalogue's database cannot be written: the disk is full"
_READ_ONLY = "the catalogue's database cannot be written: it may only be read here"
_DAMAGED = " (it is damaged: move it away, then `hashbag restore` puts a backup in its place)"
_LEAST_FREE_BYTES = 128 * 1024  # SQLite begins a write-ahead log with some tens of kilobytes
_RESULT_BITS = 0xFF  # of SQLite's codes: what is above them tells more


def connect_to(url: sa.URL, *, create: bool = False, **options: Any) -> sa.Engine:
    """Return an engine of a database. It opens connections when they are needed, not before.

    What the driver raises, at any time, becomes `CatalogUnavailable`; a breach of the tables' own
    rules stays what it is, for it is a fault of ours. A file of SQLite is made only with `create`.

    Raises:
        CatalogUnavailable: the database's driver is not installed.
    """
    is_sqlite = url.get_backend_name() == "sqlite"
    if not is_sqlite:
        options["pool_pre_ping"] = True  # a server may have been started anew
    if url.get_driver_name().startswith("psycopg"):
        options["connect_args"] = _SERVER_PATIENCE
    try:
        engine = sa.create_engine(url, json_deserializer=_read_json, **options)
    except ImportError as error:
        remedy = ": pip install 'hashbag[postgres]'" if error.name == "psycopg" else ""
        missing = f"the Python module {error.name}, which reaches it, is not installed{remedy}"
        raise _unavailable(url, missing) from error
    sa.event.listen(engine, "handle_error", _translate)
    if engine.dialect.name == "postgresql":
        sa.event.listen(engine, "connect", _limit_waiting)
    if is_sqlite:
        _SqliteFile(url, create=create).watch(engine)
    return engine


def _limit_waiting(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Have a statement that waits for another writer of PostgreSQL give up some time."""
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = {1000 * WRITER_SECONDS:.0f}")
    cursor.close()
    connection.commit()  # else it would be undone with the first transaction


def shown(url: sa.URL) -> str:
    """Write for the owner where a database is, without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database).encode("utf-8", "backslashreplace").decode()
    return url.render_as_string(hide_password=True)


def _read_json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise CatalogUnavailable(_SENTENCE, private=f"it holds damaged JSON: {error}") from error


def _unavailable(url: sa.URL, reason: object, sentence: str = _SENTENCE) -> CatalogUnavailable:
    text = " ".join(str(reason).split())  # some drivers write several lines
    if url.password:
        text = text.replace(str(url.password), _HIDDEN)
    return CatalogUnavailable(sentence, private=f"{shown(url)}: {text}")


def _translate(context: sa.engine.ExceptionContext) -> None:
    """Raise what the driver said as an error of ours, and give up the connections.

    They may be of a file that was replaced, or in the middle of what went wrong.
    """
    ours = context.sqlalchemy_exception is None or isinstance(
        context.sqlalchemy_exception, sa.exc.IntegrityError
    )
    # Python's driver of SQLite fails at a message that quotes damaged text.
    ours = ours and not isinstance(context.original_exception, UnicodeDecodeError)
    if context.is_pre_ping or ours:
        return
    context.is_disconnect = True
    statement = context.execution_context
    if statement is not None and statement.cursor is not None:
        # Of a lost connection nobody closes it; SQLite leaves no file that one is open on, and this
        # one is for as long as the error is remembered.
        statement.cursor.close()
    assert context.engine is not None, "only a pool that has no engine is without one"
    raise unavailable(context.engine.url, context.original_exception)


def unavailable(url: sa.URL, said: BaseException) -> CatalogUnavailable:
    """Return the error for what a driver said, with the way back where SQLite's code tells it."""
    code = getattr(said, "sqlite_errorcode", 0) & _RESULT_BITS
    # A log that cannot be begun, for want of room, is an error of the disk to SQLite.
    begins_no_log = code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN} and _is_full(url)
    if code == sqlite3.SQLITE_FULL or begins_no_log:
        return _unavailable(url, said, _FULL)
    if code == sqlite3.SQLITE_READONLY:
        return _unavailable(url, said, _READ_ONLY)
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return _unavailable(url, f"{said}{_DAMAGED}")
    return _unavailable(url, said)


def _is_full(url: sa.URL) -> bool:
    try:
        return shutil.disk_usage(Path(str(url.database)).absolute().parent).free < _LEAST_FREE_BYTES
    except OSError:
        return False  # the folder is gone too: what the driver said is told


class _SqliteFile:
    """A database in a file: never made by who only reads, and left when another takes its place."""

    def __init__(self, url: sa.URL, *, create: bool) -> None:
        self._url = url
        self._path = Path(str(url.database)).absolute()
        self._create = create

    def watch(self, engine: sa.Engine) -> None:
        """Follow an engine's connections."""
        sa.event.listen(engine, "do_connect", self._name)
        sa.event.listen(engine, "connect", self._configure)
        sa.event.listen(engine, "checkout", self._check)
        sa.event.listen(engine, "checkin", self._close_if_only_reading)
        sa.event.listen(engine, "engine_connect", self._set_patience)

    def _name(
        self, _: Dialect, record: ConnectionPoolEntry | None, args: list[Any], more: dict[str, Any]
    ) -> None:
        """Name the file as an address, in which nothing of its path means anything else."""
        if self._create:
            self._make_folder()
        mode = "rwc" if self._create else "ro&immutable=1" if self._is_sealed() else "rw"
        args[:] = [f"file:{quote(os.fsencode(self._path))}?mode={mode}"]
        more |= {"uri": True, "timeout": READER_SECONDS}
        if record is not None:
            # As it is before it is opened: what takes its place meanwhile is noticed later.
            record.info["file"] = None if self._create else self._identity()

    def _make_folder(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unavailable(self._url, f"its folder cannot be made: {error}") from error

    def _is_sealed(self) -> bool:
        """Say whether the disk may only be read, and no log of changes lies beside the file.

        SQLite opens such a file only if it is told that nobody changes it.
        """
        try:
            read_only = os.statvfs(self._path.parent).f_flag & os.ST_RDONLY
        except OSError:
            return False  # what is wrong is told when it is opened
        return bool(read_only) and not self._path.with_name(f"{self._path.name}-wal").exists()

    def _identity(self) -> tuple[int, ...]:
        try:
            status = self._path.stat()
            if self._is_sealed():  # should it be changed all the same, it is opened anew
                return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size
        except FileNotFoundError as error:
            raise no_catalog(self._url) from error
        except OSError as error:
            raise _unavailable(self._url, error) from error
        return status.st_dev, status.st_ino

    def _configure(self, connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        try:
            # With a write-ahead log this is enough to be consistent after a crash of the machine.
            cursor.execute("PRAGMA synchronous = NORMAL")
            cursor.execute("PRAGMA foreign_keys = ON")
        except UnicodeDecodeError as error:  # see `_translate`
            raise sqlite3.DatabaseError(str(error)) from error
        finally:
            cursor.close()

    def _check(self, _: DBAPIConnection, record: ConnectionPoolEntry, __: object) -> None:
        opened = record.info["file"]
        if opened and opened != self._identity():
            raise sa.exc.DisconnectionError  # the pool opens another connection instead

    def _close_if_only_reading(
        self, connection: DBAPIConnection | None, record: ConnectionPoolEntry
    ) -> None:
        """Keep no connection to a file that cannot be written at the moment.

        SQLite would go on only reading once the file can be written again, and so would each
        connection of this process opened meanwhile, for they share what lies beside the file.
        """
        if connection is not None and not os.access(self._path, os.W_OK):
            record.invalidate()

    def _set_patience(self, connection: sa.Connection) -> None:
        seconds = connection.get_execution_options().get(PATIENCE, READER_SECONDS)
        if connection.info.setdefault(PATIENCE, READER_SECONDS) != seconds:
            driver = connection.connection.dbapi_connection
            assert driver is not None, "it was just opened"
            driver.cursor().execute(f"PRAGMA busy_timeout = {1000 * seconds:.0f}")
            connection.info[PATIENCE] = seconds


def no_catalog(url: sa.URL) -> NoCatalog:
    """Return the error for a place where no catalogue is."""
    return NoCatalog(
        "there is no catalogue here: run `hashbag demo` or `hashbag import` to begin one, or put "
        "its database back where it was",
        private=shown(url),
    )
