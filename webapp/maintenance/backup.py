"""A catalogue with its photos in one file, taken while it is served; and put back elsewhere.

In it are the catalogue, as a file of SQLite whatever database it is in, the photos that were sent
or lie in the instance folder, and all thumbnails. Photos in folders elsewhere stay there. The index
and the map are not in it: they are made of the rest.
"""

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import sqlalchemy as sa

from webapp.atomic_files import UNFINISHED, flush, is_abandoned
from webapp.catalog import catalog_file
from webapp.catalog.item_bin import photos_in_bin
from webapp.catalog.originals import Originals
from webapp.catalog.reader import Catalog
from webapp.catalog.sent_photos import FOLDER as SENT
from webapp.config.settings import Settings
from webapp.exceptions import BackupError, CatalogUnavailable, NoCatalog
from webapp.models import ItemPhoto, Progress, WithProgress
from webapp.pictures.thumbnails import FOLDER as THUMBS
from webapp.pictures.thumbnails import ThumbStore, sizes_of
from webapp.storage import Storage
from webapp.storage.local import LocalStorage

_DATABASE = "hashbag.db"
_ABOUT = "backup.json"
_FORMAT = 1
_BACKUP = "backup"
_TRIES = 5
_MOST_FILE_BYTES = 1024**3
_COPIED_AT_ONCE_BYTES = 4 << 20


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
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=_unfinished())
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


def clear_unfinished(folder: Path) -> None:
    """Remove from a folder what backups that were killed had begun there."""
    for left_over in folder.glob(f"{UNFINISHED}*{_BACKUP}*"):
        if is_abandoned(left_over):
            if left_over.is_dir():
                shutil.rmtree(left_over)
            else:
                left_over.unlink(missing_ok=True)


def _unfinished() -> str:
    """Return how the names of what is being written begin; the process that writes is named."""
    return f"{UNFINISHED}{os.getpid()}-{_BACKUP}-"


def _attempt(live: Catalog, thumbs: ThumbStore, target: Path) -> WithProgress[Backup | None]:
    """Copy the catalogue as it is at one moment, then the files that it names.

    None: a file was removed meanwhile, with its item: the catalogue must be copied again.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=_unfinished()) as folder:
        copied = Path(folder, _DATABASE)
        yield from catalog_file.save(live, copied)
        url = sa.URL.create("sqlite", database=str(copied))
        catalog = Catalog(url, live.originals)
        try:
            # A zip knows no time before 1980, which files and clocks may show.
            with zipfile.ZipFile(target, "w", strict_timestamps=False) as archive:
                items = catalog.count()
                about = {"format": _FORMAT, "hashbag": version("hashbag"), "items": items}
                archive.writestr(_ABOUT, json.dumps(about))
                archive.write(copied, _DATABASE)
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
                _add(archive, name, _place_of(name, catalog.storage, catalog.instance))
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


def _place_of(name: str, storage: Storage, instance: Path) -> Storage:
    """Return where a file of a backup lies: other photos in the instance were imported there."""
    return storage if name.startswith((f"{SENT}/", f"{THUMBS}/")) else LocalStorage(instance)


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


def restore(settings: Settings, storage: Storage, file: Path) -> WithProgress[int]:
    """Put a backup where there is no catalogue; return how many items it has.

    The database comes last: a restore that is stopped half way leaves no catalogue, and can be
    begun again.

    Raises:
        BackupError: the file is no backup, is damaged, or there is a catalogue.
        CatalogError: the database cannot be written, or a later version made the backup.
    """
    _check_has_none(settings)
    try:
        with zipfile.ZipFile(file) as archive:
            about = _about(archive)
            names = [one for one in archive.infolist() if one.filename not in {_ABOUT, _DATABASE}]
            # Read before anything is written: one that belongs elsewhere refuses the whole backup.
            folders = {_name_inside(one).rpartition("/")[0] for one in names}
            with _database_of(archive, settings) as database:
                for done, one in enumerate(names, 1):
                    name = _name_inside(one)
                    place = _place_of(name, storage, settings.instance)
                    place.write(name, archive.read(one), flushed=False)
                    yield Progress("putting photos back", done, len(names))
                for folder in folders:
                    _place_of(f"{folder}/", storage, settings.instance).flush_names([folder])
                if _is_file(settings):
                    _put_in_place(database, Path(str(settings.database_url.database)))
                else:
                    yield from catalog_file.load(database, settings.database_url)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise BackupError(f"{file.name} is no backup, or it is damaged", private=error) from error
    return int(str(about["items"]))


@contextmanager
def _database_of(archive: zipfile.ZipFile, settings: Settings) -> Iterator[Path]:
    """Copy the database out of a backup, beside where it belongs, and see that it can be used.

    Raises:
        BackupError: it cannot.
        CatalogTooNew: a later version made the backup.
    """
    database = Path(str(settings.database_url.database))
    beside = database.parent if _is_file(settings) else settings.instance
    beside.mkdir(parents=True, exist_ok=True)
    clear_unfinished(beside)
    with tempfile.TemporaryDirectory(dir=beside, prefix=_unfinished()) as folder:
        copied = Path(folder, _DATABASE)
        with archive.open(_DATABASE) as packed, copied.open("wb") as file:
            shutil.copyfileobj(packed, file, _COPIED_AT_ONCE_BYTES)
        try:
            catalog_file.make_usable(copied)
        except (CatalogUnavailable, NoCatalog) as error:
            words = "the database in this backup cannot be used"
            raise BackupError(words, private=error.for_owner) from error
        yield copied


def _is_file(settings: Settings) -> bool:
    return settings.database_url.get_backend_name() == "sqlite"


def _check_has_none(settings: Settings) -> None:
    database = Path(str(settings.database_url.database))
    if _is_file(settings) and database.exists():
        raise BackupError(
            f"there is a catalogue in {settings.instance}: restore into another folder, or move "
            f"{database.name} away first"
        )
    if not _is_file(settings) and catalog_file.is_filled(settings.database_url):
        raise BackupError(
            "there is a catalogue in the database: name an empty one in HASHBAG_DATABASE"
        )


def _put_in_place(copied: Path, database: Path) -> None:
    # What a database that was there before left would be taken for a part of this one.
    for left_over in ("-wal", "-shm", "-journal"):
        database.with_name(database.name + left_over).unlink(missing_ok=True)
    flush(copied)
    copied.replace(database)
    flush(database.parent)


def _about(archive: zipfile.ZipFile) -> dict[str, object]:
    about: dict[str, object] = json.loads(archive.read(_ABOUT))
    if about.get("format") != _FORMAT:
        raise BackupError("a later version of Hashbag made this backup: install that version")
    return about


def _name_inside(entry: zipfile.ZipInfo) -> str:
    """Return where a file of a backup belongs; never outside of the folder it is put into."""
    name = PurePosixPath(entry.filename)
    if name.is_absolute() or ".." in name.parts or entry.is_dir():
        raise BackupError(f"the backup holds {entry.filename!r}, which is no file of an instance")
    if entry.file_size > _MOST_FILE_BYTES:
        raise BackupError(f"the backup holds {entry.filename!r}, which is too large for a photo")
    return str(name)
