"""The rows of one table in two databases, compared as they are read: of either few are in memory.

Both are read in the order of the table's key. Databases sort texts in different ways, so texts are
sorted by their bytes, which all can, and numbers come first, which their indexes serve.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

Row = sa.Row[Any]
Key = tuple[Any, ...]

_ROWS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not the same in both; None where there is none with this key."""

    key: Key
    wanted: Row | None
    found: Row | None


def key_columns(table: sa.Table) -> list[sa.Column[Any]]:
    """Return the columns of a table's key in the order in which rows are read."""
    return sorted(table.primary_key, key=lambda column: isinstance(column.type, sa.Text))


def differences(
    table: sa.Table, wanted: sa.Connection, found: sa.Connection
) -> Iterator[Difference | None]:
    """Yield of each row of `wanted`, in order, None or how it differs; then what it lacks."""
    theirs, ours = rows_of(table, wanted), rows_of(table, found)
    one, other = next(theirs, None), next(ours, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None, "one of both is there"
            yield Difference(*one, None)
            one = next(theirs, None)
        elif one is None or other[0] < one[0]:
            yield Difference(other[0], None, other[1])
            other = next(ours, None)
        else:
            same = tuple(one[1]) == tuple(other[1])
            yield None if same else Difference(*one, other[1])
            one, other = next(theirs, None), next(ours, None)


def rows_of(table: sa.Table, connection: sa.Connection) -> Iterator[tuple[Key, Row]]:
    """Yield all rows of a table with their keys, in the order of these."""
    keys = key_columns(table)
    places = [list(table.c).index(column) for column in keys]
    # What SQLite does unless it is told otherwise.
    by_bytes = None if connection.dialect.name == "sqlite" else "C"
    order = [
        sa.collate(column, by_bytes) if by_bytes and isinstance(column.type, sa.Text) else column
        for column in keys
    ]
    query = sa.select(table).order_by(*order)
    rows = connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    for row in rows:
        yield tuple(row[place] for place in places), row
