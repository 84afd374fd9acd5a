"""What answers searches: an index that was built, with or without what changed since."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from webapp.exceptions import IndexNotReady
from webapp.hashing.kinds import KNOWN_KINDS
from webapp.index.facets import Facets
from webapp.index.hamming import Positions
from webapp.index.identical_pictures import IdenticalPictures
from webapp.index.kind_index import KindIndex
from webapp.index.manifest import Manifest
from webapp.index.narrowing import Narrowing
from webapp.index.remote_table import NEVER_SCANNED
from webapp.models import Filters, Fingerprint, Ids


class Published(ABC):
    """What answers searches: a generation, by itself or with what changed since it was built."""

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name, which no other state of the catalogue has."""

    @property
    @abstractmethod
    def manifest(self) -> Manifest:
        """What describes the generation."""

    @property
    @abstractmethod
    def kinds(self) -> Mapping[str, KindIndex]:
        """The kinds that can be searched."""

    @property
    @abstractmethod
    def facets(self) -> Facets:
        """What the items can be narrowed and sorted by."""

    @property
    @abstractmethod
    def identical_pictures(self) -> IdenticalPictures:
        """Which items share their picture with others."""

    def kind(self, name: str) -> KindIndex:
        """Return one kind.

        Raises:
            IndexNotReady: the generation was built before the kind had codes.
        """
        if not self.kinds:
            raise IndexNotReady("the catalogue is empty: run `hashbag import` or `hashbag demo`")
        if name in KNOWN_KINDS and not KNOWN_KINDS[name].installed:
            raise IndexNotReady(f"{name} is not installed here: {KNOWN_KINDS[name].remedy}")
        if name not in self.kinds:
            raise IndexNotReady(f"there is no index of {name} yet: run `hashbag index`")
        return self.kinds[name]

    @abstractmethod
    def narrowed(self, filters: Filters, ids: Ids) -> tuple[Narrowing, Positions]:
        """Return filters as the indexes know them, and the items of which these no longer know.

        The latter as positions among `ids`, ascending.
        """

    @property
    def has_codes(self) -> bool:
        """Whether codes are here, and need not be fetched."""
        return all(kind.table.scan_words < NEVER_SCANNED for kind in self.kinds.values())

    def fingerprint(self, item_id: int, photo: int = 1) -> Fingerprint:
        """Return the codes of a photo of an item, by kind; none where it was not published."""
        codes = {name: kind.table.code(item_id, photo) for name, kind in self.kinds.items()}
        return {name: code for name, code in codes.items() if code is not None}
