"""Reads the photos of one item for an import; runs in worker processes: it knows no database."""

import hashlib
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from webapp.catalog.import_entries import FurtherPhoto, ImportEntry, ListedPhoto, Rejected, Remark
from webapp.catalog.originals import Originals
from webapp.catalog.sent_photos import SentPhotos, sent_path, stored_name
from webapp.exceptions import UnreadableImage
from webapp.hashing.fingerprinting import EncodedPicture, hash_item
from webapp.hashing.kinds import KINDS
from webapp.models import Fingerprint, Item, ItemPhoto
from webapp.pictures.thumbnails import ThumbStore, sizes_of

MAX_FILE_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Known:
    """The item that the catalogue has at a path.

    `stale`: the kinds in which a photo of it has no code made by the libraries that are installed
    now, by the photo's number.
    """

    item: Item
    stale: Mapping[int, tuple[str, ...]]

    @property
    def is_complete(self) -> bool:
        """Whether no code is to be made."""
        return not any(self.stale.values())


@dataclass(frozen=True, slots=True)
class Photo:
    """What a worker found in a file; `fingerprint` is None if all stored codes are right."""

    digest: str
    width: int
    height: int
    media_type: str
    fingerprint: Fingerprint | None


@dataclass(frozen=True, slots=True)
class FurtherFound:
    """What a worker found of a further photo; `place` is its stored path."""

    place: str
    filename: str
    photo: Photo
    is_new: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a worker found of an item: its first photo, the further ones, and what was unreadable.

    `further`: None where nothing is said of them, and they stay as they are.
    """

    first: Photo
    further: tuple[FurtherFound, ...] | None = None
    rejected: tuple[Rejected, ...] = ()

    @property
    def digests(self) -> set[str]:
        """The contents of all photos."""
        return {self.first.digest, *(one.photo.digest for one in self.further or ())}


@dataclass(frozen=True, slots=True)
class ImportTask:
    """What a worker is given of one item, or of what only passes through.

    `is_removed`: its item was taken out by hand, so it is left out. `is_touched`: a file may have
    changed since it was read. `places`: the stored paths of its further photos.
    """

    entry: ImportEntry
    known: Known | None = None
    is_removed: bool = False
    is_touched: bool = True
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportWorker:
    """Reads photos; it is sent to worker processes.

    New photos get codes of the `kinds`. With `decodes` off only the contents are compared.
    """

    originals: Originals
    thumbs: ThumbStore
    max_pixels: int
    kinds: tuple[str, ...]
    decodes: bool = True

    def read(self, task: ImportTask) -> Found | Rejected | Remark | None:
        """Read an item's files: each is decoded once, for codes and thumbnails; None: left out.

        A new photo gets codes of the `kinds`, a changed one of all kinds, and an unchanged one of
        the kinds that are stale.
        """
        want, known = task.entry, task.known
        if not isinstance(want, ListedPhoto):
            return want
        if task.is_removed:
            return None
        if known and not task.is_touched and known.is_complete:
            return Found(_as_known(known.item.photos[0]))
        try:
            first = self._photo(want, known, 1)
        except UnreadableImage as error:
            return Rejected(want.filename, str(error))
        return Found(first) if want.further is None else self._with_further(first, want, task)

    def _with_further(self, first: Photo, want: ListedPhoto, task: ImportTask) -> Found:
        """Read the further photos; one that cannot be read now stays where it was known before."""
        further: list[FurtherFound] = []
        rejected = []
        for listed, place in zip(want.further or (), task.places, strict=True):
            number = len(further) + 2
            before = _known_photo(task.known, number)
            try:
                photo = self._photo(listed, task.known, number)
            except UnreadableImage as error:
                rejected.append(Rejected(listed.filename, str(error)))
                if not before or before.path != place:
                    continue
                photo = _as_known(before)
            is_new = not before or before.digest != photo.digest
            further.append(FurtherFound(place, listed.filename, photo, is_new))
        return Found(first, tuple(further), tuple(rejected))

    def _photo(self, listed: ListedPhoto | FurtherPhoto, known: Known | None, number: int) -> Photo:
        data = self._bytes_of(listed)
        photo = self._read(data, known, number)
        if self.decodes and self.originals.copies and self.originals.key(listed.path) is None:
            stored = sent_path(stored_name(photo.digest, photo.media_type))
            SentPhotos(self.originals.storage).keep(stored, data)
        return photo

    def _read(self, data: bytes, known: Known | None, number: int) -> Photo:
        digest = hashlib.sha256(data).hexdigest()
        before = _known_photo(known, number)
        unchanged = before if before and before.digest == digest else None
        if not self.decodes:
            return _as_known(unchanged) if unchanged else Photo(digest, 0, 0, "", None)
        stale = known.stale.get(number, ()) if known else ()
        complete = unchanged is not None and _has_thumbs(self.thumbs, unchanged)
        if unchanged and complete and not stale:
            return _as_known(unchanged)
        wanted = stale if unchanged else KINDS if known else self.kinds
        picture, fingerprint = hash_item(EncodedPicture(data, self.max_pixels), wanted)
        # What was decoded tells which sizes there are to be: it may be kept in more than before.
        sizes = sizes_of(picture.width, picture.height, picture.media_type)
        if unchanged is None or not self.thumbs.has_all(digest, sizes):
            self.thumbs.write(digest, picture)
        return Photo(digest, picture.width, picture.height, picture.media_type, fingerprint or None)

    def _bytes_of(self, listed: ListedPhoto | FurtherPhoto) -> bytes:
        storage = self.originals.storage
        try:
            if key := self.originals.key(listed.path):
                return storage.read(key)
            if listed.copy and not listed.path.exists():
                return storage.read(listed.copy)
            return _bytes_in(listed.path)
        except FileNotFoundError as error:
            raise UnreadableImage("there is no such file") from error
        except OSError as error:
            raise UnreadableImage(f"cannot be read: {error.strerror or error}") from error


def _known_photo(known: Known | None, number: int) -> ItemPhoto | None:
    """Return the photo that an item has at a number, if it has one."""
    photos = known.item.photos if known else ()
    return photos[number - 1] if number <= len(photos) else None


def _as_known(photo: ItemPhoto) -> Photo:
    """Say of a photo what the catalogue has of it: nothing is new."""
    return Photo(photo.digest, photo.width, photo.height, photo.media_type, None)


def _bytes_in(path: Path) -> bytes:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableImage("not a regular file")
    if status.st_size > MAX_FILE_BYTES:
        raise UnreadableImage(f"{status.st_size / 1e6:.0f} MB is too large for a photo")
    return path.read_bytes()


def _has_thumbs(thumbs: ThumbStore, photo: ItemPhoto) -> bool:
    return thumbs.has_all(photo.digest, sizes_of(photo.width, photo.height, photo.media_type))
