"""The same look at other prices: rows of their own, each the exact nearest."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import core_of, take_in
from tests.pictures import bag
from webapp import create_app
from webapp.hashing.kinds import KINDS
from webapp.models import NO_FILTERS, Filters
from webapp.search import price_bands
from webapp.search.query import RANKINGS, Query

ITEM = 30


@pytest.mark.parametrize("kind", ["look", "whash", "shape"])
@pytest.mark.parametrize("filters", [NO_FILTERS, Filters(brand=("Ora",), max_price=350)], ids=str)
def test_each_band_has_the_nearest_of_all_items_at_its_price(
    filled: Flask, kind: str, filters: Filters
) -> None:
    core = core_of(filled)
    item = core.catalog.item(ITEM)
    search = core.searcher.of_item(ITEM, Query(RANKINGS[kind], 4, filters))
    bands = price_bands.around(item, filters, core.facets)
    everything = core.searcher.similar_to_item(ITEM, Query(RANKINGS[kind], 60)).hits
    assert [band.name for band in bands][:2] == ["less", "same"]
    assert item.price is not None
    for band, result in core.searcher.at_prices(search, bands):
        low, high = {
            "less": (0.0, 0.8 * item.price - 0.001),
            "same": (0.8 * item.price, 1.25 * item.price),
            "more": (1.25 * item.price + 0.001, 1e9),
        }[band.name]
        expected = [
            (hit.distance, hit.item.id)
            for hit in everything
            if hit.item.price is not None
            and low <= hit.item.price <= min(high, filters.max_price or high)
            and (not filters.brand or hit.item.brand in filters.brand)
        ]
        assert [(hit.distance, hit.item.id) for hit in result.hits] == expected[:4]
        assert result.exact


def test_an_item_page_has_the_three_rows_and_an_upload_the_thirds(client: FlaskClient) -> None:
    page = client.get("/items/30").get_data(as_text=True)
    assert re.findall(r'<h2 id="band-(\w+)"', page) == ["less", "same", "more"]
    code = client.get("/api/v1/items/30/similar").get_json()["fingerprint"]
    found = client.get(f"/search?q={code}").get_data(as_text=True)
    assert re.findall(r'<h2 id="band-(\w+)"', found) == ["low", "middle", "high"]


@pytest.mark.thorough
def test_an_item_without_a_price_and_a_catalogue_without_prices_have_no_rows(
    client: FlaskClient, tmp_path: Path
) -> None:
    unpriced = client.get("/items/1").get_data(as_text=True)
    assert "band-" not in unpriced
    app = create_app({"instance": tmp_path / "instance"})
    (tmp_path / "photos").mkdir()
    for number in range(5):
        bag(number).save(tmp_path / "photos" / f"{number}.png")
    take_in(app, tmp_path / "photos")
    code = app.test_client().get("/api/v1/items/1/similar").get_json()["fingerprint"]
    assert "band-" not in app.test_client().get(f"/search?q={code}").get_data(as_text=True)


@pytest.mark.thorough
def test_prices_are_compared_within_a_currency(tmp_path: Path) -> None:
    lines = ["filename,price,currency"]
    (tmp_path / "photos").mkdir()
    for number in range(12):
        bag(number).save(tmp_path / "photos" / f"{number}.png")
        lines.append(f"{number}.png,{100 + number},{'EUR' if number % 2 else 'INR'}")
    (tmp_path / "photos" / "bags.csv").write_text("\n".join(lines))
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, tmp_path / "photos" / "bags.csv")
    core = core_of(app)
    item = core.catalog.item(4)
    search = core.searcher.of_item(4, Query(KINDS["phash"]))
    result = next(
        result
        for band, result in core.searcher.at_prices(
            search, price_bands.around(item, NO_FILTERS, core.facets)
        )
        if band.name == "same"
    )
    assert {hit.item.currency for hit in result.hits} == {item.currency}
    assert len(result.hits) == 5
    assert price_bands.thirds(NO_FILTERS, core.facets) == ()


def items_in(html: str) -> list[str]:
    return re.findall(r'<li class="card"[^>]* data-item="(\d+)"', html)


def test_more_of_a_band_is_ranked_as_the_band_was(client: FlaskClient) -> None:
    asked = {"k": "12", "harder": "1", "fold": "0", "lean": "colour"}
    page = client.get(f"/items/{ITEM}", query_string=asked).get_data(as_text=True)
    bands = page.partition('<div class="bands">')[2].split('<section class="band"')[1:]
    links = [re.search(r'class="quiet" href="([^"]+)">More of these', band) for band in bands]
    assert any(links)
    for band, link in zip(bands, links, strict=True):
        if link:
            more = client.get(link[1].replace("&amp;", "&")).get_data(as_text=True)
            assert items_in(more.partition('<div class="bands">')[0]) == items_in(band)
