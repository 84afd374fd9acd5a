"""What visitors do, as numbers a day: no photo, no words, no address."""

import time
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from webapp.catalog.database import PATIENCE, WRITER_SECONDS
from webapp.catalog.reader import Catalog
from webapp.catalog.schema import daily_counts

KEPT_DAYS = 400

Key = tuple[int, str, int]
"""The day, in days since 1970, UTC; what is counted; of which item, or 0."""


def today() -> int:
    """Return the number of the day, in UTC."""
    return int(time.time()) // (24 * 3600)


class DailyCounts:
    """The counts of one catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._writing = catalog.engine.execution_options(**{PATIENCE: WRITER_SECONDS})

    def add(self, counts: Mapping[Key, int]) -> None:
        """Add to the counts, all in one transaction."""
        table = daily_counts
        with self._writing.begin() as connection:
            for (day, name, item_id), count in counts.items():
                here = (table.c.day == day) & (table.c.name == name) & (table.c.item_id == item_id)
                more = table.update().where(here).values(count=table.c.count + count)
                if not connection.execute(more).rowcount:
                    row = {"day": day, "name": name, "item_id": item_id, "count": count}
                    connection.execute(table.insert().values(**row))
            connection.execute(table.delete().where(table.c.day < today() - KEPT_DAYS))

    def by_day(self, days: int) -> Mapping[int, Mapping[str, int]]:
        """Return the counts of the last days, by day and name, the latest day first."""
        table = daily_counts
        query = (
            sa.select(table.c.day, table.c.name, sa.func.sum(table.c.count))
            .where(table.c.day > today() - days)
            .group_by(table.c.day, table.c.name)
        )
        found: dict[int, dict[str, int]] = {day: {} for day in range(today(), today() - days, -1)}
        with self._catalog.connect() as connection:
            for day, name, count in connection.execute(query):
                found.setdefault(day, {})[name] = int(count)
        return found

    def most(self, name: str, days: int, number: int) -> Sequence[tuple[int, int]]:
        """Return the items with the highest counts in the last days, and these."""
        table, total = daily_counts, sa.func.sum(daily_counts.c.count)
        query = (
            sa.select(table.c.item_id, total)
            .where(table.c.name == name, table.c.day > today() - days, table.c.item_id > 0)
            .group_by(table.c.item_id)
            .order_by(total.desc(), table.c.item_id)
            .limit(number)
        )
        with self._catalog.connect() as connection:
            return [(item_id, int(count)) for item_id, count in connection.execute(query)]
