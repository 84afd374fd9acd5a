"""The last few answers that took a while to compute, for others who ask the same."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from webapp.exceptions import BeingComputed

Answer = TypeVar("Answer")

Key = tuple[str, str, int]
"""What an answer is of: the name of a generation, a kind, and a limit in bits."""

_MOST_KNOWN = 8
# A server has ten threads, and an answer may take many seconds where the catalogue is large: one
# computes, two wait for it.
MOST_AT_ONCE = 3


class Remembered(Generic[Answer]):
    """Remembers the last few answers by generation, kind and limit: they never change.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[Key, Answer] = OrderedDict()
        self._looking = threading.Lock()
        self._computing = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)

    def once(self, key: Key, compute: Callable[[], Answer]) -> Answer:
        """Return a known answer, or compute it while others who want one wait, a few of them.

        Raises:
            BeingComputed: as many wait as may.
        """
        if (found := self._find(key)) is not None:
            return found
        if not self._places.acquire(blocking=False):
            raise BeingComputed(
                "this takes long to compute, and is computed just now: try again in a moment"
            )
        try:
            with self._computing:
                found = self._find(key)  # another thread may have computed it meanwhile
                return self._keep(key, compute()) if found is None else found
        finally:
            self._places.release()

    def _keep(self, key: Key, answer: Answer) -> Answer:
        with self._looking:
            self._known[key] = answer
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return answer

    def _find(self, key: Key) -> Answer | None:
        with self._looking:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)
