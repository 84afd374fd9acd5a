"""The letters of a list: UTF-8 or UTF-16, and what older programs write instead.

The order of tries is short, so that a person can foretell it: a byte order mark decides; else zero
bytes may mean UTF-16, if that makes names of columns; else it is UTF-8. Bytes that are no UTF-8 are
read by the code page that programs of the list's language use, and this is told.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from webapp.catalog.import_list.column_names import known_names
from webapp.catalog.import_list.readable_names import readable
from webapp.exceptions import ImportListError

# Of each code page, the languages whose programs write it. The first is for all others.
_PAGES: Mapping[str, tuple[str, ...]] = {
    "cp1252": ("en", "de", "fr", "es", "it", "nl", "pt"),
    "cp1254": ("tr",),
    "cp1250": ("pl",),
}
_WITH_ZEROS: Mapping[str, tuple[str, ...]] = {"utf-8": (), "utf-16-le": (), "utf-16-be": ()}
_HEAD_BYTES = 4096  # enough to hold the names of the columns
_BETWEEN_NAMES = re.compile(r"[,;\t|\r\n\":{}]+")  # in CSV and JSON


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a list's bytes become text.

    `page` is what bytes that are no UTF-8 are read by, and `first_line` where the first of them
    stand; "" and 0 where there are none.
    """

    name: str
    page: str = ""
    first_line: int = 0

    @property
    def errors(self) -> str:
        """What handles bytes that are not of the encoding, as in `open(errors=)`."""
        return f"hashbag.{self.page}" if self.page else "strict"


def encoding_of(source: Path) -> Encoding:
    """Find out how a list is encoded.

    Raises:
        ImportListError: it cannot be read.
    """
    try:
        with source.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return Encoding("utf-16")
        if b"\0" in head and (name := _most_known(head, _WITH_ZEROS)) != "utf-8":
            return Encoding(name)
        line = _first_line_unlike(source, "strict")
        return (
            Encoding("utf-8-sig", _most_known(head, _PAGES), line)
            if line
            else Encoding("utf-8-sig")
        )
    except OSError as error:
        raise _unreadable(source, error) from error


@contextmanager
def opened(source: Path, encoding: Encoding, ends: str | None = None) -> Iterator[TextIO]:
    """Open a list as text; `ends` as in `open(newline=)`.

    Raises:
        ImportListError: it cannot be read, or is not of the encoding.
    """
    try:
        with source.open(encoding=encoding.name, errors=encoding.errors, newline=ends) as file:
            yield file
    except OSError as error:
        raise _unreadable(source, error) from error
    except UnicodeDecodeError as error:
        raise ImportListError(f"{readable(source)}: {_misfit(source, encoding)}") from error


def _unreadable(source: Path, error: OSError) -> ImportListError:
    return ImportListError(f"{readable(source)}: cannot be read: {error.strerror}")


def _misfit(source: Path, encoding: Encoding) -> str:
    if not encoding.page:
        return f"it is not {encoding.name.upper()} to its end: save the list as UTF-8 and try again"
    line = _first_line_unlike(source, encoding.errors)
    return (
        f"line {line} is not UTF-8, and not Windows-{encoding.page[2:]} either: "
        "save the list as UTF-8 and try again"
    )


def _first_line_unlike(source: Path, errors: str) -> int:
    """Return the first line that is not UTF-8; 0 where there is none."""
    with source.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode(errors=errors)
            except UnicodeDecodeError:
                return number
    return 0


def _most_known(head: bytes, languages: Mapping[str, tuple[str, ...]]) -> str:
    """Return the encoding in which most names of columns are known, the first if it is a tie."""
    known = {
        name: known_names(_BETWEEN_NAMES.split(head.decode(name, "replace")), in_these)
        for name, in_these in languages.items()
    }
    return max(known, key=lambda name: known[name])


def _by_page(page: str, error: UnicodeError) -> tuple[str, int]:
    """Decode by a code page what is not UTF-8."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode(page), error.end


for _page in _PAGES:
    codecs.register_error(f"hashbag.{_page}", partial(_by_page, _page))
