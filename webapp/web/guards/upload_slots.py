"""How many requests with a picture one worker takes at once: pages must find a thread free.

A place is held by whatever is sent in a form with files, and by any other body that is large or
does not tell its length: a thread waits for as long as the client takes to send it, where
`webapp.server.worker` has not gathered it before.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from flask import Flask, g, request

from webapp import metrics
from webapp.exceptions import PicturesBusy
from webapp.server.client_socket import GATHERED_BYTES
from webapp.web.guards import clients
from webapp.web.guards.bodies import FORM, is_chunked

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


def register(app: Flask) -> None:
    """Have requests take a place before anything of their body is read."""
    app.before_request(_take)
    app.teardown_request(_give_back)


def _take() -> None:
    """Take a place, where the request needs one.

    Raises:
        PicturesBusy: there is none now.
    """
    is_large = (request.content_length or 0) > GATHERED_BYTES
    g.has_pictures = request.mimetype == FORM
    if is_large or is_chunked() or g.has_pictures:
        g.place = ExitStack()
        g.place.enter_context(the_slots.place(clients.network()))


def _give_back(_: BaseException | None) -> None:
    place: ExitStack | None = g.pop("place", None)
    if place:
        place.close()
