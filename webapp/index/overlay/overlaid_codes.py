"""The codes of a generation as they are now, and what is made of them alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from webapp.catalog.reader import Catalog
from webapp.hashing.kinds import KINDS
from webapp.index.code_table import CodeTable
from webapp.index.generation import Generation
from webapp.index.identical_pictures import IdenticalPictures
from webapp.index.kind_index import KindIndex, kind_index
from webapp.index.overlay import overlaid_pictures
from webapp.index.overlay.lazy_mapping import LazyMapping
from webapp.index.overlay.overlaid_pictures import OverlaidPictures
from webapp.index.overlay.overlaid_table import NoIndex, OverlaidIndex, OverlaidTable
from webapp.index.overlay.recent_items import RecentItems, no_codes
from webapp.index.overlay.splice import Splice
from webapp.index.photo_rows import PhotoRows, one_each
from webapp.index.remote_table import FrozenTable
from webapp.models import Ids

_NO_PLACES = np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class OverlaidCodes:
    """The codes of all kinds, with those of the recoded `recent` items in place of frozen ones.

    What is changed of attributes alone changes nothing of this: then it serves on, with all that
    was made of it.
    """

    catalog: Catalog
    frozen: Generation
    recent: RecentItems

    @cached_property
    def items(self) -> tuple[Splice, Ids]:
        """How recoded items are spliced into the frozen ones; and the ids of all, ascending."""
        frozen = self.frozen.facets.ids
        if not self.recent.recoded:
            return Splice(len(frozen), _NO_PLACES, _NO_PLACES), frozen
        present = [entry.item.id for entry in self.recent.recoded_present]
        return _spliced(frozen, self.recent.recoded_ids, np.array(present, dtype=np.int64))

    @cached_property
    def kinds(self) -> Mapping[str, KindIndex]:
        """The kinds that can be searched; each is made when it is first asked for."""
        if not self.recent.recoded:
            return self.frozen.kinds
        return LazyMapping(self._tables, self._kind)

    def _kind(self, name: str) -> KindIndex:
        table = self._tables[name]
        frozen = self.frozen.kinds.get(name)
        index = OverlaidIndex(frozen.index if frozen else NoIndex(), table)
        if frozen and frozen.pairs.are_enough and self._before == self._now:
            return KindIndex(table, index, frozen.pairs)
        return kind_index(table, index)

    @cached_property
    def _tables(self) -> LazyMapping[OverlaidTable]:
        names = [name for name in KINDS if name in self.recent.kinds or self._has_frozen(name)]
        return LazyMapping(names, self._table)

    def _has_frozen(self, kind: str) -> bool:
        """Say whether an item that did not change has a code of a kind."""
        if kind not in self.frozen.kinds:
            return False
        ids, changed = self.frozen.kinds[kind].table.ids, self.recent.recoded_ids
        return len(ids) > len(changed) or not np.isin(ids, changed).all()

    def _table(self, name: str) -> OverlaidTable:
        known = self.frozen.kinds.get(name)
        frozen = _table_of(known) if known else no_codes(KINDS[name])
        recent = self.recent.table(name)
        items, ids = self.items
        is_complete = len(recent.ids) == len(self.recent.recoded_present)
        if frozen.ids is not self.frozen.facets.ids or not is_complete:
            items, ids = _spliced(frozen.ids, self.recent.recoded_ids, recent.ids)
        pictures, photos = items, None
        if frozen.photos or recent.photos:
            pictures, photos = _spliced_photos(frozen, recent, items, ids)
            # With the same object for all, it is known without comparing that they are the same.
            made = [table.photos for table in self._tables.made if table.photos]
            photos = next((one for one in made if one.equals(photos)), photos)
        return OverlaidTable(frozen, recent, ids, photos, items, pictures)

    @cached_property
    def _before(self) -> set[str]:
        """The kinds of which all photos had codes when the index was built."""
        return _with_most(
            {
                name: kind.table.photo_count
                for name, kind in self.frozen.kinds.items()
                if kind.table.ids is self.frozen.facets.ids
            }
        )

    @cached_property
    def _now(self) -> set[str]:
        """The kinds of which all photos have codes now; no table is made to tell."""
        counts, recent = {}, self.recent
        photos = recent.photo_count
        for name in self._tables:
            known = self.frozen.kinds.get(name)
            frozen = _table_of(known) if known else no_codes(KINDS[name])
            splice = Splice.of_ids(frozen.ids, recent.recoded_ids, recent.ids_with(name))
            if splice.count == len(self.items[1]) and recent.photos_with(name) == photos:
                gone = len(splice.gone)
                if frozen.photos:
                    gone = len(frozen.photos.photos_of(splice.gone)[0])
                counts[name] = frozen.photo_count - gone + recent.photos_with(name)
        return _with_most(counts)

    @cached_property
    def compares_pictures(self) -> bool:
        """Whether recoded items are compared with others by the kinds that the index was built by.

        Where it is not so, a new index is due.
        """
        if not self.recent.recoded or not len(self.frozen.facets.ids) or not len(self.items[1]):
            return True
        return self._before == self._now

    @cached_property
    def identical_pictures(self) -> IdenticalPictures:
        """Which items share their picture with others."""
        known, (splice, _) = self.frozen.identical_pictures, self.items
        if not self.recent.recoded:
            return known
        # By other kinds than before, all items would have to be compared anew, with codes that may
        # be elsewhere, which takes too long for a request. Until the new index is there, which is
        # built at once, items that stayed share what they shared, and recoded ones stand alone.
        if not self.compares_pictures or not self._now:
            return overlaid_pictures.without_recent(known, splice)
        tables = {name: self._tables[name] for name in self._now}
        return OverlaidPictures(
            self.catalog, known, splice, tables, self.recent.recoded_present
        ).find()


def _spliced(frozen: Ids, changed: Ids, present: Ids) -> tuple[Splice, Ids]:
    """Put the changed items that are `present` among the frozen ones that did not change."""
    splice = Splice.of_ids(frozen, changed, present)
    return splice, splice.merged(frozen, present)


def _table_of(frozen: KindIndex) -> FrozenTable:
    assert isinstance(frozen.table, FrozenTable), "a generation has no other tables"
    return frozen.table


def _spliced_photos(
    frozen: FrozenTable, recent: CodeTable, items: Splice, ids: Ids
) -> tuple[Splice, PhotoRows]:
    """Put the photos of changed items among the others; and return all of them, by items."""
    of_frozen = frozen.photos or one_each(len(frozen.ids))
    of_recent = recent.photos or one_each(len(recent.ids))
    gone, _ = of_frozen.photos_of(items.gone)
    places = of_frozen.starts[frozen.ids.searchsorted(recent.ids)]
    splice = Splice.at(len(of_frozen.items), gone, places[of_recent.items])
    item_ids = splice.merged(frozen.ids[of_frozen.items], recent.ids[of_recent.items])
    numbers = splice.merged(of_frozen.numbers, of_recent.numbers)
    return splice, PhotoRows(ids.searchsorted(item_ids).astype(np.int32), numbers)


def _with_most(photos: Mapping[str, int]) -> set[str]:
    """Name the kinds that have the most photos."""
    most = max(photos.values(), default=0)
    return {name for name, count in photos.items() if count == most}
