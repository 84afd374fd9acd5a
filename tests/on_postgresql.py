"""Any tests on PostgreSQL: `HASHBAG_TEST_DATABASE=postgresql pytest tests/test_export.py`.

Each instance folder then has a database of its own on one server, as if its `config.toml` named it.
A folder that is copied has a copy of the database.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import sqlalchemy as sa

from tests.postgresql import programs, run_at, running_server
from webapp import config

_WANTED = "HASHBAG_TEST_DATABASE"
_SERVER = "_HASHBAG_TEST_SERVER"
_MARKER = ".database"
_HANGS = 60.0


def is_wanted() -> bool:
    """Say whether the tests are to run on PostgreSQL."""
    return os.environ.get(_WANTED) == "postgresql"


def is_possible() -> bool:
    """Say whether there is a server to run."""
    return programs() is not None


@contextmanager
def one_server() -> Iterator[None]:
    """Run the server, for this process and those that it starts."""
    with running_server() as server, patch.dict(os.environ, {_SERVER: server.address("{}")}):
        yield


@contextmanager
def default_databases() -> Iterator[None]:
    """Have each instance folder that is opened in this process keep its catalogue there."""
    from_file = config._from_file  # noqa: SLF001 - the layer of settings that is meant

    def with_database(path: Path) -> dict[str, object]:
        return {"database": address_of(path.parent)} | from_file(path)

    with patch.object(config, "_from_file", with_database):
        yield


def environment_of(instance: Path) -> dict[str, str]:
    """Return what has a command keep its catalogue there."""
    return {"HASHBAG_DATABASE": address_of(instance)} if is_wanted() else {}


def address_of(instance: Path) -> str:
    """Return the address of an instance folder's own database, made if there is none."""
    name = "of_" + hashlib.sha256(os.fsencode(instance.resolve())).hexdigest()[:24]
    instance.mkdir(parents=True, exist_ok=True)
    marker = instance / _MARKER
    copied = marker.read_text() if marker.exists() else ""
    if copied != name:
        _make(name, copied or "template1")
        marker.write_text(name)
    return _address(name)


def _address(name: str) -> str:
    return os.environ[_SERVER].format(name)


def _make(name: str, original: str) -> None:
    idle = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{original}' AND state = 'idle'"
    )
    end = time.monotonic() + _HANGS
    while True:
        try:
            # Nobody may be connected to what is copied.
            run_at(_address("postgres"), idle, f'CREATE DATABASE "{name}" TEMPLATE "{original}"')
        except sa.exc.OperationalError as error:
            if "being accessed" not in str(error) or time.monotonic() > end:
                raise
        except sa.exc.ProgrammingError as error:
            if "already exists" not in str(error):
                raise
            return
        else:
            return
