"""Which items pass the filters that were asked for last: a page asks several times."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_KEPT = 4


class RecentMasks:
    """The last few masks, by what was asked; a bit for each item. Threads may share it."""

    def __init__(self) -> None:
        self._kept: tuple[tuple[object, int, NDArray[np.uint8]], ...] = ()  # replaced as a whole

    def get(self, asked: object) -> Mask | None:
        """Return a mask of one's own; None where it is not known any more."""
        for known, count, packed in self._kept:
            if known == asked:
                return np.unpackbits(packed, count=count).view(np.bool_)
        return None

    def keep(self, asked: object, mask: Mask) -> None:
        """Keep a mask in place of the oldest."""
        self._kept = ((asked, len(mask), np.packbits(mask)), *self._kept[: _KEPT - 1])
