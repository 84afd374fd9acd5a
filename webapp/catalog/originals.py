"""The files of original photos: those that were sent are in the storage, others lie in folders."""

import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from webapp.catalog.sent_photos import is_sent, sent_path, stored_name
from webapp.models import Item, ItemPhoto
from webapp.storage import Storage
from webapp.storage.local import LocalStorage


@dataclass(frozen=True, slots=True)
class Originals:
    """Reads photos, wherever they are; it can be sent to other processes.

    A photo that was sent has a path in the instance folder, wherever the storage is: so the storage
    can be moved and no row changes. With `copies`, the storage also has those that were imported,
    for machines that do not have their folders. Besides what `OSError` means for files, every
    method raises `StorageUnreachable`.
    """

    instance: Path
    storage: Storage
    copies: bool = False

    def read(self, of: Item | ItemPhoto) -> bytes:
        """Return a photo's file."""
        storage, key = self._place(of)
        return storage.read(key)

    def opened(self, of: Item | ItemPhoto) -> Path | BytesIO:
        """Return what a server can send of a photo.

        Raises:
            OSError: it is not there, or is no file.
        """
        storage, key = self._place(of)
        return storage.opened(key)

    def size(self, of: Item | ItemPhoto) -> int | None:
        """Return how many bytes a photo's file has; None where it cannot be looked at."""
        storage, key = self._place(of)
        return storage.size(key)

    def is_gone(self, stored: str) -> bool:
        """Say whether there is nothing where the catalogue has a photo."""
        if is_sent(stored):
            return self.storage.size(stored) is None
        return not os.path.lexists(self.instance / stored)

    def key(self, path: Path) -> str | None:
        """Return the key in the storage of a photo that was sent, by its path; None for others."""
        if not path.is_relative_to(self.instance):
            return None
        stored = path.relative_to(self.instance).as_posix()
        return stored if is_sent(stored) else None

    def copy_of(self, of: Item | ItemPhoto) -> str | None:
        """Return the key of the copy of a photo that was imported; None where none is kept."""
        if not self.copies or is_sent(of.path):
            return None
        return sent_path(stored_name(of.digest, of.media_type))

    def _place(self, of: Item | ItemPhoto) -> tuple[Storage, str]:
        if is_sent(of.path):
            return self.storage, of.path
        path = self.instance / of.path
        copy = self.copy_of(of)
        if copy and not path.exists():
            return self.storage, copy
        return LocalStorage(path.parent), path.name
