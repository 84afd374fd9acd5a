"""Removing the files of photos that no item has: sent photos, and all thumbnails.

It is done after the transaction that made them useless, never within it: what fails, or is killed,
must leave files too many rather than one too few.
"""

import logging
from collections.abc import Iterable

import sqlalchemy as sa

from webapp.catalog.reader import Catalog
from webapp.catalog.schema import binned_photos, items, photos
from webapp.catalog.sent_photos import FOLDER, SentPhotos, is_sent
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import CatalogError, StorageUnusable
from webapp.pictures.thumbnails import ThumbStore

log = logging.getLogger(__name__)


def remove_content(catalog: Catalog, thumbs: ThumbStore, digest: str) -> None:
    """Remove what is kept of a content that no item has: thumbnails, and copies of imports."""
    thumbs.remove(digest)
    if catalog.originals.copies:
        SentPhotos(catalog.storage).remove_content(digest)


def drop_unused(
    writer: CatalogWriter, catalog: Catalog, thumbs: ThumbStore, those: Iterable[tuple[str, str]]
) -> None:
    """Remove the files of photos, given by digest and stored path, that no item has or may have.

    Nobody can add an item with one of them meanwhile. What cannot be removed is logged, not raised:
    what made the files useless is done.
    """
    try:
        catalog.storage.size(FOLDER)  # a store that does not answer is noticed before others wait
        with writer.others_waiting() as connection:
            for digest, path in set(those):
                is_shown = _has(connection, "digest", digest)
                if not is_shown:
                    remove_content(catalog, thumbs, digest)
                # It may be the copy of a photo that another item has in a folder.
                is_copy = is_shown and catalog.originals.copies
                if is_sent(path) and not is_copy and not _has(connection, "path", path):
                    SentPhotos(catalog.storage).remove(path)
    except (CatalogError, StorageUnusable, OSError) as problem:
        log.warning("files that no item needs stay until `hashbag verify --repair`: %s", problem)


def _has(connection: sa.Connection, column: str, value: str) -> bool:
    """Say whether some photo of an item, or of one that was removed a moment ago, has a value."""
    return any(
        connection.scalar(sa.select(sa.literal(1)).where(table.c[column] == value).limit(1))
        for table in (items, photos, binned_photos)
    )
