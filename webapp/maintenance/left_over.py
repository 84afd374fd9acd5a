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
from webapp.pictures.thumbnails import FOLDER as THUMBS
from webapp.storage import Storage

_BUILDING = "*/.building-*"  # the folder of an index, or a map, in the making
_CHUNK_FILES = 400
_DIGEST_DIGITS = 64


def count_unfinished(catalog: Catalog) -> int:
    """Count the files and folders that nobody goes on writing."""
    return len(_unfinished(catalog.instance)) + len(_unfinished_photos(catalog.storage))


def clear_unfinished(catalog: Catalog) -> int:
    """Remove the files and folders that nobody goes on writing; return how many."""
    instance = catalog.instance
    of_photos = _unfinished_photos(catalog.storage)
    catalog.storage.delete(of_photos)
    count = len(of_photos) + _remove(_unfinished(instance))
    with suppress(CatalogBusy), building_here(instance):  # or somebody builds just now
        count += _remove(instance.glob(_BUILDING))
    return count


def _unfinished(instance: Path) -> list[Path]:
    found = {path for place in ("", "*/") for path in instance.glob(f"{place}{UNFINISHED}*")}
    return sorted(path for path in found if is_abandoned(path))


def _unfinished_photos(storage: Storage) -> list[str]:
    return [key for folder in (SENT, THUMBS) for key in storage.unfinished(folder)]


def _remove(paths: Iterable[Path]) -> int:
    gone = list(paths)
    for path in gone:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return len(gone)


def unused(catalog: Catalog) -> list[str]:
    """List the keys of sent photos and thumbnails whose content no item has, nor may have again."""
    found: list[str] = []
    keys = _named_by_content(catalog.storage)
    while some := list(islice(keys, _CHUNK_FILES)):
        known = catalog.digests([_digest_of(key) for key in some])
        found += [key for key in some if _digest_of(key) not in known]
    return found


def clear_unused(catalog: Catalog) -> int:
    """Remove the files that `unused` lists; return how many.

    The caller holds the write lock: an import writes thumbnails before its items.
    """
    removed = 0
    for start in range(0, len(found := unused(catalog)), _CHUNK_FILES):
        removed += _remove_unused(catalog, found[start : start + _CHUNK_FILES])
    return removed


def _remove_unused(catalog: Catalog, some: Sequence[str]) -> int:
    """Remove files that are unused, unless an item was added with one meanwhile."""
    with CatalogWriter(catalog).others_waiting():
        known = catalog.digests([_digest_of(key) for key in some])
        gone = [key for key in some if _digest_of(key) not in known]
        catalog.storage.delete(gone)
    return len(gone)


def _named_by_content(storage: Storage) -> Iterator[str]:
    for folder in (SENT, THUMBS):
        for key in storage.keys(folder):
            digest = _digest_of(key)
            if len(digest) == _DIGEST_DIGITS and key.startswith(f"{folder}/{digest[:2]}/"):
                yield key


def _digest_of(key: str) -> str:
    """Return the SHA-256 that a file is named by, in hex, before its size and its ending."""
    return key.rpartition("/")[2].partition(".")[0].partition("-")[0]
