"""Reads one photo's file for an import; runs in worker processes, so it knows no database."""

import hashlib
import stat
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


@dataclass(frozen=True, slots=True)
class ImportTask:
    """What a worker is given of one photo, or of what only passes through.

    `is_removed`: its item was taken out by hand, so it is left out. `is_touched`: its file may have
    changed since it was read.
    """

    entry: ImportEntry
    known: Known | None = None
    is_removed: bool = False
    is_touched: bool = True


@dataclass(frozen=True, slots=True)
class ImportWorker:
    """Reads photos; it is sent to worker processes.

    New photos get codes of the `kinds`. With `decodes` off only the contents are compared.
    """

    thumbs: ThumbStore
    max_pixels: int
    kinds: tuple[str, ...]
    decodes: bool = True

    def read(self, task: ImportTask) -> Photo | Rejected | Remark | None:
        """Read one file: decode it once, for its codes and its thumbnails; None: it is left out.

        A new photo gets codes of the `kinds`, a changed one of all kinds, and an unchanged one of
        the kinds that are stale.
        """
        want, known = task.entry, task.known
        if not isinstance(want, ListedPhoto):
            return want
        if task.is_removed:
            return None
        if known and not task.is_touched and not known.stale:
            return _as_known(known.item)
        try:
            return self._photo(_bytes_of(want.path), known)
        except UnreadableImage as error:
            return Rejected(want.filename, str(error))

    def _photo(self, data: bytes, known: Known | None) -> Photo:
        digest = hashlib.sha256(data).hexdigest()
        unchanged = known if known and known.item.digest == digest else None
        if not self.decodes:
            return _as_known(unchanged.item) if unchanged else Photo(digest, 0, 0, "", None)
        complete = unchanged is not None and _has_thumbs(self.thumbs, unchanged.item)
        if unchanged and complete and not unchanged.stale:
            return _as_known(unchanged.item)
        wanted = unchanged.stale if unchanged else KINDS if known else self.kinds
        picture, fingerprint = hash_item(EncodedPicture(data, self.max_pixels), wanted)
        # What was decoded tells which sizes there are to be: it may be kept in more than before.
        sizes = sizes_of(picture.width, picture.height, picture.media_type)
        if unchanged is None or not self.thumbs.has_all(digest, sizes):
            self.thumbs.write(digest, picture)
        return Photo(digest, picture.width, picture.height, picture.media_type, fingerprint or None)


def _as_known(item: Item) -> Photo:
    """Say of a photo what the catalogue has of it: nothing is new."""
    return Photo(item.digest, item.width, item.height, item.media_type, None)


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


def _has_thumbs(thumbs: ThumbStore, item: Item) -> bool:
    return thumbs.has_all(item.digest, sizes_of(item.width, item.height, item.media_type))
