"""What narrows and sorts a catalogue finds the same as going through all items, one by one."""

from pathlib import Path

import numpy as np
import pytest

from webapp.index import facet_files
from webapp.index.facets import Facets
from webapp.index.item_sorts import STORED_SORTS, order_by
from webapp.models import FACETS, Filters

VALUES = {"brand": 5, "category": 3, "colour": 40, "currency": 1}
SORTS = ("newest", *STORED_SORTS)


def drawn(chance: np.random.Generator) -> Facets:
    """Draw columns of some items, a few or some thousands; some lack a value, some a price."""
    size = int(chance.choice([0, 1, 40, 3000]))
    ids = np.cumsum(chance.integers(1, 4, size)).astype(np.int64)
    columns = {name: chance.integers(0, VALUES[name] + 1, size, dtype=np.int32) for name in FACETS}
    rounded = np.round(chance.uniform(0, 50, size))  # many are equal
    prices = np.where(chance.random(size) < 0.2, np.nan, rounded)
    orders = {sort: order_by(sort, prices, columns["brand"]) for sort in STORED_SORTS}
    values = {name: tuple(f"{name} {n:02}" for n in range(VALUES[name])) for name in FACETS}
    return Facets(ids, values, columns, prices, orders)


def asked(chance: np.random.Generator) -> Filters:
    """Draw filters that few, many or all items pass."""
    colours = ("colour 07",) if chance.random() < 0.5 else ()
    brands = ("brand 01", "brand 03") if chance.random() < 0.4 else ()
    most = float(chance.choice([2, 30, 49])) if chance.random() < 0.4 else None
    return Filters(brand=brands, colour=colours, max_price=most)


def passes(facets: Facets, filters: Filters, place: int, without: str = "") -> bool:
    for name in filters.facets:
        texts = (*facets.values[name], "")
        if name != without and texts[facets.columns[name][place]] not in filters.values(name):
            return False
    return filters.max_price is None or bool(facets.prices[place] <= filters.max_price)


@pytest.mark.parametrize("seed", range(12))
def test_pages_cursors_and_counts_are_as_a_walk_over_all_items_says(seed: int) -> None:
    chance = np.random.default_rng(seed)
    facets = drawn(chance)
    for _ in range(4):
        filters = asked(chance)
        places = [place for place in range(len(facets.ids)) if passes(facets, filters, place)]
        ids = facets.ids[places].tolist()
        assert facets.count(filters) == len(ids)
        for sort in SORTS:
            wanted = ids[::-1] if sort == "newest" else _ordered(facets, sort, places)
            assert facets.page(filters, sort, 2, 7).tolist() == wanted[7:14]
            assert facets.page(filters, sort, 1, 5000).tolist() == wanted
        below = int(chance.integers(0, 8000))
        wanted = [number for number in ids[::-1] if number < below]
        assert facets.before(filters, below, 9).tolist() == wanted[:9]
        _assert_counts(facets, filters)
    _assert_prices(facets)


def _ordered(facets: Facets, sort: str, places: list[int]) -> list[int]:
    those = set(places)
    return [int(facets.ids[place]) for place in facets.orders[sort].tolist() if place in those]


def _assert_counts(facets: Facets, filters: Filters) -> None:
    for name, told in facets.counts(filters).items():
        counted = dict.fromkeys(facets.values[name], 0)
        for place in range(len(facets.ids)):
            number = facets.columns[name][place]
            if number < len(facets.values[name]) and passes(facets, filters, place, without=name):
                counted[facets.values[name][number]] += 1
        chosen = filters.values(name)
        assert dict(told) == {v: n for v, n in counted.items() if n or v in chosen}
        assert [n for _, n in told] == sorted((n for _, n in told), reverse=True)


def _assert_prices(facets: Facets) -> None:
    known = facets.prices[~np.isnan(facets.prices)]
    assert facets.has_prices == bool(len(known))
    if not len(known):
        assert facets.thirds is None
        return
    low, high = np.quantile(known, (1 / 3, 2 / 3))
    parts = known.min() <= low < high < known.max()
    assert facets.thirds == ((low, high) if parts else None)


@pytest.mark.parametrize("seed", range(4))
def test_counts_are_saved_with_the_columns_and_made_where_an_earlier_version_saved_none(
    seed: int, tmp_path: Path
) -> None:
    facets = drawn(np.random.default_rng(seed))
    facet_files.save(facets, tmp_path)
    mapped = facet_files.load(tmp_path)
    assert mapped.counted is not None
    (tmp_path / "attributes.counts.json").unlink()
    without = facet_files.load(tmp_path)
    assert without.counted is None
    for name in FACETS:
        column = facets.columns[name]
        expected = np.bincount(column, minlength=VALUES[name] + 1)[:-1].tolist()
        assert mapped.totals[name].tolist() == without.totals[name].tolist() == expected
        assert mapped.columns[name].dtype == column.dtype
    assert mapped.counts() == facets.counts()
