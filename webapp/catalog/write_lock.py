"""Who may import, and who may build, in an instance folder: one process at a time for each."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.exceptions import CatalogBusy, CatalogError


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
    """Say whether an index or a map is being built just now."""
    try:
        with building(instance, wait=False):
            return False
    except CatalogBusy:
        return True


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
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CatalogBusy(
                "another hashbag command is changing this catalogue: wait for it to end",
                private=instance,
            ) from error
        yield
