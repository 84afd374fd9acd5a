"""Lists of cells: by comma, semicolon, tab or bar, as spreadsheets and shops write them."""

import csv
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from webapp.catalog.import_list.column_names import Columns, columns_of, known_names
from webapp.catalog.import_list.readable_names import readable
from webapp.catalog.import_list.text_encoding import Encoding, opened
from webapp.exceptions import ImportListError

_DELIMITERS = (",", ";", "\t", "|")
_TOLD = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # a first line by which Excel tells its sign
_HEAD_LINES = 50  # enough to hold the names of the columns, blank lines before them too
_SEARCHED_LINES = 100_000  # of a row that does not end, for the quote that is to blame
_BLANK = " ,;|\t\r\n\"'"


@dataclass(frozen=True, slots=True)
class Layout:
    """The sign between a list's cells, its columns, and the line that names them."""

    delimiter: str
    line: int
    width: int
    columns: Columns


def layout_of(source: Path, encoding: Encoding, given: Mapping[str, str]) -> Layout:
    """Find out how a list is written: by the sign that makes most of its columns known.

    Raises:
        ImportListError: no column names files, or one is named twice.
    """
    signs, skipped, lines = _head(source, encoding)
    headers = {sign: _first_row(lines, sign) for sign in signs}
    delimiter = max(headers, key=lambda sign: (_known(headers[sign], given), len(headers[sign])))
    names = headers[delimiter]
    try:
        columns = columns_of(names, given)
    except ImportListError as error:
        raise ImportListError(
            f"{readable(source)}: line {skipped + 1}: {readable(error)}"
        ) from error
    if "filename" not in columns.ours:
        if lines and [] in headers.values():
            raise _not_csv(source, skipped + 1)
        raise ImportListError(
            f"{readable(source)}: the first line must name the columns, `filename` among them; "
            f"it names {readable(', '.join(names)) or 'none'}; "
            "--map THEIRS=filename says which one names the photos"
        )
    return Layout(delimiter, skipped + 1, len(names), columns)


def rows(source: Path, encoding: Encoding, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below the names that are not blank, with the lines they begin on.

    Raises:
        ImportListError: a quote is not closed; its line is named.
    """
    csv.field_size_limit(sys.maxsize)  # descriptions may have any length
    with opened(source, encoding, "") as file:
        reader = csv.reader(file, delimiter=layout.delimiter, strict=True)
        before = 0
        try:
            for cells in reader:
                if before >= layout.line and any(map(str.strip, cells)):
                    yield before + 1, cells
                before = reader.line_num
        except csv.Error as error:
            line = _line_of_quote(source, encoding, layout.delimiter, before)
            raise _not_csv(source, line) from error


def _head(source: Path, encoding: Encoding) -> tuple[Sequence[str], int, list[str]]:
    """Return which signs there may be, how many lines stand before the names, and the rest."""
    with opened(source, encoding, "") as file:
        lines = list(islice(file, _HEAD_LINES))
    told = _TOLD.fullmatch(lines[0].strip("\r\n")) if lines else None
    skipped = 1 if told else 0
    while skipped < len(lines) and not lines[skipped].strip(_BLANK):
        skipped += 1
    return told[1] if told else _DELIMITERS, skipped, lines[skipped:]


def _first_row(lines: Sequence[str], delimiter: str) -> list[str]:
    """Return the names by one sign; none where a quote among them is not closed."""
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _known(names: Sequence[str], given: Mapping[str, str]) -> int:
    return known_names(names) + sum(name.strip() in given for name in names)


def _not_csv(source: Path, line: int) -> ImportListError:
    return ImportListError(
        f"{readable(source)}: line {line} is not CSV: a quote opens there that is not closed "
        'before the next cell; close it, or write it twice ("") where it belongs to the text'
    )


def _line_of_quote(source: Path, encoding: Encoding, delimiter: str, before: int) -> int:
    """Return where the quote opens that makes the row after line `before` none."""
    with opened(source, encoding, "") as file:
        text = "".join(islice(file, before, before + _SEARCHED_LINES))
    sign = re.escape(delimiter)
    whole_cell = re.compile(
        rf'(?:"[^"]*(?:""[^"]*)*"|[^"{sign}\r\n][^{sign}\r\n]*|)(?:{sign}|\r\n|\n|\r)'
    )
    at = 0
    while cell := whole_cell.match(text, at):
        at = cell.end()
    return before + 1 + len(re.findall(r"\r\n|\n|\r", text[:at]))
