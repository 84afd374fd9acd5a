"""What to import: a folder of pictures, or a CSV or JSONL list with attributes."""

import csv
import hashlib
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from webapp.exceptions import ImportListError
from webapp.models import ATTRIBUTES, Rejected

_KNOWN = frozenset(("filename", *ATTRIBUTES))


@dataclass(frozen=True, slots=True)
class ListedPhoto:
    """One picture to take in; `attributes` are columns of the catalogue, those given only."""

    path: Path
    filename: str
    attributes: Mapping[str, object]


class ImportList:
    """What a folder or manifest asks for, in its order.

    It is read anew each time, and never held as a whole: a million photos take no more memory.
    """

    def __init__(
        self, entries: Callable[[], Iterator[ListedPhoto | Rejected]], length: int
    ) -> None:
        self._entries = entries
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[ListedPhoto | Rejected]:
        return self._entries()


def read(source: Path, instance: Path | None = None) -> ImportList:
    """Read through a folder or manifest, so that what is wrong with it as a whole is known.

    Of a folder, the `instance` folder in it is left out: Hashbag's own files are there.

    Raises:
        ImportListError: the source as a whole cannot be read.
    """
    if source.is_dir():
        walk = partial(_walk, source, os.path.realpath(instance) if instance else "")
        return ImportList(walk, sum(1 for _ in walk()))
    if not source.exists():
        raise ImportListError(f"{source}: there is no such file or folder")
    readers = {".csv": _csv_rows, ".jsonl": _jsonl_rows, ".ndjson": _jsonl_rows}
    if source.suffix.lower() not in readers:
        raise ImportListError(f"{source}: give a folder of pictures, or a .csv or .jsonl manifest")
    rows = partial(readers[source.suffix.lower()], source)
    return ImportList(lambda: _without_repeats(source, rows()), sum(1 for _ in rows()))


def _walk(folder: Path, instance: str) -> Iterator[ListedPhoto | Rejected]:
    """Yield every file below a folder, once; hidden files and folders are no one's photos."""
    top = os.path.realpath(folder)
    linked: dict[str, str] = {}
    unreadable: list[OSError] = []
    for parent, folders, files in os.walk(top, onerror=unreadable.append):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and os.path.join(parent, name) != instance  # noqa: PTH118
        )
        for name in sorted(name for name in files if not name.startswith(".")):
            path = os.path.join(parent, name)  # noqa: PTH118
            filename = os.path.relpath(path, top)
            is_link = os.path.islink(path)  # noqa: PTH114
            path = os.path.realpath(path) if is_link else path
            if not _is_unicode(filename + path):
                yield Rejected(ascii(filename), "its path is not UTF-8: rename it")
                continue
            if is_link:
                same = _walked(path, top) or linked.setdefault(path, filename)
                if same != filename:
                    yield Rejected(filename, f"the same file as {same}")
                    continue
            yield ListedPhoto(Path(path), filename, {})
    for error in unreadable:
        yield Rejected(str(error.filename), f"the folder cannot be read: {error.strerror}")


def _walked(path: str, top: str) -> str:
    """Return how a walk names a file that it comes upon by itself; empty where it does not."""
    filename = os.path.relpath(path, top)  # outside of the top it begins with two dots
    hidden = any(part.startswith(".") for part in Path(filename).parts)
    return "" if hidden or not os.path.isfile(path) else filename  # noqa: PTH113


def _is_unicode(text: str) -> bool:
    """Say whether a text can be stored: half characters cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _lines(source: Path, ends: str) -> Iterator[str]:
    """Yield the lines of a text file, with their ends; `ends` as in `open(newline=)`."""
    try:
        with source.open(encoding="utf-8-sig", newline=ends) as file:
            yield from file
    except OSError as error:
        raise ImportListError(f"{source}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ImportListError(
            f"{source}: line {_line_that_is_not_utf8(source)} is not UTF-8 "
            f"(byte 0x{error.object[error.start]:02x}): save the file as UTF-8 and try again"
        ) from error


def _line_that_is_not_utf8(source: Path) -> int:
    with source.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    raise ImportListError(f"{source}: was changed while it was read: try again")


Row = tuple[int, Mapping[str, object] | str]
"""A line number, counted from 1, with its cells or with what is wrong."""


def _csv_rows(source: Path) -> Iterator[Row]:
    reader = csv.DictReader(_lines(source, ""), strict=True)
    try:
        columns = [name.strip() for name in reader.fieldnames or []]
        if "filename" not in columns:
            raise ImportListError(
                f"{source}: the first line must name the columns, `filename` among them; "
                f"it names {', '.join(columns) or 'none'}"
            )
        if len(set(columns)) < len(columns):
            raise ImportListError(f"{source}: a column is named twice in the first line")
        reader.fieldnames = columns
        for row in reader:
            if None in row:
                yield reader.line_num, "more cells than columns; is a quote or comma missing?"
            else:
                yield reader.line_num, {name: cell or "" for name, cell in row.items()}
    except csv.Error as error:
        line = reader.reader.line_num
        raise ImportListError(f"{source}: line {line} is not CSV: {error}") from error


def _jsonl_rows(source: Path) -> Iterator[Row]:
    for number, line in enumerate(_lines(source, "\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON: {error}"
            continue
        yield number, row if isinstance(row, dict) else "not a JSON object"


def _without_repeats(source: Path, rows: Iterator[Row]) -> Iterator[ListedPhoto | Rejected]:
    first_line: dict[bytes, int] = {}  # by a short digest of the path: paths are long
    for number, cells in rows:
        where = f"{source.name}, line {number}"
        wanted = cells if isinstance(cells, str) else _wanted(source.parent, cells)
        if isinstance(wanted, str):
            yield Rejected(where, wanted)
            continue
        path = hashlib.blake2b(os.fsencode(wanted.path), digest_size=16).digest()
        first = first_line.setdefault(path, number)
        if first == number:
            yield wanted
        else:
            yield Rejected(
                f"{where}: {wanted.filename}", f"the same file stands on line {first} already"
            )


def _wanted(folder: Path, cells: Mapping[str, object]) -> ListedPhoto | str:
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
    if not _is_unicode(str(path)):
        return f"{filename}: its path is not UTF-8: rename it"
    return ListedPhoto(path, filename, attributes | {"extra": extra})


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
