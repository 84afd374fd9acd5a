"""From a changed catalogue to what searches and pages see: codes, index, then the map.

A kind's codes can be compared only if the same library versions made them, so a generation has
those of the installed versions. Codes by other versions would be lost to searches: they are
renewed before publishing. Codes that were never computed are lost to nobody: they wait until
somebody asks for them.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from webapp.catalog import code_makers
from webapp.catalog.import_entries import ListedPhoto, Rejected
from webapp.catalog.importer import Importer
from webapp.catalog.reader import Catalog
from webapp.catalog.write_lock import building
from webapp.exceptions import CatalogBusy, IndexNotReady
from webapp.explore.map import drawing
from webapp.explore.map.store import Maps
from webapp.hashing.kinds import KINDS
from webapp.index.generation_store import GenerationStore
from webapp.index.manifest import read_manifest
from webapp.maintenance import left_over
from webapp.models import Progress, WithProgress
from webapp.pictures.thumbnails import ThumbStore
from webapp.processes import worthwhile

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing came to.

    `generation`: the new one's name; None where the newest was of the catalogue as it is.
    `hashed`: how many photos got new codes. `rejected`: the photos that could not be read for it;
    their items have no codes in the index. `lacking`: how many items have some kind's code not at
    all, or not by the installed libraries.
    """

    generation: str | None
    hashed: int
    rejected: tuple[Rejected, ...]
    lacking: int


@dataclass(frozen=True)
class Publisher:
    """Publishes one catalogue.

    Whoever calls it holds the write lock; `merge` and `draw_map` do without.
    """

    catalog: Catalog
    importer: Importer
    generations: GenerationStore
    thumbs: ThumbStore
    maps: Maps
    draws_map: bool

    def publish(self, jobs: int) -> WithProgress[Published]:
        """Make the catalogue, as it is now, what searches see; nothing, if it is already.

        Of the kinds that the published index has, codes are renewed that other library versions
        made and that cannot be compared with those made here.

        Raises:
            IndexNotReady: the new index cannot be opened.
        """
        versions = _versions(self._searched())
        outdated = code_makers.having(self.catalog, self._lost(versions))
        rejected = yield from self._hash(outdated, versions, jobs, fill=False)
        if self.is_current():
            return self._published(None, outdated, rejected)
        generation = yield from self.build()
        return self._published(generation, outdated, rejected)

    def rebuild(self, kinds: Collection[str], jobs: int) -> WithProgress[Published]:
        """Compute all codes of some kinds that are missing or by other library versions.

        Then build the index, even where the published one is of the catalogue as it is. Files that
        killed processes left are removed first.

        Raises:
            IndexNotReady: the new index cannot be opened.
        """
        left_over.clear_unfinished(self.catalog)
        left_over.clear_unused(self.catalog)
        versions = _versions(kinds)
        stale = code_makers.stale(self.catalog, versions)
        rejected = yield from self._hash(stale, versions, jobs, fill=True)
        generation = yield from self.build()
        return self._published(generation, stale, rejected)

    def complete(
        self, ids: Collection[int], skipped: Collection[int], jobs: int
    ) -> WithProgress[int]:
        """Make missing thumbnails of items, and codes that some lack of kinds that others have.

        `skipped`: items whose photos are not what they were. Returns how many it was done for.
        """
        versions = _versions(self._with_codes() or KINDS.keys())
        wanted = {*ids, *code_makers.stale(self.catalog, versions)} - {*skipped}
        rejected = yield from self._hash(sorted(wanted), versions, jobs, fill=True)
        return len(wanted) - len(rejected)

    def merge(self) -> WithProgress[str | None]:
        """Build the index and draw the map anew, of the catalogue with all live changes.

        Imports and searches go on meanwhile. Returns the new generation's name; None where another
        process builds one already.

        Raises:
            IndexNotReady: the new index cannot be opened; or it would lose codes that other library
                versions made, which are not renewed here.
            MapNotDrawn: as `draw_map` does.
        """
        if self._lost(self._searched()):
            raise IndexNotReady(
                "some codes were made by other library versions: run `hashbag index`, which renews "
                "them"
            )
        try:
            with building(self.catalog, wait=False):
                left_over.clear_unfinished(self.catalog)
                generation = yield from self._build_now()
                yield from self._draw_now()
        except CatalogBusy:
            return None
        return generation

    def draw_map(self) -> WithProgress[int]:
        """Draw the map of the catalogue as it is, unless it is drawn already or maps are off.

        A step of its own, for after the index was published: it takes longer, and searches do
        not need it. Returns how many items were drawn.

        Raises:
            MapNotDrawn: it cannot be drawn; the map before it stays.
        """
        with building(self.catalog):
            return (yield from self._draw_now())

    def _draw_now(self) -> WithProgress[int]:
        if not self.draws_map:
            return 0
        return (yield from drawing.draw(self.catalog, self.thumbs, self.maps))

    def count_lacking(self) -> int:
        """Count the items that lack a code of some kind by the installed libraries."""
        return code_makers.count_stale(self.catalog, _versions(KINDS))

    def is_current(self) -> bool:
        """Say whether searches see the catalogue as it is: by the index, and what is live since."""
        try:
            current = self.generations.current()
        except IndexNotReady:
            return False
        behind = current.manifest.revision < self.catalog.unlogged_revision
        if self.generations.problem or behind:
            return False
        # A kind that was installed since then may have codes from an earlier time.
        return self._with_codes() <= set(current.kinds)

    def _with_codes(self) -> set[str]:
        """Name the installed kinds that have codes by the installed libraries."""
        counts = code_makers.code_counts(self.catalog)
        return {
            name
            for name, kind in KINDS.items()
            if any(versions == kind.versions() for versions, _ in counts.get(name, []))
        }

    def _lost(self, kinds: Collection[str]) -> list[tuple[str, str]]:
        """List of these kinds what made codes that cannot be compared with those made here."""
        counts = code_makers.code_counts(self.catalog)
        return [
            (name, versions)
            for name in kinds
            for versions, _ in counts.get(name, [])
            if not KINDS[name].can_compare(versions)
        ]

    def _searched(self) -> Collection[str]:
        """Name the kinds that the published index has; where it cannot be read, all are meant."""
        try:
            published = read_manifest(self.generations.newest()).kinds
        except IndexNotReady:
            return KINDS.keys()
        return published.keys() & KINDS.keys()

    def _hash(
        self, ids: Sequence[int], versions: dict[str, str], jobs: int, *, fill: bool
    ) -> WithProgress[tuple[Rejected, ...]]:
        if not ids:
            return ()
        self.thumbs.clear_unfinished()
        outcomes = self.importer.take(
            self._photos(ids), worthwhile(jobs, len(ids)), versions.keys(), fill=fill
        )
        rejected = []
        for done, outcome in enumerate(outcomes, 1):
            if isinstance(outcome, Rejected):
                rejected.append(outcome)
            yield Progress("computing codes" if fill else "renewing codes", done, len(ids))
        return tuple(rejected)

    def _photos(self, ids: Sequence[int]) -> Iterator[ListedPhoto]:
        """Yield the photos of items, without holding all items."""
        for start in range(0, len(ids), _CHUNK):
            for item in self.catalog.items(ids[start : start + _CHUNK]):
                yield ListedPhoto(
                    self.catalog.photo(item),
                    item.filename,
                    {},
                    occurrence=item.occurrence,
                    copy=self.catalog.originals.copy_of(item),
                )

    def build(self) -> WithProgress[str]:
        """Build the index of the catalogue as it is; return the new generation's name.

        Raises:
            IndexNotReady: the new index cannot be opened.
        """
        with building(self.catalog):
            return (yield from self._build_now())

    def _build_now(self) -> WithProgress[str]:
        yield Progress("building the index", 0, 1)
        folder = self.generations.publish(self.catalog)
        self.generations.current()
        if self.generations.problem:
            raise self.generations.problem
        yield Progress("building the index", 1, 1)
        return folder.name

    def _published(
        self, generation: str | None, hashed: Sequence[int], rejected: tuple[Rejected, ...]
    ) -> Published:
        hashed_well = len(hashed) - len(rejected)
        return Published(generation, hashed_well, rejected, self.count_lacking())


def _versions(kinds: Collection[str]) -> dict[str, str]:
    """Return what makes codes of these kinds here."""
    return {name: KINDS[name].versions() for name in kinds}
