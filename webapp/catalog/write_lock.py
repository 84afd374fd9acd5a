"""One writer at a time for an instance folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.exceptions import CatalogBusy, CatalogError


@contextmanager
def writing(instance: Path) -> Iterator[None]:
    """Hold the instance's write lock; the system frees it even after a kill -9.

    Raises:
        CatalogBusy: another process holds it.
        CatalogError: the folder cannot be written.
    """
    try:
        instance.mkdir(parents=True, exist_ok=True)
        file = (instance / ".lock").open("w")
    except OSError as error:
        raise CatalogError("the instance folder cannot be written", private=error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CatalogBusy(
                "another hashbag command is changing this catalogue: wait for it to end",
                private=instance,
            ) from error
        yield
