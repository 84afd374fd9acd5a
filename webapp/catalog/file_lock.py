"""Locks that the processes of one machine hold: files, which the system frees with the process."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from webapp.exceptions import CatalogBusy, CatalogError

PATIENCE_SECONDS = 0.2
"""So long tries who is not to wait for a lock: whoever only looks at it holds it for a moment."""


@contextmanager
def file_locked(instance: Path, name: str, *, wait: bool) -> Iterator[None]:
    """Hold a lock of this machine; the system frees it even after a kill -9.

    Raises:
        CatalogBusy: another process holds it, and it is not to be waited for.
        CatalogError: the folder cannot be written.
    """
    try:
        instance.mkdir(parents=True, exist_ok=True)
        file = (instance / name).open("a")
    except OSError as error:
        raise CatalogError("the instance folder cannot be written", private=error) from error
    with file:
        try:
            _take(file, wait=wait)
        except BlockingIOError as error:
            raise busy(instance) from error
        yield


def is_locked(path: Path) -> bool:
    """Look at a lock by holding it, shared, for some microseconds."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CatalogError("the instance folder cannot be read", private=error) from error
    return False


def _take(file: IO[str], *, wait: bool) -> None:
    """Lock a file.

    Raises:
        BlockingIOError: it is not to be waited for, and somebody else holds it for longer than a
            look takes.
    """
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise
            time.sleep(PATIENCE_SECONDS / 20)
        else:
            return


def busy(private: object) -> CatalogBusy:
    """Return what is raised where somebody else holds a lock."""
    return CatalogBusy(
        "another hashbag command is changing this catalogue: wait for it to end", private=private
    )
