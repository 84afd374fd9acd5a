"""Keeps the cage running while a server does: starts it, starts it anew, ends it."""

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from webapp import metrics
from webapp.cage import limits

SOCKET = "_HASHBAG_CAGE"
PROCESSES = "_HASHBAG_CAGE_PROCESSES"
INSTANCE = "_HASHBAG_CAGE_INSTANCE"
SECONDS = "_HASHBAG_CAGE_SECONDS"
"""How they are told where they listen, how many they are, for which instance, and their limit."""

_COMMAND = (sys.executable, "-m", "gunicorn", "--config", "python:webapp.cage.serving")
_PAUSE_SECONDS = 1.0
_ENDS_WITHIN_SECONDS = 10
_LOOK_SECONDS = 0.05

log = logging.getLogger(__name__)

# A worker that is forked while a process is being started would inherit the pipe by which that
# start is awaited, and keep it open: so nobody forks meanwhile.
_spawning = threading.Lock()
os.register_at_fork(
    before=_spawning.acquire,
    after_in_parent=_spawning.release,
    after_in_child=_spawning.release,
)


class CageKeeper:
    """Runs the cage's processes, `processes` of them, behind the socket at a path.

    One that works on a picture for longer than `seconds`, by the clock, is killed and replaced.
    """

    def __init__(
        self, socket: Path, processes: int, instance: Path, seconds: int = limits.SECONDS
    ) -> None:
        own = {SOCKET: str(socket), PROCESSES: str(processes), INSTANCE: str(instance)}
        own[SECONDS] = str(seconds)
        self._environment = os.environ | own
        # A process a core: more threads for a product of matrices would only wait for a core.
        self._environment.setdefault("OMP_NUM_THREADS", "1")
        self._over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="cage", daemon=True)

    def start(self) -> None:
        """Start it, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End it, and wait for its end."""
        self._over.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._over.is_set():
            with _spawning:
                metrics.CAGE_STARTS.inc()  # it locks what a worker forked meanwhile could not free
                self._process = subprocess.Popen(  # noqa: S603 - ourselves  # nosec B603
                    _COMMAND, env=self._environment
                )
            while self._process.poll() is None and not self._over.wait(_PAUSE_SECONDS):
                pass
            if not self._over.is_set():
                metrics.forget(self._process.pid)
                log.error("the processes that read pictures ended: they are started anew")
        self._end(self._process)

    def _end(self, process: subprocess.Popen[bytes] | None) -> None:
        if process is None:
            return
        process.terminate()
        deadline = time.monotonic() + _ENDS_WITHIN_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        process.kill()
