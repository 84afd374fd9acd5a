"""How much memory processes take, as Linux tells it."""

import os
from pathlib import Path

_KILO = 1024


def private(pid: int) -> int:
    """Return the bytes that a process has for itself.

    Not those of files that it alone has mapped: they are the system's to keep or to forget.
    """
    return _sum(pid, "Private_Dirty:")


def of_tree(pid: int | None = None) -> int:
    """Return the bytes of this or another process and all below it, shared ones counted once."""
    top = os.getpid() if pid is None else pid
    try:
        return _sum(top, "Pss:") + sum(of_tree(child) for child in children(top))
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it ended meanwhile


def children(pid: int) -> list[int]:
    """List the processes that a process started, from any of its threads."""
    lists = (path.read_text("ascii") for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(child) for some in lists for child in some.split()]


def _sum(pid: int, prefix: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    return _KILO * sum(int(line.split()[1]) for line in lines if line.startswith(prefix))
