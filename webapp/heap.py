"""What the C library keeps of memory that was freed.

Only glibc has these calls, and only it keeps so much; elsewhere they do nothing.
"""

import ctypes
import os
import sys
from pathlib import Path

_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h
_HEAPS = 2
_RESIDENT_PAGES = 1  # place in /proc/self/statm

_library = ctypes.CDLL(None)


def share() -> None:
    """Have all threads of this process, and of those it forks, share two heaps.

    It would make one for each thread, and what these keep is more than all else that a worker has.
    A value that the user set in the environment stays.
    """
    set_option = getattr(_library, "mallopt", None)
    if set_option is not None and "MALLOC_ARENA_MAX" not in os.environ:
        set_option(_ARENA_MAX, _HEAPS)


def give_back(beyond: int = 0) -> None:
    """Give freed memory back to the system, where this process has more than some bytes.

    It takes some milliseconds, and what is wanted again has to be had anew.
    """
    trim = getattr(_library, "malloc_trim", None)
    if trim is not None and resident_bytes(os.getpid()) > beyond:
        trim(0)


def resident_bytes(pid: int) -> int:
    """Return what a process has in memory, shared libraries too; elsewhere than on Linux, much."""
    if sys.platform != "linux":
        return sys.maxsize
    pages = Path(f"/proc/{pid}/statm").read_text("ascii").split()[_RESIDENT_PAGES]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
