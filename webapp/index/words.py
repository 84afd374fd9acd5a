"""The words of all items, searched as they are typed: for each word the items that have it."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webapp.index.masks import Mask, mark

MOST_WORDS = 12
TEXTS_KEPT = 8  # a page asks for the same text for its grid and for each facet
_WORD = re.compile(r"[^\W_]+")


class WordSearch(Protocol):
    """Finds items by their words."""

    def mask(self, text: str, *, whole: bool = False) -> Mask:
        """Say of each item whether it has every word of a text: see `Words`."""


class Words:
    """The words of M items, each known by its *position*.

    V words in the order of their bytes, one after the other in `letters`, (B,), uint8; `ends`:
    where each ends, (V,). `places`: the positions of the items that have the first word, ascending,
    then those of the second, and so on, (P,); `place_ends`: where those of each end, (V,). So the
    items that have a word which begins in some way are one slice of `places`.
    """

    def __init__(
        self,
        count: int,
        letters: NDArray[np.uint8],
        ends: NDArray[np.integer],
        places: NDArray[np.int32],
        place_ends: NDArray[np.integer],
    ) -> None:
        self._count = count
        self._letters = letters
        self._ends = ends
        self._places = places
        self._place_ends = place_ends
        self._packed = lru_cache(TEXTS_KEPT)(self._find)

    def mask(self, text: str, *, whole: bool = False) -> Mask:
        """Say of each item whether it has every word of a text, shape (M,).

        Case and accents do not matter and, unless `whole`, a word of an item may go on after what
        was typed: "quilt" finds "quilted". A text without words finds nothing.
        """
        packed = self._packed(tuple(words_of(text)[:MOST_WORDS]), whole)
        return np.unpackbits(packed, count=self._count).view(np.bool_)

    def _find(self, words: tuple[str, ...], whole: bool) -> NDArray[np.uint8]:
        """Find the items that have words which are or begin so; packed, a bit for each item."""
        having = [self._having(word.encode(), whole=whole) for word in words]
        having.sort(key=len)
        found = np.zeros(self._count, dtype=bool)
        for number, places in enumerate(having):
            more = np.zeros(self._count, dtype=bool) if number else found
            mark(more, places)
            found &= more
        return np.packbits(found)

    def _having(self, wanted: bytes, *, whole: bool) -> NDArray[np.int32]:
        """Return the positions of the items with such a word; some may be repeated."""
        every, length = range(len(self._ends)), None if whole else len(wanted)
        first = bisect_left(every, wanted, key=self._word)
        after = bisect_right(every, wanted, first, key=lambda at: self._word(at)[:length])
        start, end = (int(self._place_ends[at - 1]) if at else 0 for at in (first, after))
        return self._places[start:end]

    def _word(self, at: int) -> bytes:
        start = int(self._ends[at - 1]) if at else 0
        return self._letters[start : int(self._ends[at])].tobytes()


def words_of(text: str) -> list[str]:
    """Part a text into its words, in lower case and without accents."""
    if text.isascii():
        return _WORD.findall(text.lower())
    plain = unicodedata.normalize("NFKD", text.casefold())
    # Signs that stand for letters, such as a bold B or the number sign, become capitals only now.
    # Turkish has an i without a dot, which is no letter with an accent.
    plain = plain.casefold().replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")
    return _WORD.findall("".join(c for c in plain if not unicodedata.category(c).startswith("M")))


def words_said(
    title: str, brand: str, colour: str, category: str, extra: Mapping[str, str]
) -> list[str]:
    """Return the words of an item that are searched, in their order."""
    return words_of(" ".join(map(str, (title, brand, colour, category, *extra.values()))))
