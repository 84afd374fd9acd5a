"""What people see and do, in Chromium: narrow and wide, light and dark, scripts or none."""

import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsing import (
    HEIGHT,
    ITEMS,
    LOST,
    PAGES,
    Look,
    addresses,
    asked,
    follow,
    is_drawn,
    looking,
    names,
    ready,
    show_choices,
)
from tests.serving import Server

pytestmark = pytest.mark.slow

# Every two of width, scheme and scripts meet in one of these.
LOOKS = (
    Look(390, "light"),
    Look(390, "dark", scripts=False),
    Look(1280, "light", scripts=False),
    Look(1280, "dark"),
    Look(1920, "light"),
    Look(1920, "dark", scripts=False),
)
in_every_look = pytest.mark.parametrize("page", LOOKS, ids=str, indirect=True)


@pytest.fixture(scope="module")
def photos(drawn: Path) -> Path:
    return drawn


@pytest.fixture
def page(request: pytest.FixtureRequest, chromium: Browser, shop: Server) -> Iterator[Page]:
    with looking(chromium, shop, request.param) as tab:
        yield tab


def kind_link(page: Page, name: str) -> Locator:
    """Find the link that ranks the neighbours by a kind."""
    return show_choices(page).get_by_role("link", name=re.compile(rf"^{name}\b"))


@in_every_look
def test_a_click_on_a_bag_leads_to_its_nine_neighbours_and_the_kinds_are_links(page: Page) -> None:
    page.goto("/?seed=5")
    pictures = page.locator(".grid .card img")
    assert pictures.count() == ITEMS
    assert all(is_drawn(pictures.nth(number)) for number in (0, 1, 2, ITEMS - 1))

    clicked = names(page)[3]
    follow(page.locator(".card a").nth(3))

    assert re.search(r"/items/\d+\?", page.url)
    assert page.locator("h1").inner_text() == clicked
    assert is_drawn(page.locator(".subject img"))
    neighbours = names(page)
    assert len(set(neighbours)) == 9
    assert clicked not in neighbours
    assert page.locator(".how-choices nav[aria-label='Hash kind'] [aria-current]").count() == 1

    found = {}
    for kind in ("whash", "colorhash"):
        follow(kind_link(page, kind))

        assert asked(page) == {"by": [kind], "seed": ["5"]}
        assert kind_link(page, kind).get_attribute("aria-current") == "true"
        assert page.locator(".neighbours nav[aria-label='Hash kind'] [aria-current]").count() == 1
        assert page.locator("h1").inner_text() == clicked
        found[kind] = set(names(page))
        assert len(found[kind] - {clicked}) == 9
        assert page.locator(".neighbours .explain b").first.inner_text() == kind
    assert found["whash"] != found["colorhash"]


@in_every_look
def test_compare_shows_a_row_for_each_kind_and_kinds_come_and_go_by_links(page: Page) -> None:
    page.goto("/items/7")
    page.get_by_role("link", name="Compare what each kind finds").click()
    page.wait_for_url("**/compare?*")
    rows = page.locator("section.row")
    kinds = [name.strip() for name in rows.locator("h2").all_inner_texts()]
    assert {"whash", "colorhash"} <= set(kinds)
    for row in rows.all():
        assert row.locator(".card").count() == 9
        assert is_drawn(row.locator("img").first)

    page.get_by_role("link", name="Remove colorhash", exact=True).click()
    left = [kind for kind in kinds if kind != "colorhash"]
    expect(rows.locator("h2")).to_have_text(left)
    page.get_by_role("link", name="Add ahash", exact=True).click()
    expect(rows.locator("h2").last).to_have_text("ahash")
    follow(rows.last.locator(".card a").first)
    assert re.search(r"/items/\d+\?by=ahash", page.url)


@in_every_look
def test_an_uploaded_photo_leads_to_a_lasting_address_where_the_bag_itself_comes_first(
    page: Page, photos: Path
) -> None:
    page.goto("/")
    page.get_by_role("link", name="Search with a photo").first.click()
    page.locator("input[type=file]").first.set_input_files(photos / "bag-012.png")
    page.get_by_role("button", name="Find bags like it").click()

    page.wait_for_url(re.compile(r"/search\?.*q="))
    assert len(page.url) < 2000
    found = names(page)
    assert len(set(found)) == 9
    assert found[0] == "Bag 12 of shop"
    page.reload()
    assert names(page) == found
    for kind in ("whash", "colorhash"):
        follow(kind_link(page, kind))
        assert asked(page)["by"] == [kind]
        assert names(page)[0] == found[0]
        assert page.locator(".card .near").first.inner_text() in {"The same picture", "Very alike"}


@in_every_look
def test_filters_narrow_the_grid_and_their_chips_take_them_off_again(page: Page) -> None:
    page.goto("/?seed=5")
    everything = names(page)
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Cedar").check()
    page.get_by_label("to", exact=True).fill("30")
    follow(page.get_by_role("button", name="Show these"))

    assert asked(page) == {"brand": ["Cedar"], "max_price": ["30"], "seed": ["5"]}
    brands = page.locator(".grid .card .brand").all_inner_texts()
    assert {brand.strip().casefold() for brand in brands} == {"cedar"}
    assert len(brands) == len([n for n in range(ITEMS) if n % 4 == 2 and 10 + n <= 30])

    follow(page.get_by_role("link", name=re.compile("Remove the filter Cedar")))
    assert asked(page) == {"max_price": ["30"], "seed": ["5"]}
    assert len(names(page)) == 21
    follow(page.get_by_role("link", name="Clear all"))
    assert names(page) == everything


@in_every_look
def test_shuffle_shows_another_sample_and_back_brings_the_earlier_one_back(page: Page) -> None:
    page.goto("/?n=12")
    first = names(page)
    follow(page.get_by_role("link", name="Shuffle"))
    second = names(page)
    assert len(first) == len(second) == 12
    assert first != second
    follow(page.get_by_role("link", name="Shuffle"))
    third = names(page)
    assert third not in (first, second)

    page.go_back()
    assert names(page) == second
    page.go_back()
    assert names(page) == first
    page.go_forward()
    follow(page.locator(".card a").first)
    follow(page.get_by_role("link", name="Hashbag"))
    assert asked(page)["seed"], "the way home keeps the sample"


@pytest.mark.parametrize("width", [320, 390, 1280, 1920])
def test_no_page_is_wider_than_the_screen_and_none_says_an_error(
    width: int, chromium: Browser, shop: Server
) -> None:
    wider: dict[str, int] = {}
    with looking(chromium, shop, Look(width), expect=LOST) as page:
        for name, target in addresses(shop).items():
            page.goto(target)
            assert page.locator("h1").count() == page.locator("main").count() == 1, name
            wider[name] = overflow(page)
            if page.locator("details.filters").count():
                page.locator("details.filters summary").click()
                wider[f"{name}, its filters open"] = overflow(page)
    assert {name: pixels for name, pixels in wider.items() if pixels > 0} == {}


def overflow(page: Page) -> int:
    """Measure by how many pixels the page can be scrolled sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


# Text that its box cuts off: of a title on one line the whole is in its `title`.
CUT_OFF = """() => [...document.querySelectorAll('body *')].filter(it => {
    const style = getComputedStyle(it);
    return it.textContent.trim() && !it.title && !it.closest('.hidden, .skip, svg')
      && [style.overflowX, style.overflowY].some(how => how === 'hidden' || how === 'clip')
      && (it.scrollWidth > it.clientWidth + 1 || it.scrollHeight > it.clientHeight + 1);
}).map(it => it.outerHTML.slice(0, 100))"""


@pytest.mark.parametrize("width", [640, 1280])
def test_text_at_twice_the_size_loses_nothing(width: int, chromium: Browser, shop: Server) -> None:
    with looking(chromium, shop, Look(width), expect=LOST) as page:
        for name, target in addresses(shop).items():
            page.goto(target)
            ready(page)  # what its scripts show is there
            before = page.locator("body").inner_text()
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == 32
            assert page.locator("body").inner_text() == before, name
            assert overflow(page) <= 0, name
            assert page.evaluate(CUT_OFF) == [], name


IMAGES = """() => [...document.images].map(img => ({
    alt: img.alt.trim(), width: img.getAttribute('width'), height: img.getAttribute('height'),
    lazy: img.loading === 'lazy', top: img.getBoundingClientRect().top + scrollY }))"""


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_every_picture_has_words_and_a_size_and_those_far_below_the_fold_wait(
    width: int, chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(width), expect=LOST) as page:
        waiting: set[str] = set()
        for name, target in addresses(shop).items():
            page.goto(target)
            # The map is one picture, in tiles: it is described as a whole.
            for image in page.evaluate(IMAGES) if name not in {"map", "coloured map"} else []:
                if image["lazy"] and image["top"] > HEIGHT:
                    waiting.add(name)
                assert image["alt"], (name, image)
                assert int(image["width"]) > 0, (name, image)
                assert int(image["height"]) > 0, (name, image)
                assert image["lazy"] or image["top"] < 2 * HEIGHT, (name, image)
        assert {"grid", "browse", "compare"} <= waiting


FOCUSED = """() => { const it = document.activeElement, style = getComputedStyle(it);
    const box = it.getClientRects()[0];
    return { is: it.outerHTML.slice(0, 90), shown: box.width > 0 && box.left >= 0 && box.top >= 0
        && box.bottom <= innerHeight + 1,
      outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1,
      onTop: it.contains(document.elementFromPoint(box.left + box.width / 2,
        Math.min(box.top + box.height / 2, innerHeight - 1))) } }"""


@in_every_look
def test_the_keyboard_skips_to_the_content_and_opens_a_bag(page: Page) -> None:
    page.goto("/?seed=5")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    assert page.evaluate(FOCUSED)["shown"], "the skip link can be seen while it has the focus"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("!!document.activeElement.closest('.card a')"):
            break
    name = page.evaluate("document.activeElement.querySelector('.title').textContent.trim()")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/items/\d+"))
    assert page.locator("h1").inner_text() == name


@pytest.mark.parametrize(("target", "scheme"), [*zip(PAGES, cycle(("light", "dark")))])
def test_whatever_has_the_focus_is_outlined_and_in_view(
    target: str, scheme: Literal["light", "dark"], chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(1280, scheme), expect=LOST) as page:
        page.goto(addresses(shop)[target])
        stops = []
        for _ in range(25):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
            stops.append(page.evaluate(FOCUSED))
    assert len(stops) > 5
    assert [stop for stop in stops if not (stop["outlined"] and stop["shown"])] == []
    assert [stop for stop in stops if not stop["onTop"]] == []


LIGHTNESS = """([selector, property]) => {
    const [r, g, b] = getComputedStyle(document.querySelector(selector))[property]
      .match(/[\\d.]+/g).map(n => (n / 255 <= 0.04045 ? n / 255 / 12.92
        : ((n / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b }"""


@in_every_look
def test_text_stands_out_and_dark_is_dark(page: Page, request: pytest.FixtureRequest) -> None:
    page.goto("/items/7")

    def light(selector: str, which: str = "color") -> float:
        return float(page.evaluate(LIGHTNESS, [selector, which]))

    paper = light("body", "backgroundColor")
    assert (paper < 0.05) == ("dark" in request.node.callspec.id)
    for selector in (
        "h1",
        ".explain",
        ".price",
        ".proof",
        ".distance",
        ".prints a",
        ".card .brand",
    ):
        low, high = sorted((paper, light(selector)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, f"{selector} is too faint"


def test_a_text_file_named_jpg_is_told_so_in_calm_words(
    chromium: Browser, shop: Server, tmp_path: Path
) -> None:
    (tmp_path / "words.jpg").write_text("this is no picture")
    with looking(chromium, shop, Look(390, scripts=False), expect="415|/search") as page:
        page.goto("/search")
        page.locator("input[type=file]").first.set_input_files(tmp_path / "words.jpg")
        page.get_by_role("button", name="Find bags like it").click()
        page.locator(".status").wait_for()
        assert page.locator(".status").inner_text() == "415"
        assert "not a picture" in page.locator("h1").inner_text()
        assert page.get_by_role("link", name="Search with a photo").count() >= 1
