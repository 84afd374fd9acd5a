"""What to import: a folder of pictures, or a CSV or JSONL list with attributes."""

import csv
import io
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from webapp.exceptions import ManifestError
from webapp.models import ATTRIBUTES, Rejected

_KNOWN = frozenset(("filename", *ATTRIBUTES))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One picture to take in; `attributes` are columns of the catalogue, those given only."""

    path: Path
    filename: str
    attributes: Mapping[str, object]


def read(source: Path) -> list[Wanted | Rejected]:
    """List what a folder or manifest asks for, in its order.

    Raises:
        ManifestError: the source as a whole cannot be read.
    """
    if source.is_dir():
        return list(_walk(source))
    if not source.exists():
        raise ManifestError(f"{source}: there is no such file or folder")
    readers = {".csv": _csv_rows, ".jsonl": _jsonl_rows, ".ndjson": _jsonl_rows}
    if source.suffix.lower() not in readers:
        raise ManifestError(f"{source}: give a folder of pictures, or a .csv or .jsonl manifest")
    rows = readers[source.suffix.lower()](source, _text_of(source))
    return list(_without_repeats(source, rows))


def _walk(folder: Path) -> Iterator[Wanted | Rejected]:
    """Yield every file below a folder, once; hidden files and folders are no one's photos."""
    first: dict[str, str] = {}
    unreadable: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in files if not name.startswith(".")):
            filename = os.path.relpath(os.path.join(parent, name), folder)  # noqa: PTH118
            real = os.path.realpath(os.path.join(parent, name))  # noqa: PTH118
            if not _is_unicode(filename):
                yield Rejected(ascii(filename), "its name is not UTF-8: rename it")
            elif real in first:
                yield Rejected(filename, f"the same file as {first[real]}")
            else:
                first[real] = filename
                yield Wanted(Path(real), filename, {})
    for error in unreadable:
        yield Rejected(str(error.filename), f"the folder cannot be read: {error.strerror}")


def _is_unicode(text: str) -> bool:
    """Say whether a text can be stored: half characters cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text_of(source: Path) -> str:
    try:
        data = source.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise ManifestError(f"{source}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ManifestError(
            f"{source}: line {line} is not UTF-8 (byte 0x{data[error.start]:02x}): "
            "save the file as UTF-8 and try again"
        ) from error


Row = tuple[int, Mapping[str, object] | str]
"""A line number, counted from 1, with its cells or with what is wrong."""


def _csv_rows(source: Path, text: str) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = [name.strip() for name in reader.fieldnames or []]
        if "filename" not in columns:
            raise ManifestError(
                f"{source}: the first line must name the columns, `filename` among them; "
                f"it names {', '.join(columns) or 'none'}"
            )
        if len(set(columns)) < len(columns):
            raise ManifestError(f"{source}: a column is named twice in the first line")
        reader.fieldnames = columns
        for row in reader:
            if None in row:
                yield reader.line_num, "more cells than columns; is a quote or comma missing?"
            else:
                yield reader.line_num, {name: cell or "" for name, cell in row.items()}
    except csv.Error as error:
        line = reader.reader.line_num
        raise ManifestError(f"{source}: line {line} is not CSV: {error}") from error


def _jsonl_rows(source: Path, text: str) -> Iterator[Row]:  # noqa: ARG001 - as _csv_rows
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON: {error}"
            continue
        yield number, row if isinstance(row, dict) else "not a JSON object"


def _without_repeats(source: Path, rows: Iterator[Row]) -> Iterator[Wanted | Rejected]:
    first_line: dict[Path, int] = {}
    for number, cells in rows:
        where = f"{source.name}, line {number}"
        wanted = cells if isinstance(cells, str) else _wanted(source.parent, cells)
        if isinstance(wanted, str):
            yield Rejected(where, wanted)
        elif wanted.path in first_line:
            yield Rejected(
                f"{where}: {wanted.filename}",
                f"the same file stands on line {first_line[wanted.path]} already",
            )
        else:
            first_line[wanted.path] = number
            yield wanted


def _wanted(folder: Path, cells: Mapping[str, object]) -> Wanted | str:
    """Read one row, or say what is wrong with it."""
    filename = _as_text(cells.get("filename")).strip()
    if not filename or "\0" in filename:
        return "no filename"
    attributes: dict[str, object] = {
        name: _as_text(cells[name]).strip() for name in ATTRIBUTES if name in cells
    }
    if "price" in attributes:
        try:
            attributes["price"] = price_of(str(attributes["price"]))
        except ValueError:
            return f"{filename}: the price '{attributes['price']}' is not a number"
    extra = {name: _as_text(value) for name, value in cells.items() if name not in _KNOWN and name}
    if not _is_unicode("".join(map(str, (filename, *attributes.values(), *extra.values())))):
        return f"{filename!a}: a text holds half a character"
    path = Path(os.path.realpath(folder / filename))
    return Wanted(path, filename, attributes | {"extra": extra})


def price_of(text: str) -> float | None:
    """Read a price; blank is none.

    Raises:
        ValueError: it is not a finite number of zero or more.
    """
    if not text:
        return None
    price = float(text)
    if not (math.isfinite(price) and price >= 0):
        raise ValueError(text)
    return price


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
