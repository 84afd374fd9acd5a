"""Arrays that are made once of what never changes."""

from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray

_MOST_ARRAYS = 8


class ArrayCache:
    """A few arrays by name; two threads may make the same one at once."""

    def __init__(self) -> None:
        self._made: dict[Hashable, NDArray[np.integer]] = {}

    def once(self, name: Hashable, make: Callable[[], NDArray[np.integer]]) -> NDArray[np.integer]:
        """Return the array of a name; make it and keep it if there is none."""
        array = self._made.get(name)
        if array is None:
            array = make()
            if len(self._made) >= _MOST_ARRAYS:
                self._made.clear()
            self._made[name] = array
        return array
