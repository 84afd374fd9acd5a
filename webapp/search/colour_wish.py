"""The colour that one asks for beside a bag: a colour by name, or the colour of another bag.

The wish takes the place of the query's own code in the kind `colour`; all else of the query stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import BadParameter
from webapp.hashing import colour
from webapp.index.hamming import Planes, to_planes
from webapp.index.kind_index import KindIndex
from webapp.models import Code

TINTS: dict[str, tuple[str, ...]] = {
    "black": ("black",),
    "grey": ("dark grey", "grey", "light grey"),
    "white": ("white",),
    "brown": ("dull red", "dull yellow"),
    "red": ("vivid red",),
    "yellow": ("vivid yellow",),
    "green": ("dull green", "vivid green"),
    "teal": ("dull teal", "vivid teal"),
    "blue": ("dull blue", "vivid blue"),
    "purple": ("dull purple",),
    "pink": ("vivid purple",),
}
"""The colours that can be asked for, each with its anchors: see `webapp/hashing/colour.py`."""


@dataclass(frozen=True, slots=True)
class ColourWish:
    """`codes`: those of the kind `colour` of which the nearest counts. `tint`: its name, if any."""

    codes: tuple[Code, ...]
    tint: str = ""

    @property
    def queries(self) -> Planes:
        """The codes as readings of a query, shape (W, Q)."""
        return to_planes(np.stack([np.frombuffer(code, dtype=np.uint8) for code in self.codes]))


def tinted(name: str) -> ColourWish:
    """Ask for a colour by its name: a bag that has it and no other.

    It may be of one of the colour's anchors alone, or of several in equal parts: that makes a code
    for each choice of them, in which the bits of an anchor are set up to its share.

    Raises:
        BadParameter: there is no such colour.
    """
    if name not in TINTS:
        raise BadParameter("tint", f"there is no colour '{name[:40]}'; try {', '.join(TINTS)}")
    anchors = TINTS[name]
    choices = (some for size in range(1, len(anchors) + 1) for some in combinations(anchors, size))
    return ColourWish(tuple(_code(some) for some in choices), name)


def _code(anchors: Sequence[str]) -> Code:
    """Return the packed code of a thing that has these anchors' colours in equal parts."""
    shares = np.array([(name in anchors) / len(anchors) for name in colour.NAMES])
    bits = shares[:, None] > colour.thresholds()
    return np.packbits(bits.ravel()).tobytes()


def offered(kind_index: KindIndex) -> tuple[str, ...]:
    """Return the colours that some item has more than any other, in the order of `TINTS`."""
    found = kind_index.cached("tints", lambda: _present(kind_index))
    return tuple(name for name, present in zip(TINTS, found.tolist(), strict=True) if present)


def _present(kind_index: KindIndex) -> NDArray[np.integer]:
    """Count the items to which each colour is the nearest, shape (colours,)."""
    table = kind_index.table
    apart = np.stack([table.distances(tinted(name).queries) for name in TINTS])
    return np.bincount(apart.argmin(axis=0), minlength=len(TINTS))
