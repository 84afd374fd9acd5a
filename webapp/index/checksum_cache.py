"""Which files have been compared with their checksums since the machine started.

Comparing takes a second for each gigabyte or two: too long for every start of a server, and for
every worker. A file that was compared and whose inode, size and times of change are still the
same has not been written to since. After a restart of the machine all are compared again.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from webapp.atomic_files import write_atomically

_BOOT = Path("/proc/sys/kernel/random/boot_id")

Mark = list[int]

log = logging.getLogger(__name__)


class ChecksumCache:
    """Remembers files below a folder, in one small file there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / ".compared"

    def doubtful(self, files: Iterable[Path]) -> dict[Path, Mark]:
        """Return those of the files that are to be compared with their checksums, as they are."""
        known = self._known()
        marks = {path: mark_of(path) for path in files}
        return {path: mark for path, mark in marks.items() if known.get(self._name(path)) != mark}

    def remember(self, marks: Mapping[Path, Mark]) -> None:
        """Note that files are what their checksums say; forget those that are gone.

        `marks` are those of before the comparison: what was written meanwhile stays doubtful.
        """
        boot = _boot()
        if not boot:
            return
        known = {**self._known(), **{self._name(path): mark for path, mark in marks.items()}}
        there = {name: mark for name, mark in known.items() if (self._folder / name).exists()}
        try:
            write_atomically(self._path, json.dumps({"boot": boot, "files": there}).encode())
        except OSError as error:  # a read-only folder can be served all the same
            log.info("what was compared is not remembered: %s", error)

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._folder))

    def _known(self) -> Mapping[str, Mark]:
        try:
            noted = json.loads(self._path.read_bytes())
            boot, files = noted["boot"], dict(noted["files"])
        except (OSError, ValueError, KeyError, TypeError):
            return {}  # nothing, or nothing that can be relied on: all are compared
        return files if boot and boot == _boot() else {}


def mark_of(path: Path) -> Mark:
    """Return what changes whenever a file is written or replaced; times of change cannot be set."""
    status = path.stat()
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _boot() -> str:
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""
