"""Removing the files of photos that no item has: sent photos, and all thumbnails.

It is done after the transaction that made them useless, never within it: what fails, or is killed,
must leave files too many rather than one too few.
"""

import logging
from collections.abc import Iterable

import sqlalchemy as sa

from webapp.catalog.schema import binned_photos, items, photos
from webapp.catalog.sent_photos import SentPhotos, is_sent
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import CatalogError, StorageUnusable
from webapp.pictures.thumbnails import ThumbStore

log = logging.getLogger(__name__)


def drop_unused(
    writer: CatalogWriter, kept: SentPhotos, thumbs: ThumbStore, those: Iterable[tuple[str, str]]
) -> None:
    """Remove the files of photos, given by digest and stored path, that no item has or may have.

    Nobody can add an item with one of them meanwhile. What cannot be removed is logged, not raised:
    what made the files useless is done.
    """
    try:
        with writer.others_waiting() as connection:
            for digest, path in set(those):
                if not _has(connection, "digest", digest):
                    thumbs.remove(digest)
                if is_sent(path) and not _has(connection, "path", path):
                    kept.remove(path)
    except (CatalogError, StorageUnusable, OSError) as problem:
        log.warning("files that no item needs stay until `hashbag verify --repair`: %s", problem)


def _has(connection: sa.Connection, column: str, value: str) -> bool:
    """Say whether some photo of an item, or of one that was removed a moment ago, has a value."""
    return any(
        connection.scalar(sa.select(sa.literal(1)).where(table.c[column] == value).limit(1))
        for table in (items, photos, binned_photos)
    )
