"""Photos at new paths that the catalogue had before: the same content, and its old file is gone."""

import os
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from webapp.catalog.reader import Catalog
from webapp.catalog.schema import items, removed
from webapp.models import Item


class MovedPhotos:
    """What some contents, at most some hundreds, were before."""

    def __init__(self, catalog: Catalog, digests: Sequence[str]) -> None:
        self._items: dict[str, list[Item]] = {}
        self._removed: set[str] = set()
        if digests:
            self._look_up(catalog, digests)

    def item(self, digest: str, filename: str, but: Collection[int]) -> Item | None:
        """Return the item of a content whose file is gone, if there is one `but` some ids.

        Of several, one of the same file name is taken first, then the one with the lowest id.
        """
        found = [item for item in self._items.get(digest, []) if item.id not in but]
        alike = [item for item in found if _name(item.path) == _name(filename)]
        return next(iter(alike or found), None)

    def is_removed(self, digest: str) -> bool:
        """Say whether an item of this content was taken out by hand, and its file is gone."""
        return digest in self._removed

    def _look_up(self, catalog: Catalog, digests: Sequence[str]) -> None:
        of_items = sa.select(items).where(items.c.digest.in_(digests)).order_by(items.c.id)
        of_removals = sa.select(removed).where(removed.c.digest.in_(digests))
        with catalog.engine.connect() as connection:
            for row in connection.execute(of_items).mappings():
                if not os.path.lexists(catalog.instance / row["path"]):
                    self._items.setdefault(row["digest"], []).append(Item(**row))
            for gone in connection.execute(of_removals):
                if not os.path.lexists(catalog.instance / gone.path):
                    self._removed.add(gone.digest)


def removals_at(catalog: Catalog, paths: Sequence[str]) -> set[tuple[str, int]]:
    """Return the places, at some hundreds of paths, whose items were taken out by hand."""
    query = sa.select(removed.c.path, removed.c.occurrence).where(removed.c.path.in_(paths))
    with catalog.engine.connect() as connection:
        return {(path, occurrence) for path, occurrence in connection.execute(query)}


def _name(path: str) -> str:
    return path.rpartition("/")[2]
