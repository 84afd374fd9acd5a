"""Files and folders that readers see whole or not at all, after a power cut too.

A rename replaces a name in one step. It must not reach the disk before the content does, so the
content is flushed first; and it is kept only once the folder that holds the name is flushed too.
"""

import hashlib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

UNFINISHED = ".writing-"
"""How the names of files begin while they are written."""

_LONGEST_SECONDS = 24 * 3600  # that a file may take to be written
_COPIED_AT_ONCE_BYTES = 4 << 20
_MACHINE = "@"  # begins the name of a machine


def write_atomically(path: Path, data: bytes, *, flushed: bool = True) -> None:
    """Write a file so that readers see the old one or the new one, never half.

    A power cut leaves one of the two as well. Many files are written faster without `flushed`;
    whoever does so calls `flush` for them before anything else says that they are there.
    """
    with _replacing(path, flushed=flushed) as file:
        file.write(data)


def copy_atomically(source: Path, path: Path) -> None:
    """Copy a file of any size as `write_atomically` writes one."""
    with source.open("rb") as original, _replacing(path) as file:
        shutil.copyfileobj(original, file, _COPIED_AT_ONCE_BYTES)


@contextmanager
def _replacing(path: Path, *, flushed: bool = True) -> Iterator[IO[bytes]]:
    """Give a file to write that takes the place of another once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process that writes is named, so that others can tell whether it was killed meanwhile.
    prefix = f"{UNFINISHED}{os.getpid()}-{_machine()}-"
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=prefix)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            os.fchmod(handle, 0o644)
            if flushed:
                file.flush()
                os.fsync(handle)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if flushed:
        flush(path.parent)


def is_abandoned(unfinished: Path) -> bool:
    """Say whether nobody writes a file any more whose name begins with `UNFINISHED`."""
    with suppress(FileNotFoundError):
        if time.time() - unfinished.stat().st_mtime > _LONGEST_SECONDS:
            return True  # a number of a process that was killed may be another's by now
    number, _, more = unfinished.name.removeprefix(UNFINISHED).partition("-")
    if not number.isdigit():
        return True
    if more.startswith(_MACHINE) and not more.startswith(_machine()):
        return False  # a folder that machines share: only that one knows its processes
    try:
        os.kill(int(number), 0)  # sends nothing, only asks whether there is such a process
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return False  # it is another user's
    return _is_zombie(int(number))


@lru_cache(maxsize=1)
def _machine() -> str:
    """Name this machine, or what its numbers of processes mean: a container has its own."""
    name = socket.gethostname()
    with suppress(OSError):  # systems without such files
        name += str(Path("/proc/self/ns/pid").readlink())
    return _MACHINE + hashlib.sha256(name.encode()).hexdigest()[:8]


def _is_zombie(pid: int) -> bool:
    """Say whether a process has ended, and only its parent does not know yet."""
    try:
        # The command's name, in brackets, may hold anything: what counts comes after it.
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except (OSError, ValueError, IndexError):
        return False  # systems without such files


def publish_folder(folder: Path, final: Path) -> None:
    """Give a folder of files its final name, once all of it is on disk."""
    for path in folder.iterdir():
        flush(path)
    flush(folder)
    folder.rename(final)
    flush(final.parent)


def flush(path: Path) -> None:
    """Wait until a file's content, or the names in a folder, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
