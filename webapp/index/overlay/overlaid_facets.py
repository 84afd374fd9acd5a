"""Facets, prices and words as they are now: the frozen columns, and those of changed items."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from webapp.index import facet_files
from webapp.index.facets import STORED_SORTS, Facets, order_by
from webapp.index.overlay.lazy_mapping import LazyMapping
from webapp.index.overlay.splice import Splice
from webapp.index.words import MOST_WORDS, TEXTS_KEPT, WordSearch, text_of, words_of
from webapp.models import FACETS, Ids, Item

Column = tuple[Sequence[str], NDArray[np.int32]]


def overlaid(frozen: Facets, splice: Splice, ids: Ids, gone: Ids, recent: Sequence[Item]) -> Facets:
    """Return the facets of the items of `ids`, of which `recent` are in the splice.

    `gone`: the ids of the frozen items that were changed or removed, ascending. Which extra columns
    narrow is decided when an index is built: it depends on all items.
    """
    columns = _Columns(frozen, splice, recent)
    prices = splice.merged(
        frozen.prices,
        np.array([np.nan if item.price is None else item.price for item in recent], np.float64),
    )

    def order(sort: str) -> NDArray[np.int32]:
        return order_by(sort, prices, columns.of("brand")[1])

    return Facets(
        ids,
        LazyMapping(tuple(frozen.columns), lambda name: columns.of(name)[0]),
        LazyMapping(tuple(frozen.columns), lambda name: columns.of(name)[1]),
        prices,
        LazyMapping(STORED_SORTS, order),
        OverlaidWords(frozen.words, gone, recent) if frozen.words else None,
    )


class _Columns:
    """The columns of facets, merged one by one."""

    def __init__(self, frozen: Facets, splice: Splice, recent: Sequence[Item]) -> None:
        self._frozen = frozen
        self._splice = splice
        self._recent = recent
        self._merged: dict[str, Column] = {}

    def of(self, name: str) -> Column:
        """Return the values of a facet that items have, sorted, and each item's number in them."""
        if name not in self._merged:
            self._merged[name] = self._merge(name)
        return self._merged[name]

    def _merge(self, name: str) -> Column:
        texts = [_text(item, name) for item in self._recent]
        known = self._frozen.values[name]
        values = facet_files.sorted_values({*known, *texts})
        number = {value: place for place, value in enumerate(values)} | {"": len(values)}
        of_frozen = np.array([number[value] for value in (*known, "")], np.int32)
        column = self._splice.merged(
            of_frozen[self._frozen.columns[name]],
            np.array([number[text] for text in texts], np.int32),
        )
        counts = np.bincount(column, minlength=len(values) + 1)[:-1]
        if counts.all():
            return values, column
        # Of some values the last item is gone.
        stay = counts > 0
        renumbered = np.append(np.cumsum(stay) - 1, stay.sum()).astype(np.int32)
        return [value for value, has in zip(values, stay, strict=True) if has], renumbered[column]


def _text(item: Item, facet: str) -> str:
    own: str = getattr(item, facet) if facet in FACETS else item.extra.get(facet, "").strip()
    return own


class OverlaidWords:
    """The words of items as they are now."""

    def __init__(self, frozen: WordSearch, gone: Ids, recent: Sequence[Item]) -> None:
        self._frozen = frozen
        self._gone = gone
        self._recent = recent
        self._found = lru_cache(TEXTS_KEPT)(self._find)

    def ids(self, text: str) -> Ids:
        """Return the ids, ascending, of the items that have every word of a text: see `Words`."""
        return self._found(text)

    def _find(self, text: str) -> Ids:
        found = self._frozen.ids(text)
        stay = found[~np.isin(found, self._gone)]
        wanted = words_of(text)[:MOST_WORDS]
        if not wanted:
            return stay
        having = set.intersection(*(self._beginning(word) for word in wanted))
        return np.sort(np.concatenate([stay, np.fromiter(having, np.int64, len(having))]))

    def _beginning(self, wanted: str) -> set[int]:
        """Return the ids of the changed items that have a word which begins so."""
        words, ids = self._places
        found: set[int] = set()
        for place in range(bisect_left(words, wanted), len(words)):
            if not words[place].startswith(wanted):
                break
            found |= ids[place]
        return found

    @cached_property
    def _places(self) -> tuple[list[str], list[set[int]]]:
        """All words of the changed items, sorted, and the items that have each of them."""
        of_word: dict[str, set[int]] = {}
        for item in self._recent:
            for word in text_of(item).split():
                of_word.setdefault(word, set()).add(item.id)
        words = sorted(of_word)
        return words, [of_word[word] for word in words]
