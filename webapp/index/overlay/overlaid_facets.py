"""Facets, prices and words as they are now: the frozen columns, and those of changed items."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from webapp.index import facet_files
from webapp.index.facets import Column, Facets
from webapp.index.item_sorts import STORED_SORTS, sort_keys
from webapp.index.masks import Mask
from webapp.index.overlay.lazy_mapping import LazyMapping
from webapp.index.overlay.overlaid_order import Keys, numbers_among, overlaid_order
from webapp.index.overlay.splice import Splice
from webapp.index.words import MOST_WORDS, WordSearch, words_of, words_said
from webapp.models import FACETS, Ids, Item

Merged = tuple[Sequence[str], Column]


def overlaid(frozen: Facets, splice: Splice, ids: Ids, recent: Sequence[Item]) -> Facets:
    """Return the facets of the items of `ids`, of which `recent` are in the splice.

    Which extra columns narrow is decided when an index is built: it depends on all items.
    """
    columns = _Columns(frozen, splice, recent)
    own_prices = np.array(
        [np.nan if item.price is None else item.price for item in recent], np.float64
    )
    own_brands = numbers_among([item.brand for item in recent], frozen.values["brand"])

    def keys(sort: str, places: NDArray[np.integer]) -> Keys:
        brands = frozen.columns["brand"]
        return sort_keys(sort, frozen.prices.take(places), brands.take(places)).astype(np.float64)

    def order(sort: str) -> NDArray[np.int32]:
        own = sort_keys(sort, own_prices, own_brands).astype(np.float64)
        return overlaid_order(frozen.orders[sort], partial(keys, sort), own, splice)

    return Facets(
        ids,
        LazyMapping(tuple(frozen.columns), lambda name: columns.of(name)[0]),
        LazyMapping(tuple(frozen.columns), lambda name: columns.of(name)[1]),
        splice.merged(frozen.prices, own_prices),
        LazyMapping(STORED_SORTS, order),
        OverlaidWords(frozen.words, splice, recent) if frozen.words else None,
        LazyMapping(tuple(frozen.columns), columns.counts),
    )


class _Columns:
    """The columns of facets, merged one by one."""

    def __init__(self, frozen: Facets, splice: Splice, recent: Sequence[Item]) -> None:
        self._frozen = frozen
        self._splice = splice
        self._recent = recent
        self._merged: dict[str, Merged] = {}
        self._counts: dict[str, NDArray[np.intp]] = {}

    def of(self, name: str) -> Merged:
        """Return the values of a facet that items have, sorted, and each item's number in them."""
        if name not in self._merged:
            self._merged[name] = self._merge(name)
        return self._merged[name]

    def counts(self, name: str) -> NDArray[np.intp]:
        """Return how many items have each value of a facet."""
        self.of(name)
        return self._counts[name]

    def _merge(self, name: str) -> Merged:
        texts = [_text(item, name) for item in self._recent]
        known, frozen = self._frozen.values[name], self._frozen.columns[name]
        values = facet_files.sorted_values({*known, *texts})
        number = {value: place for place, value in enumerate(values)} | {"": len(values)}
        narrow = facet_files.number_type(values)
        of_frozen = np.array([number[value] for value in (*known, "")], narrow)
        of_recent = np.array([number[text] for text in texts], narrow)
        counts = np.zeros(len(values) + 1, dtype=np.intp)
        counts[of_frozen[:-1]] = self._frozen.totals[name]
        np.subtract.at(counts, of_frozen[frozen[self._splice.gone]], 1)
        np.add.at(counts, of_recent, 1)
        counts = counts[:-1]  # the last is of items without a value
        same = len(values) == len(known)
        column = self._splice.merged(frozen if same else of_frozen.take(frozen), of_recent)
        self._counts[name] = counts[counts > 0]
        if counts.all():
            return values, column
        # Of some values the last item is gone.
        stay = counts > 0
        left = [value for value, has in zip(values, stay, strict=True) if has]
        renumbered = np.append(np.cumsum(stay) - 1, len(left)).astype(facet_files.number_type(left))
        return left, renumbered.take(column)


def _text(item: Item, facet: str) -> str:
    own: str = getattr(item, facet) if facet in FACETS else item.extra.get(facet, "").strip()
    return own


class OverlaidWords:
    """The words of items as they are now."""

    def __init__(self, frozen: WordSearch, splice: Splice, recent: Sequence[Item]) -> None:
        self._frozen = frozen
        self._splice = splice
        self._recent = recent

    def mask(self, text: str, *, whole: bool = False) -> Mask:
        """Say of each item whether it has every word of a text: see `Words`."""
        of_recent = np.zeros(len(self._recent), dtype=bool)
        wanted = words_of(text)[:MOST_WORDS]
        if wanted:
            having = set.intersection(*(self._having(word, whole=whole) for word in wanted))
            of_recent[list(having)] = True
        return self._splice.merged(self._frozen.mask(text, whole=whole), of_recent)

    def _having(self, wanted: str, *, whole: bool) -> set[int]:
        """Return the places of the changed items that have a word which is or begins so."""
        words, items = self._places
        found: set[int] = set()
        for place in range(bisect_left(words, wanted), len(words)):
            if not words[place].startswith(wanted) or (whole and words[place] != wanted):
                break
            found |= items[place]
        return found

    @cached_property
    def _places(self) -> tuple[list[str], list[set[int]]]:
        """All words of the changed items, sorted, and which of these items have each of them."""
        of_word: dict[str, set[int]] = {}
        for place, one in enumerate(self._recent):
            for word in words_said(one.title, one.brand, one.colour, one.category, one.extra):
                of_word.setdefault(word, set()).add(place)
        words = sorted(of_word)
        return words, [of_word[word] for word in words]
