"""Answers that were given before: a generation never changes, so neither do its answers."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from webapp.generation import Generation


@dataclass(frozen=True, slots=True)
class Answer:
    """What was sent, and as what."""

    body: bytes
    content_type: str


class Answers:
    """Keeps the answers of one generation by their addresses, the last used of them.

    Safe to use from several threads. `most_bytes` bounds what is kept; with 0 nothing is.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._generation: Generation | None = None
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._bytes = 0

    def find(self, generation: Generation, address: str) -> Answer | None:
        """Return the answer that this generation gave at an address, if it is still kept."""
        with self._lock:
            if generation is not self._generation:
                return None
            found = self._kept.get(address)
            if found is not None:
                self._kept.move_to_end(address)
            return found

    def keep(self, generation: Generation, address: str, answer: Answer) -> None:
        """Keep an answer, and forget those of other generations and the longest unused."""
        with self._lock:
            if generation is not self._generation:
                self._generation, self._bytes = generation, 0
                self._kept.clear()
            before = self._kept.pop(address, None)
            self._kept[address] = answer
            self._bytes += _size(address, answer) - (_size(address, before) if before else 0)
            while self._bytes > self.most_bytes:
                oldest, dropped = self._kept.popitem(last=False)
                self._bytes -= _size(oldest, dropped)


def _size(address: str, answer: Answer) -> int:
    return len(answer.body) + len(address)
