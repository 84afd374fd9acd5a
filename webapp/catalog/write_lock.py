"""Who may import, and who may build, in an instance folder: one process at a time for each."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from webapp.exceptions import CatalogBusy, CatalogError

_PATIENCE_SECONDS = 0.2  # whoever only looks at a lock holds it for a moment


@contextmanager
def writing(instance: Path) -> Iterator[None]:
    """Hold the instance's write lock, as imports do; live changes go on without it.

    Raises:
        CatalogBusy: another process holds it.
        CatalogError: the folder cannot be written.
    """
    with _locked(instance, ".lock", wait=False):
        yield


@contextmanager
def building(instance: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock under which indexes and maps are built; by default wait until it is free.

    Raises:
        CatalogBusy: another process holds it.
        CatalogError: the folder cannot be written.
    """
    with _locked(instance, ".building", wait=wait):
        yield


def is_building(instance: Path) -> bool:
    """Say whether an index or a map is being built just now.

    Raises:
        CatalogError: the folder cannot be read.
    """
    return _is_locked(instance / ".building")


def is_writing(instance: Path) -> bool:
    """Say whether an import, or what else keeps imports waiting, is under way just now.

    Raises:
        CatalogError: the folder cannot be read.
    """
    return _is_locked(instance / ".lock")


def _is_locked(path: Path) -> bool:
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


@contextmanager
def _locked(instance: Path, name: str, *, wait: bool) -> Iterator[None]:
    """Hold a lock; the system frees it even after a kill -9."""
    try:
        instance.mkdir(parents=True, exist_ok=True)
        file = (instance / name).open("a")
    except OSError as error:
        raise CatalogError("the instance folder cannot be written", private=error) from error
    with file:
        try:
            _take(file, wait=wait)
        except BlockingIOError as error:
            raise CatalogBusy(
                "another hashbag command is changing this catalogue: wait for it to end",
                private=instance,
            ) from error
        yield


def _take(file: IO[str], *, wait: bool) -> None:
    """Lock a file.

    Raises:
        BlockingIOError: it is not to be waited for, and somebody else holds it for longer than a
            look takes.
    """
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise
            time.sleep(_PATIENCE_SECONDS / 20)
        else:
            return
