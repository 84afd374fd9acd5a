"""What one request or command is answered from: one generation, and the catalogue's items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from webapp.catalog.reader import Catalog
from webapp.exceptions import IndexNotReady, ItemNotFound
from webapp.index.facets import Facets
from webapp.index.hamming import Positions, sorted_contains
from webapp.index.identical_pictures import IdenticalPictures
from webapp.index.kind_index import KindIndex
from webapp.index.published import Published
from webapp.models import Filters, Fingerprint, Ids, Item

_MOST_ITEMS_HELD = 10_000


@dataclass(frozen=True)
class Snapshot:
    """One state of all that answers.

    Whoever answers a request takes one snapshot, and reads items, facets and codes through it
    alone: then two parts of an answer never come from two states of the catalogue.

    `published` is the generation, with what was changed since, or why there is none; `facets` are
    there in both cases.
    """

    catalog: Catalog
    facets: Facets
    published: Published | IndexNotReady
    _held: dict[int, Item | None] = field(default_factory=dict, init=False, repr=False)

    @property
    def generation(self) -> Published:
        """The published generation, and what was changed since.

        Raises:
            IndexNotReady: nothing is published, or it cannot be opened.
        """
        if isinstance(self.published, IndexNotReady):
            # The same error for every request: each would make its traceback longer.
            raise self.published.with_traceback(None)
        return self.published

    @property
    def kinds(self) -> Mapping[str, KindIndex]:
        """The kinds that can be searched; raises as `generation` does."""
        return self.generation.kinds

    def kind(self, name: str) -> KindIndex:
        """Return one kind; raises as `generation` does, and where it has no codes of the kind."""
        return self.generation.kind(name)

    def positions(self, ids: Ids, filters: Filters) -> Positions | None:
        """Return the positions among `ids`, ascending, of the items that pass; None for all."""
        if not filters:
            return None
        passing = self.facets.matching(filters)
        if ids is self.facets.ids:
            return passing
        return np.flatnonzero(np.isin(ids, self.facets.ids[passing]))

    def identical_pictures(self, ids: Ids) -> IdenticalPictures:
        """Return which of `ids` share their picture with others, by positions among `ids`."""
        identical = self.generation.identical_pictures
        if ids is self.facets.ids:
            return identical
        sharing = self.facets.ids[identical.positions]
        here = sorted_contains(ids, sharing)
        places = np.searchsorted(ids, sharing[here])
        return IdenticalPictures(places, identical.pictures[here])

    def item(self, item_id: int) -> Item:
        """Return one item.

        Raises:
            ItemNotFound: there is none with this id.
        """
        found = self.items([item_id])
        if not found:
            raise ItemNotFound(f"there is no item {item_id}")
        return found[0]

    def items(self, ids: Sequence[int]) -> list[Item]:
        """Return the items in the order of `ids`; those that are gone are left out.

        An item that was asked for before is the same again, whatever was changed meanwhile.
        """
        unknown = [item_id for item_id in ids if item_id not in self._held]
        if unknown:
            if len(self._held) > _MOST_ITEMS_HELD:  # a command may go through all items
                self._held.clear()
                unknown = list(ids)
            self._held.update(dict.fromkeys(unknown))
            self._held.update((item.id, item) for item in self.catalog.items(unknown))
        return [item for item_id in ids if (item := self._held[item_id]) is not None]

    def fingerprint(self, item_id: int, photo: int = 1) -> Fingerprint:
        """Return the codes of one of an item's photos, by kind.

        Raises:
            ItemNotFound: there is none with this id.
        """
        if photo == 1:
            found = self.fingerprints([item_id])[item_id]
        else:
            here = self._published_codes
            found = here.fingerprint(item_id, photo) if here else {}
            found = found or self._stored([item_id]).get((item_id, photo), {})
        if not found:
            self.item(item_id)
        return found

    def fingerprints(self, ids: Sequence[int]) -> dict[int, Fingerprint]:
        """Return the codes of items' first photos, by item and kind.

        Those of items that are published are as they were published, those of others as the
        catalogue has them; so are all where an engine keeps the codes, whom it takes longer to ask.
        """
        here = self._published_codes
        found = {item_id: here.fingerprint(item_id) if here else {} for item_id in ids}
        others = [item_id for item_id in ids if not found[item_id]]
        stored = self._stored(others) if others else {}
        return found | {item_id: stored.get((item_id, 1), {}) for item_id in others}

    @property
    def _published_codes(self) -> Published | None:
        """What is published, if its codes are here."""
        published = self.published
        if isinstance(published, IndexNotReady) or not published.has_codes:
            return None
        return published

    def _stored(self, ids: Sequence[int]) -> Mapping[tuple[int, int], Fingerprint]:
        """Return the codes of photos of items in the catalogue, for want of those published."""
        found = self.catalog.photo_fingerprints(ids)
        if isinstance(self.published, IndexNotReady) or self.published.has_codes:
            return found
        kinds = self.published.kinds
        return {
            photo: {name: code for name, code in codes.items() if name in kinds}
            for photo, codes in found.items()
        }
