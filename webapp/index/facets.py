"""Facets and prices of all items as mapped columns: filters, counts and sorts without SQL."""

import difflib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import BadParameter, IndexNotReady
from webapp.index.hamming import Positions
from webapp.index.item_sorts import STORED_SORTS, order_by
from webapp.index.masks import Mask, RecentMasks, blocks, counted, having, in_order, places_of
from webapp.index.price_quantiles import price_thirds
from webapp.index.words import WordSearch
from webapp.models import FACETS, NO_FILTERS, Filters, Ids

_FIRST_LOOK = 16  # items for each that is wanted
# Where fewer pass a filter, it is quicker to sort these than to go through the order of all.
_FEW_OF_ALL = 16

Counts = Mapping[str, Sequence[tuple[str, int]]]
Column = NDArray[np.integer]


@dataclass(frozen=True)
class Facets:
    """M items by ascending id; a place among them is an item's *position*.

    `columns`: for each facet the number of each item's value, shape (M,), in `values`, which are
    sorted; an item without a value has the number after the last. They have as few bytes as hold
    the largest. The facets of `models.FACETS` come first, then the extra columns with few values.
    `prices`: shape (M,), NaN where there is none. `orders`: for each sort the positions in order,
    shape (M,). `words`: None where the generation has none yet. `counted`: what `totals` are, where
    that is known already.
    """

    ids: Ids
    values: Mapping[str, Sequence[str]]
    columns: Mapping[str, Column]
    prices: NDArray[np.float64]
    orders: Mapping[str, NDArray[np.int32]]
    words: WordSearch | None = None
    counted: Mapping[str, NDArray[np.intp]] | None = None
    _recent: RecentMasks = field(default_factory=RecentMasks, init=False, repr=False, compare=False)

    def matching(self, filters: Filters) -> Positions:
        """Return the positions, ascending, of the items that pass the filters."""
        return np.flatnonzero(self.mask(filters)) if filters else np.arange(len(self.ids))

    def mask(self, filters: Filters, without: str = "") -> Mask:
        """Say of each item whether it passes the filters, except those on the facet `without`.

        An item without a price is in no price range.
        """
        asked = (filters, without if filters.values(without) else "")
        known = self._recent.get(asked)
        if known is None:
            known = self._mask(*asked)
            self._recent.keep(asked, known)
        return known

    def _mask(self, filters: Filters, without: str) -> Mask:
        passes = np.ones(len(self.ids), dtype=bool)
        for name in filters.facets:
            if name != without:
                passes &= having(self.columns[name], self.numbers_of(name, filters.values(name)))
        if filters.min_price is not None:
            passes &= self.prices >= filters.min_price
        if filters.max_price is not None:
            passes &= self.prices <= filters.max_price
        if filters.text is not None and len(self.ids):
            passes &= self._with_words(filters.text)
        return passes

    def _with_words(self, text: str) -> Mask:
        """Say of each item whether it has these words.

        Raises:
            IndexNotReady: the index was built before words were searched.
        """
        if self.words is None:
            raise IndexNotReady("words cannot be searched yet: run `hashbag index`")
        return self.words.mask(text)

    def count(self, filters: Filters = NO_FILTERS) -> int:
        """Count the items that pass the filters."""
        return int(np.count_nonzero(self.mask(filters))) if filters else len(self.ids)

    def counts(self, filters: Filters = NO_FILTERS) -> Counts:
        """Return the values of each facet that items have, with the number of these items.

        Each facet is counted under the filters on all the others, most frequent first; chosen
        values stay in the list even where they find nothing.
        """
        if not filters:
            return self._facets
        own = [name for name in self.values if filters.values(name)]
        # Of a facet without a filter of its own all filters count, as for the grid.
        found = self._counted(self.mask(filters), [n for n in self.values if n not in own])
        for name in own:
            found |= self._counted(self.mask(filters, name), [name])
        return {name: self._facet(name, filters, found[name]) for name in self.values}

    def _counted(self, passing: Mask, names: Sequence[str]) -> dict[str, NDArray[np.intp]]:
        """Count of facets how many of the items that pass have each value."""
        columns = {name: self.columns[name] for name in names}
        sizes = {name: len(self.values[name]) for name in names}
        if 2 * np.count_nonzero(passing) <= len(passing):
            return counted(columns, sizes, passing)
        others = counted(columns, sizes, ~passing)  # these are fewer
        return {name: self.totals[name] - others[name] for name in names}

    @cached_property
    def totals(self) -> Mapping[str, NDArray[np.intp]]:
        """Of each facet, how many items have each of its values."""
        sizes = {name: len(values) for name, values in self.values.items()}
        return self.counted or counted(self.columns, sizes)

    @cached_property
    def _facets(self) -> Counts:
        return {name: self._facet(name, NO_FILTERS, self.totals[name]) for name in self.values}

    def _facet(
        self, name: str, filters: Filters, counts: NDArray[np.intp]
    ) -> list[tuple[str, int]]:
        values, chosen = self.values[name], filters.values(name)
        order = np.argsort(-counts, kind="stable").tolist()
        return [(values[i], int(counts[i])) for i in order if counts[i] or values[i] in chosen]

    def prepare(self) -> None:
        """Find what every page shows, for processes that are forked later to have it already."""
        _ = self._facets, self.has_prices, self.thirds

    @cached_property
    def has_prices(self) -> bool:
        """Whether any item has a price."""
        of_some = (self.prices[some] for some in blocks(len(self.prices)))
        return any(not np.isnan(prices).all() for prices in of_some)  # most often the first tells

    def has(self, name: str, value: str) -> bool:
        """Return whether any item has a value, spelled so, in a facet."""
        return value in self._number.get(name, {})

    def numbers_of(self, name: str, values: Sequence[str]) -> tuple[int, ...]:
        """Return the numbers of those of some values of a facet that items have."""
        known = self._number[name]
        return tuple(known[value] for value in values if value in known)

    def as_spelled(self, name: str, text: str) -> tuple[str, ...]:
        """Return the values of a facet that a text means, whatever its case; itself if none."""
        if self.has(name, text):
            return (text,)
        wanted = text.strip().casefold()
        return tuple(v for v in self.values.get(name, ()) if v.casefold() == wanted) or (text,)

    def nearest_value(self, name: str, text: str) -> str | None:
        """Return the value of a facet that a text which no item has may mean."""
        folded = {value.casefold(): value for value in self.values.get(name, ())}
        near = difflib.get_close_matches(text.casefold(), folded, n=1)
        return folded[near[0]] if near else None

    def check(self, filters: Filters) -> None:
        """Refuse a facet value that no item has, rather than show an empty page for a typo.

        Raises:
            BadParameter: names the facet and the value, and the one that may have been meant.
        """
        for name in filters.facets:
            for value in filters.values(name):
                if not self.has(name, value):
                    near = self.nearest_value(name, value)
                    hint = f"; did you mean '{near}'?" if near else ""
                    raise BadParameter(
                        name, f"no item of this catalogue has the {name} '{value[:60]}'{hint}"
                    )

    def sample(self, filters: Filters, seed: int, n: int) -> Ids:
        """Return a random sample of ids, no repeats, the same for the same seed and catalogue."""
        count = self.count(filters)
        chance = random.Random(seed)  # noqa: S311 - repeatable  # nosec B311
        drawn = np.array(chance.sample(range(count), min(n, count)), dtype=np.intp)
        return self.ids[places_of(self.mask(filters), drawn) if filters else drawn]

    def page(self, filters: Filters, sort: str, page: int, per_page: int) -> Ids:
        """Return the ids of one page, counted from 1, of all items that pass the filters."""
        count, first = self.count(filters), (page - 1) * per_page
        ranks = np.arange(min(first, count), min(first + per_page, count))
        if sort == "newest":
            ranks = count - 1 - ranks
            return self.ids[places_of(self.mask(filters), ranks) if filters else ranks]
        order = self.orders[sort]
        if not filters:
            return self.ids[order[ranks]]
        if count * _FEW_OF_ALL < len(self.ids):
            positions = self.matching(filters)
            brands = self.columns["brand"][positions]
            return self.ids[positions[order_by(sort, self.prices[positions], brands)[ranks]]]
        return self.ids[order[places_of(in_order(self.mask(filters), order), ranks)]]

    def before(self, filters: Filters, item_id: int, count: int) -> Ids:
        """Return the ids below one, the largest first, of the items that pass the filters."""
        below = int(self.ids.searchsorted(item_id))
        if not filters:
            return self.ids[max(0, below - count) : below][::-1]
        passes, found = self.mask(filters), np.empty(0, dtype=np.intp)
        width = _FIRST_LOOK * count
        while below and len(found) < count:  # most often the first look finds enough
            start = max(0, below - width)
            found = np.append(found, start + np.flatnonzero(passes[start:below])[::-1])
            below, width = start, 2 * width
        return self.ids[found[:count]]

    @cached_property
    def thirds(self) -> tuple[float, float] | None:
        """Return the prices that part the catalogue in three; None where they do not."""
        return price_thirds(self.prices, self.orders["price"])

    @cached_property
    def _number(self) -> Mapping[str, Mapping[str, int]]:
        return {
            name: {value: number for number, value in enumerate(values)}
            for name, values in self.values.items()
        }


EMPTY = Facets(
    np.empty(0, np.int64),
    dict.fromkeys(FACETS, ()),
    {name: np.empty(0, np.uint8) for name in FACETS},
    np.empty(0),
    {name: np.empty(0, np.int32) for name in STORED_SORTS},
)
