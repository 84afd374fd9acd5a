"""Files in a folder of this machine, or of one that several machines share."""

import shutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from errno import ENOENT
from pathlib import Path
from stat import S_ISREG

from webapp.atomic_files import (
    UNFINISHED,
    copy_atomically,
    flush,
    is_abandoned,
    write_atomically,
)


@dataclass(frozen=True, slots=True)
class LocalStorage:
    """A folder; the key of a file is its path in there."""

    folder: Path

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    def read(self, key: str) -> bytes:
        """Return a file's content."""
        return (self.folder / key).read_bytes()

    def opened(self, key: str) -> Path:
        """Return a file's path, once it is known to be one."""
        path = self.folder / key
        if not S_ISREG(path.stat().st_mode):
            raise FileNotFoundError(ENOENT, "not a regular file", str(path))
        return path

    def write(self, key: str, data: bytes, *, flushed: bool = True) -> None:
        """Write a file under another name, then rename it."""
        write_atomically(self.folder / key, data, flushed=flushed)

    def upload(self, key: str, path: Path) -> None:
        """Copy a file there under another name, then rename it."""
        copy_atomically(path, self.folder / key)

    def download(self, key: str, path: Path) -> None:
        """Copy a file."""
        shutil.copyfile(self.folder / key, path)

    def size(self, key: str) -> int | None:
        """Return how many bytes a file has; None where there is none."""
        try:
            status = (self.folder / key).stat()
        except OSError:
            return None
        return status.st_size if S_ISREG(status.st_mode) else None

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files."""
        for key in keys:
            (self.folder / key).unlink(missing_ok=True)

    def keys(self, folder: str) -> Iterator[str]:
        """Yield the files of a folder's folders."""
        for path in (self.folder / folder).glob("*/*"):
            yield path.relative_to(self.folder).as_posix()

    def flush(self, keys: Iterable[str]) -> set[str]:
        """Flush the files that are there.

        Many files that were written before are flushed in a tenth of the time that flushing each
        before the next is written would take.
        """
        there = [key for key in keys if (self.folder / key).exists()]
        for key in there:
            flush(self.folder / key)
        return {key.rpartition("/")[0] for key in there}

    def flush_names(self, folders: Collection[str]) -> None:
        """Flush folders."""
        for folder in folders:
            flush(self.folder / folder)

    def unfinished(self, folder: str) -> list[str]:
        """List the files that nobody goes on writing."""
        return [
            path.relative_to(self.folder).as_posix()
            for path in (self.folder / folder).glob(f"*/{UNFINISHED}*")
            if is_abandoned(path)
        ]

    def free_bytes(self) -> int:
        """Return how many bytes there is room for."""
        folder = self.folder
        existing = next(one for one in (folder, *folder.parents) if one.exists())
        return shutil.disk_usage(existing).free

    def bytes_in(self, folder: str) -> int:
        """Return how many bytes the files in a folder have."""
        paths = (self.folder / folder).glob("*/*")
        return sum(path.stat().st_size for path in paths if path.is_file())
