"""How many requests with a picture one worker takes at once: pages must find a thread free."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import g, request

from webapp import metrics
from webapp.exceptions import PicturesBusy

P = ParamSpec("P")
T = TypeVar("T")

MOST = 6
"""In each worker; it must be below the number of its threads."""

_MOST_OF_ONE_CLIENT = 4


class UploadSlots:
    """A few places, of which no client may have all."""

    def __init__(self, most: int = MOST, most_of_one: int = _MOST_OF_ONE_CLIENT) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def place(self, client: str) -> Iterator[None]:
        """Hold a place for a client.

        Raises:
            PicturesBusy: there is none for it now.
        """
        with self._lock:
            if self._taken.total() >= self._most or self._taken[client] >= self._most_of_one:
                raise PicturesBusy("many pictures are being read: try again in some seconds")
            self._taken[client] += 1
        metrics.PLACES_TAKEN.inc()
        try:
            yield
        finally:
            metrics.PLACES_TAKEN.dec()
            with self._lock:
                self._taken[client] -= 1
                if not self._taken[client]:
                    del self._taken[client]


the_slots = UploadSlots()
"""Those of this worker."""


def place_for_request() -> AbstractContextManager[None]:
    """Hold a place for the client of this request, which counts as one with pictures.

    Raises:
        PicturesBusy: there is none for it now.
    """
    g.has_pictures = True
    return the_slots.place(request.remote_addr or "")


def takes_pictures(view: Callable[P, T]) -> Callable[P, T]:
    """Have a view that reads pictures wait for nothing: it is refused while there is no place."""

    @wraps(view)
    def placed(*args: P.args, **kwargs: P.kwargs) -> T:
        with place_for_request():
            return view(*args, **kwargs)

    return placed
