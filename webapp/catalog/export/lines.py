"""The lines of an export: items just as another catalogue had them, nothing read into them."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from webapp.catalog.import_entries import FurtherPhoto, ImportEntry, ListedPhoto, UnreadPart
from webapp.catalog.import_list.readable_names import is_unicode
from webapp.exceptions import ImportListError
from webapp.models import ATTRIBUTES

MOST_LINE_BYTES = 16 * 1024 * 1024
_MOST_PHOTOS = 10_000
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ExportedPhoto:
    """A photo as a line of an export names it; `digest` is its content's SHA-256, in hex."""

    filename: str
    file: str
    digest: str


Finds = Callable[[ExportedPhoto], Path]
"""Finds a photo's file, or raises `ImportListError` with the reason why there is none."""


def is_exported_line(line: bytes) -> bool:
    """Say whether a list's first line is one of an export."""
    try:
        return bool(_photos(_object(line)))
    except ImportListError:
        return False


def lines_of(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers.

    Raises:
        ImportListError: a line is longer than any of an export.
    """
    number = 0
    while line := file.readline(MOST_LINE_BYTES + 1):
        number += 1
        if len(line) > MOST_LINE_BYTES:
            raise ImportListError(f"line {number} is longer than 16 MB: this is no export")
        if line.strip():
            yield number, line


def entries_of(file: IO[bytes], name: str, find: Finds) -> Iterator[ImportEntry]:
    """Yield the items of an export, and what is wrong with those that cannot be taken in."""
    # Items may share a first photo; they are told apart by which of them comes first.
    occurrences = Counter[Path]()
    for number, line in lines_of(file):
        try:
            told = _object(line)
            attributes = _attributes(told)
            (first, first_path), *others = [(one, find(one)) for one in _photos(told)]
        except ImportListError as problem:
            yield UnreadPart(name, str(problem), number)
            continue
        further = tuple(FurtherPhoto(path, one.filename) for one, path in others)
        occurrence = occurrences[first_path]
        occurrences[first_path] += 1
        yield ListedPhoto(
            first_path, first.filename, attributes, number, occurrence, further, says_all=True
        )


def _object(line: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ImportListError(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ImportListError("not a JSON object")
    return found


def _attributes(told: Mapping[str, object]) -> dict[str, object]:
    texts = {name: _text(told, name) for name in ATTRIBUTES if name != "price"}
    extra = told.get("extra")
    if not isinstance(extra, dict):
        raise ImportListError("extra: must be an object of texts")
    return {**texts, "price": _price(told), "extra": {name: _text(extra, name) for name in extra}}


def _price(told: Mapping[str, object]) -> float | None:
    price = told.get("price")
    if price is None:
        return None
    is_number = isinstance(price, int | float) and not isinstance(price, bool)
    if not (is_number and math.isfinite(float(price)) and price >= 0):  # type: ignore[arg-type, operator]
        raise ImportListError("price: must be a number from 0, or null")
    return float(price)  # type: ignore[arg-type]


def _photos(told: Mapping[str, object]) -> list[ExportedPhoto]:
    photos = told.get("photos")
    if not (isinstance(photos, list) and 0 < len(photos) <= _MOST_PHOTOS):
        raise ImportListError("photos: must name the item's photos")
    return [_photo(one) for one in photos]


def _photo(told: object) -> ExportedPhoto:
    if not isinstance(told, dict):
        raise ImportListError("photos: each must be an object")
    digest = _text(told, "digest")
    if not _DIGEST.fullmatch(digest):
        raise ImportListError("digest: must be 64 hexadecimal digits")
    file = _text(told, "file") if "file" in told else ""
    return ExportedPhoto(_text(told, "filename"), file, digest)


def _text(told: Mapping[str, object], name: str) -> str:
    value = told.get(name)
    if not (isinstance(value, str) and is_unicode(name + value)):
        raise ImportListError(f"{ascii(name)[1:-1]}: must be a text")
    return value
