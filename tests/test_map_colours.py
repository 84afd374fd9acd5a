"""The map coloured by an attribute: what the colours say is true, and none says it alone."""

import io
import re
from html import unescape
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.accessibility import violations
from tests.browsing import SCHEMES, Look, follow, is_drawn, looking, until
from tests.conftest import core_of
from tests.serving import Server
from tests.test_map import changing, take_out, text, visitor
from webapp.explore.map import hues

__all__ = ["changing", "visitor"]

LEGEND = re.compile(
    r'<li><a class="chip"[^>]*href="([^"]+)"[^>]*>.*?fill="(#[0-9a-f]{6})"/></svg>'
    r"([^<]+) <small>([\d,]+)</small>"
)
NAMES = ("brand", "category", "colour", "price")


def legend_of(page: str) -> dict[str, tuple[str, int, str]]:
    """Read of each name in the legend its colour, how many bags have it, and where it leads."""
    return {
        unescape(words): (hue, int(count.replace(",", "")), unescape(leads_to))
        for leads_to, hue, words, count in LEGEND.findall(page)
    }


def pixels_of(client: FlaskClient, page: str) -> NDArray[np.uint8]:
    """Return the colours, and how opaque they are, that the page lays under its cells."""
    (address,) = re.findall(r'data-colours="([^"]+)"', page)
    answer = client.get(unescape(address))
    assert "immutable" in answer.headers["Cache-Control"]
    return np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))


def hue_of(pixel: NDArray[np.uint8]) -> str:
    return f"#{bytes(pixel[:3]).hex()}"


def said_of(client: FlaskClient, query: str) -> list[int]:
    """List the items that the API finds."""
    found = client.get(f"/api/v1/items?page=1&per_page=200&{query}").get_json()["items"]
    return [item["id"] for item in found]


@pytest.mark.parametrize("name", NAMES)
def test_each_bag_lies_on_the_colour_that_the_legend_names(
    visitor: FlaskClient, mapped: Flask, name: str
) -> None:
    page = text(visitor, f"/map?colour_by={name}")
    found, pixels = core_of(mapped).maps.current(), pixels_of(visitor, page)
    legend = legend_of(page)
    assert len({hue for hue, _, _ in legend.values()}) == len(legend)
    on_hue: dict[str, list[int]] = {}
    for cell, item_id in enumerate(found.ids):
        pixel = pixels[divmod(cell, found.columns)]
        on_hue.setdefault(hue_of(pixel), []).append(item_id)
    assert {hue: len(ids) for hue, ids in on_hue.items()} == {
        hue: count for hue, count, _ in legend.values()
    }
    for words, (hue, _, leads_to) in legend.items():
        if words in {"Not said", "All others"}:
            continue
        (listed,) = re.findall(r'href="(/browse[^"]*)">See these', text(visitor, leads_to))
        same = said_of(visitor, urlsplit(unescape(listed)).query)
        assert sorted(same) == sorted(on_hue[hue]), words


def test_what_has_no_price_is_not_said(visitor: FlaskClient) -> None:
    legend = legend_of(text(visitor, "/map?colour_by=price"))
    without = [
        item
        for item in visitor.get("/api/v1/items?page=1&per_page=200").get_json()["items"]
        if item["price"] is None
    ]
    assert legend["Not said"][1] == len(without) > 0


def test_one_group_stands_out_and_its_link_puts_it_back(visitor: FlaskClient) -> None:
    whole = text(visitor, "/map?colour_by=category&seed=5")
    name, (hue, count, leads_to) = next(iter(legend_of(whole).items()))
    page = text(visitor, leads_to)
    pixels = pixels_of(visitor, page)
    tones = [hue_of(pixel) for pixel in pixels.reshape(-1, 4) if pixel[3]]
    assert (tones.count(hue), tones.count(hues.OTHERS_DIMMED)) == (count, 60 - count)
    chosen = re.findall(r'aria-current="true"><svg.*?</svg>([^<]+) <small>', page)
    assert chosen == [name]
    again = text(visitor, legend_of(page)[name][2])
    assert legend_of(again) == legend_of(whole)
    assert hues.OTHERS_DIMMED not in map(hue_of, pixels_of(visitor, again).reshape(-1, 4))


@pytest.mark.parametrize(
    "path",
    ["/map?colour_by=category&only=nope", "/map/colours/{}.png", "/map/colours/{}.png?colour_by=x"],
)
def test_a_colour_that_is_none_is_refused(visitor: FlaskClient, mapped: Flask, path: str) -> None:
    answer = visitor.get(path.format(core_of(mapped).maps.current().version))
    assert answer.status_code == 400
    assert re.search("colour_by: |only: ", answer.get_data(as_text=True))


def test_cells_without_an_item_have_no_colour(changing: Flask) -> None:
    found, client = core_of(changing).maps.current(), changing.test_client()
    take_out(changing, found.ids[0])
    list(core_of(changing).publisher.publish(jobs=1))
    pixels = pixels_of(client, text(client, "/map?colour_by=brand"))
    opaque = pixels[:, :, 3].ravel() > 0
    assert opaque.tolist() == [
        0 < cell < len(found.ids) for cell in range(found.columns * found.pyramid.rows)
    ]


def test_links_keep_the_colours(visitor: FlaskClient) -> None:
    page = text(visitor, "/map?colour_by=brand&only=Ora&z=2&x=3&y=3")
    moves = [
        parse_qs(urlsplit(unescape(link)).query)
        for link in re.findall(r'(?:data-steer="\w+"|class="tile") href="([^"]+)"', page)
    ]
    assert moves
    assert all(move["colour_by"] == ["brand"] and move["only"] == ["Ora"] for move in moves)


def test_many_values_are_eight_and_all_others() -> None:
    assert len(set(hues.of_values("abcdefgh"))) == 8
    assert (
        len(set(hues.of_colours(["Red", "Dark Red", "Multi", "Navy Blue", "blue", "Bronze"]))) == 6
    )


# --- in Chromium ---


@pytest.mark.slow
def test_a_person_colours_the_map_and_reads_what_a_bag_is_by_keys(
    chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(1280)) as page:
        page.goto("/map")
        expect(page.locator("#map.live")).to_be_visible()
        page.get_by_role("link", name="Zoom in").click()
        until(page, "location.search.includes('z=')")
        place = parse_qs(urlsplit(page.url).query)
        follow(page.get_by_role("link", name="category", exact=True))
        expect(page.locator("#map.live")).to_be_visible()
        assert is_drawn(page.locator(".view .colours"))
        asked = parse_qs(urlsplit(page.url).query)
        assert asked == {**place, "colour_by": ["category"]}
        page.locator(".view .cell").focus()
        page.keyboard.press("ArrowRight")
        values = page.locator(".legend .chip").all_inner_texts()
        names = {value.rsplit(None, 1)[0] for value in values}
        said = page.locator(".caption span").last
        expect(said).to_have_text(re.compile("|".join(map(re.escape, sorted(names)))))


@pytest.mark.slow
def test_colours_lie_under_their_bags_at_every_zoom(chromium: Browser, shop: Server) -> None:
    with looking(chromium, shop, Look(1280)) as page:
        page.goto("/map?colour_by=category&z=2&x=4&y=3")
        expect(page.locator("#map.live")).to_be_visible()
        page.locator(".view .cell").focus()
        for key in ("Home", "+", "+"):
            page.keyboard.press(key)
            until(page, SAME_PLACE)


# The chosen cell lies in the picture of colours where its column and row say.
SAME_PLACE = """(() => {
  const { columns, count } = document.getElementById("map").dataset;
  const colours = document.querySelector(".view .colours").getBoundingClientRect();
  const cell = document.querySelector(".view .cell").getBoundingClientRect();
  const size = colours.width / columns;
  const column = (cell.left - colours.left) / size, row = (cell.top - colours.top) / size;
  const near = (one, other) => Math.abs(one - other) < 0.05;
  return near(cell.width, size) && near(column, Math.round(column)) && near(row, Math.round(row))
    && Math.round(row) * columns + Math.round(column) < count;
})()"""


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_colours_are_seen_in_forced_colours_too(
    scripts: bool, scheme: Literal["light", "dark"], chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(1280, scheme, scripts=scripts)) as page:
        page.emulate_media(forced_colors="active")
        page.goto("/map?colour_by=category")
        page.wait_for_load_state("networkidle")
        seen = Image.open(io.BytesIO(page.locator("#map").screenshot())).convert("HSV")
        strong = np.asarray(seen)[:, :, 1] > 80
        assert strong.mean() > 0.1
        swatches = page.locator(".legend rect")
        fills = swatches.evaluate_all("them => them.map(it => getComputedStyle(it).fill)")
        assert len(set(fills)) == len(fills) > 1


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_wrong(
    scheme: Literal["light", "dark"], chromium: Browser, shop: Server
) -> None:
    assert violations(chromium, f"{shop.url}/map?colour_by=price", scheme) == []
