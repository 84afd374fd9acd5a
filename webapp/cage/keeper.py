"""Keeps the cage running while a server does: starts it, starts it anew, ends it."""

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

SOCKET = "_HASHBAG_CAGE"
PROCESSES = "_HASHBAG_CAGE_PROCESSES"
INSTANCE = "_HASHBAG_CAGE_INSTANCE"
"""How the processes are told where they listen, how many they are, and for which instance."""

_COMMAND = (sys.executable, "-m", "gunicorn", "--config", "python:webapp.cage.serving")
_PAUSE_SECONDS = 1.0
_ENDS_WITHIN_SECONDS = 10

log = logging.getLogger(__name__)


class CageKeeper:
    """Runs the cage's processes, `processes` of them, behind the socket at a path."""

    def __init__(self, socket: Path, processes: int, instance: Path) -> None:
        own = {SOCKET: str(socket), PROCESSES: str(processes), INSTANCE: str(instance)}
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
        if self._process is not None:
            self._process.terminate()
        self._thread.join(_ENDS_WITHIN_SECONDS)

    def _keep(self) -> None:
        while not self._over.is_set():
            self._process = subprocess.Popen(_COMMAND, env=self._environment)  # noqa: S603
            if self._over.is_set():  # told to stop just now
                self._process.terminate()
            self._process.wait()
            if not self._over.is_set():
                log.error("the processes that read pictures ended: they are started anew")
                time.sleep(_PAUSE_SECONDS)
