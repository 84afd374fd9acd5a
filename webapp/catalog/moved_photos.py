"""Photos at new paths that the catalogue had before: the same content, and its old file is gone.

An item is known again by any of its photos, so that it stays itself where its first is left out of
a list, and its file gone, or where its photos change places.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from webapp.catalog.item_rows import read_items
from webapp.catalog.reader import Catalog
from webapp.catalog.schema import items, photos, removed
from webapp.models import Item


class MovedPhotos:
    """What some contents, at most some hundreds, were before."""

    def __init__(self, catalog: Catalog, digests: Sequence[str]) -> None:
        self._items: dict[str, list[Item]] = {}
        self._of_several: dict[str, list[Item]] = {}
        self._removed: set[str] = set()
        if digests:
            self._look_up(catalog, digests)

    def item(
        self, digest: str, filename: str, but: Collection[int], beside: Collection[str] = ()
    ) -> Item | None:
        """Return the item of a content whose file is gone, if there is one `but` some ids.

        Of several, one of the same file name is taken first, then the one with the lowest id. Last
        comes one of which this was a further photo, if the file of its first is gone or among those
        that now stand `beside`, by their stored paths.
        """
        found = [item for item in self._items.get(digest, []) if item.id not in but]
        alike = [item for item in found if _name(item.path) == _name(filename)]
        of_several = (
            item
            for item in self._of_several.get(digest, [])
            if item.id not in but and (item.path in beside or self._is_gone(item.path))
        )
        return next(iter(alike or found), None) or next(of_several, None)

    def is_removed(self, digest: str) -> bool:
        """Say whether an item of this content was taken out by hand, and its file is gone."""
        return digest in self._removed

    def _look_up(self, catalog: Catalog, digests: Sequence[str]) -> None:
        self._originals = catalog.originals
        of_items = sa.select(items).where(items.c.digest.in_(digests)).order_by(items.c.id)
        has = sa.select(photos.c.item_id).where(photos.c.digest.in_(digests))
        of_several = sa.select(items).where(items.c.id.in_(has)).order_by(items.c.id)
        of_removals = sa.select(removed).where(removed.c.digest.in_(digests))
        with catalog.engine.connect() as connection:
            for item in read_items(connection, of_items):
                if self._is_gone(item.path):
                    self._items.setdefault(item.digest, []).append(item)
            for item in read_items(connection, of_several):
                for digest in {photo.digest for photo in item.further}:
                    self._of_several.setdefault(digest, []).append(item)
            for gone in connection.execute(of_removals):
                if self._is_gone(gone.path):
                    self._removed.add(gone.digest)

    def _is_gone(self, path: str) -> bool:
        return self._originals.is_gone(path)


def removals_at(catalog: Catalog, paths: Sequence[str]) -> set[tuple[str, int]]:
    """Return the places, at some hundreds of paths, whose items were taken out by hand."""
    query = sa.select(removed.c.path, removed.c.occurrence).where(removed.c.path.in_(paths))
    with catalog.engine.connect() as connection:
        return {(path, occurrence) for path, occurrence in connection.execute(query)}


def _name(path: str) -> str:
    return path.rpartition("/")[2]
