"""Putting a backup back where there is no catalogue."""

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from webapp.atomic_files import flush
from webapp.catalog import catalog_file
from webapp.catalog.zip_faults import ZIP_FAULTS
from webapp.config.settings import Settings
from webapp.exceptions import BackupError, CatalogUnavailable, NoCatalog
from webapp.maintenance.backup_file import (
    ABOUT,
    DATABASE,
    FORMAT,
    clear_unfinished,
    place_of,
    unfinished,
)
from webapp.models import Progress, WithProgress
from webapp.storage import Storage

_MOST_FILE_BYTES = 1024**3
_COPIED_AT_ONCE_BYTES = 4 << 20


def restore(settings: Settings, storage: Storage, file: Path) -> WithProgress[int]:
    """Put a backup where there is no catalogue; return how many items it has.

    The database comes last: a restore that is stopped half way leaves no catalogue, and can be
    begun again.

    Raises:
        BackupError: the file is no backup, is damaged, or there is a catalogue.
        CatalogError: the database cannot be written, or a later version made the backup.
    """
    _check_has_none(settings)
    with _opened(file) as archive:
        items = _items_in(archive)
        names = [one for one in archive.infolist() if one.filename not in {ABOUT, DATABASE}]
        # Read before anything is written: one that belongs elsewhere refuses the whole backup.
        folders = {_name_inside(one).rpartition("/")[0] for one in names}
        with _database_of(archive, settings) as database:
            for done, one in enumerate(names, 1):
                name = _name_inside(one)
                place = place_of(name, storage, settings.instance)
                place.write(name, archive.read(one), flushed=False)
                yield Progress("putting photos back", done, len(names))
            for folder in folders:
                place_of(f"{folder}/", storage, settings.instance).flush_names([folder])
            if _is_file(settings):
                _put_in_place(database, Path(str(settings.database_url.database)))
            else:
                yield from catalog_file.load(database, settings.database_url)
    return items


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """Open a backup to be read.

    Raises:
        BackupError: it is none, or what is read of it is damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            for name in (ABOUT, DATABASE):
                archive.getinfo(name)
            yield archive
    except (*ZIP_FAULTS, KeyError) as error:
        raise BackupError(f"{file.name} is no backup, or it is damaged", private=error) from error


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
    with tempfile.TemporaryDirectory(dir=beside, prefix=unfinished()) as folder:
        copied = Path(folder, DATABASE)
        with archive.open(DATABASE) as packed, copied.open("wb") as file:
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


def _items_in(archive: zipfile.ZipFile) -> int:
    """Return how many items a backup has.

    Raises:
        BackupError: a later version made it, or what it says of itself is not of a backup.
    """
    try:
        about = json.loads(archive.read(ABOUT))
    except ValueError as error:
        raise BackupError(f"this is no backup: its {ABOUT} is not JSON") from error
    if not isinstance(about, dict) or not isinstance(about.get("items"), int):
        raise BackupError(f"this is no backup: its {ABOUT} does not say how many items it has")
    if about.get("format") != FORMAT:
        raise BackupError("a later version of Hashbag made this backup: install that version")
    return int(about["items"])


def _name_inside(entry: zipfile.ZipInfo) -> str:
    """Return where a file of a backup belongs; never outside of the folder it is put into."""
    name = PurePosixPath(entry.filename)
    if name.is_absolute() or ".." in name.parts or entry.is_dir():
        raise BackupError(f"the backup holds {entry.filename!r}, which is no file of an instance")
    if entry.file_size > _MOST_FILE_BYTES:
        raise BackupError(f"the backup holds {entry.filename!r}, which is too large for a photo")
    return str(name)
