"""Commands that a server starts in processes of their own, at most one of a sort at a time."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import fields

from webapp import metrics
from webapp.config.settings import PREFIX, Settings

_PAUSE_SECONDS = 60.0
_NICENESS = 10  # searches come before it


class BackgroundCommand:
    """A `hashbag` command that a server starts; at most once at a time from each process."""

    def __init__(self, settings: Settings, *args: str) -> None:
        self._args = args
        self._command = (sys.executable, "-m", "webapp", *args)
        self._environment = _as_environment(settings)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0

    def start_unless_failed(self) -> None:
        """Start it, unless one failed a moment ago: on a full disk, say, it would fail again."""
        failed = self._process is not None and bool(self._process.poll())
        if not failed or time.monotonic() - self._began > _PAUSE_SECONDS:
            self.start()

    def start(self) -> None:
        """Start it, unless the one that was started before still runs."""
        with self._lock:
            if self.is_running:
                return
            self._began = time.monotonic()
            self._process = subprocess.Popen(  # noqa: S603 - ourselves  # nosec B603
                self._command,
                env=os.environ | self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            # From its first line on: what it imports takes longer than a small index.
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICENESS)
            # Waited for, so that what ended does not stay in the system's table of processes.
            threading.Thread(target=self._wait, args=(self._process,), daemon=True).start()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        outcome = "failed" if process.wait() else "ok"
        metrics.BACKGROUND_RUNS.labels(self._args[0], outcome).inc()

    @property
    def is_running(self) -> bool:
        """Whether the one that this process started still runs."""
        return self._process is not None and self._process.poll() is None


def _as_environment(settings: Settings) -> dict[str, str]:
    """Write settings as the command that is started will read them."""
    return {PREFIX + one.name.upper(): str(getattr(settings, one.name)) for one in fields(Settings)}
