"""Counts of requests: in this process, or in a Redis that all processes and machines share."""

import logging
import threading
import time

from limits import RateLimitItem
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

_SECONDS_TO_WAIT = 1.0
"""For an answer of Redis: a visitor waits for it."""

_SECONDS_UNASKED = 10.0
"""After it failed, so long this process counts by itself."""

log = logging.getLogger(__name__)


class RequestCounts:
    """Counts, opened at first use: their threads and connections must not cross a fork.

    While a Redis cannot be reached, this process counts by itself, and says so in the log:
    visitors do not pay for it, and are not without limits either.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._own: SlidingWindowCounterRateLimiter | None = None
        self._shared: SlidingWindowCounterRateLimiter | None = None
        self._unasked_until = 0.0

    def count(self, limit: RateLimitItem, *names: str) -> float | None:
        """Count a request; returns None, or where it is over the limit when it may come again.

        That is in seconds since 1970. A request over the limit is not counted.
        """
        self._open()
        if self._shared and time.monotonic() >= self._unasked_until:
            try:
                return _counted(self._shared, limit, names)
            except StorageError as problem:
                self._unasked_until = time.monotonic() + _SECONDS_UNASKED
                log.error(  # noqa: TRY400 - a traceback for each would hide the rest of the log
                    "requests are counted by each worker for itself: the Redis of "
                    "HASHBAG_LIMITS_URL cannot be reached (%s)",
                    type(problem.storage_error).__name__,
                )
        assert self._own
        return _counted(self._own, limit, names)

    def _open(self) -> None:
        with self._lock:
            if self._own:
                return
            if self._url:
                timeout = _SECONDS_TO_WAIT
                shared = storage_from_string(
                    self._url,
                    wrap_exceptions=True,
                    socket_timeout=timeout,
                    socket_connect_timeout=timeout,
                )
                self._shared = SlidingWindowCounterRateLimiter(shared)
            self._own = SlidingWindowCounterRateLimiter(MemoryStorage())


def _counted(
    counts: SlidingWindowCounterRateLimiter, limit: RateLimitItem, names: tuple[str, ...]
) -> float | None:
    if counts.hit(limit, *names):
        return None
    return counts.get_window_stats(limit, *names).reset_time
