"""Which libraries made the stored codes, and which codes are to be made anew."""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from webapp.catalog.reader import Catalog
from webapp.catalog.schema import codes, items, makers


def makers_of(catalog: Catalog, ids: Sequence[int]) -> dict[tuple[int, int], dict[str, str]]:
    """Return which libraries made the codes of items, by item and number of photo, and kind."""
    found: dict[tuple[int, int], dict[str, str]] = {}
    query = sa.select(codes.c.item_id, codes.c.photo, codes.c.kind, makers.c.versions).join(makers)
    with catalog.connect() as connection:
        for item_id, photo, kind, versions in connection.execute(
            query.where(codes.c.item_id.in_(ids))
        ):
            found.setdefault((item_id, photo), {})[kind] = versions
    return found


def stale(catalog: Catalog, versions: Mapping[str, str]) -> list[int]:
    """List the items with a photo that lacks a code of some kind by the versions given."""
    with catalog.connect() as connection:
        return list(connection.scalars(_lacking(versions).order_by(items.c.id)))


def count_stale(catalog: Catalog, versions: Mapping[str, str]) -> int:
    """Count the items that `stale` lists."""
    query = sa.select(sa.func.count()).select_from(_lacking(versions).subquery())
    with catalog.connect() as connection:
        return int(connection.execute(query).scalar_one())


def having(catalog: Catalog, made: Collection[tuple[str, str]]) -> list[int]:
    """List the items that have a code of one of these kinds by these library versions."""
    query = sa.select(codes.c.item_id).join(makers).distinct().order_by(codes.c.item_id)
    of_these = sa.tuple_(codes.c.kind, makers.c.versions).in_(list(made))
    with catalog.connect() as connection:
        return list(connection.scalars(query.where(of_these)))


def code_counts(catalog: Catalog) -> dict[str, list[tuple[str, int]]]:
    """Count the codes of each kind by the libraries that made them."""
    number = sa.func.count()
    query = (
        sa.select(codes.c.kind, makers.c.versions, number)
        .join(makers)
        .group_by(codes.c.kind, makers.c.versions)
        .order_by(codes.c.kind, makers.c.versions)
    )
    counts: dict[str, list[tuple[str, int]]] = {}
    with catalog.connect() as connection:
        for kind, versions, count in connection.execute(query):
            counts.setdefault(kind, []).append((versions, count))
    return counts


def _lacking(versions: Mapping[str, str]) -> sa.Select[int]:
    """Select the ids of the items of which a photo lacks a code of a kind by these versions."""
    complete = (
        sa.select(codes.c.item_id)
        .join(makers)
        .join(items, items.c.id == codes.c.item_id)
        .where(sa.tuple_(codes.c.kind, makers.c.versions).in_(list(versions.items())))
        .group_by(codes.c.item_id, items.c.photo_count)
        .having(sa.func.count() == len(versions) * items.c.photo_count)
        .subquery()
    )
    # Of NOT IN, PostgreSQL reads a list that it takes for too long for its memory once an item.
    beside = items.outerjoin(complete, complete.c.item_id == items.c.id)
    return sa.select(items.c.id).select_from(beside).where(complete.c.item_id.is_(None))
