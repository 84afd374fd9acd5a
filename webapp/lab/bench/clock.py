"""Times of several systems, measured side by side on a machine that others use too.

In processor time, which does not run while other processes have the core. Every system works in
one process and one thread, so on an idle machine processor time is also elapsed time. Systems that
wait for another process are measured in elapsed time, all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import process_time_ns

import numpy as np
from numpy.typing import NDArray

_ROUND_QUERIES = 10


@dataclass(frozen=True, slots=True)
class Times:
    """The times of single answers in microseconds, in the order of the queries."""

    us: NDArray[np.float64]

    def percentile(self, percent: float) -> float:
        """Return a percentile, in microseconds, rounded to a tenth."""
        return round(float(np.percentile(self.us, percent)), 1)


def interleaved(
    systems: Mapping[str, Callable[[int], object]],
    queries: int,
    seconds: float,
    clock: Callable[[], int] = process_time_ns,
) -> dict[str, Times]:
    """Time every system with the same numbered queries, ten at a time in turn.

    A slow moment of the machine then slows all systems, and within its ten queries each has its
    data in the cache, as when it runs alone. After `seconds` a system gets no more queries; each
    gets the first ten. `clock`: returns nanoseconds.
    """
    times: dict[str, list[float]] = {name: [] for name in systems}
    for ask in systems.values():
        ask(0)  # some systems do work at their first query
    for start in range(0, queries, _ROUND_QUERIES):
        numbers = range(start, min(start + _ROUND_QUERIES, queries))
        for name, ask in systems.items():
            if start and sum(times[name]) > seconds * 1e6:
                continue
            times[name] += _microseconds(ask, numbers, clock)
    return {name: Times(np.array(of_system)) for name, of_system in times.items()}


def _microseconds(
    ask: Callable[[int], object], numbers: Sequence[int], clock: Callable[[], int]
) -> list[float]:
    times = []
    for number in numbers:
        began = clock()
        ask(number)
        times.append((clock() - began) / 1000)
    return times
