"""The systems that are evaluated, behind one protocol: our kinds, the look, and rivals."""

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
from webapp.index.kind_index import KindIndex, kind_index
from webapp.lab.evaluation.rivals import RIVALS, Hashes, Rival
from webapp.search.look import BALANCED, BLENDED, LEANINGS, LEARNED, LOOK, Leaning, LookMeasure
from webapp.search.measure import KindMeasure
from webapp.search.query_readings import read

HARDER = f"{LOOK.name}-harder"

_LOOKS: dict[str, tuple[Leaning, bool]] = {
    HARDER: (BALANCED, True),
    LOOK.name: (BALANCED, False),
    **{
        f"{LOOK.name}-{leaning.name}": (leaning, False)
        for leaning in LEANINGS
        if leaning is not BALANCED and LEARNED in KINDS
    },
}
"""The look's systems: the leaning of each, and whether it tries harder."""


class System(Protocol):
    """One way to search a gallery of M items."""

    name: str
    bits: int
    """Bits of an item, all its views together."""

    def hashed(self, features: PictureFeatures) -> Any:
        """Return the hashes of a query picture, in the form that `distances` takes."""

    def distances(self, query: Any) -> NDArray[Any]:
        """Return the distance of every item, shape (M,), in the order of the gallery."""

    def distinct(self) -> int:
        """Return how many different codes the items have."""


class KindSystem:
    """One hash kind."""

    def __init__(self, kind: HashKind, opened: KindIndex) -> None:
        self.name = kind.name
        self.bits = kind.views * kind.bits
        self._kind = kind
        self._opened = opened

    def hashed(self, features: PictureFeatures) -> Planes:
        """Return the plain readings, shape (W, Q)."""
        return _readings(self._kind, features, harder=False)

    def distances(self, query: Planes) -> NDArray[Any]:
        """Return Hamming distances of the nearest views, in bits."""
        return KindMeasure(self._opened.table, self._opened.index, query).distances()

    def distinct(self) -> int:
        """Return how many items differ in a view."""
        return len(np.unique(self._opened.table.whole.rows, axis=0))


class LookSystem:
    """The look, at one leaning."""

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
        """Return the readings in each part, more of them if it tries harder."""
        return [
            _readings(KINDS[name], features, harder=self._harder and share > 0)
            for name, share in zip(BLENDED, self._shares, strict=True)
        ]

    def distances(self, query: list[Planes]) -> NDArray[Any]:
        """Return look distances."""
        return LookMeasure(self._parts, query, self._shares).distances()

    def distinct(self) -> int:
        """Return how many items differ in a part."""
        return len(np.unique(np.hstack([part.table.whole.rows for part in self._parts]), axis=0))


class RivalSystem:
    """A hash of another package; `hashes` are those of the gallery, shape (M, L)."""

    def __init__(self, rival: Rival, hashes: Hashes) -> None:
        self.name = rival.name
        self.bits = rival.bits
        self._rival = rival
        self._hashes = hashes

    def hashed(self, features: PictureFeatures) -> Hashes:
        """Return the package's hash."""
        return self._rival.compute(features.image)

    def distances(self, query: Hashes) -> NDArray[Any]:
        """Return distances as the package defines them."""
        return self._rival.distances(self._hashes, query)

    def distinct(self) -> int:
        """Return how many different hashes the items have."""
        return len(np.unique(self._hashes, axis=0))


def _readings(kind: HashKind, features: PictureFeatures, *, harder: bool) -> Planes:
    code = query_code(kind, features) if harder else pack(kind.compute(features))
    return read({kind.name: code}, kind, harder=harder).queries


def names() -> tuple[str, ...]:
    """Return the names of all systems: the look, installed kinds, rivals installed or not."""
    return (*_LOOKS, *KINDS, *RIVALS)


def chosen(requested: Sequence[str]) -> tuple[str, ...]:
    """Return the requested systems, all if none is named, without those that are not installed.

    Raises:
        BadParameter: there is no system of a name, or none of them is installed.
    """
    unknown = [name for name in requested if name not in names()]
    if unknown and unknown[0] in KNOWN_KINDS:
        raise BadParameter("kinds", f"'{unknown[0]}' needs {KNOWN_KINDS[unknown[0]].remedy}")
    if unknown:
        raise BadParameter("kinds", f"there is no '{unknown[0]}'; try {', '.join(names())}")
    installed = tuple(
        name
        for name in dict.fromkeys(requested or names())
        if name not in RIVALS or RIVALS[name].installed
    )
    if not installed:
        raise BadParameter("kinds", f"install {RIVALS[requested[0]].package} to ask {requested[0]}")
    return installed


def kinds_of(name: str) -> tuple[str, ...]:
    """Return the names of the kinds whose codes a system compares; none for a rival."""
    if name in _LOOKS:
        return BLENDED
    return (name,) if name in KINDS else ()


def open_system(name: str, folder: Path) -> System:
    """Open a system over the codes in a gallery's folder."""
    if name in RIVALS:
        return RivalSystem(RIVALS[name], np.load(folder / f"{name}.npy", mmap_mode="r"))
    opened = [open_kind(kind, folder) for kind in kinds_of(name)]
    if name in KINDS:
        return KindSystem(KINDS[name], opened[0])
    return LookSystem(name, opened)


def open_kind(name: str, folder: Path) -> KindIndex:
    """Open a kind over the codes in a gallery's folder."""
    table = load_table(folder, name, KINDS[name].bits)
    return kind_index(table, ExactIndex(table))
