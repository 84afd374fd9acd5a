"""Taking times side by side on a machine that others use too.

In processor time: while others have the processor, this process's clock stands still. Everything
measured here works in one process and one thread, so that on an idle machine it is the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import process_time_ns

import numpy as np
from numpy.typing import NDArray

_ROUND = 10


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds of single answers, in the order asked."""

    us: NDArray[np.float64]

    def at(self, percent: float) -> float:
        """Return a percentile, rounded."""
        return round(float(np.percentile(self.us, percent)), 1)


def interleaved(
    systems: Mapping[str, Callable[[int], object]], questions: int, seconds: float
) -> dict[str, Times]:
    """Ask every system the same questions, by number, some at a time in turn.

    A slow moment then slows all of them, and each has its own data in the cache as when it runs
    alone. A system that has had its seconds is not asked further, but each at least once a
    round's worth of times.
    """
    times: dict[str, list[float]] = {name: [] for name in systems}
    for ask in systems.values():
        ask(0)  # what is made at first use
    for start in range(0, questions, _ROUND):
        some = range(start, min(start + _ROUND, questions))
        for name, ask in systems.items():
            if start and sum(times[name]) > seconds * 1e6:
                continue
            times[name] += _taken(ask, some)
    return {name: Times(np.array(found)) for name, found in times.items()}


def _taken(ask: Callable[[int], object], numbers: Sequence[int]) -> list[float]:
    found = []
    for number in numbers:
        began = process_time_ns()
        ask(number)
        found.append((process_time_ns() - began) / 1000)
    return found
