"""Folding live changes into a new index, once they are many: in a process of its own."""

import os
import subprocess
import sys
import threading
from dataclasses import fields

from webapp.config import PREFIX, Settings
from webapp.exceptions import IndexNotReady
from webapp.index.generation import Published
from webapp.index.overlay import OverlaidGeneration

# Every search also looks at all changed items. Up to this share of the catalogue, and for a small
# one up to so many, nobody would feel it.
_ITEMS_PER_CHANGE = 100
_LEAST_CHANGES = 50

_COMMAND = (sys.executable, "-m", "webapp", "index", "--changes")


def is_due(published: Published | IndexNotReady) -> bool:
    """Say whether so much was changed since an index was built that a new one is worth its time."""
    if not isinstance(published, OverlaidGeneration):
        return False
    most = max(_LEAST_CHANGES, len(published.frozen.facets.ids) // _ITEMS_PER_CHANGE)
    return len(published.recent.entries) > most


class BackgroundFolding:
    """Starts the process that folds, at most one from each process that serves.

    Of several at once, all but one find that another builds already, and end.
    """

    def __init__(self, settings: Settings) -> None:
        self._environment = _as_environment(settings)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, unless the one that was started before still runs."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                _COMMAND,
                env=os.environ | self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            # Waited for, so that what ended does not stay in the system's table of processes.
            threading.Thread(target=self._process.wait, daemon=True).start()


def _as_environment(settings: Settings) -> dict[str, str]:
    """Write settings as the command that is started will read them."""
    return {PREFIX + one.name.upper(): str(getattr(settings, one.name)) for one in fields(Settings)}
