"""The bin: items that were removed at the desk, kept for a day so that it can be undone."""

import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from webapp.catalog.change_log import note
from webapp.catalog.item_rows import may_be_id, read_items
from webapp.catalog.live_items import check_version
from webapp.catalog.reader import Catalog
from webapp.catalog.schema import binned, binned_photos, codes, items, photos, removed
from webapp.catalog.unused_photos import drop_unused
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import ItemNotFound
from webapp.models import ITEM_FIELDS, Item, ItemPhoto
from webapp.pictures.thumbnails import ThumbStore

KEPT_SECONDS = 24 * 3600

_CHUNK_ITEMS = 200  # with their codes, some megabytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What was removed at once: `removed` in Unix seconds; `first` are some of its items."""

    name: str
    removed: int
    size: int
    first: Sequence[Item]

    @property
    def until(self) -> int:
        """When it cannot be undone any more, in Unix seconds."""
        return self.removed + KEPT_SECONDS


class ItemBin:
    """Removes items of one catalogue, and brings them back as they were, by the same numbers.

    Photos that were sent keep their files until what is in the bin is a day old.
    """

    def __init__(self, catalog: Catalog, thumbs: ThumbStore) -> None:
        self._catalog = catalog
        self._thumbs = thumbs

    def remove(self, ids: Sequence[int], version: str | None = None) -> str:
        """Take items out, all in one transaction; returns the name of the batch.

        Raises:
            ItemNotFound: one of them does not exist; then none is taken out.
            ChangedMeanwhile: one of them has another version than given.
        """
        self.empty()
        writer = self._writer()
        batch, now = secrets.token_hex(8), int(time.time())
        with writer.transaction() as connection:
            for some in _chunks(ids):
                gone = _items(connection, some)
                for item in gone:
                    check_version(item, version)
                _keep(connection, gone, batch, now)
            writer.remove_in(connection, ids, for_good=True)
        return batch

    def restore(self, batch: str) -> Sequence[int]:
        """Bring back all of a batch, in one transaction; returns the ids of its items.

        Raises:
            ItemNotFound: it is there no more.
        """
        of_batch = binned.c.batch == batch
        query = sa.select(binned.c.item_id).where(of_batch).order_by(binned.c.item_id)
        with self._writer().transaction() as connection:
            ids = list(connection.scalars(query))
            if not ids:
                raise ItemNotFound("this cannot be undone any more: what was removed is gone")
            for some in _chunks(ids):
                those = sa.select(binned.c.content).where(binned.c.item_id.in_(some))
                _put_back(connection, connection.scalars(those).all())
            note(connection, ids, ids, live=True)
            connection.execute(binned.delete().where(of_batch))
        return ids

    def batches(self, shown: int) -> Sequence[Batch]:
        """List what can be brought back, the latest first, each with its first `shown` items."""
        query = (
            sa.select(binned.c.batch, sa.func.min(binned.c.removed), sa.func.count())
            .where(binned.c.removed > int(time.time()) - KEPT_SECONDS)
            .group_by(binned.c.batch)
            .order_by(sa.func.min(binned.c.removed).desc(), sa.func.min(binned.c.item_id))
        )
        first = sa.select(binned.c.content).order_by(binned.c.item_id).limit(shown)
        with self._catalog.connect() as connection:
            return [
                Batch(
                    name,
                    when,
                    size,
                    [
                        _item(content)
                        for content in connection.scalars(first.where(binned.c.batch == name))
                    ],
                )
                for name, when, size in connection.execute(query).all()
            ]

    def empty(self, older_than_seconds: int = KEPT_SECONDS) -> int:
        """Forget what is too old to be brought back, with its files; returns how many items."""
        old = binned.c.removed <= int(time.time()) - older_than_seconds
        with self._catalog.connect() as connection:
            if not connection.scalar(sa.select(sa.literal(1)).where(old).limit(1)):
                return 0
        forgotten = 0
        while True:
            query = sa.select(binned.c.item_id, binned.c.content).where(old).limit(_CHUNK_ITEMS)
            writer = self._writer()
            with writer.transaction() as connection:
                rows = connection.execute(query).all()
                if not rows:
                    return forgotten
                ids = [row.item_id for row in rows]
                connection.execute(binned.delete().where(binned.c.item_id.in_(ids)))
            those = [
                (photo.digest, photo.path) for row in rows for photo in _item(row.content).photos
            ]
            drop_unused(writer, self._catalog, self._thumbs, those)
            forgotten += len(rows)

    def _writer(self) -> CatalogWriter:
        return CatalogWriter(self._catalog, live=True)


def photos_in_bin(catalog: Catalog) -> Iterator[ItemPhoto]:
    """Yield the photos of the items that are in the bin."""
    with catalog.connect() as connection:
        contents = connection.scalars(sa.select(binned.c.content)).all()
    for content in contents:
        yield from _item(content).photos


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _CHUNK_ITEMS):
        yield ids[start : start + _CHUNK_ITEMS]


def _items(connection: sa.Connection, ids: Sequence[int]) -> list[Item]:
    few = [item_id for item_id in ids if may_be_id(item_id)]
    found = read_items(connection, sa.select(items).where(items.c.id.in_(few)))
    missing = set(ids) - {item.id for item in found}
    if missing:
        raise ItemNotFound(f"there is no item {', '.join(map(str, sorted(missing)))}")
    return found


def _keep(connection: sa.Connection, gone: Sequence[Item], batch: str, now: int) -> None:
    """Write down all that is known of items."""
    ids = [item.id for item in gone]
    made: dict[int, list[list[object]]] = {}
    for row in connection.execute(sa.select(codes).where(codes.c.item_id.in_(ids))):
        code = b64encode(row.code).decode("ascii")
        made.setdefault(row.item_id, []).append([row.kind, row.photo, code, row.maker_id])
    connection.execute(
        binned.insert(),
        [
            {
                "item_id": item.id,
                "batch": batch,
                "removed": now,
                "content": _content(item, made.get(item.id, [])),
            }
            for item in gone
        ],
    )
    columns = ("item_id", "number", "path", "digest")
    connection.execute(
        binned_photos.insert(),
        [
            {name: getattr(photo, name) for name in columns}
            for item in gone
            for photo in item.photos
        ],
    )


def _content(item: Item, made: Sequence[Sequence[object]]) -> Mapping[str, object]:
    return {
        "item": {one.name: getattr(item, one.name) for one in ITEM_FIELDS},
        "further": [
            {column.name: getattr(photo, column.name) for column in photos.c}
            for photo in item.further
        ],
        "codes": made,
    }


def _item(content: Mapping[str, Any]) -> Item:
    """Return an item as it was."""
    return Item(**content["item"], further=tuple(ItemPhoto(**one) for one in content["further"]))


def _put_back(connection: sa.Connection, contents: Sequence[Mapping[str, Any]]) -> None:
    """Write items with their photos and codes as they were."""
    rows = [dict(content["item"]) for content in contents]
    for columns in rows:
        place = (columns["path"], columns["occurrence"])
        of_it = (removed.c.path == place[0]) & (removed.c.occurrence == place[1])
        connection.execute(removed.delete().where(of_it))  # imports may take its photo in again
    _find_places(connection, rows)
    connection.execute(items.insert(), rows)
    further = [photo for content in contents for photo in content["further"]]
    made = [
        {
            "item_id": content["item"]["id"],
            "kind": kind,
            "photo": photo,
            "code": b64decode(code),
            "maker_id": maker,
        }
        for content in contents
        for kind, photo, code, maker in content["codes"]
    ]
    for table, of_table in ((photos, further), (codes, made)):
        if of_table:
            connection.execute(table.insert(), of_table)


def _find_places(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Have each be the same of its photo's items as before, unless another is that by now."""
    paths = {columns["path"] for columns in rows}
    there = sa.select(items.c.path, items.c.occurrence).where(items.c.path.in_(paths))
    taken = {(path, occurrence) for path, occurrence in connection.execute(there)}
    for columns in rows:
        while (columns["path"], columns["occurrence"]) in taken:
            columns["occurrence"] += 1
        taken.add((columns["path"], columns["occurrence"]))
