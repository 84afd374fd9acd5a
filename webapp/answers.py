"""Answers that were given before: the same generation and catalogue would give them again."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from webapp.index.generation import Generation

_OVERHEAD = 512  # bytes, about, that keeping an answer takes beside what it says


@dataclass(frozen=True, slots=True)
class Answer:
    """What was sent, as it was sent, and by which route."""

    status: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    route: str

    @property
    def bytes(self) -> int:
        """What keeping it takes, about."""
        return _OVERHEAD + len(self.body) + sum(len(a) + len(b) for a, b in self.headers)


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What answers are made of: what is published, and the catalogue's revision."""

    generation: Generation
    revision: int

    def is_that_of(self, other: "State | None") -> bool:
        """Say whether another's answers are the same."""
        return (
            other is not None
            and self.generation is other.generation
            and self.revision == other.revision
        )


class Answers:
    """Keeps the answers of one state by what was asked, the last used of them.

    Safe to use from several threads. `most_bytes` bounds what is kept; with 0 nothing is.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._state: State | None = None
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._bytes = 0

    def find(self, state: State, asked: str) -> Answer | None:
        """Return the answer that was given in this state, if it is still kept."""
        with self._lock:
            if not state.is_that_of(self._state):
                return None
            found = self._kept.get(asked)
            if found is not None:
                self._kept.move_to_end(asked)
            return found

    def keep(self, state: State, asked: str, answer: Answer) -> None:
        """Keep an answer, and forget those of other states and the longest unused."""
        with self._lock:
            if not state.is_that_of(self._state):
                self._state, self._bytes = state, 0
                self._kept.clear()
            before = self._kept.pop(asked, None)
            self._kept[asked] = answer
            self._bytes += answer.bytes + len(asked)
            if before:
                self._bytes -= before.bytes + len(asked)
            while self._bytes > self.most_bytes:
                oldest, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.bytes + len(oldest)
