"""What one application holds: opened at first use, shared by its requests and commands."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from flask import current_app, g, has_app_context

from webapp.catalog.daily_counts import DailyCounts
from webapp.catalog.importer import Importer
from webapp.catalog.item_bin import ItemBin
from webapp.catalog.kept_apart import KeptApart
from webapp.catalog.live_items import LiveItems
from webapp.catalog.originals import Originals
from webapp.catalog.reader import Catalog
from webapp.catalog.sign_ins import SignIns
from webapp.catalog.tokens import Tokens
from webapp.config.settings import Settings
from webapp.exceptions import IndexBeingFetched, IndexNotReady, NothingPublished
from webapp.explore.duplicates import Duplicates
from webapp.explore.grouping import Grouping
from webapp.explore.map.shared_maps import MAP, SharedMaps
from webapp.explore.map.store import Maps
from webapp.explore.pair_counts import PairCounts
from webapp.explore.remembered import Remembered
from webapp.index.checksum_cache import ChecksumCache
from webapp.index.engines.registry import engine_of
from webapp.index.facet_files import gather
from webapp.index.facets import EMPTY, Facets
from webapp.index.generation_store import GenerationStore
from webapp.index.overlay.follower import ChangeFollower
from webapp.index.shared_bundles import SharedBundles
from webapp.index.shared_generations import GENERATION, SharedGenerations
from webapp.index.snapshot import Snapshot
from webapp.maintenance.background import BackgroundCommand
from webapp.maintenance.host_follower import HostFollower
from webapp.maintenance.merging import BackgroundCatchingUp, BackgroundMerging, is_due
from webapp.maintenance.publishing import Publisher
from webapp.maintenance.upkeep import keep_up
from webapp.pictures.thumbnails import ThumbStore
from webapp.search.searcher import Searcher
from webapp.storage import Storage
from webapp.storage.chosen import storage_of


@dataclass
class Hashbag:
    """The core of one application."""

    settings: Settings
    is_serving: bool = False
    """Whether it stays, and so must follow what other machines do to the catalogue."""

    @cached_property
    def catalog(self) -> Catalog:
        """The items and codes."""
        instance, copies = self.settings.instance.resolve(), self.settings.copies_photos
        return Catalog(self.settings.database_url, Originals(instance, self.storage, copies))

    @cached_property
    def storage(self) -> Storage:
        """Where sent photos and thumbnails are kept."""
        return storage_of(self.settings)

    @cached_property
    def thumbs(self) -> ThumbStore:
        """The small copies."""
        return ThumbStore(self.storage)

    @cached_property
    def generations(self) -> GenerationStore:
        """The published indexes."""
        folder, engine = self.settings.instance / "generations", engine_of(self.settings)
        if not self.settings.shares_generations:
            return GenerationStore(folder, engine)
        bundles = SharedBundles(GENERATION, self.catalog, folder, ChecksumCache(folder))
        return SharedGenerations(bundles, engine, waits=not self.is_serving)

    def follow_hosts(self) -> None:
        """Follow what other hosts build, in the background, if indexes are shared with them."""
        if isinstance(self.generations, SharedGenerations) and isinstance(self.maps, SharedMaps):
            sorts = [self.generations.bundles, self.maps.bundles]
            HostFollower(self.settings.instance, sorts).start()

    @property
    def snapshot(self) -> Snapshot:
        """What this request or command is answered from, the same one to its end.

        Outside of requests and commands it is the newest each time.
        """
        if not has_app_context() or hashbag() is not self:
            return self.newest()
        if "snapshot" not in g:
            g.snapshot = self.newest()
        snapshot: Snapshot = g.snapshot
        return snapshot

    def newest(self) -> Snapshot:
        """Take what is published, as it is now.

        Where that cannot be opened, searches say so; browsing goes on by the catalogue itself.
        """
        try:
            generation, revision = self.generations.at_once()
        except IndexBeingFetched:
            raise  # no page would be right
        except NothingPublished as problem:
            if self.is_serving:
                self.catching_up.start()  # other machines may have filled the catalogue
            return Snapshot(self.catalog, EMPTY, problem)
        except IndexNotReady as problem:
            return Snapshot(self.catalog, self._unindexed(self.catalog.revision), problem)
        published = self._follower.follow(generation, revision)
        follows = self.is_serving and not self.generations.lags
        if follows and (self._follower.is_behind or is_due(published)):
            self.catching_up.start()
        return Snapshot(self.catalog, published.facets, published)

    @cached_property
    def _follower(self) -> ChangeFollower:
        return ChangeFollower(self.catalog, is_shared=self.settings.shares_generations)

    @cached_property
    def _unindexed(self) -> Callable[[int], Facets]:
        return lru_cache(maxsize=1)(lambda _: gather(self.catalog))

    @cached_property
    def maps(self) -> Maps:
        """The drawn maps of the catalogue."""
        folder = self.settings.instance / "maps"
        if not self.settings.shares_generations:
            return Maps(folder)
        return SharedMaps(SharedBundles(MAP, self.catalog, folder), waits=not self.is_serving)

    @property
    def facets(self) -> Facets:
        """What the snapshot's items can be narrowed and sorted by; none where none is published."""
        return self.snapshot.facets

    @property
    def searcher(self) -> Searcher:
        """The search in the snapshot."""
        return Searcher(self.snapshot)

    @property
    def duplicates(self) -> Duplicates:
        """Groups of the snapshot's items that are nearly the same."""
        return Duplicates(self.snapshot, self._groupings, self._pair_counts)

    @cached_property
    def _groupings(self) -> Remembered[Grouping]:
        return Remembered()

    @cached_property
    def _pair_counts(self) -> Remembered[PairCounts]:
        return Remembered()

    @property
    def publisher(self) -> Publisher:
        """What makes changes visible."""
        return Publisher(
            self.catalog,
            self.importer,
            self.generations,
            self.thumbs,
            self.maps,
            draws_map=self.settings.draws_map,
        )

    @property
    def live_items(self) -> LiveItems:
        """The way to change items one by one."""
        return LiveItems(self.catalog, self.thumbs, self.settings.max_pixels)

    @property
    def tokens(self) -> Tokens:
        """Who may use the API."""
        return Tokens(self.catalog)

    @property
    def item_bin(self) -> ItemBin:
        """What was removed at the desk, and can be brought back."""
        return ItemBin(self.catalog, self.thumbs)

    @property
    def kept_apart(self) -> KeptApart:
        """Which bags look the same and are not, as the owner said."""
        return KeptApart(self.catalog)

    @property
    def daily_counts(self) -> DailyCounts:
        """What visitors do, as numbers a day."""
        return DailyCounts(self.catalog)

    @property
    def sign_ins(self) -> SignIns:
        """Who is signed in to the desk."""
        return SignIns(self.catalog)

    def keep_up(self) -> None:
        """Have searches see live changes that were made; what fails is logged: they are made."""
        keep_up(self.catalog, self.newest, self.publisher, self.merging)

    @cached_property
    def merging(self) -> BackgroundMerging:
        """What builds a new index once live changes are many."""
        return BackgroundMerging(self.settings)

    @cached_property
    def catching_up(self) -> BackgroundCatchingUp:
        """What follows other machines that share the catalogue."""
        return BackgroundCatchingUp(self.settings)

    @property
    def import_check(self) -> BackgroundCommand:
        """What finds out what an import from the desk would change."""
        return BackgroundCommand(self.settings, "desk-import", "check")

    @property
    def import_taking(self) -> BackgroundCommand:
        """What takes an import from the desk in."""
        return BackgroundCommand(self.settings, "desk-import", "take")

    @property
    def importer(self) -> Importer:
        """The way in."""
        return Importer(self.catalog, self.thumbs, self.settings.max_pixels)


def hashbag() -> Hashbag:
    """Return the core of the application that serves this request or command."""
    core: Hashbag = current_app.extensions["hashbag"]
    return core
