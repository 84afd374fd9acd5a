"""What a process of the cage may take: the system stops it there, whatever a picture does to it.

It may write to no file. Its network is not taken away: no kept library for Python does that (for
seccomp or Landlock) without rights that a server should not have.
"""

import os
import resource

NICENESS = 10
"""Pages come before pictures."""

SECONDS = 20
"""For one picture, by the clock; the largest that are let in take some seconds."""

KEPT_BYTES = 240_000_000
"""Resident between two pictures, with the network that finds bags and all libraries.

Photos that shops and people usually send do not reach it.
"""

_PROCESSOR_SECONDS = 15
_ADDRESS_SPACE_BYTES = 4 * 1024**3
_OPEN_FILES = 256


def apply() -> None:
    """Take this process's freedom; it cannot be had back."""
    os.nice(NICENESS)
    _limit(resource.RLIMIT_AS, _ADDRESS_SPACE_BYTES)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(what, (most, most))


def grant_seconds() -> None:
    """Allow the processor time for one more picture; beyond it the system ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + _PROCESSOR_SECONDS, hard))
