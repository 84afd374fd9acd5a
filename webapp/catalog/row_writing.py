"""Making the rows of a table equal to those of the same table in another database."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa

from webapp.catalog.database import PATIENCE, WRITER_SECONDS
from webapp.catalog.row_comparison import Difference, Row, differences, key_columns
from webapp.catalog.schema import items, makers, sign_in_tries

# Where SQLite keeps the last number that it gave.
_SQLITE_COUNTERS = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))

_BATCH_ROWS = 2000
_CHUNK_ROWS = 300  # SQLite limits the values in one statement


def make_equal(
    table: sa.Table, original: sa.Connection, target: sa.Engine
) -> Iterator[tuple[int, int]]:
    """Write what differs; yield, now and then, how many rows were compared and written since.

    Rows are written in batches, each a transaction: what is yielded stays.
    """
    writing = target.execution_options(**{PATIENCE: WRITER_SECONDS})
    with target.connect() as copied:
        compared = differences(table, original, copied)
        while batch := list(islice(compared, _BATCH_ROWS)):
            found = [one for one in batch if one is not None]
            if found:
                _write(table, writing, found)
            yield len(batch), len(found)


def _write(table: sa.Table, target: sa.Engine, found: Sequence[Difference]) -> None:
    """Write a batch; a row takes what is one row's only from those that have it in the copy.

    Two items may have changed places. Who lost it is written again when its turn comes, or by the
    next pass, and what belongs to it comes after it.
    """
    gone = [one.key for one in found if one.wanted is None]
    changed = [one.wanted for one in found if one.wanted is not None and one.found is not None]
    new = [one.wanted for one in found if one.wanted is not None and one.found is None]
    keys = key_columns(table)
    try:
        with target.begin() as connection:
            _delete(table, connection, keys, gone)
            _update(table, connection, changed)
            _insert(table, connection, new)
    except sa.exc.IntegrityError:
        with target.begin() as connection:
            _delete(table, connection, keys, [one.key for one in found])
            for columns in _unique(table):
                _delete(
                    table, connection, columns, [_picked(columns, row) for row in changed + new]
                )
            _insert(table, connection, changed + new)


def _delete(
    table: sa.Table,
    connection: sa.Connection,
    columns: Sequence[sa.Column[Any]],
    values: Sequence[tuple[object, ...]],
) -> None:
    for start in range(0, len(values), _CHUNK_ROWS):
        those = sa.tuple_(*columns).in_(values[start : start + _CHUNK_ROWS])
        connection.execute(table.delete().where(those))


def _update(table: sa.Table, connection: sa.Connection, rows: Sequence[Row]) -> None:
    if rows:
        keys = key_columns(table)
        this = sa.and_(*(column == sa.bindparam(f"key_{column.name}") for column in keys))
        named = [{f"key_{one.name}": _values(row)[one.name] for one in keys} for row in rows]
        values = [one | _values(row) for one, row in zip(named, rows, strict=True)]
        connection.execute(table.update().where(this), values)


def _insert(table: sa.Table, connection: sa.Connection, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(table.insert(), [_values(row) for row in rows])


def _values(row: Row) -> dict[str, object]:
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def _unique(table: sa.Table) -> Iterator[Sequence[sa.Column[Any]]]:
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            yield list(constraint.columns)


def _picked(columns: Sequence[sa.Column[Any]], row: Row) -> tuple[object, ...]:
    values = _values(row)
    return tuple(values[column.name] for column in columns)


def go_on_numbering(original: sa.Connection, copied: sa.Connection) -> None:
    """Have the copy give the next number that the original would: none is ever given twice."""
    for table in (items, makers, sign_in_tries):
        last = _last_number(table, original)
        if copied.dialect.name == "postgresql":
            sequence = sa.func.pg_get_serial_sequence(table.name, "id")
            copied.execute(sa.select(sa.func.setval(sequence, max(last, 1), last > 0)))
        elif table is items:  # SQLite counts the others by their rows
            copied.execute(_SQLITE_COUNTERS.delete().where(_SQLITE_COUNTERS.c.name == table.name))
            copied.execute(_SQLITE_COUNTERS.insert().values(name=table.name, seq=last))


def _last_number(table: sa.Table, connection: sa.Connection) -> int:
    """Return the last number that was given, also to a row that is gone, if that is known."""
    largest = connection.scalar(sa.select(sa.func.max(table.c.id))) or 0
    if connection.dialect.name == "postgresql":
        counter = sa.table(f"{table.name}_id_seq", sa.column("last_value"), sa.column("is_called"))
        query = sa.select(counter.c.last_value).where(counter.c.is_called)
    else:
        counters = _SQLITE_COUNTERS.c
        query = sa.select(counters.seq).where(counters.name == table.name)
    return max(int(largest), int(connection.scalar(query) or 0))
