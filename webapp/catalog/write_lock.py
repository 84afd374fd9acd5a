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
        raise CatalogError(f"the instance folder {instance} cannot be written: {error}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CatalogBusy(
                f"another hashbag command is changing {instance}: wait for it to end"
            ) from error
        yield
