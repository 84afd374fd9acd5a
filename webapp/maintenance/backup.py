"""A whole instance in one file, taken while it is served and changed; and put back elsewhere.

In it are the database, the photos that lie in the instance folder, and all thumbnails. Photos in
folders elsewhere stay there. The index and the map are not in it: they are made of the rest.
"""

import json
import os
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import sqlalchemy as sa

from webapp.atomic_files import flush, write_atomically
from webapp.catalog.reader import Catalog
from webapp.config import Settings
from webapp.exceptions import BackupError
from webapp.models import Progress, WithProgress
from webapp.pictures.thumbnails import ThumbStore

_DATABASE = "hashbag.db"
_ABOUT = "backup.json"
_FORMAT = 1
_TRIES = 5
_MOST_FILE_BYTES = 1024**3


def write(
    settings: Settings, catalog: Catalog, thumbs: ThumbStore, file: Path
) -> WithProgress[int]:
    """Write a backup; what had the name before is replaced once all of it is on disk.

    Returns how many items are in it.

    Raises:
        BackupError: the database is not SQLite, or items change faster than they are copied.
        OSError: the file cannot be written.
    """
    if catalog.engine.dialect.name != "sqlite":
        raise BackupError("the catalogue is on a database server: back that up by its own tools")
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    os.close(handle)
    try:
        for _ in range(_TRIES):
            count = yield from _attempt(settings, thumbs, Path(temporary))
            if count is not None:
                break
        else:
            raise BackupError("photos are removed faster than they are copied: try again later")
        flush(Path(temporary))
        Path(temporary).replace(file)
        flush(file.parent)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return count


def _attempt(settings: Settings, thumbs: ThumbStore, target: Path) -> WithProgress[int | None]:
    """Copy the database as it is at one moment, then the files that it names.

    None: a file was removed meanwhile, with its item: the database must be copied again.
    """
    instance = settings.instance
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        copied = Path(folder, _DATABASE)
        _copy_database(Path(str(settings.database_url.database)), copied)
        catalog = Catalog(sa.URL.create("sqlite", database=str(copied)), instance)
        count = catalog.count()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            about = {"format": _FORMAT, "hashbag": version("hashbag"), "items": count}
            archive.writestr(_ABOUT, json.dumps(about))
            archive.write(copied, _DATABASE)
            done: set[str] = set()
            for number, item in enumerate(catalog.all_items(), 1):
                for photo in item.photos:
                    for path in (catalog.photo(photo), *thumbs.copies(photo.digest)):
                        if not path.is_relative_to(instance) or str(path) in done:
                            continue
                        done.add(str(path))
                        try:
                            archive.write(path, str(path.relative_to(instance)))
                        except FileNotFoundError:
                            catalog.engine.dispose()
                            return None
                yield Progress("copying photos", number, count)
        catalog.engine.dispose()
    return count


def _copy_database(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as original,
        closing(sqlite3.connect(target)) as copy,
    ):
        original.backup(copy)


def restore(settings: Settings, file: Path) -> WithProgress[int]:
    """Put a backup into an instance folder that has no catalogue; return how many items it has.

    The database comes last: a restore that is stopped half way leaves no catalogue, and can be
    begun again.

    Raises:
        BackupError: the file is no backup, is damaged, or the folder has a catalogue.
    """
    database = Path(str(settings.database_url.database))
    if database.exists():
        raise BackupError(f"there is a catalogue in {settings.instance}: restore into another")
    try:
        with zipfile.ZipFile(file) as archive:
            about = _about(archive)
            names = [one for one in archive.infolist() if one.filename not in {_ABOUT, _DATABASE}]
            for done, one in enumerate(names, 1):
                write_atomically(_inside(settings.instance, one), archive.read(one), flushed=False)
                yield Progress("putting photos back", done, len(names))
            for folder in {_inside(settings.instance, one).parent for one in names}:
                flush(folder)
            write_atomically(database, archive.read(_DATABASE))
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise BackupError(f"{file.name} is no backup, or it is damaged", private=error) from error
    return int(str(about["items"]))


def _about(archive: zipfile.ZipFile) -> dict[str, object]:
    about: dict[str, object] = json.loads(archive.read(_ABOUT))
    if about.get("format") != _FORMAT:
        raise BackupError("a later version of Hashbag made this backup: install that version")
    return about


def _inside(instance: Path, entry: zipfile.ZipInfo) -> Path:
    """Return where a file of a backup belongs; never outside of the instance folder."""
    name = PurePosixPath(entry.filename)
    if name.is_absolute() or ".." in name.parts or entry.is_dir():
        raise BackupError(f"the backup holds {entry.filename!r}, which is no file of an instance")
    if entry.file_size > _MOST_FILE_BYTES:
        raise BackupError(f"the backup holds {entry.filename!r}, which is too large for a photo")
    return instance / name
