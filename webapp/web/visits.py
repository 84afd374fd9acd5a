"""Counts what visitors do, for the owner's desk: kept in memory, written now and then."""

import atexit
import logging
import threading
from collections import Counter

from flask import Flask, Response, current_app, g, request

from webapp.catalog.daily_counts import DailyCounts, Key, today
from webapp.config.settings import Settings
from webapp.context import hashbag
from webapp.exceptions import CatalogError

PHOTO, NOTHING_NEAR = "photo", "photo, nothing near"
WORDS, NOTHING_FOUND = "words", "words, nothing found"
OPENED = "opened"

_SECONDS_BETWEEN_WRITES = 20.0
_MOST_KEPT = 50_000  # where nothing can be written, as in a catalogue that only serves
_SHOWN = frozenset({200, 304})

log = logging.getLogger(__name__)


class Visits:
    """The counts of one process that are not written yet; noting one takes a microsecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()
        self._timer: threading.Timer | None = None
        self._at_exit = False
        self._is_told = False

    def note(self, counts: DailyCounts, name: str, item_id: int = 0) -> None:
        """Count something that was done, and have it written in some seconds."""
        with self._lock:
            if len(self._counts) < _MOST_KEPT:
                self._counts[today(), name, item_id] += 1
            if self._timer is None:
                self._timer = threading.Timer(_SECONDS_BETWEEN_WRITES, self.write, (counts,))
                self._timer.daemon = True
                self._timer.start()
            if not self._at_exit:
                self._at_exit = True
                atexit.register(self.write, counts)

    def write(self, counts: DailyCounts) -> None:
        """Write what was counted; where it cannot be written now, the next time does."""
        with self._lock:
            waiting, self._counts = self._counts, Counter()
            if self._timer:
                self._timer.cancel()
                self._timer = None
        if not waiting:
            return
        try:
            counts.add(waiting)
        except CatalogError as problem:
            if not self._is_told:
                log.warning("what visitors do is not counted for now: %s", problem.for_owner)
            self._is_told = True
            with self._lock:
                self._counts += waiting
        else:
            self._is_told = False


def register(app: Flask, settings: Settings) -> None:
    """Have the application count, unless the owner wants no counts."""
    app.extensions["visits"] = Visits()
    if settings.counts_visits:
        app.after_request(_count)


def write_now() -> None:
    """Write what this process has counted."""
    _visits().write(hashbag().daily_counts)


def _count(response: Response) -> Response:
    """Count a page that was shown; one that a browser only fetched ahead was not."""
    purpose = request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    if response.status_code in _SHOWN and "prefetch" not in purpose:
        for name, item_id in _done():
            _visits().note(hashbag().daily_counts, name, item_id)
    return response


def _done() -> list[tuple[str, int]]:
    """Say what a visitor did with this request."""
    if request.endpoint == "pages.item":
        return [(OPENED, int((request.view_args or {})["item_id"]))]
    is_empty = g.get("found_nothing", False)
    if request.endpoint == "pages.search" and request.args.get("q"):
        return [(PHOTO, 0), (NOTHING_NEAR, 0)] if is_empty else [(PHOTO, 0)]
    filters = g.get("filters")
    if request.endpoint in {"pages.grid", "pages.browse"} and filters and filters.text:
        return [(WORDS, 0), (NOTHING_FOUND, 0)] if is_empty else [(WORDS, 0)]
    return []


def _visits() -> Visits:
    found: Visits = current_app.extensions["visits"]
    return found
