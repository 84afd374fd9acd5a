"""A catalogue with its photos in one file, taken while it is served.

In it are the catalogue, as a file of SQLite whatever database it is in, the photos that were sent
or lie in the instance folder, and all thumbnails. Photos in folders elsewhere stay there. The index
and the map are not in it: they are made of the rest.
"""

import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa

from webapp.atomic_files import flush
from webapp.catalog import catalog_file
from webapp.catalog.item_bin import photos_in_bin
from webapp.catalog.originals import Originals
from webapp.catalog.reader import Catalog
from webapp.exceptions import BackupError
from webapp.maintenance.backup_file import (
    ABOUT,
    DATABASE,
    FORMAT,
    clear_unfinished,
    place_of,
    unfinished,
)
from webapp.models import ItemPhoto, Progress, WithProgress
from webapp.pictures.thumbnails import ThumbStore, sizes_of
from webapp.storage import Storage

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Backup:
    """How many items are in a backup, and the names of photos that were not where they belong."""

    items: int
    missing: tuple[str, ...]


def write(catalog: Catalog, thumbs: ThumbStore, file: Path) -> WithProgress[Backup]:
    """Write a backup; what had the name before is replaced once all of it is on disk.

    Raises:
        BackupError: items change faster than they are copied.
        OSError: the file cannot be written.
    """
    clear_unfinished(file.parent)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=unfinished())
    os.close(handle)
    try:
        for _ in range(_TRIES):
            made = yield from _attempt(catalog, thumbs, Path(temporary))
            if made is not None:
                break
        else:
            raise BackupError("photos are removed faster than they are copied: try again later")
        flush(Path(temporary))
        Path(temporary).replace(file)
        flush(file.parent)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return made


def _attempt(live: Catalog, thumbs: ThumbStore, target: Path) -> WithProgress[Backup | None]:
    """Copy the catalogue as it is at one moment, then the files that it names.

    None: a file was removed meanwhile, with its item: the catalogue must be copied again.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=unfinished()) as folder:
        copied = Path(folder, DATABASE)
        yield from catalog_file.save(live, copied)
        url = sa.URL.create("sqlite", database=str(copied))
        catalog = Catalog(url, live.originals)
        try:
            # A zip knows no time before 1980, which files and clocks may show.
            with zipfile.ZipFile(target, "w", strict_timestamps=False) as archive:
                items = catalog.count()
                about = {"format": FORMAT, "hashbag": version("hashbag"), "items": items}
                archive.writestr(ABOUT, json.dumps(about))
                archive.write(copied, DATABASE)
                return (yield from _copy_photos(archive, catalog, live, thumbs))
        finally:
            catalog.engine.dispose()


def _copy_photos(
    archive: zipfile.ZipFile, catalog: Catalog, live: Catalog, thumbs: ThumbStore
) -> WithProgress[Backup | None]:
    items, photos = catalog.count(), catalog.count_photos()
    done: set[str] = set()
    missing = []
    for number, photo in enumerate(_photos(catalog), 1):
        for name in (*_originals(catalog.originals, photo), *_thumbs(thumbs, photo)):
            if Path(name).is_absolute() or name in done:
                continue
            done.add(name)
            try:
                _add(archive, name, place_of(name, catalog.storage, catalog.instance))
            except FileNotFoundError:
                if not _is_known(live, photo):
                    return None
                missing.append(photo.filename)  # as `hashbag verify` tells too
        yield Progress("copying photos", min(number, photos), photos)
    return Backup(items, tuple(missing))


def _add(archive: zipfile.ZipFile, name: str, storage: Storage) -> None:
    opened = storage.opened(name)
    if isinstance(opened, Path):
        archive.write(opened, name)
    else:
        archive.writestr(name, opened.getvalue())


def _originals(originals: Originals, photo: ItemPhoto) -> list[str]:
    """Name the files of an original: of one that was imported, the copy too where there is one."""
    copy = originals.copy_of(photo)
    if copy is None or originals.storage.size(copy) is None:
        return [photo.path]
    return [copy, photo.path] if (originals.instance / photo.path).exists() else [copy]


def _thumbs(thumbs: ThumbStore, photo: ItemPhoto) -> list[str]:
    sizes = sizes_of(photo.width, photo.height, photo.media_type)
    return [thumbs.key(photo.digest, size) for size in sizes]


def _is_known(live: Catalog, photo: ItemPhoto) -> bool:
    """Say whether its item still has a photo, or waits to be brought back."""
    those = [one for item in live.items([photo.item_id]) for one in item.photos]
    return any(
        (one.item_id, one.digest) == (photo.item_id, photo.digest)
        for one in (*those, *photos_in_bin(live))
    )


def _photos(catalog: Catalog) -> Iterator[ItemPhoto]:
    """Yield the photos of all items, and of those that wait to be brought back."""
    for item in catalog.all_items():
        yield from item.photos
    yield from photos_in_bin(catalog)
