"""The folder of generations: publishing by rename, and following what is published."""

import json
import logging
import os
import shutil
import tempfile
import threading
from pathlib import Path

from webapp.atomic_files import write_atomically
from webapp.catalog.reader import Catalog
from webapp.exceptions import IndexDamaged, IndexNotReady, NothingPublished
from webapp.index.checksum_cache import ChecksumCache, mark_of
from webapp.index.engines import Engine
from webapp.index.generation import Generation, build, manifest_digest, open_generation

GENERATIONS_KEPT = 2
_CURRENT = "current"
_BUILDING = ".building-"
_NEVER = (-1, -1)  # no file has this inode

log = logging.getLogger(__name__)


class GenerationStore:
    """Publishes generations in one folder and hands out the newest that can be served.

    A small file, `current`, names the one to serve. It is replaced by rename; looking at it
    before each search costs microseconds and tells every process of a new generation.
    """

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder
        self._engine = engine
        self._checksum_cache = ChecksumCache(folder)
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = _NEVER
        self._serving: Generation | None = None
        self._problem: IndexNotReady | None = None

    def current(self) -> Generation:
        """Return the generation to serve; a request keeps the one it was given.

        If a new one cannot be opened, the one that was served goes on being served, and
        `problem` says why.

        Raises:
            IndexNotReady: nothing was published, or what was cannot be opened.
        """
        if self._stamp() != self._seen:
            with self._lock:
                stamp = self._stamp()  # another thread may have followed meanwhile
                if stamp != self._seen:
                    self._follow(stamp)
        if self._serving is None:
            assert self._problem is not None, "following sets one or the other"
            raise self._problem
        return self._serving

    @property
    def problem(self) -> IndexNotReady | None:
        """Why the newest generation is not being served, if it is not."""
        return self._problem

    def _follow(self, stamp: tuple[int, int] | None) -> None:
        try:
            folder, digest = self._published()
            self._serving = open_generation(folder, self._engine, digest, self._checksum_cache)
            self._problem = None
            log.info("serving generation %s", self._serving.name)
        except IndexNotReady as problem:
            self._problem = problem
            if isinstance(problem, IndexDamaged):
                log.error("generation refused: %s", problem.for_owner)  # noqa: TRY400 - it says all
        self._seen = stamp

    def _stamp(self) -> tuple[int, int] | None:
        try:
            status = (self.folder / _CURRENT).stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns

    def verify(self) -> None:
        """Compare every file of the published generation with its checksum, whoever did before.

        Raises:
            IndexNotReady: nothing was published, or what was is damaged.
        """
        folder, digest = self._published()
        open_generation(folder, self._engine, digest)

    def newest(self) -> Path:
        """Return the folder of the published generation.

        Raises:
            NothingPublished: nothing was published yet.
        """
        return self._published()[0]

    def _published(self) -> tuple[Path, str]:
        """Return that and the checksum of its manifest."""
        try:
            current = json.loads((self.folder / _CURRENT).read_text("utf-8"))
            return self.folder / str(current["generation"]), str(current["manifest"])
        except FileNotFoundError as error:
            raise NothingPublished(
                "nothing is indexed yet: run `hashbag demo`, `hashbag import` or `hashbag index`"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise IndexDamaged(f"generations/{_CURRENT} is damaged: run `hashbag index`") from error

    def publish(self, catalog: Catalog) -> Path:
        """Build a generation beside the others, put it in place by renaming, drop old ones."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for left_over in self.folder.glob(_BUILDING + "*"):
            shutil.rmtree(left_over)
        building = Path(tempfile.mkdtemp(dir=self.folder, prefix=_BUILDING))
        building.chmod(0o755)
        build(building, catalog, self._engine)
        _flush(building)
        number = max((int(path.name) for path in self._all()), default=0) + 1
        final = self.folder / f"{number:06d}"
        building.rename(final)
        self._checksum_cache.remember({path: mark_of(path) for path in final.iterdir()})
        current = {"generation": final.name, "manifest": manifest_digest(final)}
        write_atomically(self.folder / _CURRENT, json.dumps(current).encode() + b"\n")
        for old in self._all()[:-GENERATIONS_KEPT]:
            shutil.rmtree(old)
        return final

    def _all(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("[0-9]*") if path.name.isdigit())


def _flush(folder: Path) -> None:
    """Have the files on disk before their name says that they are whole."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
