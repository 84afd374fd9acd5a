"""Adding, changing and removing items one by one, while others search and import."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from webapp.catalog.given_attributes import Given, columns_of
from webapp.catalog.item_entries import Entry, PhotoEntry
from webapp.catalog.item_rows import item_in
from webapp.catalog.item_version import version_of
from webapp.catalog.known_requests import KnownRequest, added_by, note_request
from webapp.catalog.reader import Catalog
from webapp.catalog.schema import items
from webapp.catalog.sent_photos import SentPhoto, SentPhotos, file_name, sent_path, stored_name
from webapp.catalog.unused_photos import drop_unused
from webapp.catalog.writer import CatalogWriter, note_removal
from webapp.exceptions import ChangedMeanwhile
from webapp.hashing import picture_work
from webapp.hashing.fingerprinting import EncodedPicture
from webapp.hashing.kinds import KINDS
from webapp.hashing.picture_work import ReadPicture
from webapp.models import Item, ItemPhoto
from webapp.pictures.thumbnails import ThumbStore

_VERSIONS = {kind.name: kind.versions() for kind in KINDS.values()}


@dataclass(frozen=True, slots=True)
class ReadPhoto:
    """A photo that was sent, decoded and hashed. `digest`: SHA-256 of its file, in hex."""

    sent: SentPhoto
    digest: str
    read: ReadPicture


class LiveItems:
    """Changes items of one catalogue; what it returns is in the catalogue, and on disk.

    Every change is one transaction, and logged: searches of all processes follow it at once. Others
    that write wait for it, or it for them, for some seconds; then it raises `CatalogUnavailable`.
    """

    def __init__(self, catalog: Catalog, thumbs: ThumbStore, max_pixels: int) -> None:
        self._catalog = catalog
        self._thumbs = thumbs
        self._max_pixels = max_pixels
        self._photos = SentPhotos(catalog.storage)

    def read(self, sent: SentPhoto) -> ReadPhoto:
        """Decode and hash a photo; nothing is kept yet.

        Raises:
            UnreadableImage: it cannot be decoded, or has too many pixels.
        """
        read = picture_work.runner().item(EncodedPicture(sent.data, self._max_pixels))
        return ReadPhoto(sent, hashlib.sha256(sent.data).hexdigest(), read)

    def add(
        self,
        shown: Sequence[ReadPhoto],
        given: Given,
        request: KnownRequest | None = None,
    ) -> tuple[Item, bool]:
        """Add an item with its photos, one or more; return it, and whether it is new.

        It is not where the same `request` added it before.

        Raises:
            BadParameter: an attribute cannot be read.
            RequestDiffers: another request had the same key.
            ItemNotFound: the same request added it before, and it was removed since.
        """
        attributes = columns_of(given, {})
        writer = self._writer()
        writer.make_catalog()
        with self._keeping(shown, writer) as connection:
            known = added_by(connection, request) if request else None
            if known is not None:
                return item_in(connection, known), False
            columns = {"extra": {}, "source": ""} | attributes
            (item_id,) = writer.write_in(
                connection, [self._entry(connection, None, columns, shown)]
            )
            if request:
                note_request(connection, request, item_id)
            return item_in(connection, item_id), True

    def change(
        self,
        item_id: int,
        given: Given,
        shown: Sequence[ReadPhoto] = (),
        version: str | None = None,
    ) -> Item:
        """Change attributes of an item, and its photos if some are given; return it as it is then.

        An empty value takes an attribute away. `version`: what the item must be for the change to
        be made, by `version_of`.

        Raises:
            ItemNotFound: there is no such item.
            ChangedMeanwhile: it has another version.
            BadParameter: an attribute cannot be read.
        """
        writer = self._writer()
        before: Item | None = None
        with self._keeping(shown, writer) as connection:
            item = item_in(connection, item_id)
            check_version(item, version)
            columns = columns_of(given, item.extra)
            changed = {n: value for n, value in columns.items() if getattr(item, n) != value}
            others = [photo.digest for photo in shown] != [one.digest for one in item.photos]
            replaced = shown if others else ()
            if replaced:
                # Imports of its folder must not add the photo before again, nor prune the item.
                note_removal(connection, items.c.id == item_id)
                changed["source"] = ""
            if changed or replaced:
                entry = self._entry(connection, item_id, changed, replaced)
                writer.write_in(connection, [entry])
                before = item if replaced else None
            changed_item = item_in(connection, item_id)
        if before:
            self._drop(writer, before.photos)
        return changed_item

    def remove(self, ids: Sequence[int], version: str | None = None) -> Sequence[Item]:
        """Take items out for good; return them as they were.

        Photos that were sent are removed, others stay where they are; imports leave them out.

        Raises:
            ItemNotFound: one of them does not exist; then none is taken out.
            ChangedMeanwhile: one of them has another version.
        """
        writer = self._writer()
        with writer.transaction() as connection:
            gone = [item_in(connection, item_id) for item_id in ids]
            for item in gone:
                check_version(item, version)
            writer.remove_in(connection, ids, for_good=True)
        self._drop(writer, (photo for item in gone for photo in item.photos))
        return gone

    def _writer(self) -> CatalogWriter:
        return CatalogWriter(self._catalog, live=True)

    @contextmanager
    def _keeping(
        self, shown: Sequence[ReadPhoto], writer: CatalogWriter
    ) -> Iterator[sa.Connection]:
        """Begin a transaction that keeps photos; where it fails, on a full disk, none stays."""
        if shown:
            # A store that does not answer is waited for here, where nobody waits for us.
            self._photos.has(_stored_path(shown[0]))
        try:
            with writer.transaction() as connection:
                yield connection
        except BaseException:
            if shown:
                new = [(photo.digest, _stored_path(photo)) for photo in shown]
                drop_unused(writer, self._catalog, self._thumbs, new)
            raise

    def _drop(self, writer: CatalogWriter, before: Iterable[ItemPhoto]) -> None:
        those = [(photo.digest, photo.path) for photo in before]
        drop_unused(writer, self._catalog, self._thumbs, those)

    def _entry(
        self,
        connection: sa.Connection,
        item_id: int | None,
        columns: Mapping[str, object],
        shown: Sequence[ReadPhoto],
    ) -> Entry:
        """Say what is to be written of an item, and keep the files of its photos, if some are new.

        They are written within the transaction, since who removes the last item with a photo
        removes its files.
        """
        for photo in shown:
            self._keep(photo)
        if not shown:
            return Entry(item_id, columns, None, _VERSIONS)
        first, *others = shown
        of_photos = {
            **self._columns(first),
            "occurrence": self._occurrence(connection, first),
            "photo_count": len(shown),
        }
        further = [
            PhotoEntry(self._columns(one), one.read.fingerprint, is_new=True) for one in others
        ]
        return Entry(item_id, {**of_photos, **columns}, first.read.fingerprint, _VERSIONS, further)

    def _columns(self, photo: ReadPhoto) -> dict[str, object]:
        return {
            "path": _stored_path(photo),
            "filename": file_name(photo.sent.filename),
            "digest": photo.digest,
            "width": photo.read.width,
            "height": photo.read.height,
            "media_type": photo.read.media_type,
        }

    def _occurrence(self, connection: sa.Connection, photo: ReadPhoto) -> int:
        """Count on from the items that have this photo already."""
        path = _stored_path(photo)
        last = sa.select(sa.func.max(items.c.occurrence)).where(items.c.path == path)
        before = connection.scalar(last)
        return 0 if before is None else before + 1

    def _keep(self, photo: ReadPhoto) -> None:
        """Write a photo and its thumbnails, so that they are kept when this returns."""
        self._photos.keep(_stored_path(photo), photo.sent.data)
        self._thumbs.keep(photo.digest, photo.read.copies)
        self._thumbs.storage.flush_names(self._thumbs.flush([photo.digest]))


def _stored_path(photo: ReadPhoto) -> str:
    return sent_path(stored_name(photo.digest, photo.read.media_type))


def check_version(item: Item, version: str | None) -> None:
    """Refuse to change an item that somebody else changed; None: whatever it is.

    Raises:
        ChangedMeanwhile: it has another version.
    """
    if version is not None and version_of(item) != version:
        raise ChangedMeanwhile(
            f"item {item.id} was changed meanwhile: read it again, then change it"
        )
