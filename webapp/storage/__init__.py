"""Where photos that were sent, and all thumbnails, are kept: a folder, or a store of objects.

A file has a key, such as `thumbs/ab/abcd...-192.webp`. Keys name content, so what a key holds is
written once, whole, and never changed: caches may hold it for ever.
"""

from collections.abc import Collection, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Protocol


class Storage(Protocol):
    """Files by their keys; it can be pickled, for worker processes.

    Every method raises `StorageUnreachable` where the files lie elsewhere and cannot be reached,
    and `OSError` where the system does not let this process use them.
    """

    @property
    def place(self) -> str:
        """What the owner calls it: a folder, or an address without secrets."""

    def read(self, key: str) -> bytes:
        """Return a file's content.

        Raises:
            FileNotFoundError: there is none.
        """

    def opened(self, key: str) -> Path | BytesIO:
        """Return what a server can send: the file itself where it is on this machine.

        Raises:
            FileNotFoundError: there is none.
        """

    def write(self, key: str, data: bytes, *, flushed: bool = True) -> None:
        """Write a file; readers see it whole or not at all.

        Without `flushed` it may be lost in a power cut, until `flush` is called for it.
        """

    def upload(self, key: str, path: Path) -> None:
        """Write a file of any size, as it lies on this machine; else as `write` does."""

    def download(self, key: str, path: Path) -> None:
        """Copy a file of any size to a place on this machine that nobody reads yet.

        Raises:
            FileNotFoundError: there is none.
        """

    def size(self, key: str) -> int | None:
        """Return how many bytes a file has; None where there is none."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files; those that are not there are no matter."""

    def keys(self, folder: str) -> Iterator[str]:
        """Yield the keys that begin with a folder's name, each file once, in any order."""

    def flush(self, keys: Iterable[str]) -> set[str]:
        """Wait until the contents of these files are kept; return the folders of their names."""

    def flush_names(self, folders: Collection[str]) -> None:
        """Wait until the names in these folders are kept."""

    def unfinished(self, folder: str) -> list[str]:
        """List the keys of what killed processes left half written in a folder."""

    def free_bytes(self) -> int | None:
        """Return how many bytes there is room for; None where nobody says."""

    def bytes_in(self, folder: str) -> int | None:
        """Return how many bytes the files in a folder have; None where counting takes long."""
