"""The files of original photos: those that were sent are in the storage, others lie in folders."""

import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from webapp.catalog.sent_photos import FOLDER
from webapp.storage import Storage
from webapp.storage.local import LocalStorage


@dataclass(frozen=True, slots=True)
class Originals:
    """Reads photos by the paths that the catalogue gives them; it can be sent to other processes.

    A photo that was sent has a path in the instance folder, wherever the storage is: so the storage
    can be moved and no row changes. Besides what `OSError` means for files, every method raises
    `StorageUnreachable`.
    """

    instance: Path
    storage: Storage

    def read(self, path: Path) -> bytes:
        """Return a photo's file."""
        key = self.key(path)
        return self.storage.read(key) if key else path.read_bytes()

    def opened(self, path: Path) -> Path | BytesIO:
        """Return what a server can send of a photo.

        Raises:
            OSError: it is not there, or is no file.
        """
        key = self.key(path)
        return self.storage.opened(key) if key else LocalStorage(path.parent).opened(path.name)

    def size(self, path: Path) -> int | None:
        """Return how many bytes a photo's file has; None where it cannot be looked at."""
        key = self.key(path)
        return self.storage.size(key) if key else LocalStorage(path.parent).size(path.name)

    def is_gone(self, stored: str) -> bool:
        """Say whether there is nothing where the catalogue has a photo."""
        path = self.instance / stored
        key = self.key(path)
        return self.storage.size(key) is None if key else not os.path.lexists(path)

    def key(self, path: Path) -> str | None:
        """Return the key in the storage of a photo that was sent; None for others."""
        if not path.is_relative_to(self.instance / FOLDER):
            return None
        return path.relative_to(self.instance).as_posix()
