"""What is evaluated: our kinds, the look, and rivals, behind one small protocol."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from webapp.blending import DEFAULT_LEAN, LOOK, PARTS, LookMeasure
from webapp.codes import load_table
from webapp.engines.exact import ExactIndex
from webapp.evaluation.rivals import RIVALS, Hashes, Rival
from webapp.exceptions import BadParameter
from webapp.hamming import Planes
from webapp.hashing import KINDS, pack
from webapp.kinds.kind import HashKind
from webapp.kinds.sight import Sight
from webapp.queries import read
from webapp.ranking import KindMeasure
from webapp.samples import Opened

HARDER = f"{LOOK.name}-harder"


class System(Protocol):
    """One way to search: hashes a picture, and knows how far a gallery of M items is from it."""

    name: str
    bits: int
    """What is kept of an item, all its views."""

    def hashed(self, sight: Sight) -> Any:
        """Return what a query with this picture asks."""

    def distances(self, asked: Any) -> NDArray[Any]:
        """Return the distance of every item, shape (M,), in the gallery's order."""

    def distinct(self) -> int:
        """Count the items' different codes."""


class KindSystem:
    """A hash kind of the table."""

    def __init__(self, kind: HashKind, opened: Opened) -> None:
        self.name = kind.name
        self.bits = kind.views * kind.bits
        self._kind = kind
        self._opened = opened

    def hashed(self, sight: Sight) -> Planes:
        """Hash in this kind."""
        return _readings(self._kind, sight, harder=False)

    def distances(self, asked: Planes) -> NDArray[Any]:
        """Count differing bits, of the nearest views."""
        return KindMeasure(self._opened.table, self._opened.index, asked).distances()

    def distinct(self) -> int:
        """Count different items, all views together."""
        return len(np.unique(self._opened.table.rows, axis=0))


class LookSystem:
    """Shape and colour together, at the default leaning."""

    def __init__(self, parts: tuple[Opened, Opened], *, harder: bool) -> None:
        self.name = HARDER if harder else LOOK.name
        self.bits = sum(KINDS[name].views * KINDS[name].bits for name in PARTS)
        self._parts = parts
        self._harder = harder

    def hashed(self, sight: Sight) -> tuple[Planes, Planes]:
        """Hash shape, in more readings if harder, and colour."""
        shape, colour = (_readings(KINDS[name], sight, harder=self._harder) for name in PARTS)
        return shape, colour

    def distances(self, asked: tuple[Planes, Planes]) -> NDArray[Any]:
        """Blend the two."""
        return LookMeasure(self._parts, asked, DEFAULT_LEAN).distances()

    def distinct(self) -> int:
        """Count different items, both parts together."""
        return len(np.unique(np.hstack([part.table.rows for part in self._parts]), axis=0))


class RivalSystem:
    """A hash of another package; `hashes` are the gallery's, shape (M, L)."""

    def __init__(self, rival: Rival, hashes: Hashes) -> None:
        self.name = rival.name
        self.bits = rival.bits
        self._rival = rival
        self._hashes = hashes

    def hashed(self, sight: Sight) -> Hashes:
        """Let the package hash."""
        return self._rival.compute(sight.image)

    def distances(self, asked: Hashes) -> NDArray[Any]:
        """Compare as the package does."""
        return self._rival.distances(self._hashes, asked)

    def distinct(self) -> int:
        """Count different hashes."""
        return len(np.unique(self._hashes, axis=0))


def _readings(kind: HashKind, sight: Sight, *, harder: bool) -> Planes:
    tries = kind.tries_harder if harder else None
    code = pack((tries.carried if tries else kind.compute)(sight))
    return read({kind.name: code}, kind, harder=harder).queries


def names() -> tuple[str, ...]:
    """List every system there is, installed or not: the look, the kinds, the rivals."""
    return (HARDER, LOOK.name, *KINDS, *RIVALS)


def chosen(wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the wanted systems, all if none is named, without those that are not installed.

    Raises:
        BadParameter: there is no system of that name, or none is left.
    """
    unknown = [name for name in wanted if name not in names()]
    if unknown:
        raise BadParameter("kinds", f"there is no '{unknown[0]}'; try {', '.join(names())}")
    found = tuple(
        name
        for name in dict.fromkeys(wanted or names())
        if name not in RIVALS or RIVALS[name].installed
    )
    if not found:
        raise BadParameter("kinds", f"install {RIVALS[wanted[0]].package} to ask {wanted[0]}")
    return found


def kinds_of(name: str) -> tuple[str, ...]:
    """Name the kinds whose codes a system searches; a rival has none."""
    if name in {LOOK.name, HARDER}:
        return PARTS
    return (name,) if name in KINDS else ()


def open_system(name: str, folder: Path) -> System:
    """Open a system on a gallery's folder."""
    if name in RIVALS:
        return RivalSystem(RIVALS[name], np.load(folder / f"{name}.npy", mmap_mode="r"))
    opened = [_open_kind(kind, folder) for kind in kinds_of(name)]
    if name in KINDS:
        return KindSystem(KINDS[name], opened[0])
    return LookSystem((opened[0], opened[1]), harder=name == HARDER)


def _open_kind(name: str, folder: Path) -> Opened:
    table = load_table(folder, name, KINDS[name].bits)
    return Opened(table, ExactIndex(table))
