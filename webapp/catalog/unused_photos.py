"""Removing the files of photos that no item has: sent photos, and all thumbnails.

It is done after the transaction that made them useless, never within it: what fails, or is killed,
must leave files too many rather than one too few.
"""

import logging
from collections.abc import Iterable
from itertools import islice

import sqlalchemy as sa

from webapp.catalog.reader import Catalog
from webapp.catalog.schema import binned_photos, items, photos
from webapp.catalog.sent_photos import FOLDER, is_sent, keys_of_content
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import CatalogError, StorageUnusable
from webapp.pictures.thumbnails import ThumbStore

_CHUNK_PHOTOS = 100  # others who write wait while the files of so many are removed

log = logging.getLogger(__name__)


def drop_unused(
    writer: CatalogWriter,
    catalog: Catalog,
    thumbs: ThumbStore,
    those: Iterable[tuple[str, str | None]],
) -> None:
    """Remove the files of photos that no item has or may have: thumbnails, and copies of imports.

    Each is given by its digest and its stored path, to have the file there removed too if it was
    sent; or by None, where originals stay. Nobody can add an item with one of them meanwhile. What
    cannot be removed is logged, not raised: what made the files useless is done.
    """
    remaining = iter(dict.fromkeys(those))
    try:
        catalog.storage.size(FOLDER)  # a store that does not answer is noticed before others wait
        while some := list(islice(remaining, _CHUNK_PHOTOS)):
            with writer.others_waiting() as connection:
                unused = [_unused(connection, catalog, thumbs, *one) for one in some]
                catalog.storage.delete(key for keys in unused for key in keys)
    except (CatalogError, StorageUnusable, OSError) as problem:
        log.warning("files that no item needs stay until `hashbag verify --repair`: %s", problem)


def _unused(
    connection: sa.Connection, catalog: Catalog, thumbs: ThumbStore, digest: str, path: str | None
) -> list[str]:
    """List the keys that there may be of files of a photo that no item has or may have."""
    copies = catalog.originals.copies
    if not _has(connection, digest):
        keys = thumbs.keys(digest) + (keys_of_content(digest) if copies else [])
    elif copies:
        return []  # it may be the copy of a photo that another item has in a folder
    else:
        keys = []
    if path is not None and is_sent(path) and not _has(connection, digest, path):
        keys.append(path)
    return keys


def _has(connection: sa.Connection, digest: str, path: str | None = None) -> bool:
    """Say whether some photo of an item, or of one that was removed a moment ago, has a content.

    With a stored `path`, whether one has it there. That is the content's own, and further photos
    have no index of paths: all of them would be read while others who write wait.
    """
    for table in (items, photos, binned_photos):
        query = sa.select(sa.literal(1)).where(table.c.digest == digest)
        if path is not None:
            query = query.where(table.c.path == path)
        if connection.scalar(query.limit(1)):
            return True
    return False
