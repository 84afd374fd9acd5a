"""The memory of processes, as Linux reports it in /proc."""

import os
from pathlib import Path

_KIB_BYTES = 1024


def private(pid: int) -> int:
    """Return the bytes that one process alone has written to its memory.

    Without mapped files, which the system may drop from memory at any time.
    """
    return _sum(pid, "Private_Dirty:")


def of_tree(pid: int | None = None) -> int:
    """Return the bytes of a process, this one if None, and all below it; shared ones count once."""
    top = os.getpid() if pid is None else pid
    try:
        return _sum(top, "Pss:") + sum(of_tree(child) for child in children(top))
    except (FileNotFoundError, ProcessLookupError):
        return 0  # the process has ended


def children(pid: int) -> list[int]:
    """Return the ids of the processes that a process started, from any of its threads."""
    lists = (path.read_text("ascii") for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(child) for of_thread in lists for child in of_thread.split()]


def _sum(pid: int, prefix: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    return _KIB_BYTES * sum(int(line.split()[1]) for line in lines if line.startswith(prefix))
