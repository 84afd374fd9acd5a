"""Items that look the same and are not: what the owner decided, once for all."""

from collections.abc import Iterable
from itertools import combinations

import sqlalchemy as sa

from webapp.catalog.database import PATIENCE, WRITER_SECONDS
from webapp.catalog.reader import Catalog
from webapp.catalog.schema import kept_apart

Pair = tuple[int, int]
"""Two ids, the smaller first."""


class KeptApart:
    """The decisions of one catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._writing = catalog.engine.execution_options(**{PATIENCE: WRITER_SECONDS})

    def pairs(self) -> frozenset[Pair]:
        """Return all pairs that are not the same."""
        query = sa.select(kept_apart.c.first, kept_apart.c.second)
        with self._catalog.connect() as connection:
            return frozenset((first, second) for first, second in connection.execute(query))

    def add(self, ids: Iterable[int]) -> None:
        """Note that no two of these items are the same."""
        wanted = pairs_of(ids)
        with self._writing.begin() as connection:
            first, second = kept_apart.c.first, kept_apart.c.second
            of_these = first.in_({one for one, _ in wanted})
            query = sa.select(first, second).where(of_these)
            known = {(one, other) for one, other in connection.execute(query)}
            rows = [
                {"first": one, "second": other}
                for one, other in wanted
                if (one, other) not in known
            ]
            if rows:
                connection.execute(kept_apart.insert(), rows)

    def forget(self) -> None:
        """Forget all decisions."""
        with self._writing.begin() as connection:
            connection.execute(kept_apart.delete())


def pairs_of(ids: Iterable[int]) -> list[Pair]:
    """List all pairs of some items."""
    return list(combinations(sorted(set(ids)), 2))
