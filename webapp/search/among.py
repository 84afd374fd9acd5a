"""Which items may be hits, and what helps an engine that keeps the codes to list only those."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from webapp.index.hamming import Positions, sorted_contains, sorted_unique
from webapp.index.narrowing import Narrowing


def _nowhere() -> Positions:
    return np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class Among:
    """The items that may be hits: those at some `positions`, ascending.

    All else matters only where codes are fetched, and not all of them can be compared.
    `narrowing`: what an engine is told; all of the items pass it, but for those `changed` since its
    index was built, by their positions, whether they may be hits or not. `keeps`: says of positions
    which items may be hits after all, where finding it out takes their codes.
    """

    positions: Positions
    narrowing: Narrowing | None = None
    changed: Positions = field(default_factory=_nowhere)
    keeps: Callable[[Positions], NDArray[np.bool_]] | None = None

    def sifted(self, candidates: Positions) -> Positions:
        """Return what may be hits of an engine's candidates, and of the items it does not know.

        All of them ascend.
        """
        if len(self.changed):
            candidates = sorted_unique(np.concatenate([candidates, self.changed]))
        found = candidates[sorted_contains(self.positions, candidates)]
        return found[self.keeps(found)] if self.keeps and len(found) else found
