"""The words of all items, searched as they are typed: a full-text table (FTS5) in a file."""

import errno
import os
import re
import sqlite3
import unicodedata
from collections.abc import Iterable
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import numpy as np

from webapp.exceptions import IndexDamaged
from webapp.models import Ids, Item

FILE = "words.sqlite"
MOST_WORDS = 12
TEXTS_KEPT = 8  # a page asks for the same text for its grid and for each facet
_WORD = re.compile(r"[^\W_]+")
# No positions are stored, since no phrases are asked for.
_TABLE = (
    "CREATE VIRTUAL TABLE words USING fts5("
    "text, content='', detail=none, columnsize=0, tokenize='unicode61')"
)


class WordSearch(Protocol):
    """Finds items by their words."""

    def ids(self, text: str) -> Ids:
        """Return the ids, ascending, of the items that have every word of a text: see `Words`."""


class Words:
    """The words of one generation's items."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found = lru_cache(TEXTS_KEPT)(self._find)

    def ids(self, text: str) -> Ids:
        """Return the ids, ascending, of the items that have every word of a text.

        Case and accents do not matter, and a word of an item may go on after what was typed:
        "quilt" finds "quilted". A text without words finds nothing.

        Raises:
            IndexDamaged: the file cannot be read.
        """
        return self._found(tuple(words_of(text)[:MOST_WORDS]))

    def _find(self, words: tuple[str, ...]) -> Ids:
        if not words:
            return np.empty(0, dtype=np.int64)
        wanted = " ".join(f'"{word}"*' for word in words)
        query = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid"
        address = f"file:{quote(str(self._path))}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(address, uri=True)) as connection:
                rows = connection.execute(query, [wanted])
                return np.fromiter((row[0] for row in rows), dtype=np.int64)
        except sqlite3.Error as error:
            raise IndexDamaged(
                f"{self._path.parent.name}: the words of items cannot be read: run `hashbag index`",
                private=error,
            ) from error


def words_of(text: str) -> list[str]:
    """Part a text into its words, in lower case and without accents."""
    # Turkish has an i without a dot, which is no letter with an accent.
    plain = unicodedata.normalize(
        "NFKD", text.casefold().replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")
    )
    return _WORD.findall("".join(c for c in plain if not unicodedata.category(c).startswith("M")))


def save(folder: Path, items: Iterable[Item]) -> None:
    """Write the words of items into a generation's folder.

    Raises:
        OSError: the disk is full.
    """
    try:
        _save(folder, items)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), FILE) from error


def _save(folder: Path, items: Iterable[Item]) -> None:
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")  # nobody reads it before it is whole
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(_TABLE)
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO words (rowid, text) VALUES (?, ?)",
            ((item.id, text_of(item)) for item in items),
        )
        connection.execute("COMMIT")


def load(folder: Path) -> Words:
    """Open the words in a generation's folder."""
    return Words(folder / FILE)


def text_of(item: Item) -> str:
    """Return the words of an item as they are searched, with a space between two."""
    said = (item.title, item.brand, item.colour, item.category, *item.extra.values())
    return " ".join(words_of(" ".join(map(str, said))))
