"""The folder of generations: publishing by rename, and following what is published."""

import json
import logging
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from webapp.atomic_files import publish_folder, write_atomically
from webapp.catalog.change_log import forget
from webapp.catalog.reader import Catalog
from webapp.exceptions import EngineUnavailable, IndexDamaged, IndexNotReady, NothingPublished
from webapp.index.checksum_cache import ChecksumCache, mark_of
from webapp.index.engines import Engine
from webapp.index.generation import Generation, build, manifest_digest, open_generation
from webapp.index.manifest import Manifest, read_manifest

GENERATIONS_KEPT = 2
_CURRENT = "current"
_BUILDING = ".building-"

Stamp = tuple[int, int]
"""The inode of `current` and when it was written, in nanoseconds."""

# No file has such an inode. With `_UNREADABLE` comes the number of the system's error.
_NEVER_LOOKED: Stamp = (-1, -1)
_UNREADABLE = -2

log = logging.getLogger(__name__)


class GenerationStore:
    """Publishes generations in one folder, and returns the newest that can be served.

    A small file, `current`, names the one to serve, and is replaced by rename. Every process
    looks at it before each search, which takes microseconds, and so finds a new generation.
    """

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder
        self._engine = engine
        self._checksum_cache = ChecksumCache(folder)
        self._lock = threading.Lock()
        self._seen = _NEVER_LOOKED
        self._serving: Generation | None = None
        self._problem: IndexNotReady | None = None

    def at_once(self) -> tuple[Generation, int | None]:
        """Return what `current` does, and the catalogue's revision if it had to be asked for."""
        return self.current(), None

    @property
    def lags(self) -> bool:
        """Whether a newer generation is served elsewhere, which this machine still fetches."""
        return False

    def current(self) -> Generation:
        """Return the generation to serve; a request keeps the one it was given.

        If the newest cannot be opened, or the folder cannot be read any more, the generation that
        was served before is served on, and `problem` says why.

        Raises:
            IndexNotReady: there is none, or it cannot be opened, and none was served before.
        """
        if self._stamp() != self._seen:
            with self._lock:
                stamp = self._stamp()  # another thread may have followed meanwhile
                if stamp != self._seen:
                    self._follow(stamp)
        if self._serving is None:
            assert self._problem is not None, "`_follow` sets a generation or a problem"
            raise self._problem.with_traceback(None)
        return self._serving

    @property
    def problem(self) -> IndexNotReady | None:
        """Why the newest generation is not being served, if it is not."""
        return self._problem

    def _follow(self, stamp: Stamp) -> None:
        try:
            self._serving = self._open(self._checksum_cache)
            self._problem = None
            log.info("serving generation %s", self._serving.name)
        except IndexNotReady as problem:
            self._problem = problem
            if isinstance(problem, IndexDamaged):
                log.error("generation refused: %s", problem.for_owner)  # noqa: TRY400 - it says all
        self._seen = stamp

    def _open(self, checksum_cache: ChecksumCache | None) -> Generation:
        return self._opened(*self._published(), checksum_cache)

    def _opened(
        self, folder: Path, digest: str, checksum_cache: ChecksumCache | None
    ) -> Generation:
        try:
            return open_generation(folder, self._engine, digest, checksum_cache)
        except OSError as error:
            raise _unreadable(folder.name, error) from error

    def _stamp(self) -> Stamp:
        """Return what is another as soon as `current` is another, or cannot be looked at."""
        try:
            status = (self.folder / _CURRENT).stat()
        except OSError as error:
            return _UNREADABLE, error.errno or 0
        return status.st_ino, status.st_mtime_ns

    def verify(self) -> None:
        """Compare every file of the published generation with its checksum, also those known.

        Raises:
            IndexNotReady: nothing was published, or it is damaged.
        """
        self._open(None)

    def drop_damaged(self) -> int:
        """Drop what the engine keeps elsewhere, of the generation that is served, and is not right.

        Returns of how many kinds.

        Raises:
            EngineUnavailable: the engine cannot be asked.
        """
        try:
            kinds = self.current().kinds.values()
        except IndexNotReady:
            return 0
        dropped = 0
        for kind in kinds:
            try:
                kind.index.verify()
            except IndexDamaged:
                kind.index.drop()
                dropped += 1
        return dropped

    def mend(self) -> int:
        """Mend what can be without building anew; return how many files."""
        return 0

    def newest(self) -> Path:
        """Return the folder of the published generation.

        Raises:
            NothingPublished: nothing was published yet.
            IndexDamaged: `current` cannot be read.
        """
        return self._published()[0]

    def _published(self) -> tuple[Path, str]:
        """Return the published generation's folder, and the checksum of its manifest."""
        try:
            current = json.loads((self.folder / _CURRENT).read_text("utf-8"))
            return self.folder / str(current["generation"]), str(current["manifest"])
        except FileNotFoundError as error:
            raise NothingPublished(
                "nothing is indexed yet: run `hashbag demo`, `hashbag import` or `hashbag index`"
            ) from error
        except OSError as error:
            raise _unreadable(_CURRENT, error) from error
        except (ValueError, KeyError, TypeError) as error:
            raise IndexDamaged(f"generations/{_CURRENT} is damaged: run `hashbag index`") from error

    def publish(self, catalog: Catalog) -> Path:
        """Build a generation beside the others, publish it by rename, and drop old ones."""
        final = self._build(catalog, self._next_number())
        current = {"generation": final.name, "manifest": manifest_digest(final)}
        write_atomically(self.folder / _CURRENT, json.dumps(current).encode() + b"\n")
        for old in self._all()[:-GENERATIONS_KEPT]:
            shutil.rmtree(old)
        self._drop_unused()
        # A process that has not followed yet serves an older one, with what was changed since.
        forget(catalog, min(kept.revision for kept in self._kept()))
        return final

    def _next_number(self) -> int:
        return max((int(path.name) for path in self._all()), default=0) + 1

    def _build(self, catalog: Catalog, number: int) -> Path:
        """Build a generation of the catalogue as it is; nothing names it yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._clear_unfinished()
        building = Path(tempfile.mkdtemp(dir=self.folder, prefix=_BUILDING))
        building.chmod(0o755)
        final = self.folder / name_of(number)
        try:
            with catalog.at_one_moment() as frozen:
                build(building, frozen, self._engine)
            publish_folder(building, final)
        finally:
            self._clear_unfinished()
        self._checksum_cache.remember({path: mark_of(path) for path in final.iterdir()})
        return final

    def _drop_unused(self) -> None:
        """Have the engine drop what generations used that are gone now."""
        try:
            self._engine.drop_others(
                entry.parameters for kept in self._kept() for entry in kept.kinds.values()
            )
        except EngineUnavailable as problem:  # the generation is published all the same
            log.warning("what old generations used is dropped next time: %s", problem.for_owner)

    def _kept(self) -> Iterator[Manifest]:
        """Yield what generations that are kept hold; nobody serves an unreadable one."""
        for kept in self._all():
            with suppress(IndexNotReady):
                yield read_manifest(kept)

    def _clear_unfinished(self) -> None:
        for left_over in self.folder.glob(_BUILDING + "*"):
            shutil.rmtree(left_over)

    def _all(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("[0-9]*") if path.name.isdigit())


def name_of(number: int) -> str:
    """Return what the folder of a generation is called."""
    return f"{number:06d}"


def _unreadable(name: str, error: OSError) -> IndexDamaged:
    return IndexDamaged(
        f"generations/{name} cannot be read: {error.strerror or type(error).__name__}. Let the "
        "server read the folder `generations` of its instance folder and all in it, then run "
        "`hashbag index`",
        private=error,
    )
