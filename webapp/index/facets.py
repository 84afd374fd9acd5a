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
from webapp.index.words import WordSearch
from webapp.models import FACETS, NO_FILTERS, Filters, Ids

_FIRST_LOOK = 16  # items for each that is wanted
_MASKS_KEPT = 4  # a byte for each item and mask, in each worker
# Where fewer pass a filter, it is quicker to sort these than to go through the order of all.
_FEW_OF_ALL = 16

Counts = Mapping[str, Sequence[tuple[str, int]]]
Mask = NDArray[np.bool_]


class _RecentMasks:
    """Which items pass the filters that were asked for last: a page asks several times."""

    def __init__(self) -> None:
        self._kept: tuple[tuple[object, Mask], ...] = ()  # replaced as a whole: threads share it

    def get(self, asked: object) -> Mask | None:
        return next((mask for known, mask in self._kept if known == asked), None)

    def keep(self, asked: object, mask: Mask) -> None:
        self._kept = ((asked, mask), *self._kept[: _MASKS_KEPT - 1])


@dataclass(frozen=True)
class Facets:
    """M items by ascending id; a place among them is an item's *position*.

    `columns`: for each facet the number of each item's value, shape (M,), in `values`, which are
    sorted; an item without a value has the number after the last. The facets of `models.FACETS`
    come first, then the extra columns with few values. `prices`: shape (M,), NaN where
    there is none. `orders`: for each sort the positions in order, shape (M,). `words`: None where
    the generation has none yet. `counted`: what `totals` are, where that is known already.
    """

    ids: Ids
    values: Mapping[str, Sequence[str]]
    columns: Mapping[str, NDArray[np.int32]]
    prices: NDArray[np.float64]
    orders: Mapping[str, NDArray[np.int32]]
    words: WordSearch | None = None
    counted: Mapping[str, NDArray[np.intp]] | None = None
    _recent: _RecentMasks = field(
        default_factory=_RecentMasks, init=False, repr=False, compare=False
    )

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
            known.flags.writeable = False
            self._recent.keep(asked, known)
        return known

    def _mask(self, filters: Filters, without: str) -> Mask:
        passes = np.ones(len(self.ids), dtype=bool)
        for name in filters.facets:
            if name != without:
                chosen = np.zeros(len(self.values[name]) + 1, dtype=bool)
                chosen[list(self.numbers_of(name, filters.values(name)))] = True
                passes &= chosen[self.columns[name]]
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
        found = self.words.ids(text)
        has = np.zeros(len(self.ids), dtype=bool)
        has[self.ids.searchsorted(found)] = True
        return has

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
        # Of a facet without a filter of its own all filters count, as for the grid.
        passing = self.matching(filters)
        return {
            name: self._facet(
                name, filters, self._passing(filters, name) if filters.values(name) else passing
            )
            for name in self.values
        }

    def _passing(self, filters: Filters, without: str) -> Positions | None:
        """Return the positions of what passes all filters but those on one facet; None for all."""
        others = self.mask(filters, without)
        return None if others.all() else np.flatnonzero(others)

    @cached_property
    def totals(self) -> Mapping[str, NDArray[np.intp]]:
        """Of each facet, how many items have each of its values."""
        return self.counted or {
            name: _counted(self.columns[name], self.values[name]) for name in self.values
        }

    @cached_property
    def _facets(self) -> Counts:
        return {name: self._facet(name, NO_FILTERS, None) for name in self.values}

    def _facet(
        self, name: str, filters: Filters, passing: Positions | None
    ) -> list[tuple[str, int]]:
        column, values = self.columns[name], self.values[name]
        counts = self.totals[name] if passing is None else _counted(column[passing], values)
        chosen = filters.values(name)
        order = np.argsort(-counts, kind="stable").tolist()
        return [(values[i], int(counts[i])) for i in order if counts[i] or values[i] in chosen]

    def prepare(self) -> None:
        """Find what every page shows, for processes that are forked later to have it already."""
        _ = self._facets, self.has_prices, self.thirds

    @cached_property
    def has_prices(self) -> bool:
        """Whether any item has a price."""
        return not bool(np.isnan(self.prices).all())

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
        positions = self.matching(filters) if filters else None
        count = len(self.ids) if positions is None else len(positions)
        chance = random.Random(seed)  # noqa: S311 - repeatable  # nosec B311
        drawn = np.array(chance.sample(range(count), min(n, count)), dtype=np.intp)
        return self.ids[drawn if positions is None else positions[drawn]]

    def page(self, filters: Filters, sort: str, page: int, per_page: int) -> Ids:
        """Return the ids of one page, counted from 1, of all items that pass the filters."""
        some = slice((page - 1) * per_page, page * per_page)
        if sort == "newest" and not filters:  # needs no array as long as the catalogue
            found: Ids = self.ids[::-1][some]
        else:
            found = self.ids[self._ordered(filters, sort)[some]]
        return found

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

    def _ordered(self, filters: Filters, sort: str) -> NDArray[np.integer]:
        """Return the positions of the items that pass the filters, in the order of a sort."""
        if sort == "newest":
            return self.matching(filters)[::-1]
        if not filters:
            return np.asarray(self.orders[sort])
        positions = self.matching(filters)
        if len(positions) * _FEW_OF_ALL < len(self.ids):
            of_brands = self.columns["brand"][positions]
            return positions[order_by(sort, self.prices[positions], of_brands)]
        order = self.orders[sort]
        return np.asarray(order[self.mask(filters)[order]])

    @cached_property
    def thirds(self) -> tuple[float, float] | None:
        """Return the prices that part the catalogue in three; None where they do not."""
        known = self.prices[~np.isnan(self.prices)]
        if not len(known):
            return None
        low, high = np.quantile(known, (1 / 3, 2 / 3))
        return (float(low), float(high)) if known.min() <= low < high < known.max() else None

    @cached_property
    def _number(self) -> Mapping[str, Mapping[str, int]]:
        return {
            name: {value: number for number, value in enumerate(values)}
            for name, values in self.values.items()
        }


def _counted(numbers: NDArray[np.int32], values: Sequence[str]) -> NDArray[np.intp]:
    """Count how often each of the values is among their numbers."""
    return np.bincount(numbers, minlength=len(values) + 1)[: len(values)]


EMPTY = Facets(
    np.empty(0, np.int64),
    dict.fromkeys(FACETS, ()),
    {name: np.empty(0, np.int32) for name in FACETS},
    np.empty(0),
    {name: np.empty(0, np.int32) for name in STORED_SORTS},
)
