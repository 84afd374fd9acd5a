"""Sorts after changes are what sorting all items anew gives, wherever the changed ones go."""

from dataclasses import replace

import numpy as np
import pytest

from webapp.index.facet_files import number_type, sorted_values
from webapp.index.facets import Facets
from webapp.index.item_sorts import STORED_SORTS, order_by
from webapp.index.overlay import overlaid_facets
from webapp.index.overlay.splice import Splice
from webapp.models import FACETS, Item

BRANDS = ("", "Aa", "ab", "B", "b", "ba", "C", "Z", "étui", "z")


def drawn_item(chance: np.random.Generator, item_id: int, brands: int) -> Item:
    price = None if chance.random() < 0.2 else float(chance.integers(0, 12))  # many are equal
    brand = BRANDS[chance.integers(0, brands)]
    colour = chance.choice(["", "red", "blue"])
    said = (item_id, "a.png", "a.png", "", brand, price, "EUR", str(colour), "", "")
    return Item(*said, width=9, height=9, media_type="image/png", digest="")


def facets_of(items: list[Item]) -> Facets:
    """Sort and number all items, one by one."""
    values = {name: sorted_values(getattr(item, name) for item in items) for name in FACETS}
    columns = {
        name: np.array(
            [[*values[name], ""].index(getattr(item, name)) for item in items],
            number_type(values[name]),
        )
        for name in FACETS
    }
    prices = np.array([np.nan if one.price is None else one.price for one in items], np.float64)
    orders = {sort: order_by(sort, prices, columns["brand"]) for sort in STORED_SORTS}
    return Facets(np.array([item.id for item in items], np.int64), values, columns, prices, orders)


@pytest.mark.parametrize("seed", range(40))
def test_changed_items_stand_where_a_new_sort_puts_them(seed: int) -> None:
    chance = np.random.default_rng(seed)
    before = [drawn_item(chance, number, 7) for number in range(2, int(chance.integers(3, 60)), 2)]
    known = {item.id: item for item in before}
    changed = {
        item_id: drawn_item(chance, item_id, len(BRANDS))
        for item_id in chance.integers(1, 70, chance.integers(0, 12)).tolist()
    }
    if seed % 2:  # such as nobody removes or brings back
        changed = {number: one for number, one in changed.items() if number in known or number > 60}
    removed = {one for one in changed if not seed % 2 and one in known and chance.random() < 0.3}
    recent = [changed[item_id] for item_id in sorted({*changed} - removed)]
    now = sorted((known | changed).values(), key=lambda item: item.id)
    now = [item for item in now if item.id not in removed]

    frozen = facets_of(before)
    gone = np.flatnonzero(np.isin(frozen.ids, list(changed)))
    at = frozen.ids.searchsorted(np.array([item.id for item in recent], np.int64))
    splice = Splice.at(len(before), gone, at)
    ids = np.array([item.id for item in now], np.int64)
    found, wanted = overlaid_facets.overlaid(frozen, splice, ids, recent), facets_of(now)
    for sort in STORED_SORTS:
        assert found.orders[sort].tolist() == wanted.orders[sort].tolist(), sort
    assert (found.thirds, found.has_prices) == (wanted.thirds, wanted.has_prices)
    assert found.counts() == wanted.counts()
    for name in FACETS:
        assert found.columns[name].tolist() == wanted.columns[name].tolist()
        assert found.columns[name].dtype == wanted.columns[name].dtype


def test_a_price_that_is_as_it_was_moves_nothing() -> None:
    before = [drawn_item(np.random.default_rng(7), number, 7) for number in range(9)]
    frozen = facets_of(before)
    splice = Splice.at(9, np.array([4]), np.array([4]))
    renamed = replace(before[4], title="another")
    found = overlaid_facets.overlaid(frozen, splice, frozen.ids, [renamed])
    for sort in STORED_SORTS:
        assert found.orders[sort].tolist() == frozen.orders[sort].tolist()
