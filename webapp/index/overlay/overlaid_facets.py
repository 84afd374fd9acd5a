"""Facets, prices and words as they are now: the frozen columns, and those of changed items."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from webapp.index import facet_files
from webapp.index.facets import Facets
from webapp.index.item_sorts import STORED_SORTS, sort_keys
from webapp.index.overlay.lazy_mapping import LazyMapping
from webapp.index.overlay.splice import Splice
from webapp.index.words import MOST_WORDS, TEXTS_KEPT, WordSearch, text_of, words_of
from webapp.models import FACETS, Ids, Item

_FEW_SORTED = 2000
"""Up to so many, finding each one's place is quicker than sorting all."""

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
        keys = sort_keys(sort, prices, columns.of("brand")[1])
        return _ordered(frozen.orders[sort], keys, splice)

    return Facets(
        ids,
        LazyMapping(tuple(frozen.columns), lambda name: columns.of(name)[0]),
        LazyMapping(tuple(frozen.columns), lambda name: columns.of(name)[1]),
        prices,
        LazyMapping(STORED_SORTS, order),
        OverlaidWords(frozen.words, gone, recent) if frozen.words else None,
        LazyMapping(tuple(frozen.columns), columns.counts),
    )


def _ordered(
    frozen: NDArray[np.int32], keys: NDArray[np.generic], splice: Splice
) -> NDArray[np.int32]:
    """Put recent items into an order of the frozen ones, by the M merged items' keys.

    The others stay in their order: of equals the first is first, before and after.
    """
    if len(splice.before) > _FEW_SORTED:
        return np.argsort(keys, kind="stable").astype(np.int32)
    stay = frozen
    if len(splice.gone):
        is_gone = np.zeros(splice.frozen_count, dtype=bool)
        is_gone[splice.gone] = True
        stay = frozen[~is_gone[frozen]]
    merged = splice.merged_places()
    if merged is not None:
        stay = merged[stay]

    def place_of(position: int) -> tuple[bool, float, int]:
        key = float(keys[position])
        has_none = math.isnan(key)  # what has no price comes last
        return has_none, 0.0 if has_none else key, position

    own = sorted(splice.recent.tolist(), key=place_of)
    places = [
        bisect_left(range(len(stay)), place_of(one), key=lambda at: place_of(int(stay[at])))
        for one in own
    ]
    return np.insert(stay, places, np.array(own, dtype=np.int32)) if own else stay


class _Columns:
    """The columns of facets, merged one by one."""

    def __init__(self, frozen: Facets, splice: Splice, recent: Sequence[Item]) -> None:
        self._frozen = frozen
        self._splice = splice
        self._recent = recent
        self._merged: dict[str, Column] = {}
        self._counts: dict[str, NDArray[np.intp]] = {}

    def of(self, name: str) -> Column:
        """Return the values of a facet that items have, sorted, and each item's number in them."""
        if name not in self._merged:
            self._merged[name] = self._merge(name)
        return self._merged[name]

    def counts(self, name: str) -> NDArray[np.intp]:
        """Return how many items have each value of a facet."""
        self.of(name)
        return self._counts[name]

    def _merge(self, name: str) -> Column:
        texts = [_text(item, name) for item in self._recent]
        known, frozen = self._frozen.values[name], self._frozen.columns[name]
        values = facet_files.sorted_values({*known, *texts})
        number = {value: place for place, value in enumerate(values)} | {"": len(values)}
        of_frozen = np.array([number[value] for value in (*known, "")], np.int32)
        of_recent = np.array([number[text] for text in texts], np.int32)
        counts = np.zeros(len(values) + 1, dtype=np.intp)
        counts[of_frozen[:-1]] = self._frozen.totals[name]
        np.subtract.at(counts, of_frozen[frozen[self._splice.gone]], 1)
        np.add.at(counts, of_recent, 1)
        counts = counts[:-1]  # the last is of items without a value
        same = len(values) == len(known)
        column = self._splice.merged(frozen if same else of_frozen[frozen], of_recent)
        self._counts[name] = counts[counts > 0]
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
