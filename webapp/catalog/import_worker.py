"""Reads one photo's file for an import; runs in worker processes, so it knows no database."""

import hashlib
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from webapp.exceptions import UnreadableImage
from webapp.hashing.fingerprinting import EncodedPicture, hash_item
from webapp.hashing.kinds import KINDS
from webapp.models import Fingerprint, ImportEntry, Item, ListedPhoto, Rejected, Remark
from webapp.pictures.thumbnails import ThumbStore, sizes_of

MAX_FILE_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Known:
    """The item that the catalogue has at a path.

    `stale`: the kinds in which it has no code made by the libraries that are installed now.
    """

    item: Item
    stale: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Photo:
    """What a worker found in a file; `fingerprint` is None if all stored codes are right."""

    digest: str
    width: int
    height: int
    media_type: str
    fingerprint: Fingerprint | None


ImportTask = tuple[ImportEntry, Known | None]


def read(
    thumbs: ThumbStore, max_pixels: int, kinds: Collection[str], task: ImportTask
) -> Photo | Rejected | Remark:
    """Read one file: decode it once, for its codes and its thumbnails.

    A new photo gets codes of the `kinds`, a changed one of all kinds, and an unchanged one of the
    kinds that are stale.
    """
    want, known = task
    if not isinstance(want, ListedPhoto):
        return want
    try:
        return _photo(thumbs, EncodedPicture(_bytes_of(want.path), max_pixels), kinds, known)
    except UnreadableImage as error:
        return Rejected(want.filename, str(error))


def _bytes_of(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableImage("not a regular file")
        if status.st_size > MAX_FILE_BYTES:
            raise UnreadableImage(f"{status.st_size / 1e6:.0f} MB is too large for a photo")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadableImage("there is no such file") from error
    except OSError as error:
        raise UnreadableImage(f"cannot be read: {error.strerror or error}") from error


def _photo(
    thumbs: ThumbStore, encoded: EncodedPicture, kinds: Collection[str], known: Known | None
) -> Photo:
    digest = hashlib.sha256(encoded.data).hexdigest()
    unchanged = known if known and known.item.digest == digest else None
    complete = unchanged is not None and _has_thumbs(thumbs, unchanged.item)
    if unchanged and complete and not unchanged.stale:
        item = unchanged.item
        return Photo(digest, item.width, item.height, item.media_type, None)
    wanted = unchanged.stale if unchanged else KINDS if known else kinds
    picture, fingerprint = hash_item(encoded, wanted)
    sizes = sizes_of(picture.width, picture.height, picture.media_type)
    if unchanged is None or not thumbs.has_all(digest, sizes):
        thumbs.write(digest, picture)
    return Photo(digest, picture.width, picture.height, picture.media_type, fingerprint or None)


def _has_thumbs(thumbs: ThumbStore, item: Item) -> bool:
    return thumbs.has_all(item.digest, sizes_of(item.width, item.height, item.media_type))
