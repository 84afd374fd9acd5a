"""Indexes and maps that machines share: built by one, fetched by all from the storage.

Files are in the storage by their content, so what did not change since the one before is neither
sent nor fetched again. They are there before anything names them, and are compared with their
checksums by whoever fetches them.
"""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from webapp.atomic_files import publish_folder
from webapp.catalog.reader import Catalog
from webapp.catalog.shared_registry import BuildersTurn, Bundle, Registered, SharedRegistry
from webapp.catalog.write_lock import fetching_here
from webapp.exceptions import IndexDamaged, StorageUnusable
from webapp.index.checksum_cache import ChecksumCache, mark_of
from webapp.index.checksums import digest_of
from webapp.index.shared_files import SharedFiles
from webapp.models import T

BUNDLES_KEPT = 3
"""The newest, and those that machines which have not fetched it yet may go on to serve."""

_FETCHING = ".fetching-"
_WAITS_SECONDS = 600.0
_LOOK_AGAIN_SECONDS = 0.1

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BundleType:
    """One type of bundle: `generation`, say.

    `about`: the name of the file that has the checksums of the others; `files` reads them from a
    folder that has it, SHA-256 in hex by file name, or raises `IndexDamaged`. `folder_name`: what a
    bundle's folder is called. `is_of_log`: the log of live changes is kept back to the oldest.
    """

    name: str
    about: str
    files: Callable[[Path], Mapping[str, str]]
    folder_name: Callable[[Bundle], str]
    is_of_log: bool = False


class SharedBundles:
    """The bundles of one type, in the storage and in a folder of this machine's own."""

    def __init__(
        self,
        bundle_type: BundleType,
        catalog: Catalog,
        folder: Path,
        checksum_cache: ChecksumCache | None = None,
    ) -> None:
        """Keep them in a folder; `checksum_cache` is told which of their files were compared."""
        self.registry = SharedRegistry(catalog, bundle_type.name)
        self.folder = folder
        self._type = bundle_type
        self._files = SharedFiles(catalog.storage, bundle_type.name)
        self._checksum_cache = checksum_cache

    def path_of(self, bundle: Bundle) -> Path:
        """Return where a bundle's files are, or will be."""
        return self.folder / self._type.folder_name(bundle)

    def is_here(self, bundle: Bundle) -> bool:
        """Say whether a bundle was fetched, or was built here."""
        about = self.path_of(bundle) / self._type.about
        try:
            return _digest_at(about, about.stat().st_mtime_ns) == bundle.digest
        except OSError:
            return False

    def is_whole(self, bundle: Bundle) -> bool:
        """Say whether all files of a bundle that is here are what was built; reads all of them."""
        folder = self.path_of(bundle)
        try:
            files = self._type.files(folder)
            return all(digest_of(folder / name) == digest for name, digest in files.items())
        except (IndexDamaged, OSError):
            return False

    def discard(self, bundle: Bundle) -> None:
        """Remove a bundle from this machine, for it to be fetched again."""
        shutil.rmtree(self.path_of(bundle), ignore_errors=True)  # another worker may do so too

    # --- building ---

    def share(self, turn: BuildersTurn, folder: Path, value: int) -> None:
        """Put what was built into the storage, have all machines fetch it, then serve it.

        Machines that take too long are not waited for: they go on to serve what they have.

        Raises:
            CatalogBusy: another machine builds by now.
            StorageUnusable: the storage cannot be written.
        """
        for name, digest in self._type.files(folder).items():
            self._files.send(digest, folder / name)
        about = folder / self._type.about
        digest = digest_of(about)
        self._files.send(digest, about)
        self.registry.announce(turn, digest, value)
        self._wait(turn.number)
        self.registry.serve(turn, kept=BUNDLES_KEPT, forgets=self._type.is_of_log)
        self.drop_old(self.registry.read())
        self._tidy_storage()

    def check_stored(self, bundle: Bundle) -> None:
        """Compare all files that the storage has of a bundle.

        Raises:
            IndexDamaged: it lacks one, or has another in its place.
        """
        for digest in {bundle.digest, *self.described(bundle).values()}:
            self._files.check(digest)

    def mend_stored(self, bundle: Bundle) -> int:
        """Put files of a bundle that is here into the storage again; return how many."""
        folder = self.path_of(bundle)
        names = {digest: name for name, digest in self._type.files(folder).items()}
        names[bundle.digest] = self._type.about
        return sum(self._files.mend(digest, folder / name) for digest, name in names.items())

    def _wait(self, number: int) -> None:
        end = time.monotonic() + _WAITS_SECONDS
        while (missing := self.registry.awaited(number)) and time.monotonic() < end:
            time.sleep(_LOOK_AGAIN_SECONDS)
        if missing:
            log.warning(
                "%s %d is served, but not yet by %s: they still fetch it",
                self._type.name,
                number,
                ", ".join(missing),
            )

    def _tidy_storage(self) -> None:
        """Remove the files that no bundle needs which is named; nobody else builds meanwhile."""
        try:
            needed: set[str] = set()
            for bundle in self.registry.read().bundles:
                needed |= {bundle.digest, *self.described(bundle).values()}
            self._files.keep_only(needed)
        except (IndexDamaged, StorageUnusable) as problem:
            log.warning("old files in the storage are removed next time: %s", problem.for_owner)

    def described(self, bundle: Bundle) -> Mapping[str, str]:
        """Return the checksums of a bundle's files; those of one that is not here are asked for.

        Raises:
            IndexDamaged: they cannot be read.
            StorageUnusable: the storage cannot be reached.
        """
        return self.with_about(bundle, self._type.files)

    def with_about(self, bundle: Bundle, read: Callable[[Path], T]) -> T:
        """Read the file that describes a bundle, in its folder; raises as `described` does."""
        if self.is_here(bundle):
            return read(self.path_of(bundle))
        with tempfile.TemporaryDirectory() as folder:
            self._files.download(bundle.digest, Path(folder, self._type.about))
            return read(Path(folder))

    # --- following ---

    def fetch(self, bundle: Bundle) -> Path:
        """Bring a bundle's files here, unless they are; returns their folder.

        One process of a machine fetches, others wait for it.

        Raises:
            IndexDamaged: the storage lacks a file, or has another in its place.
            StorageUnusable: the storage cannot be reached.
            OSError: there is no room.
        """
        final = self.path_of(bundle)
        self.folder.mkdir(parents=True, exist_ok=True)
        with fetching_here(self.folder):
            for left_over in self.folder.glob(f"{_FETCHING}*"):
                shutil.rmtree(left_over)
            if self.is_here(bundle):
                return final
            began = time.monotonic()
            making = Path(tempfile.mkdtemp(dir=self.folder, prefix=_FETCHING))
            making.chmod(0o755)
            linked = self._fill(bundle, making)
            if final.exists():  # of one that was never named
                shutil.rmtree(final)
            publish_folder(making, final)
            if self._checksum_cache:  # a link changes the marks of the file that it is one of
                compared = [path for path in (*final.iterdir(), *linked) if path.exists()]
                self._checksum_cache.remember({path: mark_of(path) for path in compared})
            seconds = time.monotonic() - began
            log.info("fetched %s %s in %.1f s", self._type.name, final.name, seconds)
        return final

    def _fill(self, bundle: Bundle, making: Path) -> list[Path]:
        """Take all files of a bundle into a folder; return which files here it now shares."""
        known = self._files_here()
        self._take(bundle.digest, making / self._type.about, known)
        linked = []
        for name, digest in self._type.files(making).items():
            path = making / Path(name).name
            self._take(digest, path, known)
            here = (other for other in known.get(digest, ()) if other.exists())
            linked += [other for other in here if other.samefile(path)]
        return linked

    def _files_here(self) -> Mapping[str, list[Path]]:
        """Find the files of all bundles that are here, by their checksums."""
        found: dict[str, list[Path]] = {}
        for folder in self._folders():
            try:
                files = self._type.files(folder)
            except IndexDamaged:
                continue
            for name, digest in files.items():
                if (folder / name).is_file():
                    found.setdefault(digest, []).append(folder / name)
        return found

    def _take(self, digest: str, path: Path, known: Mapping[str, list[Path]]) -> None:
        if digest in known:
            # Not every folder takes links, and what was here may go meanwhile: then it is fetched.
            with suppress(OSError):
                os.link(known[digest][0], path)  # no file is ever changed
                if digest_of(path) == digest:
                    return
            path.unlink(missing_ok=True)
        self._files.download(digest, path)

    def old(self, registered: Registered) -> list[Path]:
        """List the folders of this machine that are not named."""
        if not registered.newest:
            return []
        named = {self.path_of(one) for one in registered.bundles}
        return [folder for folder in self._folders() if folder not in named]

    def drop_old(self, registered: Registered) -> None:
        """Remove the folders that are not named; nobody builds here meanwhile."""
        for folder in self.old(registered):
            shutil.rmtree(folder)

    def _folders(self) -> Iterator[Path]:
        return (path for path in self.folder.glob("[0-9a-f]*") if path.is_dir())


@lru_cache(maxsize=16)
def _digest_at(path: Path, _written: int) -> str:
    return digest_of(path)
