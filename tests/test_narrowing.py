"""Filters, facet counts, sorts and samples, beside a plain walk over all items."""

import re
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.applications import hashbag
from tests.conftest import core_of, take_in
from tests.pictures import COLOURS, catalogue
from webapp import create_app
from webapp.index.facets import Facets
from webapp.index.item_sorts import SORTS
from webapp.models import FACETS, Filters, Item

filters = st.builds(
    Filters,
    brand=st.lists(st.sampled_from(["Ora", "Vell", "Tund"]), unique=True).map(tuple),
    category=st.lists(st.sampled_from(["Tote", "Clutch"]), unique=True).map(tuple),
    colour=st.lists(st.sampled_from(COLOURS[:4]), unique=True).map(tuple),
    currency=st.sampled_from([(), ("EUR",)]),
    min_price=st.none() | st.integers(0, 600).map(float),
    max_price=st.none() | st.integers(0, 600).map(float),
)
on_the_filled = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def passes(item: Item, wanted: Filters) -> bool:
    if any(
        getattr(wanted, name) and getattr(item, name) not in getattr(wanted, name)
        for name in FACETS
    ):
        return False
    if wanted.min_price is None and wanted.max_price is None:
        return True
    return item.price is not None and (
        (wanted.min_price or 0) <= item.price
        and (wanted.max_price is None or item.price <= wanted.max_price)
    )


def everything(app: Flask) -> tuple[Facets, list[Item]]:
    core = core_of(app)
    return core.facets, list(core.catalog.all_items())


@given(filters)
@on_the_filled
def test_each_facet_is_counted_under_the_filters_on_the_others(
    filled: Flask, wanted: Filters
) -> None:
    facets, items = everything(filled)
    found = facets.counts(wanted)
    for name in FACETS:
        values = {other: wanted.values(other) for other in FACETS if other != name}
        others = Filters.by(values, wanted.min_price, wanted.max_price, wanted.text)
        counts = Counter(getattr(item, name) for item in items if passes(item, others))
        shown = dict(found[name])
        assert {value: count for value, count in shown.items() if count} == counts
        assert set(shown) == set(counts) | set(getattr(wanted, name))
        assert [*shown.values()] == sorted(shown.values(), reverse=True)


@given(filters, st.sampled_from(sorted(SORTS)), st.integers(1, 70))
@on_the_filled
def test_pages_of_a_sort_hold_every_item_that_passes_once_in_order(
    filled: Flask, wanted: Filters, sort: str, per_page: int
) -> None:
    facets, items = everything(filled)
    by = {item.id: item for item in items}
    pages = -(-facets.count(wanted) // per_page)
    ids = [
        item_id
        for page in range(1, pages + 1)
        for item_id in facets.page(wanted, sort, page, per_page).tolist()
    ]
    assert sorted(ids) == [item.id for item in items if passes(item, wanted)]
    last = float("inf")

    def place(item: Item) -> tuple[float | str, ...]:
        price = last if item.price is None else item.price
        return {
            "newest": (-item.id,),
            "price": (price, item.id),
            "price-desc": (last if item.price is None else -price, item.id),
            "brand": (item.brand.casefold(), item.id),
        }[sort]

    assert ids == sorted(ids, key=lambda item_id: place(by[item_id]))


@given(filters, st.integers(0, 10**6), st.integers(1, 80))
@on_the_filled
def test_a_sample_is_of_what_passes_without_repeats_and_the_same_again(
    filled: Flask, wanted: Filters, seed: int, n: int
) -> None:
    facets, items = everything(filled)
    drawn = facets.sample(wanted, seed, n).tolist()
    passing = {item.id for item in items if passes(item, wanted)}
    assert len(drawn) == len(set(drawn)) == min(n, len(passing))
    assert set(drawn) <= passing
    assert facets.sample(wanted, seed, n).tolist() == drawn


def test_a_mistyped_brand_is_refused_with_the_one_that_may_be_meant(client: FlaskClient) -> None:
    answer = client.get("/api/v1/items?brand=Vel")
    assert answer.status_code == 400
    assert answer.get_json()["detail"].endswith("has the brand 'Vel'; did you mean 'Vell'?")


def test_the_counts_in_the_filter_form_follow_the_other_filters(client: FlaskClient) -> None:
    page = client.get("/browse?category=Tote&max_price=200").get_data(as_text=True)
    listed = client.get("/api/v1/items?category=Tote&max_price=200").get_json()["facets"]
    shown = dict(
        re.findall(r'name="brand" value="(\w+)"[^>]*> <span>\w+</span> <small>(\d+)', page)
    )
    assert {name: int(count) for name, count in shown.items()} == {
        one["value"]: one["count"] for one in listed["brand"]
    }
    unfiltered = client.get("/api/v1/items").get_json()["facets"]["brand"]
    assert listed["brand"] != unfiltered


def test_neighbours_can_be_listed_by_price_and_stay_the_same(client: FlaskClient) -> None:
    def hits(sort: str) -> list[tuple[str, str]]:
        page = client.get(f"/items/3?sort={sort}").get_data(as_text=True)
        grid = page.split('<ol class="grid three">')[1].split("</ol>")[0]
        cards = grid.split("</li>")
        return [
            (one[1], price[1] if (price := re.search(r"€\xa0([\d,]+)", card)) else "")
            for card in cards
            if (one := re.search(r'data-item="(\d+)"', card))
        ]

    alike, low, high = hits("alike"), hits("price"), hits("price-desc")
    assert sorted(alike) == sorted(low) == sorted(high)
    assert low == sorted(low, key=lambda hit: (not hit[1], float(hit[1] or 0)))
    priced = [hit for hit in low if hit[1]]
    assert [hit for hit in high if hit[1]] == priced[::-1]
    assert client.get("/items/3?sort=weight").status_code == 400


@pytest.mark.slow
def test_an_import_that_changes_prices_alone_changes_what_filters_find(tmp_path: Path) -> None:
    source = catalogue(tmp_path / "photos", 4)
    instance = tmp_path / "instance"
    assert hashbag(["import", source], instance).returncode == 0
    source.write_text(source.read_text("utf-8").replace(",20,EUR", ",777,EUR"), "utf-8")
    assert "updated 1" in hashbag(["import", source], instance).stdout
    client = create_app({"instance": instance}).test_client()
    listed = client.get("/api/v1/items?min_price=700").get_json()
    assert [item["price"] for item in listed["items"]] == [777]


@pytest.mark.thorough
def test_of_very_many_values_the_most_frequent_are_offered_and_those_chosen(
    tmp_path: Path,
) -> None:
    manifest = catalogue(tmp_path / "photos", 45)
    head, *lines = manifest.read_text("utf-8").splitlines()
    parted = [line.split(",") for line in lines]
    for number, line in enumerate(parted):
        line[2] = f"Maker {max(0, number - 1):02d}"
    manifest.write_text("\n".join([head, *map(",".join, parted)]) + "\n", "utf-8")
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, manifest)
    client = app.test_client()
    boxes = re.compile(r'type="checkbox" name="brand" value="([^"]+)"( checked)?')
    offered = boxes.findall(client.get("/").text)
    assert [name for name, _ in offered] == [f"Maker {number:02d}" for number in range(40)]
    assert "another of 44" in client.get("/").text
    offered = boxes.findall(client.get("/?brand=Maker+43&brand=Maker+03").text)
    assert len(offered) == 41
    assert [name for name, checked in offered if checked] == ["Maker 03", "Maker 43"]
