"""gunicorn's configuration for the cage, which `webapp.cage.keeper` starts."""

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Any

from webapp import heap, metrics
from webapp.cage import limits
from webapp.cage.keeper import INSTANCE, PROCESSES, SECONDS, SOCKET
from webapp.server.log import ServerLog

bind = f"unix:{os.environ[SOCKET]}"
umask = 0o077  # nobody else may send it pictures
workers = int(os.environ[PROCESSES])
worker_class = "sync"  # one picture at a time
timeout = int(os.environ[SECONDS])
graceful_timeout = 5
keepalive = 0
max_requests = 2_000  # decoders may leak memory
max_requests_jitter = 200
limit_request_field_size = 4096
# gunicorn makes a file of its own there, readable to nobody else.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108  # nosec B108
control_socket_disable = True
proc_name = "hashbag cage"
loglevel = "warning"
logger_class = ServerLog
wsgi_app = "webapp.cage.reading:application"
preload_app = True  # what all of them read with is in memory once, and a new one begins at once

_PR_SET_PDEATHSIG = 1


def on_starting(_server: Any) -> None:
    """End with the server that started it, also if that is killed; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def pre_fork(_server: Any, _worker: Any) -> None:
    """Count a process that begins; it writes to no file itself."""
    metrics.CAGE_PROCESSES.inc()


def child_exit(server: Any, worker: Any) -> None:
    """Count one that ended, and why it did."""
    metrics.CAGE_PROCESSES.dec()
    metrics.CAGE_ENDS.labels(server.log.reason(worker)).inc()


def post_request(_worker: Any, _request: Any, _environ: Any, _answer: Any) -> None:
    """Keep no memory of a large picture; the answer was sent."""
    heap.give_back(limits.KEPT_BYTES)


def post_fork(_server: Any, _worker: Any) -> None:
    """Have what is written once written, then take the worker's freedom."""
    from webapp.hashing.learned import session  # noqa: PLC0415 - after the fork

    session.keep_in(Path(os.environ[INSTANCE]))
    session.prepare()
    limits.apply()
