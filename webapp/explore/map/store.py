"""The folder of drawn maps: publishing by rename, and reading what is published."""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from webapp.atomic_files import publish_folder, write_atomically
from webapp.exceptions import MapNotReady, NothingDrawn
from webapp.explore.map.pyramid import Pyramid

_CURRENT = "current"
_BUILDING = ".building-"
ABOUT = "map.json"
"""The file that describes a map."""
TILES = "tiles.bin"
"""The file of its tiles, one after the other."""
_VERSION = re.compile(r"[0-9a-f]{12}")
_KEPT = 2


@dataclass(frozen=True)
class Map:
    """A drawn map: the items by cell, row by row from the top left, and where its tiles are.

    `spans`: for each tile, by its number, the byte where it begins in the file of all tiles, and
    its length in bytes. `digest`: the SHA-256 of that file, in hex.
    """

    version: str
    columns: int
    ids: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    digest: str

    @property
    def pyramid(self) -> Pyramid:
        """The levels of its picture."""
        return Pyramid(self.columns, len(self.ids))

    @property
    def bytes(self) -> int:
        """The size of all its tiles, in bytes."""
        return sum(length for _, length in self.spans)

    def cell_of(self, item_id: int) -> tuple[int, int] | None:
        """Return the column and row of an item, if it is on the map."""
        if item_id not in self.ids:
            return None
        row, column = divmod(self.ids.index(item_id), self.columns)
        return column, row


class Maps:
    """Publishes maps in one folder and reads the newest, and the one before it.

    A small file, `current`, names the newest. A map's name is a checksum of what it shows, so the
    same name always means the same picture.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self) -> Map:
        """Return the newest map.

        Raises:
            NothingDrawn: none was drawn yet.
            MapNotReady: it cannot be read.
        """
        return self.named(self._published()[0])

    def named(self, version: str) -> Map:
        """Return a map that is still kept.

        Raises:
            MapNotReady: there is none of this name.
        """
        if not _VERSION.fullmatch(version):
            raise MapNotReady("there is no such map")
        path = self.folder / version / ABOUT
        try:
            return _read(path, path.stat().st_mtime_ns)
        except FileNotFoundError as error:
            raise MapNotReady(f"there is no map {version} any more") from error
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise MapNotReady(
                "the map cannot be read: run `hashbag index`", private=f"{path}: {error}"
            ) from error

    def tile(self, version: str, level: int, x: int, y: int) -> bytes:
        """Return one tile as WebP.

        Raises:
            MapNotReady: there is no such map, or no such tile on it.
        """
        found = self.named(version)
        number = found.pyramid.number(level, x, y)
        if number is None:
            raise MapNotReady("there is no such tile on the map")
        start, length = found.spans[number]
        try:
            with (self.folder / version / TILES).open("rb") as file:
                file.seek(start)
                return file.read(length)
        except FileNotFoundError as error:
            raise MapNotReady(f"there is no map {version} any more") from error
        except OSError as error:
            raise MapNotReady(f"the map {version} cannot be read: run `hashbag index`") from error

    def verify(self) -> Map:
        """Return the newest map, its tiles compared with their checksum.

        Raises:
            NothingDrawn: none was drawn yet.
            MapNotReady: it is damaged.
        """
        found = self.current()
        try:
            digest = _digest(self.folder / found.version / TILES)
        except OSError:
            digest = ""
        if found.digest != digest:
            raise MapNotReady("it is damaged: run `hashbag index`")
        return found

    @contextmanager
    def drawing(self) -> Iterator["Drawing"]:
        """Make a folder for a new map beside the others; it is removed unless it is published."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._clear_unfinished()
        folder = Path(tempfile.mkdtemp(dir=self.folder, prefix=_BUILDING))
        folder.chmod(0o755)
        try:
            with (folder / TILES).open("wb") as file:
                yield Drawing(folder, file)
        finally:
            self._clear_unfinished()

    def publish(self, drawing: "Drawing", version: str, columns: int, ids: Sequence[int]) -> None:
        """Publish a drawn map by rename; drop all but it and the one before."""
        kept = [version, *(name for name in self._kept() if name != version)][:_KEPT]
        self._put(drawing, version, columns, ids)
        write_atomically(self.folder / _CURRENT, json.dumps({"maps": kept}).encode() + b"\n")
        self._drop_all_but(kept)

    def _put(self, drawing: "Drawing", version: str, columns: int, ids: Sequence[int]) -> Path:
        """Give a drawn map its name; nothing leads to it yet."""
        spans = drawing.finish(Pyramid(columns, len(ids)).tiles)
        made = Map(version, columns, tuple(ids), spans, _digest(drawing.folder / TILES))
        (drawing.folder / ABOUT).write_text(json.dumps(asdict(made)) + "\n", "utf-8")
        final = self.folder / version
        if final.exists():  # damaged, or of a catalogue that is as it was before
            shutil.rmtree(final)
        publish_folder(drawing.folder, final)
        return final

    def clear(self) -> None:
        """Forget all maps: there is nothing to show."""
        (self.folder / _CURRENT).unlink(missing_ok=True)
        self._clear_unfinished()
        self._drop_all_but(())

    def _published(self) -> list[str]:
        """Return the names of the newest map and, if there is one, of the map before it."""
        try:
            found = json.loads((self.folder / _CURRENT).read_text("utf-8"))["maps"]
            return [str(name) for name in [found[0], *found[1:]]]
        except FileNotFoundError as error:
            raise nothing_drawn() from error
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise MapNotReady(f"maps/{_CURRENT} cannot be read: run `hashbag index`") from error

    def _kept(self) -> list[str]:
        try:
            return self._published()
        except MapNotReady:
            return []

    def _clear_unfinished(self) -> None:
        for left_over in self.folder.glob(_BUILDING + "*"):
            shutil.rmtree(left_over)

    def _drop_all_but(self, names: Sequence[str]) -> None:
        for old in self.folder.glob("*"):
            if _VERSION.fullmatch(old.name) and old.name not in names:
                shutil.rmtree(old)


class Drawing:
    """A map in the making: a folder of its own, and the file of its tiles."""

    def __init__(self, folder: Path, file: BinaryIO) -> None:
        self.folder = folder
        self._file = file
        self._spans: dict[int, tuple[int, int]] = {}

    def add(self, number: int, tile: bytes) -> None:
        """Write one tile after those before it."""
        self._spans[number] = (self._file.tell(), len(tile))
        self._file.write(tile)

    def finish(self, tiles: int) -> tuple[tuple[int, int], ...]:
        """End the file of all tiles, and return where each of them is."""
        self._file.flush()
        return tuple(self._spans[number] for number in range(tiles))


def nothing_drawn() -> NothingDrawn:
    """Return the error for a catalogue without a map."""
    return NothingDrawn("there is no map yet: `hashbag index` draws it, unless HASHBAG_MAP is off")


@lru_cache(maxsize=4)
def _read(path: Path, _written: int) -> Map:
    raw = json.loads(path.read_text("utf-8"))
    spans = tuple((int(start), int(length)) for start, length in raw.pop("spans"))
    return Map(ids=tuple(raw.pop("ids")), spans=spans, **raw)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
