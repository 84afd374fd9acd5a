"""Filters as people type them: prices with signs, any case, slips; and what old links ask for."""

import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect

from tests.browsing import Look, asked, follow, looking
from tests.conftest import take_in
from tests.pictures import bag
from tests.serving import Server
from webapp import create_app
from webapp.models import Filters
from webapp.web import price_words


def listed(html: str) -> set[str]:
    return set(re.findall(r'<a href="/items/(\d+)', html))


def narrowing(html: str) -> str:
    return html.partition('<div class="narrow">')[2].partition("\n</div>")[0]


def chips(html: str) -> list[str]:
    """List what can be taken off."""
    found = re.findall(r'class="chip active"[^>]*>(.*?)</a>', narrowing(html))
    words = [re.sub(r"<span.*?</span>", "", unescape(one)) for one in found]
    return [one.strip().replace("\xa0", " ") for one in words]


def links(html: str) -> list[dict[str, list[str]]]:
    """List what the chips' links still ask for."""
    found = re.findall(r'class="chip active" href="([^"]*)"', narrowing(html))
    return [parse_qs(urlsplit(unescape(one)).query) for one in found]


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("200", 200),
        ("€ 200", 200),
        ("200 EUR", 200),
        ("200,-", 200),
        ("199,90", 199.9),
        ("1,500", 1500),
        ("1.500", 1500),
        ("1 500,50 €", 1500.5),
        ("€1'500.5", 1500.5),
        ("12.345", 12345),
        ("cheap", None),
        ("-5", None),
        ("nan", None),
        ("9" * 30, None),
        ("from 20", None),
    ],
)
def test_a_price_is_read_as_people_write_it(
    client: FlaskClient, typed: str, amount: float | None
) -> None:
    answer = client.get(f"/browse?brand=Ora&min_price={quote(typed)}")
    html = answer.text
    if amount is None:
        assert answer.status_code == 400
        assert chips(html) == ["Ora"]
        return
    assert answer.status_code == 200
    assert links(html)[0]["min_price"] == [f"{amount:g}"]
    exactly = client.get(f"/browse?brand=Ora&min_price={amount:g}").text
    assert listed(html) == listed(exactly)
    assert chips(html) == chips(exactly)


@pytest.mark.thorough
@given(st.decimals(0, 10**9, places=2).map(float))
def test_a_price_in_an_address_is_read_again_as_the_same(filled: Flask, amount: float) -> None:
    html = filled.test_client().get(f"/browse?brand=Ora&max_price={amount:.2f}").text
    written = links(html)[0]["max_price"][0]
    assert float(written) == amount
    again = filled.test_client().get(f"/browse?brand=Ora&max_price={written}").text
    assert links(again)[0]["max_price"] == [written]


def test_a_lowest_price_above_the_highest_changes_places_with_it(client: FlaskClient) -> None:
    swapped = client.get("/browse?min_price=300&max_price=100").text
    assert chips(swapped) == ["from € 100", "up to € 300"]
    assert (
        listed(swapped) == listed(client.get("/browse?min_price=100&max_price=300").text) != set()
    )


def test_a_slip_is_told_beside_its_field_and_the_rest_is_kept(client: FlaskClient) -> None:
    answer = client.get("/items/3?brand=Vell&min_price=cheap&max_price=400&k=4&by=whash")
    html = unescape(answer.text)
    assert answer.status_code == 400
    field = re.search(r'<input name="min_price"[^>]*>', html)
    assert field
    assert 'value="cheap"' in field[0]
    assert 'aria-invalid="true"' in field[0]
    problem = re.search(r'aria-describedby="([\w-]+)"', field[0])
    assert problem
    told = html.split(f'id="{problem[1]}">')[1].split("</p>")[0]
    assert told == "‘cheap’ is not a price; write it like 49.90."
    assert '<details class="filters" open>' in html
    assert chips(html) == ["Vell", "up to € 400"]
    assert 'name="max_price" inputmode="decimal" size="6" value="400"' in html
    kept = client.get("/items/3?brand=Vell&max_price=400&k=4&by=whash").text
    assert html.count('data-item="') == kept.count('data-item="') > 0


def test_a_price_in_money_that_nothing_here_costs_is_told(client: FlaskClient) -> None:
    answer = client.get("/browse?max_price=%24+80")
    assert answer.status_code == 400
    assert "Prices here are in EUR." in answer.text


@pytest.mark.parametrize(
    "target", ["/why?item=3&to=4&by=whash", "/compare?by=whash", "/search?x=1"]
)
def test_where_there_is_no_field_a_slip_is_an_error(client: FlaskClient, target: str) -> None:
    answer = client.get(f"{target}&min_price=cheap")
    assert answer.status_code == 400
    assert "is not a price" in answer.text


def test_the_api_still_refuses_slips_but_not_another_case(client: FlaskClient) -> None:
    assert client.get("/api/v1/items?min_price=1,500").status_code == 400
    assert client.get("/api/v1/items?brand=Nope").status_code == 400
    upper, right = (
        client.get(f"/api/v1/items?seed=1&brand={b}").get_json() for b in ("ORA", "Ora")
    )
    assert upper == right
    assert upper["total"] > 0


def test_a_value_is_meant_in_any_case(client: FlaskClient) -> None:
    assert chips(client.get("/browse?brand=ora&category=TOTE").text) == ["Ora", "Tote"]


@pytest.mark.parametrize("target", ["/browse", "/", "/items/3", "/compare?item=3", "/api"])
def test_a_value_that_is_gone_finds_nothing_until_it_is_taken_off(
    client: FlaskClient, target: str
) -> None:
    if target == "/api":
        code = client.get("/api/v1/items/9/similar").get_json()["fingerprint"]
        target = f"/search?q={code}"
    sign = "&" if "?" in target else "?"
    answer = client.get(f"{target}{sign}brand=Vel&seed=1")
    html = unescape(answer.text)
    assert answer.status_code == 200
    assert chips(html) == ["Vel"]
    assert "brand" not in links(html)[0]
    assert 'name="brand" value="Vel" checked' in html
    assert "passes these filters" in html
    if not target.startswith("/compare"):
        assert "No bag here has the brand ‘Vel’; did you mean" in html
        meant = re.search(r'did you mean <a href="([^"]*)">Vell</a>', html)
        assert meant
        assert chips(client.get(meant[1]).text) == ["Vell"]


def test_a_value_that_is_gone_beside_one_that_is_not_narrows_by_that(client: FlaskClient) -> None:
    both = client.get("/browse?brand=Vell&brand=Gone").text
    assert chips(both) == ["Vell", "Gone"]
    assert listed(both) == listed(client.get("/browse?brand=Vell").text) != set()


def stocked(folder: Path, head: str, rows: Sequence[str]) -> FlaskClient:
    """Take in drawn bags with the columns given."""
    (folder / "photos").mkdir()
    for number in range(len(rows)):
        bag(number).save(folder / "photos" / f"{number}.png")
    lines = [f"filename{head}", *(f"{number}.png{row}" for number, row in enumerate(rows))]
    (folder / "photos" / "bags.csv").write_text("\n".join(lines), "utf-8")
    app = create_app({"instance": folder / "instance"})
    take_in(app, folder / "photos" / "bags.csv")
    return app.test_client()


@pytest.mark.thorough
def test_two_spellings_of_one_brand_are_both_meant_by_a_third(tmp_path: Path) -> None:
    client = stocked(tmp_path, ",brand", [",KIARA", ",Kiara", ",Ora"])
    assert sorted(chips(client.get("/browse?brand=kiara").text)) == ["KIARA", "Kiara"]
    assert chips(client.get("/browse?brand=Kiara").text) == ["Kiara"]


@pytest.mark.thorough
def test_a_catalogue_without_prices_or_brands_hides_what_would_be_empty(tmp_path: Path) -> None:
    client = stocked(tmp_path, "", [""] * 5)
    browse, item = client.get("/browse").text, client.get("/items/1").text
    for empty in ("Filter</summary>", "<fieldset>\n        <legend>Price", "Price, low", ">Brand<"):
        assert empty not in browse + item, empty
    assert 'aria-label="Sort"' not in browse
    assert 'class="orders"' not in item


@pytest.mark.thorough
def test_a_catalogue_with_brands_alone_filters_and_sorts_by_these(tmp_path: Path) -> None:
    browse = stocked(tmp_path, ",brand", [",Ora", ",Vell"]).get("/browse").text
    assert "Filter</summary>" in browse
    assert "<legend>Price" not in browse
    assert re.findall(r'<a class="chip" href="/browse\?sort=([\w-]+)', browse) == [
        "newest",
        "brand",
    ]


@pytest.mark.thorough
def test_a_sign_says_which_of_several_currencies_is_meant(tmp_path: Path) -> None:
    client = stocked(tmp_path, ",price,currency", [",10,EUR", ",20,EUR", ",15,INR", ",30,INR"])
    assert chips(client.get("/browse?max_price=%E2%82%AC+15").text) == ["EUR", "up to € 15"]
    assert chips(client.get("/browse?max_price=15").text) == ["up to 15"]


def test_price_comes_first_in_its_currency(client: FlaskClient) -> None:
    html = client.get("/browse").text
    assert re.findall(r"<legend>(.*?)</legend>", html)[:2] == ["Price in €", "Brand"]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (None, 839.99, "under ₹ 840"),
        (None, 840, "up to ₹ 840"),
        (None, 49.9, "up to ₹ 49.90"),
        (840.01, None, "over ₹ 840"),
        (840, None, "from ₹ 840"),
        (520, 812, "₹ 520 to ₹ 812"),
        (520, 811.99, "₹ 520 to under ₹ 812"),
        (520.01, 811.99, "over ₹ 520, under ₹ 812"),
        (5, 5, "for ₹ 5"),
        (None, None, ""),
    ],
)
def test_ranges_of_prices_in_words(
    filled: Flask, low: float | None, high: float | None, words: str
) -> None:
    with filled.app_context():
        said = price_words.price_range(Filters(min_price=low, max_price=high), "INR")
    assert said.replace("\xa0", " ") == words


@pytest.mark.thorough
def test_bands_end_at_whole_prices(tmp_path: Path) -> None:
    client = stocked(tmp_path, ",price,currency", [f",{price},EUR" for price in range(643, 700, 3)])
    html = client.get("/items/7").text.replace("\xa0", " ")  # 661
    assert re.findall(r"<p>(.*?)</p>", html.split('class="bands"')[1])[:2] == [
        "under € 529",
        "€ 529 to € 826",
    ]


@pytest.mark.slow
def test_the_other_values_of_a_long_list_are_offered_while_one_types(tmp_path: Path) -> None:
    client = stocked(tmp_path, ",brand", [f",Maker {number:02d}" for number in range(45)])
    html = client.get("/browse").text
    field = re.search(r'<input name="brand"[^>]*list="([\w-]+)"', html)
    assert field
    offered = html.split(f'<datalist id="{field[1]}">')[1].split("</datalist>")[0]
    assert re.findall("<option>(.*?)</option>", offered) == [f"Maker {n}" for n in range(40, 45)]
    assert chips(client.get("/browse?brand=maker+41").text) == ["Maker 41"]


@pytest.mark.slow
@pytest.mark.parametrize("look", [Look(390, "dark", scripts=False), Look(1280)], ids=str)
def test_somebody_mends_a_slip_where_it_happened(
    look: Look, chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, look, expect="400") as page:
        page.goto("/items/7?brand=Cedar")
        page.locator(".filters summary").click()
        page.get_by_label("from", exact=True).fill("about 10")
        page.get_by_label("to", exact=True).fill("40,00")
        follow(page.get_by_role("button", name="Show these"))

        field = page.get_by_label("from", exact=True)
        expect(field).to_be_visible()
        expect(field).to_have_value("about 10")
        expect(field).to_have_accessible_description(
            "‘about 10’ is not a price; write it like 49.90."
        )
        expect(page.locator('.filters input[value="Cedar"]')).to_be_checked()
        assert page.locator(".grid.three .card").count() > 0
        field.fill("10")
        follow(page.get_by_role("button", name="Show these"))
        assert {**asked(page)} == {"brand": ["Cedar"], "min_price": ["10"], "max_price": ["40"]}
        assert "up to 40" in page.locator(".narrow").inner_text()
