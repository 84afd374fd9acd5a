"""The files in which the processes of a server count: one for each, and one for all that ended.

A server lives for months, and its processes are replaced now and then. What those counted that are
gone is added up in one file of each sort, or their files would grow without end.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

_SORTS = ("counter", "histogram")
_ENDED = "0"
"""In place of a process's id: those that ended."""

_PATIENCE_SECONDS = 1.0
_LOOK_SECONDS = 0.01
_FIRST_BYTES = 4096


@contextmanager
def being_read(folder: Path) -> Iterator[None]:
    """Have no file added to another meanwhile: it would be read twice, or not at all."""
    with _lock(folder).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


def add_up(folder: Path, pid: int) -> None:
    """Add what a process counted that ended to what the others did, and remove its files.

    Whoever reads does so for milliseconds. If one does not come to its end, as a process that was
    halted, this is left: the files stay, and are read as they are.

    Raises:
        OSError, RuntimeError, ValueError: a file cannot be read or written.
    """
    with _lock(folder).open("a") as file:
        if not _locked(file.fileno()):
            return
        try:
            for sort in _SORTS:
                _add(folder / f"{sort}_{pid}.db", folder / f"{sort}_{_ENDED}.db")
            for gauges in folder.glob(f"gauge_*_{pid}.db"):
                gauges.unlink()
        finally:
            # Said, and not by closing alone: a process that was forked meanwhile has the file too.
            fcntl.flock(file, fcntl.LOCK_UN)


def _add(own: Path, ended: Path) -> None:
    if not own.exists():
        return
    sums = _read(ended) if ended.exists() else {}
    for key, value in _read(own).items():
        sums[key] = sums.get(key, 0.0) + value
    new = ended.with_suffix(".new")
    with new.open("wb") as file:
        # Room for all of it before any is written: where a disk is full, the write of a mapped
        # file would end this process.
        os.posix_fallocate(file.fileno(), 0, _FIRST_BYTES + sum(map(_bytes_of, sums)))
    written = MmapedDict(str(new))  # type: ignore[no-untyped-call]
    try:
        for key, value in sums.items():
            written.write_value(key, value, 0.0)  # type: ignore[no-untyped-call]
    finally:
        written.close()  # type: ignore[no-untyped-call]
    new.replace(ended)
    own.unlink()


def _read(path: Path) -> dict[str, float]:
    values = MmapedDict.read_all_values_from_file(str(path))  # type: ignore[no-untyped-call]
    return {key: value for key, value, *_ in values}


def _bytes_of(key: str) -> int:
    """Return the most that an entry takes: its key, padded, with its length and two numbers."""
    return len(key.encode()) + 32


def _locked(descriptor: int) -> bool:
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                return False
            time.sleep(_LOOK_SECONDS)
        else:
            return True


def _lock(folder: Path) -> Path:
    return folder / "lock"
