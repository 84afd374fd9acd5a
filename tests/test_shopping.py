"""Filters, prices, why and compare in Chromium, as a person uses them; with and without scripts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.accessibility import violations
from tests.browsing import (
    PAGES,
    SCHEMES,
    Look,
    addresses,
    asked,
    follow,
    looking,
    names,
    ready,
    show_choices,
    until,
)
from tests.serving import Server
from webapp.search.look import BLENDED
from webapp.web.template_globals import FIRST_KINDS

pytestmark = pytest.mark.slow

WAYS = (Look(1280), Look(390, "dark", scripts=False))
both_ways = pytest.mark.parametrize("page", WAYS, ids=str, indirect=True)


@pytest.fixture
def page(request: pytest.FixtureRequest, chromium: Browser, shop: Server) -> Iterator[Page]:
    with looking(chromium, shop, request.param) as tab:
        yield tab


def prices(page: Page, within: str) -> list[float]:
    texts = page.locator(f"{within} .card .price").all_inner_texts()
    return [float(text.replace(",", "")) for text in texts]


def tick(page: Page, value: str) -> None:
    page.locator(f'.filters input[value="{value}"]').check()


@both_ways
def test_a_visitor_narrows_neighbours_by_facets_whose_counts_follow_and_takes_one_off_again(
    page: Page,
) -> None:
    page.goto("/items/7")
    page.locator(".filters summary").click()
    before = page.locator(".choices").first.inner_text()
    tick(page, "tote")
    follow(page.get_by_role("button", name="Show these"))
    assert asked(page)["category"] == ["tote"]
    page.locator(".filters summary").click()
    assert page.locator(".choices").first.inner_text() != before
    tick(page, "Alder")
    tick(page, "Birch")
    page.get_by_label("to", exact=True).fill("40")
    follow(page.get_by_role("button", name="Show these"))
    wanted = {"category": ["tote"], "brand": ["Alder", "Birch"], "max_price": ["40"]}
    assert {name: asked(page)[name] for name in wanted} == wanted
    assert set(page.locator(".grid.three .brand").all_inner_texts()) <= {"Alder", "Birch"}
    assert max(prices(page, ".grid.three")) <= 40
    few = page.locator(".grid.three .card").count()
    follow(page.get_by_role("link", name=re.compile("Remove the filter Alder")))
    assert asked(page)["brand"] == ["Birch"]
    assert page.locator(".grid.three .card").count() < few
    follow(page.get_by_role("link", name="Clear all"))
    assert set(asked(page)) & set(wanted) == set()
    assert page.locator(".grid.three .card").count() == 9


@both_ways
def test_neighbours_are_put_in_order_of_price_by_a_link(page: Page) -> None:
    page.goto("/items/7")
    alike = set(names(page, ".grid.three"))
    follow(show_choices(page).get_by_role("link", name="low to high"))
    assert prices(page, ".grid.three") == sorted(prices(page, ".grid.three"))
    assert set(names(page, ".grid.three")) == alike


@both_ways
def test_the_same_look_for_less_leads_to_all_of_these(page: Page) -> None:
    page.goto("/items/30")
    price = float(page.locator(".subject .price").inner_text())
    assert page.locator(".band h2").all_inner_texts() == [
        "For less",
        "About the same price",
        "For more",
    ]
    assert max(prices(page, ".band:first-child")) < 0.8 * price
    follow(page.get_by_role("link", name=re.compile("More of these for less")))
    assert float(asked(page)["max_price"][0]) < 0.8 * price
    assert page.locator("h1").inner_text()


@both_ways
def test_why_is_one_click_away_and_says_it_in_cells_and_words(page: Page) -> None:
    page.goto("/items/7?by=whash")
    near = page.locator(".grid.three .near").first.inner_text()
    follow(page.locator(".grid.three .why").first)
    assert page.locator("h1").inner_text() == "Why it matched"
    verdict = re.match(
        r"(.+)\. In figures: (\d+) of 64 bits differ", page.locator(".verdict").inner_text()
    )
    assert verdict
    assert verdict[1] == near
    differ = int(verdict[2])
    drawn = page.locator(".bits .differs").first.get_attribute("d") or ""
    assert drawn.count("M") == differ
    over_photos = page.locator(".overlay .differs")
    assert over_photos.count() == 2
    follow(page.get_by_role("navigation", name="Hash kind").get_by_role("link", name="colorhash"))
    assert page.locator(".parts tbody tr").count() > 0
    follow(page.get_by_role("navigation", name="Hash kind").get_by_role("link", name="look"))
    assert page.locator(".evidence .weight").count() == len(BLENDED)


def test_the_grid_lies_on_the_photo_itself_not_on_its_mat(chromium: Browser, shop: Server) -> None:
    with looking(chromium, shop, Look(1280)) as page:
        page.goto("/why?item=7&to=9&by=whash")
        boxes = page.evaluate(
            "[...document.querySelectorAll('.overlay')].map(it => ['img', 'svg svg'].map(one =>"
            " { const box = it.querySelector(one).getBoundingClientRect();"
            " return [box.left, box.top, box.width, box.height] }))"
        )
        for photo, _ in boxes:
            assert photo[2] == pytest.approx(photo[3], abs=2), "the drawn photos are square"
        assert [photo for photo, _ in boxes] != []


@both_ways
def test_compare_joins_the_same_bag_and_tells_how_far_kinds_agree(page: Page) -> None:
    page.goto("/compare?item=7&by=whash&by=ahash")
    rows = page.locator("section.row")
    assert rows.count() == 2
    assert "agree: 9 of 9" in rows.first.locator(".proof").inner_text()
    assert " ms" in rows.first.locator(".proof").inner_text()
    shared = page.locator(".row .card:has(.also)")
    assert shared.count() >= 2
    together = page.locator(".agreement tbody td").first.inner_text()
    assert together == f"{shared.count() // 2} of 9"
    assert page.locator(".ranks path").count() == shared.count() // 2
    one = shared.first.get_attribute("data-item")
    shared.first.locator(".also a").click()
    until(page, "document.querySelector(':target')")
    assert page.evaluate("document.querySelector(':target').dataset.item") == one
    follow(page.get_by_role("link", name="Add phash", exact=True))
    assert asked(page)["by"] == ["whash", "ahash", "phash"]


def test_pointing_at_a_bag_marks_it_in_every_row_and_so_does_the_focus(
    chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(1280)) as page:
        page.goto("/compare?item=7&by=whash&by=ahash")
        shared = page.locator(".row .card:has(.also)")
        one = shared.first.get_attribute("data-item")
        ready(page)  # the script that marks has come
        shared.first.locator(".mat").hover()
        page.wait_for_selector(".card.joined")
        marked = page.locator(".card.joined")
        assert [it.get_attribute("data-item") for it in marked.all()] == [one, one]
        page.mouse.move(2, 2)
        page.locator("h1").hover()
        assert page.locator(".card.joined").count() == 0
        shared.last.locator("a").first.focus()
        other = shared.last.get_attribute("data-item")
        assert [it.get_attribute("data-item") for it in marked.all()] == [other, other]


def test_a_comparison_prints_without_its_controls(chromium: Browser, shop: Server) -> None:
    with looking(chromium, shop, Look(1280)) as page:
        page.goto("/compare?item=7")
        page.emulate_media(media="print")
        for control in (".masthead", ".narrow", ".query nav", "footer", ".why"):
            assert not page.locator(control).first.is_visible(), control
        assert page.locator("section.row").count() == len(FIRST_KINDS)
        wide = page.evaluate("document.querySelector('.strip').scrollWidth")
        assert wide <= page.evaluate("document.querySelector('.strip').clientWidth") + 1


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wrong_light_or_dark(name: str, chromium: Browser, shop: Server) -> None:
    target = addresses(shop)[name]
    found = {scheme: violations(chromium, shop.url + target, scheme) for scheme in SCHEMES}
    assert found == {"light": [], "dark": []}


@both_ways
def test_a_visitor_asks_for_another_colour_then_for_two_bags_in_one_and_shares_the_address(
    page: Page, chromium: Browser, shop: Server
) -> None:
    page.goto("/items/7")
    show_choices(page)
    tint = page.locator(".tint").first
    name = tint.inner_text().strip()
    follow(tint)
    assert asked(page)["tint"] == [name]
    assert page.locator(".chip.active").first.inner_text().split() == [
        "Take",
        "off:",
        "In",
        name,
        "×",
    ]
    follow(page.locator(".chip.active").first)
    assert "tint" not in asked(page)
    follow(page.locator(".grid.three .card .why").first)
    follow(page.get_by_role("link", name="The shape of the first, the colour of this one"))
    (other,) = asked(page)["colour_of"]
    assert other.startswith("item:")
    found = page.locator(".grid.three .card").evaluate_all("all => all.map(c => c.dataset.item)")
    assert len(found) == 9
    with looking(chromium, shop, Look(1280)) as elsewhere:
        elsewhere.goto(page.url)
        assert "In the colour of" in elsewhere.locator(".chip.active").inner_text()
        again = elsewhere.locator(".grid.three .card")
        assert again.evaluate_all("all => all.map(c => c.dataset.item)") == found
    follow(page.locator(".grid.three .card .why").first)
    follow(page.get_by_role("link", name="Not like this one"))
    assert found[0] == asked(page)["not"][0]
    left = page.locator(".grid.three .card").evaluate_all("all => all.map(c => c.dataset.item)")
    assert found[0] not in left
