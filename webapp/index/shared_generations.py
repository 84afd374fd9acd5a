"""Generations that machines share: one builds, all fetch, and the catalogue names the newest."""

from collections.abc import Iterator
from pathlib import Path

from webapp.catalog.reader import Catalog
from webapp.catalog.shared_registry import Bundle, Registered
from webapp.exceptions import (
    IndexBeingFetched,
    IndexDamaged,
    IndexNotReady,
    NothingPublished,
    StorageUnusable,
)
from webapp.index.engines import Engine
from webapp.index.generation import Generation
from webapp.index.generation_store import GenerationStore, log, name_of
from webapp.index.manifest import MANIFEST, Manifest, read_manifest
from webapp.index.shared_bundles import BundleType, SharedBundles

GENERATION = BundleType(
    "generation",
    MANIFEST,
    lambda folder: read_manifest(folder).all_files,
    lambda bundle: name_of(bundle.number),
    is_of_log=True,
)


class SharedGenerations(GenerationStore):
    """Publishes generations for all machines, and returns the newest that this one has.

    Any that is still named can be served: the catalogue's log has all that was changed since, so
    its answers are those of the newest. One that is not named any more is served no more.
    """

    def __init__(self, bundles: SharedBundles, engine: Engine, *, waits: bool) -> None:
        """Open none yet; `waits`: what is asked for is fetched at once, else in the background."""
        super().__init__(bundles.folder, engine)
        self.bundles = bundles
        self._waits = waits
        self._held: tuple[Bundle, Generation] | None = None
        self._refused: set[str] = set()
        self._lags = False

    def at_once(self) -> tuple[Generation, int]:
        """Return the newest that this machine has, and the catalogue's revision."""
        registered = self.bundles.registry.read()
        return self._at(registered), registered.revision

    def current(self) -> Generation:
        """Return the newest that this machine has.

        Raises:
            NothingPublished: none was published yet.
            IndexBeingFetched: this machine has none that can still be served.
            IndexNotReady: none can be opened.
            CatalogError: the catalogue cannot be read.
        """
        return self.at_once()[0]

    @property
    def lags(self) -> bool:
        """Whether the newest is not here yet, as of the last look."""
        return self._lags

    def _at(self, registered: Registered) -> Generation:
        newest = _newest_of(registered)
        if self._waits:
            self.bundles.fetch(newest)
        if not self._is_followed(registered):
            with self._lock:
                if not self._is_followed(registered):
                    self._open_newest(registered)
        held = self._held
        self._lags = held is None or held[0].number < registered.newest
        if held is None or held[0] not in registered.bundles:
            raise self._problem.with_traceback(None) if self._problem else _being_fetched()
        return held[1]

    def _is_followed(self, registered: Registered) -> bool:
        """Say whether what is held is the newest, or what became so a moment after that look."""
        held = self._held
        if held is None or held[0].number < registered.newest:
            return False
        return held[0] in registered.bundles

    def _open_newest(self, registered: Registered) -> None:
        """Open the newest that is here and can be opened; stop where it is held already."""
        for bundle in registered.served:
            if self._held and bundle == self._held[0]:
                return
            if bundle.digest in self._refused or not self.bundles.is_here(bundle):
                continue
            try:
                opened = self._opened_whole(bundle)
            except IndexNotReady as problem:
                self._problem = problem
                log.error("generation refused: %s", problem.for_owner)
                continue
            self._held = bundle, opened
            if bundle.number == registered.newest:
                self._problem = None
            log.info("serving generation %s", opened.name)
            return

    def _opened_whole(self, bundle: Bundle) -> Generation:
        """Open what is here; where its files were damaged here, they are to be fetched again."""
        folder = self.bundles.path_of(bundle)
        try:
            return self._opened(folder, bundle.digest, self._checksum_cache)
        except IndexNotReady:
            if self.bundles.is_whole(bundle):
                self._refused.add(bundle.digest)  # no other copy would be better
            else:
                self.bundles.discard(bundle)
            raise

    def _published(self) -> tuple[Path, str]:
        newest = _newest_of(self.bundles.registry.read())
        return self.bundles.fetch(newest), newest.digest

    def verify(self) -> None:
        """Compare as `GenerationStore` does; and see that other machines can fetch all of it.

        Raises:
            IndexNotReady: nothing was published, or a file of it is damaged, here or there.
            StorageUnusable: the storage cannot be reached.
        """
        super().verify()
        self.bundles.check_stored(_newest_of(self.bundles.registry.read()))

    def mend(self) -> int:
        """Put what the storage lost of the newest generation there again: see `GenerationStore`."""
        newest = next(iter(self.bundles.registry.read().served), None)
        if newest is None or not self.bundles.is_whole(newest):
            return 0  # it is built anew
        return self.bundles.mend_stored(newest)

    def publish(self, catalog: Catalog) -> Path:
        """Build a generation, have all machines fetch it, then serve it, and drop old ones.

        Raises:
            CatalogBusy: another machine builds by now.
            StorageUnusable: the storage cannot be written.
        """
        turn = self.bundles.registry.take_turn(self._next_number())
        final = self._build(catalog, turn.number)
        self.bundles.share(turn, final, read_manifest(final).revision)
        self._drop_unused()
        return final

    def _kept(self) -> Iterator[Manifest]:
        """Yield what all generations hold that are named, whatever machine built them.

        Raises:
            IndexDamaged: one cannot be read.
        """
        for bundle in self.bundles.registry.read().bundles:
            yield self.bundles.with_about(bundle, read_manifest)

    def _drop_unused(self) -> None:
        try:
            super()._drop_unused()
        except (IndexDamaged, StorageUnusable) as problem:  # what it needs is not known
            log.warning("what old generations used is dropped next time: %s", problem.for_owner)


def _newest_of(registered: Registered) -> Bundle:
    found = next(iter(registered.served), None)
    if found is None:
        raise NothingPublished(
            "nothing is indexed yet: run `hashbag demo`, `hashbag import` or `hashbag index`"
        )
    return found


def _being_fetched() -> IndexBeingFetched:
    return IndexBeingFetched(
        "this machine fetches the index, which another built: try again in a moment"
    )
