"""What the eye found wrong with pages full of bags, on narrow and wide screens, stays mended."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, FloatRect, Locator

from tests.browsing import Look, looking
from tests.serving import Server
from tests.test_pages import page as shown

slow = pytest.mark.slow


def boxes(found: Locator) -> list[FloatRect]:
    """Return where things are, those that are seen."""
    return [box for box in (one.bounding_box() for one in found.all()) if box]


@slow
@pytest.mark.parametrize("width", [320, 390])
def test_the_navigation_is_one_line_on_a_phone(width: int, chromium: Browser, shop: Server) -> None:
    with looking(chromium, shop, Look(width, touch=True)) as page:
        page.goto("/browse")
        links = boxes(page.locator(".masthead nav a"))
        assert len(links) == 5
        assert len({round(link["y"]) for link in links}) == 1
        assert max(link["x"] + link["width"] for link in links) <= width


@slow
@pytest.mark.parametrize("width", [390, 1280])
def test_how_near_they_are_is_said_on_one_line_for_the_bags_of_a_row(
    width: int, chromium: Browser, shop: Server
) -> None:
    """However many lines their titles take, and whether they have a price."""
    with looking(chromium, shop, Look(width)) as page:
        page.goto("/items/7")
        page.locator("#results .card .title").first.evaluate(
            "it => { it.textContent = 'A title of so many words that it takes two lines' }"
        )
        page.locator("#results .card .price").nth(1).evaluate("it => it.remove()")
        ends = [box["y"] + box["height"] for box in boxes(page.locator("#results .distance"))]
        assert len(ends) == 9
        rows = [ends[place : place + 3] for place in range(0, 9, 3)]
        assert [max(row) - min(row) < 1 for row in rows] == [True] * 3


@slow
def test_a_comparison_says_it_on_one_line_too_whatever_stands_below(
    chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(1280)) as page:
        page.goto("/compare?item=7")
        row = page.locator(".row", has=page.locator(".card:has(.also)")).first
        assert row.locator(".card:has(.also)").count()
        row.locator(".card .also").first.evaluate("it => it.remove()")
        tops = [box["y"] for box in boxes(row.locator(".distance"))]
        assert max(tops) - min(tops) < 1


@slow
@pytest.mark.parametrize(("width", "widest"), [(320, 160), (1280, 210), (1920, 260)])
def test_the_bags_of_a_list_and_those_like_it_are_of_a_size_to_compare(
    width: int, widest: int, chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(width)) as page:
        page.goto("/list?ids=7,3,9")
        for cards in (".listed .card", "#results .card"):
            assert {box["width"] <= widest for box in boxes(page.locator(cards))} == {True}


@slow
def test_a_comparison_names_its_kinds_in_whole_lines_on_the_narrowest_screen(
    chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(320, touch=True)) as page:
        page.goto("/compare?item=7")
        headings = boxes(page.locator(".row > header > div:last-child"))
        assert len(headings) >= 4
        assert min(box["width"] for box in headings) > 100


@slow
def test_the_heart_stands_beside_the_price(chromium: Browser, shop: Server) -> None:
    with looking(chromium, shop, Look(390)) as page:
        page.goto("/items/7")
        price, heart = boxes(page.locator(".offer > .price, .offer > .heart"))
        middles = [box["y"] + box["height"] / 2 for box in (price, heart)]
        assert abs(middles[0] - middles[1]) < 2


def test_an_empty_catalogue_offers_no_shuffle(empty: Flask, filled: Flask) -> None:
    assert "Shuffle" not in shown(empty.test_client(), "/").html
    assert "Shuffle" in shown(filled.test_client(), "/").html
