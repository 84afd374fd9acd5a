"""Items that have the identical pictures, as they are now: see `index.identical_pictures`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from webapp.catalog.reader import Catalog
from webapp.index import blank_codes, identical_pictures
from webapp.index.code_table import CodeTable
from webapp.index.hamming import Positions, sorted_contains, to_planes
from webapp.index.identical_pictures import IdenticalPictures
from webapp.index.overlay.overlaid_table import OverlaidTable
from webapp.index.overlay.recent_items import RecentItem
from webapp.index.overlay.splice import Splice
from webapp.models import Code, Ids

PhotoKey = tuple[tuple[Code, ...], str]
"""The codes of a photo in all kinds that tell; and, if it is a plain picture, its content."""

ItemKey = tuple[PhotoKey, ...]
"""Those of all photos of an item, sorted: items with equal keys have the identical pictures."""


def anew(catalog: Catalog, tables: Mapping[str, OverlaidTable], ids: Ids) -> IdenticalPictures:
    """Find them among all items, as an index does when it is built; `tables` have all photos."""
    whole = {name: table.whole for name, table in tables.items()}
    photos = next((table.photos for table in whole.values()), None)
    witnesses = [table.rows for table in whole.values()]
    if whole:
        count = next(iter(whole.values())).photo_count
        plain = blank_codes.plain_photos(count, whole)
        witnesses.append(identical_pictures.contents(catalog, ids, photos, plain))
    return identical_pictures.find(len(ids), witnesses, photos)


@dataclass(frozen=True)
class OverlaidPictures:
    """Compares changed items with the frozen ones and with one another.

    `tables`: those of the kinds that have all photos; one or more.
    """

    catalog: Catalog
    frozen: IdenticalPictures
    splice: Splice
    tables: Mapping[str, OverlaidTable]
    recent: Sequence[RecentItem]

    def find(self) -> IdenticalPictures:
        """Return which items share their pictures, by merged positions."""
        stay = ~sorted_contains(self.splice.gone, self.frozen.positions)
        positions = self.splice.of_frozen(self.frozen.positions[stay])
        picture_of = dict(zip(positions.tolist(), self.frozen.pictures[stay].tolist(), strict=True))
        following = int(self.frozen.pictures.max(initial=-1)) + 1
        picture_of_key: dict[ItemKey, int] = {}
        keys = self._keys()
        for position, key in zip(self.splice.recent.tolist(), keys, strict=True):
            if key not in picture_of_key:
                other = self._frozen_item(key)
                known = None if other is None else picture_of.get(other)
                picture_of_key[key] = following if known is None else known
                following += known is None
                if other is not None:
                    picture_of[other] = picture_of_key[key]
            picture_of[position] = picture_of_key[key]
        return _shared(picture_of)

    def _keys(self) -> list[ItemKey]:
        plain = blank_codes.plain_photos(self._first.recent.photo_count, self._recent_tables)
        keys = []
        start = 0
        for entry in self.recent:
            photos = entry.item.photos
            codes = [self._codes(entry.item.id, photo.number) for photo in photos]
            digests = [
                photo.digest if is_plain else ""
                for photo, is_plain in zip(photos, plain[start:], strict=False)
            ]
            start += len(photos)
            keys.append(tuple(sorted(zip(codes, digests, strict=True))))
        return keys

    @property
    def _first(self) -> OverlaidTable:
        return max(self.tables.values(), key=lambda table: table.bits)

    @property
    def _recent_tables(self) -> Mapping[str, CodeTable]:
        return {name: table.recent for name, table in self.tables.items()}

    def _codes(self, item_id: int, number: int) -> tuple[Code, ...]:
        found = (table.code(item_id, number) for table in self.tables.values())
        return tuple(code for code in found if code is not None)

    def _frozen_item(self, key: ItemKey) -> int | None:
        """Return the merged position of a frozen item that has these pictures and is not gone."""
        codes, _ = key[0]
        photos = self._frozen_photos(codes)
        table = self._first.frozen
        items = table.photos.items_of(photos) if table.photos else photos
        items = items[~sorted_contains(self.splice.gone, items)]
        for position in items.tolist():
            if self._frozen_key(position, key) == key:
                return int(self.splice.of_frozen(np.array([position]))[0])
        return None

    def _frozen_photos(self, codes: tuple[Code, ...]) -> Positions:
        """Return the positions, in the frozen tables, of the photos that have all these codes."""
        found: Positions | None = None
        for table, code in sorted(
            zip((one.frozen for one in self.tables.values()), codes, strict=True),
            key=lambda pair: -pair[0].bits,  # in a wide kind few have the same code
        ):
            views = to_planes(np.frombuffer(code, dtype=np.uint8).reshape(table.rows.shape[1], -1))
            rows = [row for view in views.T if (row := table.row_of(view)) is not None]
            if len(rows) < views.shape[1]:
                return np.empty(0, dtype=np.intp)
            if found is None:
                listed = table.members[table.starts[rows[0]] : table.starts[rows[0] + 1]]
                found = np.unique(listed).astype(np.intp)
            found = found[(table.rows[found] == rows).all(axis=1)]
        assert found is not None, "there are tables"
        return found

    def _frozen_key(self, position: int, wanted: ItemKey) -> ItemKey:
        """Return the key of a frozen item; contents are read only where those wanted have some."""
        first = self._first.frozen
        item_id = int(first.ids[position])
        _, numbers = first.photos_at(position)
        codes = [self._codes(item_id, number) for number in numbers]
        digests = [""] * len(numbers)
        if any(digest for _, digest in wanted):
            plain = {codes for codes, digest in wanted if digest}
            (item,) = self.catalog.items([item_id]) or (None,)
            digests = [
                item.photo(number).digest if item and own in plain else ""
                for number, own in zip(numbers, codes, strict=True)
            ]
        return tuple(sorted(zip(codes, digests, strict=True)))


def _shared(picture_of: Mapping[int, int]) -> IdenticalPictures:
    positions = np.array(sorted(picture_of), dtype=np.intp)
    pictures = np.array([picture_of[position] for position in positions.tolist()], dtype=np.intp)
    _, first, number, counts = np.unique(
        pictures, return_index=True, return_inverse=True, return_counts=True
    )
    several = counts[number] > 1
    return IdenticalPictures(positions[several], positions[first[number[several]]])
