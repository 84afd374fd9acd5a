"""Which files were compared with their checksums since the machine started.

To compare takes a second for one or two gigabytes, which is too long for each start of a server or
a worker. A file that was compared is not compared again while its inode, its size and its times of
change are the same. After a restart of the machine all files are compared again.
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
        """Return the files that must be compared with their checksums, with their marks now."""
        known = self._known()
        marks = {path: mark_of(path) for path in files}
        return {path: mark for path, mark in marks.items() if known.get(self._name(path)) != mark}

    def remember(self, marks: Mapping[Path, Mark]) -> None:
        """Note that files agree with their checksums; forget files that are gone.

        `marks` are from before the comparison: a file that was written meanwhile is compared again.
        """
        boot = _boot()
        if not boot:
            return
        known = {**self._known(), **{self._name(path): mark for path, mark in marks.items()}}
        try:
            there = {name: mark for name, mark in known.items() if (self._folder / name).exists()}
            write_atomically(self._path, json.dumps({"boot": boot, "files": there}).encode())
        except OSError as error:  # a folder that cannot be written can be served all the same
            log.info("which files were compared cannot be noted: %s", error)

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._folder))

    def _known(self) -> Mapping[str, Mark]:
        try:
            noted = json.loads(self._path.read_bytes())
            boot, files = noted["boot"], dict(noted["files"])
        except (OSError, ValueError, KeyError, TypeError):
            return {}  # no notes, or damaged ones: all files are compared
        return files if boot and boot == _boot() else {}


def mark_of(path: Path) -> Mark:
    """Return what is another after any change of a file: no program can set its time of change."""
    status = path.stat()
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _boot() -> str:
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""
