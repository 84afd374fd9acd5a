"""Items that have the identical pictures, as they are now: see `index.identical_pictures`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress

import numpy as np

from webapp.catalog.reader import Catalog
from webapp.index import blank_codes
from webapp.index.code_table import CodeTable
from webapp.index.hamming import Positions, sorted_contains, to_planes
from webapp.index.identical_pictures import IdenticalPictures
from webapp.index.overlay.overlaid_table import OverlaidTable
from webapp.index.overlay.recent_items import RecentItem
from webapp.index.overlay.splice import Splice
from webapp.index.remote_table import FrozenTable
from webapp.models import Code

PhotoKey = tuple[tuple[Code, ...], str]
"""The codes of a photo in all kinds that tell; and, if it is a plain picture, its content."""

ItemKey = tuple[PhotoKey, ...]
"""Those of all photos of an item, sorted: items with equal keys have the identical pictures."""

RowsOfPhoto = tuple[int, ...]
"""The rows, in the frozen tables, of all views of a photo: first those in the widest kind."""


def without_recent(frozen: IdenticalPictures, splice: Splice) -> IdenticalPictures:
    """Return what frozen items share that are not gone, by merged positions."""
    return _shared(_staying(frozen, splice))


@dataclass(frozen=True)
class OverlaidPictures:
    """Compares changed items with the frozen ones and with one another.

    `tables`: those of the kinds that have all photos, then and now; one or more.
    """

    catalog: Catalog
    frozen: IdenticalPictures
    splice: Splice
    tables: Mapping[str, OverlaidTable]
    recent: Sequence[RecentItem]

    def find(self) -> IdenticalPictures:
        """Return which items share their pictures, by merged positions."""
        picture_of = _staying(self.frozen, self.splice)
        following = int(self.frozen.pictures.max(initial=-1)) + 1
        picture_of_key: dict[ItemKey, int] = {}
        keys = self._keys()
        others = self._frozen_items(list(dict.fromkeys(keys)))
        for position, key in zip(self.splice.recent.tolist(), keys, strict=True):
            if key not in picture_of_key:
                other = others.get(key)
                known = None if other is None else picture_of.get(other)
                picture_of_key[key] = following if known is None else known
                following += known is None
                if other is not None:
                    picture_of[other] = picture_of_key[key]
            picture_of[position] = picture_of_key[key]
        return _shared(picture_of)

    def _keys(self) -> list[ItemKey]:
        count = self._widest_first[0].recent.photo_count
        plain = blank_codes.plain_photos(count, self._recent_tables)
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
    def _widest_first(self) -> Sequence[OverlaidTable]:
        return sorted(self.tables.values(), key=lambda table: -table.bits)

    @property
    def _recent_tables(self) -> Mapping[str, CodeTable]:
        return {name: table.recent for name, table in self.tables.items()}

    def _codes(self, item_id: int, number: int) -> tuple[Code, ...]:
        found = (table.code(item_id, number) for table in self.tables.values())
        return tuple(code for code in found if code is not None)

    @property
    def _frozen_tables(self) -> Sequence[FrozenTable]:
        """The frozen tables, the widest first: there few photos have the same code."""
        return [table.frozen for table in self._widest_first]

    def _frozen_items(self, keys: Sequence[ItemKey]) -> Mapping[ItemKey, int]:
        """Return the merged positions of frozen items that have these pictures, as far as any do.

        Codes may be elsewhere: all are asked for at once, and of frozen photos only rows compared.
        """
        photos = list(dict.fromkeys(codes for key in keys for codes, _ in key))
        rows = self._frozen_rows(photos)
        found = {}
        for key in keys:
            if all(codes in rows for codes, _ in key):
                place = self._frozen_item([(rows[codes], digest) for codes, digest in key])
                if place is not None:
                    found[key] = int(self.splice.of_frozen(np.array([place]))[0])
        return found

    def _frozen_rows(
        self, photos: Sequence[tuple[Code, ...]]
    ) -> Mapping[tuple[Code, ...], RowsOfPhoto]:
        """Return the rows of photos by their codes; those of which a row is missing are left out.

        What one kind does not have is not asked for in the next.
        """
        left = [codes for codes in photos if len(codes) == len(self.tables)]
        rows: list[RowsOfPhoto] = [()] * len(left)
        for place, table in sorted(enumerate(self.tables.values()), key=lambda one: -one[1].bits):
            if not left:
                break
            views = table.frozen.views
            packed = np.frombuffer(b"".join(codes[place] for codes in left), dtype=np.uint8)
            found = table.frozen.rows_of(to_planes(packed.reshape(len(left) * views, -1)))
            of_photos: list[list[int]] = found.reshape(len(left), views).tolist()
            rows = [(*one, *more) for one, more in zip(rows, of_photos, strict=True)]
            known = [-1 not in more for more in of_photos]
            left, rows = list(compress(left, known)), list(compress(rows, known))
        return dict(zip(left, rows, strict=True))

    def _frozen_item(self, wanted: Sequence[tuple[RowsOfPhoto, str]]) -> int | None:
        """Return the position of a frozen item, not gone, whose photos have these rows and files.

        Contents are read only where those wanted have some.
        """
        first = self._frozen_tables[0]
        photos = self._frozen_photos(wanted[0][0])
        items = first.photos.items_of(photos) if first.photos else photos
        items = items[~sorted_contains(self.splice.gone, items)]
        plain = {rows for rows, digest in wanted if digest}
        by_id = {}
        if plain:
            by_id = {item.id: item for item in self.catalog.items(first.ids[items].tolist())}
        for position in items.tolist():
            of_item, numbers = first.photos_at(position)
            item = by_id.get(int(first.ids[position]))
            own = []
            for photo, number in zip(of_item, numbers, strict=True):
                rows = self._rows_at(photo)
                own.append((rows, item.photo(number).digest if item and rows in plain else ""))
            if sorted(own) == sorted(wanted):
                return int(position)
        return None

    def _frozen_photos(self, rows: RowsOfPhoto) -> Positions:
        """Return the positions, in the frozen tables, of the photos that have all these rows."""
        first = self._frozen_tables[0]
        found = first.photos_of(np.array(rows[:1]), first.photo_count)
        start = 0
        for table in self._frozen_tables:
            end = start + table.views
            found = found[(table.rows_at(found) == rows[start:end]).all(axis=1)]
            start = end
        return found

    def _rows_at(self, photo: int) -> RowsOfPhoto:
        place = np.array([photo])
        found = [table.rows_at(place).ravel().tolist() for table in self._frozen_tables]
        return tuple(chain.from_iterable(found))


def _staying(frozen: IdenticalPictures, splice: Splice) -> dict[int, int]:
    """Return the pictures of frozen items that share theirs, and stay, by merged positions."""
    stay = ~sorted_contains(splice.gone, frozen.positions)
    positions = splice.of_frozen(frozen.positions[stay])
    return dict(zip(positions.tolist(), frozen.pictures[stay].tolist(), strict=True))


def _shared(picture_of: Mapping[int, int]) -> IdenticalPictures:
    positions = np.array(sorted(picture_of), dtype=np.intp)
    pictures = np.array([picture_of[position] for position in positions.tolist()], dtype=np.intp)
    _, first, number, counts = np.unique(
        pictures, return_index=True, return_inverse=True, return_counts=True
    )
    several = counts[number] > 1
    return IdenticalPictures(positions[several], positions[first[number[several]]])
