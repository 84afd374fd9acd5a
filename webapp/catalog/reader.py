"""The catalogue as it is read: items, their codes, and the columns that indexes are made of."""

import math
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from webapp.catalog.schema import codes, facts, items, makers, open_database
from webapp.exceptions import ItemNotFound
from webapp.hashing.fingerprinting import EncodedPicture
from webapp.models import FACETS, Fingerprint, Ids, Item

_CHUNK = 500
_NO_ID = 2**63  # more than a database holds

# Put together once: that takes longer than to run them.
_SOME: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)
_ITEMS = sa.select(*(items.c[field.name] for field in fields(Item))).where(items.c.id.in_(_SOME))
_CODES = sa.select(codes.c.item_id, codes.c.kind, codes.c.code).where(codes.c.item_id.in_(_SOME))
_REVISION = sa.select(facts.c.value).where(facts.c.name == "revision")


class Catalog:
    """The items and codes in one database; photos lie where they were imported from."""

    def __init__(self, url: str, instance: Path) -> None:
        self.engine = open_database(url)
        self.instance = instance.resolve()

    def photo(self, item: Item) -> Path:
        """Return where the item's original lies."""
        return self.instance / item.path

    def encoded_photo(self, item: Item) -> EncodedPicture:
        """Read the file of an item's original.

        Raises:
            ItemNotFound: it is not where it was imported from.
        """
        try:
            data = self.photo(item).read_bytes()
        except OSError as error:
            raise ItemNotFound(
                f"the photo of item {item.id} is not where it was imported from"
            ) from error
        return EncodedPicture.of_item(item, data)

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
        """Return the items in the order of `ids`; those that are gone are left out."""
        by_id: dict[int, Item] = {}
        ids = [item_id for item_id in ids if item_id < _NO_ID]
        with self.engine.connect() as connection:
            for start in range(0, len(ids), _CHUNK):
                some = ids[start : start + _CHUNK]
                rows = connection.execute(_ITEMS, {"ids": some})
                by_id.update((row[0], Item(*row)) for row in rows.all())
        return [by_id[item_id] for item_id in ids if item_id in by_id]

    def stored_path(self, path: Path) -> str:
        """Write an absolute path as the catalogue keeps it."""
        inside = path.is_relative_to(self.instance)
        return str(path.relative_to(self.instance) if inside else path)

    def items_at(self, paths: Sequence[str]) -> list[Item]:
        """Return the items whose photos lie at these stored paths, at most some hundreds."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(items).where(items.c.path.in_(paths)))
            return [Item(**row) for row in rows.mappings()]

    def digests(self, digests: Sequence[str]) -> set[str]:
        """Return those of the contents that some item has."""
        query = sa.select(items.c.digest).where(items.c.digest.in_(digests))
        with self.engine.connect() as connection:
            return set(connection.scalars(query))

    def makers_of(self, ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """Return which libraries made the codes of items, by item and kind."""
        found: dict[int, dict[str, str]] = {item_id: {} for item_id in ids}
        query = sa.select(codes.c.item_id, codes.c.kind, makers.c.versions).join(makers)
        with self.engine.connect() as connection:
            for item_id, kind, versions in connection.execute(
                query.where(codes.c.item_id.in_(ids))
            ):
                found[item_id][kind] = versions
        return found

    def stale(self, versions: Mapping[str, str]) -> list[int]:
        """List the items that lack a code of some kind by the library versions given."""
        with self.engine.connect() as connection:
            return list(connection.scalars(_lacking(versions).order_by(items.c.id)))

    def count_stale(self, versions: Mapping[str, str]) -> int:
        """Count the items that `stale` lists."""
        return self._scalar(sa.select(sa.func.count()).select_from(_lacking(versions).subquery()))

    def outdated(self, versions: Mapping[str, str]) -> list[int]:
        """List the items that have a code of one of these kinds by other library versions."""
        query = (
            sa.select(codes.c.item_id)
            .join(makers)
            .where(
                codes.c.kind.in_(list(versions)),
                sa.tuple_(codes.c.kind, makers.c.versions).not_in(list(versions.items())),
            )
            .distinct()
            .order_by(codes.c.item_id)
        )
        with self.engine.connect() as connection:
            return list(connection.scalars(query))

    def has_photos_outside(self, folder: str) -> bool:
        """Say whether some item's photo is elsewhere than in this folder of the instance."""
        query = sa.select(items.c.id).where(~items.c.path.startswith(f"{folder}/", autoescape=True))
        with self.engine.connect() as connection:
            return connection.scalar(query.limit(1)) is not None

    def fingerprints(self, ids: Sequence[int]) -> dict[int, Fingerprint]:
        """Return the stored codes of items, by item and kind."""
        found: dict[int, dict[str, bytes]] = {item_id: {} for item_id in ids}
        with self.engine.connect() as connection:
            for start in range(0, len(ids), _CHUNK):
                some = ids[start : start + _CHUNK]
                for item_id, kind, code in connection.execute(_CODES, {"ids": some}).all():
                    found[item_id][kind] = code
        return dict(found)

    def code_column(self, kind: str, versions: str) -> tuple[Ids, NDArray[np.uint8]]:
        """Return a kind's codes made by these library versions.

        Item ids, ascending, shape (N,), and all bytes in a row.
        """
        query = (
            sa.select(codes.c.item_id, codes.c.code)
            .join(makers)
            .where(codes.c.kind == kind, makers.c.versions == versions)
            .order_by(codes.c.item_id)
        )
        ids, packed = [], bytearray()
        with self.engine.connect() as connection:
            for item_id, code in connection.execution_options(yield_per=10_000).execute(query):
                ids.append(item_id)
                packed += code
        return np.array(ids, dtype=np.int64), np.frombuffer(packed, dtype=np.uint8)

    def count(self) -> int:
        """Count the items."""
        return self._scalar(sa.select(sa.func.count()).select_from(items))

    def attribute_columns(
        self,
    ) -> tuple[Ids, dict[str, list[str]], NDArray[np.float64]]:
        """Return ids, ascending, the text of each facet, and prices, NaN where there is none."""
        query = sa.select(items.c.id, items.c.price, *(items.c[name] for name in FACETS))
        ids, prices = array("q"), array("d")
        texts: dict[str, list[str]] = {name: [] for name in FACETS}
        with self.engine.connect() as connection:
            for item_id, price, *values in connection.execution_options(yield_per=10_000).execute(
                query.order_by(items.c.id)
            ):
                ids.append(item_id)
                prices.append(math.nan if price is None else price)
                for name, value in zip(FACETS, values, strict=True):
                    # Values repeat: one string for all items that have it.
                    texts[name].append(sys.intern(value))
        return np.array(ids, dtype=np.int64), texts, np.array(prices, dtype=np.float64)

    def code_counts(self) -> dict[str, list[tuple[str, int]]]:
        """Count the codes of each kind by the libraries that made them."""
        number = sa.func.count()
        query = (
            sa.select(codes.c.kind, makers.c.versions, number)
            .join(makers)
            .group_by(codes.c.kind, makers.c.versions)
            .order_by(codes.c.kind, makers.c.versions)
        )
        counts: dict[str, list[tuple[str, int]]] = {}
        with self.engine.connect() as connection:
            for kind, versions, count in connection.execute(query):
                counts.setdefault(kind, []).append((versions, count))
        return counts

    def all_items(self) -> Iterable[Item]:
        """Yield every item by ascending id, without holding all of them."""
        last = 0
        query = sa.select(items).order_by(items.c.id).limit(_CHUNK)
        while True:
            with self.engine.connect() as connection:
                rows = connection.execute(query.where(items.c.id > last)).mappings().all()
            if not rows:
                return
            yield from (Item(**row) for row in rows)
            last = rows[-1]["id"]

    @property
    def revision(self) -> int:
        """A number that grows with every change that the indexes must follow."""
        return self._scalar(_REVISION)

    def _scalar(self, query: sa.Select[int]) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


def _lacking(versions: Mapping[str, str]) -> sa.Select[int]:
    """Select the ids of the items without a code of each kind by these library versions."""
    complete = (
        sa.select(codes.c.item_id)
        .join(makers)
        .where(sa.tuple_(codes.c.kind, makers.c.versions).in_(list(versions.items())))
        .group_by(codes.c.item_id)
        .having(sa.func.count() == len(versions))
    )
    return sa.select(items.c.id).where(items.c.id.not_in(complete))
