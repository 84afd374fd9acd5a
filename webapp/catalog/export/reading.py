"""An export as something to import: the lines alone, or an archive that has the photos too."""

import hashlib
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

from webapp.catalog.export.items import ITEMS_MEMBER, PHOTOS_FOLDER
from webapp.catalog.export.lines import (
    MOST_LINE_BYTES,
    ExportedPhoto,
    entries_of,
    is_exported_line,
    lines_of,
)
from webapp.catalog.import_entries import ImportEntry
from webapp.catalog.import_list import ImportList
from webapp.catalog.import_list.readable_names import is_unicode, readable
from webapp.catalog.reader import Catalog
from webapp.catalog.sent_photos import SentPhotos, sent_path
from webapp.catalog.writer import CatalogWriter
from webapp.catalog.zip_faults import ZIP_FAULTS
from webapp.exceptions import ImportListError
from webapp.storage import Storage

MOST_PHOTO_BYTES = 512 * 1024 * 1024
_MOST_RATIO = 100
"""Photos hardly get smaller when they are packed: what grows more is made to fill a disk."""

_MEMBER = re.compile(rf"{PHOTOS_FOLDER}/([0-9a-f]{{2}}/([0-9a-f]{{64}})(\.[a-z0-9]{{1,5}})?)?")
_DIGESTS_AT_ONCE = 500
_LINES = (".jsonl", ".ndjson")


def is_export(source: Path) -> bool:
    """Say whether a file is an export: an archive, or lines whose first is one of an item."""
    suffix = source.suffix.lower()
    if suffix not in _LINES or not source.is_file():
        return suffix == ".zip"
    with source.open("rb") as file:
        return is_exported_line(file.readline(MOST_LINE_BYTES))


def is_archive(source: Path) -> bool:
    """Say whether an export has the photos too."""
    return source.suffix.lower() == ".zip"


def read(source: Path, given: Mapping[str, str], catalog: Catalog) -> ImportList:
    """Read through an export, so that what is wrong with it as a whole is known.

    The photos of an archive are copied into the storage as its entries are read; those of lines
    alone stay where they are.

    Raises:
        ImportListError: it is damaged, or holds what no export does.
    """
    if given:
        raise ImportListError(f"{readable(source)}: an export has no columns to map")
    if not is_archive(source):
        with source.open("rb") as file:
            count = sum(1 for _ in lines_of(file))
        return ImportList(partial(_entries_of_lines, source), count, finds_moved=False)
    with _opened(source) as archive:
        _check(archive, source, catalog.storage)
        with archive.open(ITEMS_MEMBER) as file:
            count = sum(1 for _ in lines_of(file))
    return ImportList(partial(_entries_of_archive, source, catalog), count, finds_moved=False)


def _entries_of_lines(source: Path) -> Iterator[ImportEntry]:
    def find(photo: ExportedPhoto) -> Path:
        if not photo.file:
            raise ImportListError(
                f"{readable(photo.filename)}: it is not said where this photo is: "
                "take an export with --photos"
            )
        path = (source.parent / photo.file).resolve()
        if not is_unicode(str(path)):
            raise ImportListError(f"{readable(path)}: its path is not UTF-8: rename it")
        return path

    with source.open("rb") as file:
        yield from entries_of(file, readable(source.name), find)


def _entries_of_archive(source: Path, catalog: Catalog) -> Iterator[ImportEntry]:
    with _opened(source) as archive, archive.open(ITEMS_MEMBER) as file:
        find = partial(_copied, archive, catalog)
        yield from entries_of(file, readable(source.name), find)


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (*ZIP_FAULTS, OSError) as error:
        raise ImportListError(f"{readable(source)}: cannot be read: {error}") from error


def _check(archive: zipfile.ZipFile, source: Path, storage: Storage) -> None:
    """Refuse an archive before anything of it is unpacked."""
    name, members = readable(source), archive.infolist()
    others = [one.filename for one in members if not _is_ours(one.filename)]
    if others or ITEMS_MEMBER not in archive.namelist():
        found = f"it has '{readable(others[0])[:80]}'" if others else f"it has no {ITEMS_MEMBER}"
        raise ImportListError(f"{name}: this is no export: {found}")
    if len({one.filename for one in members}) < len(members):
        raise ImportListError(f"{name}: this is no export: it has two files of one name")
    unpacked = sum(one.file_size for one in members)
    if unpacked > _MOST_RATIO * source.stat().st_size:
        raise ImportListError(
            f"{name}: this is no export: unpacked it is {_MOST_RATIO} times as large, or more"
        )
    free = storage.free_bytes()
    if free is not None and unpacked > free:
        raise ImportListError(f"{name}: there is no room for its {unpacked / 1e6:.0f} MB")


def _is_ours(member: str) -> bool:
    if member == ITEMS_MEMBER:
        return True
    found = _MEMBER.fullmatch(member)
    return bool(found) and (not found[1] or found[1][:2] == found[2][:2])  # type: ignore[index]


def _copied(archive: zipfile.ZipFile, catalog: Catalog, photo: ExportedPhoto) -> Path:
    """Copy a photo into the storage, named by its content, once that is found to be right."""
    photos = SentPhotos(catalog.storage)
    filename = readable(photo.filename)
    found = _MEMBER.fullmatch(photo.file)
    if not (found and found[1] and photo.file in archive.NameToInfo):
        raise ImportListError(f"{filename}: the archive does not have this photo")
    stored = sent_path(found[1])
    path = catalog.instance / stored
    if photo.digest == found[2] and photos.has(stored):
        return path
    if archive.getinfo(photo.file).file_size > MOST_PHOTO_BYTES:
        raise ImportListError(f"{filename}: this is too large for a photo")
    try:
        with archive.open(photo.file) as file:
            data = file.read(MOST_PHOTO_BYTES + 1)
    except ZIP_FAULTS as error:
        raise ImportListError(f"{filename}: it is damaged in the archive: {error}") from error
    if not hashlib.sha256(data).hexdigest() == photo.digest == found[2]:
        raise ImportListError(f"{filename}: in the archive is another photo than it says")
    photos.keep(stored, data)
    return path


def drop_unused(source: Path, catalog: Catalog) -> None:
    """Remove copies of an archive's photos that no item has, since they could not be taken in."""
    photos = SentPhotos(catalog.storage)
    with _opened(source) as archive:
        found = [_MEMBER.fullmatch(name) for name in archive.namelist()]
    names = {one[2]: one[1] for one in found if one and one[1]}
    contents = iter(names)
    while some := list(islice(contents, _DIGESTS_AT_ONCE)):
        if len(catalog.digests(some)) < len(some):
            with CatalogWriter(catalog).others_waiting():  # who adds an item with such a photo
                for digest in {*some} - catalog.digests(some):
                    photos.remove(sent_path(names[digest]))
