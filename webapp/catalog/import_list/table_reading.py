"""The rows of a list, however it is written: CSV with any usual sign, JSON lines, a JSON array."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from webapp.catalog.import_entries import Rejected, Remark, UnreadPart
from webapp.catalog.import_list import csv_reading
from webapp.catalog.import_list.column_names import Columns, columns_of
from webapp.catalog.import_list.json_reading import array_values, line_values
from webapp.catalog.import_list.readable_names import readable
from webapp.catalog.import_list.text_encoding import Encoding, encoding_of, opened
from webapp.exceptions import ImportListError

_BEGINNING_CHARACTERS = 4096  # enough to tell an array from objects on lines


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line that it begins on, counted from 1, and a cell for each column.

    Cells of CSV are texts, those of JSON any value.
    """

    line: int
    columns: Columns
    cells: Sequence[object]

    def value(self, name: str) -> object:
        """Return the cell of a column of ours; None where it is blank or the list has none."""
        return next(iter(self.values(name)), None)

    def values(self, name: str) -> list[object]:
        """Return the cells of all columns of ours by one name that are not blank, surest first."""
        cells = (self.cells[index] for index in self.columns.ours.get(name, ()))
        return [cell for cell in cells if not _is_blank(cell)]

    def text(self, name: str) -> str:
        """Return the cell of a column of ours as text; "" where it is blank or there is none."""
        return as_text(self.value(name)).strip()


@dataclass(frozen=True, slots=True)
class Table:
    """A list's rows, read anew by each call, and what is to be said of it as a whole."""

    rows: Callable[[], Iterator[Row | Rejected]]
    remarks: tuple[Remark, ...]


def open_table(source: Path, given: Mapping[str, str]) -> Table:
    """Find out how a list is written; `given` are names of our columns by its own.

    Raises:
        ImportListError: it is no list, or its columns are not to be told.
    """
    readers = {
        **dict.fromkeys((".csv", ".tsv", ".tab", ".txt"), _csv_table),
        **dict.fromkeys((".jsonl", ".ndjson"), _json_lines_table),
        ".json": _json_table,
    }
    open_as = readers.get(source.suffix.lower())
    if not open_as:
        raise ImportListError(
            f"{readable(source)}: give a folder of pictures, or a list: "
            ".csv, .tsv, .txt, .json or .jsonl"
        )
    encoding = encoding_of(source)
    table = open_as(source, encoding, given)
    if not encoding.page:
        return table
    reason = f"not UTF-8: it and others like it are read as Windows-{encoding.page[2:]}"
    remark = Remark(readable(source.name), reason, encoding.first_line)
    return Table(table.rows, (remark, *table.remarks))


def as_text(value: object) -> str:
    """Write a cell as text; None is blank."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_blank(cell: object) -> bool:
    return not cell.strip() if isinstance(cell, str) else cell is None or cell == []


def _csv_table(source: Path, encoding: Encoding, given: Mapping[str, str]) -> Table:
    layout = csv_reading.layout_of(source, encoding, given)
    remarks = tuple(
        Remark(readable(source.name), f"the column '{readable(name)}' is named twice", layout.line)
        for name in layout.columns.repeated
    )
    return Table(partial(_csv_rows, source, encoding, layout), remarks)


def _csv_rows(
    source: Path, encoding: Encoding, layout: csv_reading.Layout
) -> Iterator[Row | Rejected]:
    width = layout.width
    for line, cells in csv_reading.rows(source, encoding, layout):
        if any(map(str.strip, cells[width:])):
            reason = "more cells than columns; is a quote or comma missing?"
            yield UnreadPart(readable(source.name), reason, line)
        else:
            yield Row(line, layout.columns, cells + [""] * (width - len(cells)))


def _json_table(source: Path, encoding: Encoding, given: Mapping[str, str]) -> Table:
    with opened(source, encoding) as file:
        begins = file.read(_BEGINNING_CHARACTERS).lstrip()
    if begins.startswith("["):
        return _json_values_table(source, partial(array_values, source, encoding), given)
    line, end, _ = begins.partition("\n")
    if line.startswith("{") and end and not line.rstrip().endswith("}"):
        raise ImportListError(
            f"{readable(source)}: give a JSON array of objects, or an object on each line"
        )
    return _json_lines_table(source, encoding, given)


def _json_lines_table(source: Path, encoding: Encoding, given: Mapping[str, str]) -> Table:
    return _json_values_table(source, partial(line_values, source, encoding), given)


def _json_values_table(
    source: Path,
    values: Callable[[], Iterator[tuple[int, object]]],
    given: Mapping[str, str],
) -> Table:
    name = readable(source.name)
    # Objects have mostly the same names in the same order.
    columns_by_names = lru_cache(maxsize=64)(partial(columns_of, given=given))

    def rows() -> Iterator[Row | Rejected]:
        for line, value in values():
            if isinstance(value, ValueError):
                yield UnreadPart(name, f"not JSON: {value}", line)
            elif not isinstance(value, dict):
                yield UnreadPart(name, "not a JSON object", line)
            else:
                try:
                    columns = columns_by_names(tuple(value))
                except ImportListError as error:
                    yield UnreadPart(name, readable(error), line)
                else:
                    yield Row(line, columns, list(value.values()))

    return Table(rows, ())
