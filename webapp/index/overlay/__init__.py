"""What changed since a generation was built, laid over it: together they answer as one built now.

A generation never changes. Items that were added, changed or removed since are kept beside it, few
and in memory: the frozen codes of changed items are left out, their new ones are compared too.
Every answer is the one that a generation built of the catalogue as it is would give, to the bit;
but for the choice of extra columns that narrow, which is made when one is built, and for which
recent items share their picture where not all items have codes of the same kinds as before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from webapp.index.facets import Facets
from webapp.index.generation import Generation
from webapp.index.hamming import Positions
from webapp.index.identical_pictures import IdenticalPictures
from webapp.index.kind_index import KindIndex
from webapp.index.manifest import Manifest
from webapp.index.narrowing import Narrowing
from webapp.index.overlay import overlaid_facets
from webapp.index.overlay.overlaid_codes import OverlaidCodes
from webapp.index.overlay.recent_items import RecentItem, RecentItems
from webapp.index.overlay.splice import Splice, places_among
from webapp.index.published import Published
from webapp.models import Filters, Fingerprint, Ids

__all__ = ["OverlaidCodes", "OverlaidGeneration", "RecentItem", "RecentItems"]


@dataclass(frozen=True)
class OverlaidGeneration(Published):
    """A generation, and what changed since it was built."""

    frozen: Generation
    recent: RecentItems
    codes: OverlaidCodes

    @property
    def name(self) -> str:
        """Its name, another with every change."""
        return f"{self.frozen.name}+{self.recent.revision}"

    @property
    def manifest(self) -> Manifest:
        """That of the frozen generation."""
        return self.frozen.manifest

    @property
    def has_codes(self) -> bool:
        """Whether the codes of the frozen generation are here."""
        return self.frozen.has_codes

    @cached_property
    def facets(self) -> Facets:
        """What the items can be narrowed and sorted by."""
        items = [entry.item for entry in self.recent.present]
        present = np.array([item.id for item in items], dtype=np.int64)
        frozen, changed = self.frozen.facets, self.recent.changed
        splice = Splice.of_ids(frozen.ids, changed, present)
        return overlaid_facets.overlaid(frozen, splice, self.codes.items[1], items)

    def narrowed(self, filters: Filters, ids: Ids) -> tuple[Narrowing, Positions]:
        """Return filters as the indexes know them, and the places of all changed items."""
        narrowing, _ = self.frozen.narrowed(filters, ids)
        return narrowing, places_among(ids, self.recent.changed)

    @property
    def kinds(self) -> Mapping[str, KindIndex]:
        """The kinds that can be searched; each is made when it is first asked for."""
        return self.codes.kinds

    @property
    def identical_pictures(self) -> IdenticalPictures:
        """Which items share their picture with others."""
        return self.codes.identical_pictures

    @property
    def compares_pictures(self) -> bool:
        """Whether it is known which changed items share their picture with others."""
        return self.codes.compares_pictures

    def fingerprint(self, item_id: int, photo: int = 1) -> Fingerprint:
        """Return the codes of a photo of an item, by kind; none where it was not published."""
        if item_id not in self.recent.recoded:
            return self.frozen.fingerprint(item_id, photo)
        entry = self.recent.entries[item_id]
        codes = entry.codes.get(photo, {}) if entry else {}
        return {name: codes[name] for name in self.kinds if name in codes}
