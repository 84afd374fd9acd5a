"""Reading the catalogue: items, their codes, and the columns that indexes are made of."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from pathlib import Path
from typing import Self

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from webapp.catalog.database import connect_to
from webapp.catalog.item_rows import may_be_id, read_items
from webapp.catalog.layout import check_connections
from webapp.catalog.originals import Originals
from webapp.catalog.schema import binned_photos, codes, facts, items, makers, photos
from webapp.exceptions import ItemNotFound, NoCatalog
from webapp.hashing.fingerprinting import EncodedPicture
from webapp.hashing.hash_kind import HashKind
from webapp.models import Fingerprint, Ids, Item, ItemPhoto

_CHUNK_ITEMS = 500  # SQLite limits the values in one statement
_ROWS_AT_ONCE = 10_000


# Building a statement takes longer than running it, so these are built once.
_SOME: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)
_ITEMS = sa.select(items).where(items.c.id.in_(_SOME))
_CODES = sa.select(codes.c.item_id, codes.c.photo, codes.c.kind, codes.c.code).where(
    codes.c.item_id.in_(_SOME)
)
FORGOTTEN = "forgotten"
_UNLOGGED = sa.select(sa.func.max(facts.c.value)).where(facts.c.name.in_(["unlogged", FORGOTTEN]))
_FORGOTTEN = sa.select(sa.func.coalesce(sa.func.max(facts.c.value), 0)).where(
    facts.c.name == FORGOTTEN
)
_REVISION = sa.select(facts.c.value).where(facts.c.name == "revision")


class Catalog:
    """The items and codes in one database; photos are in the storage, or where they lay before.

    Every method that reads raises `CatalogUnavailable`, `NoCatalog` or `CatalogTooNew` where the
    database cannot be used. Nothing is opened before the first of them is called.
    """

    def __init__(self, url: sa.URL, originals: Originals) -> None:
        self.engine = connect_to(url)
        check_connections(self.engine)
        self.instance = originals.instance
        self.storage = originals.storage
        self.originals = originals
        self._connection: sa.Connection | None = None

    @contextmanager
    def at_one_moment(self) -> Iterator[Self]:
        """Read the catalogue as it is at one moment, whatever is written meanwhile.

        All that is read of what this yields is of that moment.
        """
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")  # Python's driver begins only before a write
            else:
                connection.execution_options(isolation_level="REPEATABLE READ")
            frozen = copy(self)
            frozen._connection = connection  # noqa: SLF001 - a copy of its own
            yield frozen

    def connect(self) -> AbstractContextManager[sa.Connection]:
        """Connect for reading."""
        return nullcontext(self._connection) if self._connection else self.engine.connect()

    def photo(self, of: Item | ItemPhoto) -> Path:
        """Return where an original was taken from; of an item, its first. `originals` reads it."""
        return self.instance / of.path

    def encoded_photo(self, photo: ItemPhoto) -> EncodedPicture:
        """Read the file of an original.

        Raises:
            ItemNotFound: it is not where it was imported from.
        """
        try:
            data = self.originals.read(photo)
        except OSError as error:
            raise ItemNotFound(
                f"the photo of item {photo.item_id} is not where it was imported from"
            ) from error
        return EncodedPicture.of_item(photo, data)

    def item(self, item_id: int) -> Item:
        """Return one item.

        Raises:
            ItemNotFound: there is none with this id.
        """
        found = self.items([item_id])
        if not found:
            raise ItemNotFound(f"there is no item {item_id}")
        return found[0]

    def items(self, ids: Sequence[int]) -> list[Item]:
        """Return items in the order of `ids`; ids that no item has are left out."""
        ids = [item_id for item_id in ids if may_be_id(item_id)]
        if not ids:
            return []
        by_id: dict[int, Item] = {}
        with self.connect() as connection:
            for start in range(0, len(ids), _CHUNK_ITEMS):
                some = ids[start : start + _CHUNK_ITEMS]
                by_id.update(
                    (item.id, item) for item in read_items(connection, _ITEMS, {"ids": some})
                )
        return [by_id[item_id] for item_id in ids if item_id in by_id]

    def stored_path(self, path: Path) -> str:
        """Write an absolute path as the catalogue keeps it."""
        inside = path.is_relative_to(self.instance)
        return str(path.relative_to(self.instance) if inside else path)

    def items_at(self, paths: Sequence[str]) -> list[Item]:
        """Return the items whose first photos lie at these stored paths, at most some hundreds."""
        with self.connect() as connection:
            return read_items(connection, sa.select(items).where(items.c.path.in_(paths)))

    def digests(self, digests: Sequence[str]) -> set[str]:
        """Return those of the contents that some photo of an item has, or may have again."""
        queries = [
            sa.select(table.c.digest).where(table.c.digest.in_(digests))
            for table in (items, photos, binned_photos)
        ]
        with self.connect() as connection:
            return {digest for query in queries for digest in connection.scalars(query)}

    def has_photos_outside(self, folder: str) -> bool:
        """Say whether some item's photo is elsewhere than in this folder of the instance."""
        query = sa.select(items.c.id).where(~items.c.path.startswith(f"{folder}/", autoescape=True))
        with self.connect() as connection:
            return connection.scalar(query.limit(1)) is not None

    def fingerprints(self, ids: Sequence[int]) -> dict[int, Fingerprint]:
        """Return the stored codes of the items' first photos, by item and kind."""
        found = self.photo_fingerprints(ids)
        return {item_id: found.get((item_id, 1), {}) for item_id in ids}

    def photo_fingerprints(self, ids: Sequence[int]) -> dict[tuple[int, int], Fingerprint]:
        """Return the stored codes of all photos of items, by item and number of photo, and kind."""
        found: dict[tuple[int, int], dict[str, bytes]] = {}
        ids = [item_id for item_id in ids if may_be_id(item_id)]
        if not ids:
            return {}
        with self.connect() as connection:
            for start in range(0, len(ids), _CHUNK_ITEMS):
                some = ids[start : start + _CHUNK_ITEMS]
                for item_id, photo, kind, code in connection.execute(_CODES, {"ids": some}).all():
                    found.setdefault((item_id, photo), {})[kind] = code
        return dict(found)

    def code_column(self, kind: HashKind) -> tuple[Ids, NDArray[np.int32], NDArray[np.uint8]]:
        """Return the codes of one kind that can be compared with those made here.

        Of the N photos that have one, the ids of their items, ascending, shape (N,), int64; their
        numbers among the item's photos, from 1, shape (N,); and their codes one after the other,
        packed, shape (N * bytes of all views,), uint8.
        """
        size = kind.views * kind.bytes
        ids, numbers, packed = array("q"), array("i"), bytearray()
        with self.connect() as connection:
            known = connection.scalars(sa.select(makers.c.versions)).all()
            query = (
                sa.select(codes.c.item_id, codes.c.photo, codes.c.code)
                .join(makers)
                .where(codes.c.kind == kind.name)
                .where(makers.c.versions.in_([one for one in known if kind.can_compare(one)]))
                .order_by(codes.c.item_id, codes.c.photo)
            )
            rows = connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
            for item_id, photo, code in rows:
                ids.append(item_id)
                numbers.append(photo)
                packed += code * (size // len(code))  # an earlier version had one view
        return (
            np.array(ids, dtype=np.int64),
            np.array(numbers, dtype=np.int32),
            np.frombuffer(packed, dtype=np.uint8),
        )

    def has_items(self) -> bool:
        """Say whether there is any item: to count millions takes a database seconds."""
        with self.connect() as connection:
            return connection.scalar(sa.select(items.c.id).limit(1)) is not None

    def count(self) -> int:
        """Count the items."""
        return self._scalar(sa.select(sa.func.count()).select_from(items))

    def count_photos(self) -> int:
        """Count the photos of all items."""
        return self._scalar(sa.select(sa.func.coalesce(sa.func.sum(items.c.photo_count), 0)))

    def count_further_photos(self) -> int:
        """Count the photos of items but the first of each: of these there are far fewer."""
        return self._scalar(sa.select(sa.func.count()).select_from(photos))

    def all_items(self) -> Iterable[Item]:
        """Yield every item by ascending id; only some hundreds are in memory at a time."""
        last = 0
        query = sa.select(items).order_by(items.c.id).limit(_CHUNK_ITEMS)
        while True:
            with self.connect() as connection:
                found = read_items(connection, query.where(items.c.id > last))
            if not found:
                return
            yield from found
            last = found[-1].id

    def require(self) -> None:
        """See that there is a catalogue, for commands that would begin something in its folder.

        Raises:
            NoCatalog: there is none.
        """
        self._scalar(_REVISION)

    @property
    def revision(self) -> int:
        """A number that grows with every change that the indexes must follow; 0: none was made."""
        try:
            return self._scalar(_REVISION)
        except NoCatalog:
            return 0

    @property
    def unlogged_revision(self) -> int:
        """The revision of the last change that only a new index makes known; 0: none was made."""
        try:
            return self._scalar(_UNLOGGED)
        except NoCatalog:
            return 0

    @property
    def forgotten_revision(self) -> int:
        """The revision up to which the log of live changes was emptied, where machines share it."""
        return self._scalar(_FORGOTTEN)

    def _scalar(self, query: sa.Select[int]) -> int:
        with self.connect() as connection:
            return int(connection.execute(query).scalar_one())
