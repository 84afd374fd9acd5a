"""Items by the owner's own numbers, what search engines are told of them, and the newest as RSS."""

import csv
import io
import json
import re
import tracemalloc
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Browser

from tests.applications import Once
from tests.browsing import Look, looking
from tests.conftest import core_of, take_in
from tests.pictures import bag, encoded
from tests.serving import served
from tests.test_pages import page
from webapp import create_app
from webapp.catalog.item_entries import Entry
from webapp.catalog.writer import CatalogWriter
from webapp.web import lookup

HOST = "http://localhost"
ROWS = [
    {"SKU": "A-1/x", "Product No.": "7", "season": "Summer", "EAN": "4006381333931"},
    {"SKU": "A-2 é\"'%", "Product No.": "8", "season": "Winter", "EAN": "4006381333930"},
    {"SKU": "12", "Product No.": "8", "season": "Winter", "EAN": ""},
    {"SKU": "123", "Product No.": "12", "season": "Winter", "EAN": ""},
    {"SKU": "---", "Product No.": "9", "season": "Winter", "EAN": ""},
    {"SKU": "E", "Product No.": "8b", "season": "Winter", "EAN": ""},
]
COLUMNS = ("filename", "title", "brand", "price", "currency", "colour", "category", "url", *ROWS[0])


@pytest.fixture(scope="session")
def numbered(once: Once) -> Flask:
    """Take in bags with numbers of their shop's."""

    def fill(folder: Path) -> None:
        with (folder / "bags.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="")
            writer.writeheader()
            for place, row in enumerate(ROWS):
                (folder / f"{place}.png").write_bytes(encoded(bag(place), "PNG"))
                known = ALL_KNOWN if place == 0 else {}
                writer.writerow({"filename": f"{place}.png", **row, **known})
        take_in(create_app({"instance": folder / "instance"}), folder / "bags.csv")

    folder = once("numbered", fill)
    return create_app({"instance": folder / "instance", "embed_origins": "https://shop.example"})


ALL_KNOWN = {
    "title": "</script><script>x</script> & Söhne",
    "brand": "Vell",
    "price": "129.5",
    "currency": "EUR",
    "colour": "red",
    "category": "tote",
    "url": "https://shop.example/a-1",
}


def led(app: Flask, target: str) -> str:
    answer = app.test_client().get(target)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


@pytest.mark.parametrize(
    ("target", "item"),
    [
        ("SKU/A-1/x", 1),
        ("sku/A-1%2Fx", 1),
        ("sku/A-2 é\"'%25", 2),
        ("sku/%20A-1/x%20", 1),
        ("sku/12", 3),
        ("sku/123", 4),
        ("sku/---", 5),
        ("product_no/7", 1),
        ("Product%20No./12", 4),
        ("brand/Vell", 1),
        ("season/Summer", 1),
    ],
)
def test_a_bag_is_found_by_its_shops_own_number(numbered: Flask, target: str, item: int) -> None:
    assert led(numbered, f"/items/by/{target}") == f"/items/{item}"


def test_a_number_that_several_have_leads_to_all_of_them(numbered: Flask) -> None:
    assert led(numbered, "/items/by/product_no/8") == "/list?ids=2,3"
    assert led(numbered, "/items/by/season/Winter") == "/browse?season=Winter"
    listed = page(numbered.test_client(), "/list?ids=2,3")
    assert {2, 3} <= set(listed.items())


def test_more_than_a_list_holds_are_browsed_by_words(
    numbered: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "MOST", 1)
    assert led(numbered, "/items/by/product_no/8") == "/browse?text=8"


@pytest.mark.parametrize(
    "target",
    ["sku/nothing", "sku/a-1/x", "sku/%25", "nothing/12", "sku/7", "sku/SKU", "price/129.5"],
)
def test_a_number_that_nothing_has_is_not_found(numbered: Flask, target: str) -> None:
    answer = numbered.test_client().get(f"/items/by/{target}")
    assert (answer.status_code, "No bag here has" in answer.text) == (404, True)


def test_numbers_are_found_among_many_that_begin_so(
    numbered: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "_MOST_CANDIDATES", 0)
    for sku, item in (("12", 3), ("A-1/x", 1), ("A-2 é\"'%25", 2), ("E", 6)):
        assert led(numbered, f"/items/by/sku/{sku}") == f"/items/{item}"
    assert numbered.test_client().get("/items/by/sku/%25").status_code == 404


def test_a_value_that_many_have_in_other_columns_takes_no_memory_for_each(
    empty: Flask,
) -> None:
    told = {"season": "Summer", "note": "x" * 2000}
    described: dict[str, object] = {"width": 9, "height": 9, "extra": told}
    writer = CatalogWriter(core_of(empty).catalog)
    writer.make_catalog()
    writer.write(
        [
            Entry(None, {"path": f"{number}.png", "digest": f"{number}", **described}, {}, {})
            for number in range(4000)
        ]
    )
    client = empty.test_client()
    targets = "/items/by/sku/Summer", "/api/v1/items/by/sku/Summer"
    assert [client.get(one).status_code for one in targets] == [404, 404]
    tracemalloc.start()
    try:
        for target in targets:
            client.get(target)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 4000 * 2000 / 2


def test_programs_get_all_items_with_a_number(numbered: Flask) -> None:
    client = numbered.test_client()
    found = client.get("/api/v1/items/by/product_no/8?fields=hashes").get_json()
    assert ([one["id"] for one in found["items"]], found["total"]) == ([2, 3], 2)
    assert "whash" in found["items"][0]["hashes"]
    assert client.get("/api/v1/items/by/sku/A-1%2Fx").get_json()["items"][0]["id"] == 1
    document = client.get("/api/v1/openapi.json").get_json()
    described = document["paths"]["/api/v1/items/by/{column}/{value}"]["get"]["responses"]
    jsonschema.validate(found, document | described["200"]["content"]["application/json"]["schema"])
    answer = client.get("/api/v1/items/by/sku/nothing")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.thorough
def test_a_bag_added_now_is_found_by_its_number_at_once_and_no_more_when_it_is_gone(
    empty: Flask, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(encoded(bag(1), "PNG"))
    (tmp_path / "bags.csv").write_text("filename,sku\na.png,A-1\n", "utf-8")
    take_in(empty, tmp_path / "bags.csv")
    settings = {"instance": core_of(empty).settings.instance, "admin_token": "of-the-owner"}
    app = create_app(settings)
    client, owner = app.test_client(), {"Authorization": "Bearer of-the-owner"}
    photo = (io.BytesIO(encoded(bag(2), "PNG")), "photo.png")
    added = client.post("/api/v1/items", data={"image": photo, "sku": "A-2"}, headers=owner)
    assert added.status_code == 201, added.text
    item = added.get_json()["id"]
    assert led(app, "/items/by/sku/A-2") == f"/items/{item}"
    assert led(app, "/items/by/sku/A-1") == "/items/1"
    assert feed(client)[0]["link"] == f"{HOST}/items/{item}"
    assert product(client, item)["sku"] == "A-2"
    client.patch(f"/api/v1/items/{item}", json={"sku": "A-3"}, headers=owner)
    assert client.get("/items/by/sku/A-2").status_code == 404
    assert led(app, "/items/by/sku/A-3") == f"/items/{item}"
    client.delete(f"/api/v1/items/{item}", headers=owner)
    assert client.get("/items/by/sku/A-3").status_code == 404
    assert len(feed(client)) == 1


def test_a_frame_is_found_by_the_number_too(numbered: Flask) -> None:
    there = led(numbered, "/embed/items/by/sku/12?n=2&theme=dark")
    assert there == "/embed/items/3?n=2&theme=dark"
    assert led(numbered, "/embed/items/by/product_no/8") == "/embed/items/2"
    assert numbered.test_client().get("/embed/items/by/sku/x").status_code == 404


def product(client: FlaskClient, item: int) -> dict[str, Any]:
    html = page(client, f"/items/{item}").html
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    found: dict[str, Any] = json.loads(text)
    return found


def test_search_engines_are_told_what_is_known_of_a_bag(numbered: Flask) -> None:
    client = numbered.test_client()
    told = product(client, 1)
    (image,) = told.pop("image")
    assert told == {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": ALL_KNOWN["title"],
        "url": f"{HOST}/items/1",
        "brand": {"@type": "Brand", "name": "Vell"},
        "category": "tote",
        "color": "red",
        "sku": "A-1/x",
        "gtin": "4006381333931",
        "offers": {
            "@type": "Offer",
            "price": "129.50",
            "priceCurrency": "EUR",
            "url": "https://shop.example/a-1",
        },
    }
    with client.get(image) as answer:
        assert Image.open(io.BytesIO(answer.data)).size == (160, 120)


def test_search_engines_are_told_nothing_that_is_not_known(numbered: Flask) -> None:
    told = product(numbered.test_client(), 2)  # its EAN is no EAN: the last digit is wrong
    assert set(told) == {"@context", "@type", "name", "url", "image", "sku"}


@pytest.mark.thorough
def test_the_owners_currency_makes_a_price_an_offer(empty: Flask, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(bag(1), "PNG"))
    (tmp_path / "bags.csv").write_text("filename,price\na.png,80\n", "utf-8")
    take_in(empty, tmp_path / "bags.csv")
    assert "offers" not in product(empty.test_client(), 1)
    app = create_app({"instance": core_of(empty).settings.instance, "currency": "CHF"})
    offer = product(app.test_client(), 1)["offers"]
    assert offer["priceCurrency"] == "CHF"
    assert (offer["price"], offer["url"]) == ("80.00", f"{HOST}/items/1")


@pytest.mark.slow
def test_what_search_engines_are_told_breaks_no_policy(chromium: Browser, numbered: Flask) -> None:
    with (
        served(core_of(numbered).settings.instance, 1) as server,
        looking(chromium, server, Look(390)) as tab,
    ):
        tab.goto("/items/1")
        text = tab.locator('script[type="application/ld+json"]').text_content()
        assert json.loads(text or "")["name"] == ALL_KNOWN["title"]


def feed(client: FlaskClient, target: str = "/newest.xml") -> list[dict[str, str]]:
    answer = client.get(target)
    assert answer.mimetype == "application/rss+xml"
    channel = ElementTree.fromstring(answer.data)[0]
    return [
        {part.tag.rpartition("}")[2]: part.get("url") or part.text or "" for part in item}
        for item in channel.findall("item")
    ]


def test_the_newest_come_first_in_the_feed_with_their_pictures(numbered: Flask) -> None:
    client = numbered.test_client()
    (link,) = [
        one["href"] for one in page(client, "/").all("link") if one.get("rel") == "alternate"
    ]
    entries = feed(client, link)
    assert [one["link"] for one in entries] == [f"{HOST}/items/{n}" for n in range(6, 0, -1)]
    last = entries[-1]
    assert (last["guid"], last["title"]) == (f"{HOST}/items/1", ALL_KNOWN["title"])
    assert last["description"] == "Vell, tote, red, €\xa0129.50"
    with client.get(last["content"]) as picture:
        assert picture.mimetype == "image/webp"


def test_a_feed_is_narrowed_and_cut_as_a_grid_is(numbered: Flask, empty: Flask) -> None:
    client = numbered.test_client()
    assert [one["link"] for one in feed(client, "/newest.xml?season=Summer")] == [f"{HOST}/items/1"]
    assert len(feed(client, "/newest.xml?n=2")) == 2
    assert client.get("/newest.xml?n=101").status_code == 400
    assert feed(empty.test_client()) == []


@pytest.mark.thorough
def test_signs_that_xml_cannot_hold_are_left_out_of_the_feed(empty: Flask, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(bag(1), "PNG"))
    (tmp_path / "bags.csv").write_text("filename,title\na.png,a\ufffeb\n", "utf-8")
    take_in(empty, tmp_path / "bags.csv")
    assert feed(empty.test_client())[0]["title"] == "ab"
