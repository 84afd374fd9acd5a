"""Writing items and their photos as a zip archive, one photo in memory at a time."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from typing import IO

from webapp.catalog.export.items import ITEMS_MEMBER, exported_items, member_of
from webapp.catalog.import_list.readable_names import readable
from webapp.catalog.reader import Catalog
from webapp.models import ItemPhoto

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same catalogue makes the same archive


def write_archive(catalog: Catalog, file: IO[bytes]) -> Iterator[str]:
    """Write an archive of a catalogue that is frozen at one moment; yields what it lacks, and why.

    `file` need not be seekable.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _write_items(catalog, archive)
        written = set[bytes]()
        for photo in (photo for item in catalog.all_items() for photo in item.photos):
            content = bytes.fromhex(photo.digest)
            if content not in written:
                written.add(content)
                yield from _write_photo(catalog, archive, photo)


def _write_items(catalog: Catalog, archive: zipfile.ZipFile) -> None:
    member = zipfile.ZipInfo(ITEMS_MEMBER, _LONG_AGO)
    member.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(member, "w", force_zip64=True) as lines:
        for told in exported_items(catalog, lambda photo: {"file": member_of(photo)}):
            lines.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")


def _write_photo(catalog: Catalog, archive: zipfile.ZipFile, photo: ItemPhoto) -> Iterator[str]:
    path = catalog.photo(photo)
    try:
        data = catalog.originals.read(photo)
    except OSError as error:
        yield f"{readable(path)}: cannot be read: {error.strerror}"
        return
    if hashlib.sha256(data).hexdigest() != photo.digest:
        yield f"{readable(path)}: was changed since it was taken in: import it again first"
        return
    archive.writestr(zipfile.ZipInfo(member_of(photo), _LONG_AGO), data)
