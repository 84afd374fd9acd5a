"""Merging live changes into a new index, once they are many: in a process of its own.

Machines that share a catalogue in PostgreSQL build an index each, unless one builds for all: what
one imports, the others find out by themselves.
"""

import threading
import time
from contextlib import suppress

from webapp.catalog.write_lock import is_catching_up_here
from webapp.config.settings import Settings
from webapp.exceptions import CatalogError, IndexNotReady
from webapp.index.overlay import OverlaidGeneration
from webapp.index.published import Published
from webapp.maintenance.background import BackgroundCommand

# Every search also looks at all changed items. Up to this share of the catalogue, and for a small
# one up to so many, nobody would feel it.
_ITEMS_PER_CHANGE = 100
_LEAST_CHANGES = 50

_SECONDS_BETWEEN_TRIES = 20.0


def is_due(published: Published | IndexNotReady) -> bool:
    """Say whether so much was changed since an index was built that a new one is worth its time.

    So it is, too, once not all items have codes of the same kinds as before: which changed items
    share their picture, only a new one tells.
    """
    if not isinstance(published, OverlaidGeneration):
        return False
    if not published.compares_pictures:
        return True
    most = max(_LEAST_CHANGES, len(published.frozen.facets.ids) // _ITEMS_PER_CHANGE)
    return len(published.recent.entries) > most


class BackgroundMerging(BackgroundCommand):
    """Starts the process that merges.

    Of several at once, all but one find that another builds already, and end.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "index", "--changes")


class BackgroundCatchingUp(BackgroundCommand):
    """Starts the process that builds anew what other machines changed, now and then at most.

    Of all workers of this machine one does.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "index", "--behind")
        self._instance = settings.instance
        self._on_server = settings.database_url.get_backend_name() == "postgresql"
        self._next = 0.0
        self._asking = threading.Lock()

    def start(self) -> None:
        """Start it, where a server has the catalogue, unless that was done just now."""
        with self._asking:
            now = time.monotonic()
            if not self._on_server or now < self._next:
                return
            self._next = now + _SECONDS_BETWEEN_TRIES
        with suppress(CatalogError):  # told by what is started
            # Each would take some 70 MB for as long as the import lasts that it waits for.
            if is_catching_up_here(self._instance):
                return
        super().start()
