"""How many requests with a picture one worker takes at once: pages must find a thread free."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import request

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
        try:
            yield
        finally:
            with self._lock:
                self._taken[client] -= 1
                if not self._taken[client]:
                    del self._taken[client]


the_slots = UploadSlots()
"""Those of this worker."""


def takes_pictures(view: Callable[P, T]) -> Callable[P, T]:
    """Have a view that reads pictures wait for nothing: it is refused while there is no place."""

    @wraps(view)
    def placed(*args: P.args, **kwargs: P.kwargs) -> T:
        with the_slots.place(request.remote_addr or ""):
            return view(*args, **kwargs)

    return placed
