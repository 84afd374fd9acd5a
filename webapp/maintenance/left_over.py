"""What processes that were killed left behind: files half written, and photos that no item has."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from webapp.atomic_files import UNFINISHED, is_abandoned
from webapp.catalog.reader import Catalog
from webapp.catalog.sent_photos import FOLDER as SENT
from webapp.catalog.write_lock import building_here
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import CatalogBusy
from webapp.pictures.thumbnails import ThumbStore

_BUILDING = "*/.building-*"  # the folder of an index, or a map, in the making
_CHUNK_FILES = 400
_DIGEST_DIGITS = 64


def unfinished(instance: Path) -> list[Path]:
    """List the files and folders that nobody goes on writing."""
    places = ("", "*/", f"{SENT}/*/", "thumbs/*/")
    found = {path for place in places for path in instance.glob(f"{place}{UNFINISHED}*")}
    return sorted(path for path in found if is_abandoned(path))


def clear_unfinished(instance: Path) -> int:
    """Remove the files and folders that nobody goes on writing; return how many."""
    count = _remove(unfinished(instance))
    with suppress(CatalogBusy), building_here(instance):  # or somebody builds just now
        count += _remove(instance.glob(_BUILDING))
    return count


def _remove(paths: Iterable[Path]) -> int:
    gone = list(paths)
    for path in gone:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return len(gone)


def unused(catalog: Catalog, thumbs: ThumbStore) -> list[Path]:
    """List the sent photos and thumbnails whose content no item has, nor may have again."""
    found: list[Path] = []
    files = iter(_named_by_content(catalog.instance / SENT, thumbs.folder))
    while some := list(islice(files, _CHUNK_FILES)):
        known = catalog.digests([_digest_of(path) for path in some])
        found += [path for path in some if _digest_of(path) not in known]
    return found


def clear_unused(catalog: Catalog, thumbs: ThumbStore) -> int:
    """Remove the files that `unused` lists; return how many.

    The caller holds the write lock: an import writes thumbnails before its items.
    """
    removed = 0
    for start in range(0, len(found := unused(catalog, thumbs)), _CHUNK_FILES):
        removed += _remove_unused(catalog, found[start : start + _CHUNK_FILES])
    return removed


def _remove_unused(catalog: Catalog, some: Sequence[Path]) -> int:
    """Remove files that are unused, unless an item was added with one meanwhile."""
    with CatalogWriter(catalog).others_waiting():
        known = catalog.digests([_digest_of(path) for path in some])
        gone = [path for path in some if _digest_of(path) not in known]
        for path in gone:
            path.unlink(missing_ok=True)
    return len(gone)


def _named_by_content(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        for path in folder.glob("*/*"):
            digest = _digest_of(path)
            if len(digest) == _DIGEST_DIGITS and digest.startswith(path.parent.name):
                yield path


def _digest_of(path: Path) -> str:
    """Return the SHA-256 that a file is named by, in hex, before its size and its ending."""
    return path.name.partition(".")[0].partition("-")[0]
