"""What is evaluated: our kinds, the look, and rivals, behind one small protocol."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import BadParameter
from webapp.hashing.code_packing import pack
from webapp.hashing.fingerprinting import query_code
from webapp.hashing.hash_kind import HashKind
from webapp.hashing.kinds import KINDS, KNOWN_KINDS
from webapp.hashing.picture_features import PictureFeatures
from webapp.index.code_table import load_table
from webapp.index.engines.exact import ExactIndex
from webapp.index.hamming import Planes
from webapp.index.kind_index import KindIndex
from webapp.lab.evaluation.rivals import RIVALS, Hashes, Rival
from webapp.search.look import BALANCED, BLENDED, LEANINGS, LEARNED, LOOK, Leaning, LookMeasure
from webapp.search.nearest import KindMeasure
from webapp.search.query_readings import read

HARDER = f"{LOOK.name}-harder"

_LOOKS: dict[str, tuple[Leaning, bool]] = {
    HARDER: (BALANCED, True),
    LOOK.name: (BALANCED, False),
    # Each beside the others: is it best at what it is for?
    **{
        f"{LOOK.name}-{leaning.name}": (leaning, False)
        for leaning in LEANINGS
        if leaning is not BALANCED and LEARNED in KINDS
    },
}
"""The look in all that is asked of it: its leaning, and whether it tries harder."""


class System(Protocol):
    """One way to search: hashes a picture, and knows how far a gallery of M items is from it."""

    name: str
    bits: int
    """What is kept of an item, all its views."""

    def hashed(self, features: PictureFeatures) -> Any:
        """Return what a query with this picture asks."""

    def distances(self, asked: Any) -> NDArray[Any]:
        """Return the distance of every item, shape (M,), in the gallery's order."""

    def distinct(self) -> int:
        """Count the items' different codes."""


class KindSystem:
    """A hash kind of the table."""

    def __init__(self, kind: HashKind, opened: KindIndex) -> None:
        self.name = kind.name
        self.bits = kind.views * kind.bits
        self._kind = kind
        self._opened = opened

    def hashed(self, features: PictureFeatures) -> Planes:
        """Hash in this kind."""
        return _readings(self._kind, features, harder=False)

    def distances(self, asked: Planes) -> NDArray[Any]:
        """Count differing bits, of the nearest views."""
        return KindMeasure(self._opened.table, self._opened.index, asked).distances()

    def distinct(self) -> int:
        """Count different items, all views together."""
        return len(np.unique(self._opened.table.rows, axis=0))


class LookSystem:
    """Several kinds together, at one leaning."""

    def __init__(self, name: str, parts: Sequence[KindIndex]) -> None:
        self.name = name
        self._leaning, self._harder = _LOOKS[name]
        self._shares = self._leaning.shares_of(BLENDED)
        self.bits = sum(
            KINDS[part].views * KINDS[part].bits
            for part, share in zip(BLENDED, self._shares, strict=True)
            if share
        )
        self._parts = parts

    def hashed(self, features: PictureFeatures) -> list[Planes]:
        """Hash in each kind, in more readings if harder."""
        return [
            _readings(KINDS[name], features, harder=self._harder and share > 0)
            for name, share in zip(BLENDED, self._shares, strict=True)
        ]

    def distances(self, asked: list[Planes]) -> NDArray[Any]:
        """Blend them."""
        return LookMeasure(self._parts, asked, self._shares).distances()

    def distinct(self) -> int:
        """Count different items, all parts together."""
        return len(np.unique(np.hstack([part.table.rows for part in self._parts]), axis=0))


class RivalSystem:
    """A hash of another package; `hashes` are the gallery's, shape (M, L)."""

    def __init__(self, rival: Rival, hashes: Hashes) -> None:
        self.name = rival.name
        self.bits = rival.bits
        self._rival = rival
        self._hashes = hashes

    def hashed(self, features: PictureFeatures) -> Hashes:
        """Let the package hash."""
        return self._rival.compute(features.image)

    def distances(self, asked: Hashes) -> NDArray[Any]:
        """Compare as the package does."""
        return self._rival.distances(self._hashes, asked)

    def distinct(self) -> int:
        """Count different hashes."""
        return len(np.unique(self._hashes, axis=0))


def _readings(kind: HashKind, features: PictureFeatures, *, harder: bool) -> Planes:
    code = query_code(kind, features) if harder else pack(kind.compute(features))
    return read({kind.name: code}, kind, harder=harder).queries


def names() -> tuple[str, ...]:
    """List every system there is, installed or not: the look, the kinds, the rivals."""
    return (*_LOOKS, *KINDS, *RIVALS)


def chosen(wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the wanted systems, all if none is named, without those that are not installed.

    Raises:
        BadParameter: there is no system of that name, or none is left.
    """
    unknown = [name for name in wanted if name not in names()]
    if unknown and unknown[0] in KNOWN_KINDS:
        raise BadParameter("kinds", f"'{unknown[0]}' needs {KNOWN_KINDS[unknown[0]].remedy}")
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
    if name in _LOOKS:
        return BLENDED
    return (name,) if name in KINDS else ()


def open_system(name: str, folder: Path) -> System:
    """Open a system on a gallery's folder."""
    if name in RIVALS:
        return RivalSystem(RIVALS[name], np.load(folder / f"{name}.npy", mmap_mode="r"))
    opened = [_open_kind(kind, folder) for kind in kinds_of(name)]
    if name in KINDS:
        return KindSystem(KINDS[name], opened[0])
    return LookSystem(name, opened)


def _open_kind(name: str, folder: Path) -> KindIndex:
    table = load_table(folder, name, KINDS[name].bits)
    return KindIndex(table, ExactIndex(table))
