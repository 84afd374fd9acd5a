"""A PostgreSQL server of the tests' own: in a folder under /tmp, reached by a socket in it."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

MISSING = "no PostgreSQL server is installed: apt-get install postgresql"

_USER = "hashbag"
_NOBODY_ELSE = 0o700
# It must survive no power cut, but a crash.
_OPTIONS = (
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "max_connections=400",
    "shared_buffers=64MB",
)


class PostgresServer:
    """Starts and ends one server; databases in it are made when their addresses are asked for."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self.folder = folder

    def make(self) -> None:
        """Make its files."""
        self._run("initdb", "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync", *_COLLATION)

    def start(self) -> None:
        """Start it; it answers when this returns."""
        options = " ".join(
            f"-c {one}" for one in (*_OPTIONS, f"unix_socket_directories={self.folder}")
        )
        self._run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"), "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `immediate` is what a crash is."""
        self._run("pg_ctl", "stop", "-w", "-m", mode)

    def kill(self) -> None:
        """End all of its processes as a lost machine would."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        for one in (pid, *_children_of(pid)):
            with suppress(ProcessLookupError):  # it ended with the first
                os.kill(one, signal.SIGKILL)
        while Path(f"/proc/{pid}").exists():  # its parent is another process
            time.sleep(0.01)

    def address(self, database: str) -> str:
        """Write the address of a database, which there may not be."""
        return f"postgresql+psycopg://{_USER}@/{database}?host={self.folder}"

    def new_database(self, name: str) -> str:
        """Make a database; returns its address."""
        self.run(f'CREATE DATABASE "{name}"')
        return self.address(name)

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements outside of transactions; returns the rows of the last."""
        return run_at(self.address("postgres"), *statements)

    def _run(self, program: str, *args: str) -> None:
        command = [str(self._programs / program), "-D", str(self.folder / "data"), *args]
        done = subprocess.run(
            command,
            user=_owner(),
            group=_owner(),
            extra_groups=[] if _owner() else None,
            cwd=self.folder,
            # What is started must not hold the tests' own pipes open.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        log = self.folder / "log"
        assert not done.returncode, f"{program}: {log.read_text() if log.exists() else 'no log'}"


# Ends the server and removes its folder once the tests end, however they do: their pipe closes.
_END = """
import shutil, subprocess, sys
folder, program, owner = sys.argv[1:]
sys.stdin.read()
stop = [program, "stop", "-m", "immediate", "-D", f"{folder}/data"]
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
subprocess.run(stop, user=owner or None, group=owner or None, cwd=folder, **quiet)
shutil.rmtree(folder)
"""

# One of people, not of bytes, as many servers have it.
_COLLATION = ("--locale-provider=icu", "--icu-locale=en", "--locale=C.UTF-8")


def run_at(address: str, *statements: str) -> list[tuple[object, ...]]:
    """Run statements in a database, each a transaction of its own; returns the last one's rows."""
    engine = sa.create_engine(address, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    rows: list[tuple[object, ...]] = []
    with engine.connect() as connection:
        for statement in statements:
            found = connection.exec_driver_sql(statement)
            rows = [tuple(row) for row in found] if found.returns_rows else []
    return rows


def _children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _owner() -> str | None:
    """Name who runs the server: oneself, but root may not."""
    return None if os.geteuid() else "postgres"


def programs() -> Path | None:
    """Find the folder of the newest server that is installed."""
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if versions:
        return max(versions, key=lambda path: float(path.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Run a server; one that is missing fails the test in continuous integration, else skips it."""
    found = programs()
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="hashbag-postgresql-"))
    folder.chmod(_NOBODY_ELSE)
    if owner := _owner():
        entry = pwd.getpwnam(owner)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    server = PostgresServer(found, folder)
    ending = [sys.executable, "-c", _END, str(folder), str(found / "pg_ctl"), _owner() or ""]
    with subprocess.Popen(ending, stdin=subprocess.PIPE, start_new_session=True):
        server.make()
        server.start()
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """Run a server that a test may stop."""
    with running_server() as server:
        yield server
