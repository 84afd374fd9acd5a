"""The colour that one asks for beside a bag: a colour by name, or the colour of another bag.

The wish takes the place of the query's own code in the kind `colour`; all else of the query stays.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import BadParameter
from webapp.hashing import colour
from webapp.index.hamming import Planes, to_planes
from webapp.index.kind_index import KindIndex
from webapp.index.remote_table import NEVER_SCANNED
from webapp.index.table import Table
from webapp.models import Code
from webapp.search.look import COLOUR, LOOK

TINTS: dict[str, str] = {
    "black": "#1b1a1a",
    "grey": "#85838a",
    "white": "#f0efec",
    "beige": "#cdb491",
    "brown": "#694128",
    "red": "#b91923",
    "orange": "#e17323",
    "yellow": "#e6be2d",
    "green": "#3c6e37",
    "teal": "#147878",
    "blue": "#233c7d",
    "purple": "#643270",
    "pink": "#e16e96",
}
"""The colours that can be asked for, as sRGB; the style sheet paints the swatches with them."""

# How strongly light falls on the parts of a bag, times the colour: from its shadows to its edges.
_LIGHTS = (0.4, 0.6, 0.8, 1.0, 1.2)


@dataclass(frozen=True, slots=True)
class ColourWish:
    """`codes`: those of the kind `colour` of which the nearest counts. `tint`: its name, if any."""

    codes: tuple[Code, ...]
    tint: str = ""

    @property
    def queries(self) -> Planes:
        """The codes as readings of a query, shape (W, Q)."""
        return to_planes(np.stack([np.frombuffer(code, dtype=np.uint8) for code in self.codes]))


def asks_colour(ranking: str) -> bool:
    """Say whether a ranking, by its name, looks at the colour that is wished for."""
    return ranking in {LOOK.name, COLOUR}


def check_asks_colour(ranking: str, parameter: str) -> None:
    """Refuse a wish that a ranking would not look at; `parameter` is what the error names.

    Raises:
        BadParameter: it would not.
    """
    if not asks_colour(ranking):
        raise BadParameter(
            parameter, f"{ranking} does not ask for a colour: choose by=look or by=colour"
        )


def tinted(name: str) -> ColourWish:
    """Ask for a colour by its name: a bag that has it and no other.

    Two codes, of which the nearer counts: of a bag that has the colour evenly, and of one on which
    light and shadow fall, in equal parts.

    Raises:
        BadParameter: there is no such colour.
    """
    if name not in TINTS:
        raise BadParameter("tint", f"there is no colour '{name[:40]}'; try {', '.join(TINTS)}")
    even = np.array([int(TINTS[name][place : place + 2], 16) for place in (1, 3, 5)], np.float64)
    lit = np.clip(even * np.array(_LIGHTS)[:, None], 0, 255)
    return ColourWish((_code(even[None]), _code(lit)), name)


def _code(rgb: NDArray[np.float64]) -> Code:
    """Return the packed code of a thing that has these colours in equal parts, sRGB, (N, 3)."""
    return np.packbits(colour.code_of(colour.membership(rgb).mean(axis=0))).tobytes()


def offered(kind_index: KindIndex) -> tuple[str, ...]:
    """Return the colours that are the nearest of all to some item, in the order of `TINTS`.

    Where codes are fetched, all of them.
    """
    if kind_index.table.scan_words >= NEVER_SCANNED:
        return tuple(TINTS)  # to know which are there, all codes would have to be fetched
    found = kind_index.arrays.once("tints", lambda: _present(kind_index.table))
    return tuple(name for name, present in zip(TINTS, found.tolist(), strict=True) if present)


def _present(table: Table) -> NDArray[np.integer]:
    """Count the items to which each colour is the nearest, shape (colours,)."""
    apart = np.stack([table.distances(tinted(name).queries) for name in TINTS])
    return np.bincount(apart.argmin(axis=0), minlength=len(TINTS))
