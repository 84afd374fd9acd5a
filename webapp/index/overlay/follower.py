"""Following live changes: the published generation, with what was changed since it was built."""

import threading
from dataclasses import dataclass

from webapp.catalog.change_log import changes_since
from webapp.catalog.reader import Catalog
from webapp.exceptions import IndexBeingFetched
from webapp.index.generation import Generation
from webapp.index.overlay import OverlaidCodes, OverlaidGeneration
from webapp.index.overlay.recent_items import RecentItem, RecentItems
from webapp.index.published import Published


@dataclass(frozen=True, slots=True)
class _Followed:
    """A generation, and what answers in its place at a revision of the catalogue.

    `unlogged`: the revision of the last change that is not in the log of live changes.
    """

    generation: Generation
    revision: int
    published: Published
    unlogged: int = 0


class ChangeFollower:
    """Lays over a generation what was changed since; safe to use from several threads.

    Every request asks the catalogue for its revision, which takes some microseconds: so whoever
    changed an item, in whatever process, finds it changed in the next answer of every process.
    """

    def __init__(self, catalog: Catalog, *, is_shared: bool = False) -> None:
        self._catalog = catalog
        self._is_shared = is_shared
        self._lock = threading.Lock()
        self._followed: _Followed | None = None

    def follow(self, generation: Generation, revision: int | None = None) -> Published:
        """Return what answers searches now; `revision`: the catalogue's, if it was just asked for.

        Raises:
            CatalogError: the catalogue cannot be read.
            IndexBeingFetched: of a generation that machines share, what was changed since it was
                built is not known any more.
        """
        if revision is None:
            revision = self._catalog.revision
        if not self._is_followed(generation, revision):
            with self._lock:
                if not self._is_followed(generation, revision):
                    self._followed = self._follow(generation)
        assert self._followed is not None, "`_follow` just set it"
        return self._followed.published

    @property
    def is_behind(self) -> bool:
        """Whether what was followed last lacks changes that only a new index makes known."""
        known = self._followed
        return known is not None and known.generation.manifest.revision < known.unlogged

    def _is_followed(self, generation: Generation, revision: int) -> bool:
        known = self._followed
        return known is not None and known.generation is generation and known.revision == revision

    def _follow(self, generation: Generation) -> _Followed:
        known = self._followed
        if known is None or known.generation is not generation:
            known = _Followed(generation, generation.manifest.revision, generation)
        changes = changes_since(self._catalog, known.revision)
        if self._is_shared and not changes.is_whole:
            raise IndexBeingFetched(
                "another machine built the index anew, which this one fetches: try again in a "
                "moment"
            )
        if not changes.ids:
            return _Followed(generation, changes.revision, known.published, changes.unlogged)
        before = known.published
        entries: dict[int, RecentItem | None] = {}
        recoded: frozenset[int] = frozenset()
        if isinstance(before, OverlaidGeneration):
            entries, recoded = dict(before.recent.entries), before.recent.recoded
        entries.update(dict.fromkeys(changes.ids))
        for item in changes.items:
            numbers = (photo.number for photo in item.photos)
            codes = {number: changes.codes.get((item.id, number), {}) for number in numbers}
            entries[item.id] = RecentItem(item, codes)
        recent = RecentItems(changes.revision, entries, recoded | changes.recoded)
        overlaid = OverlaidCodes(self._catalog, generation, recent)
        if isinstance(before, OverlaidGeneration) and recent.has_codes_of(before.codes.recent):
            overlaid = before.codes
        published = OverlaidGeneration(generation, recent, overlaid)
        return _Followed(generation, changes.revision, published, changes.unlogged)
