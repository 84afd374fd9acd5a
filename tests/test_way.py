"""Finding one's way in Chromium: the trail, back and forward, moving pictures, keys, prefetch."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import CHROMIUM, HEIGHT, QUIET, Look, asked, looking, names, ready, until, visit
from tests.serving import Server, eventually

pytestmark = pytest.mark.slow

ITEM = re.compile(r"/items/\d+")


@pytest.fixture
def page(chromium: Browser, shop: Server) -> Iterator[Page]:
    with looking(chromium, shop, Look(1280)) as tab:
        yield tab


def walk(page: Page, *cards: int) -> list[str]:
    """Click cards, one page after another; returns the names of the bags come to."""
    found = []
    for number in cards:
        there = page.locator(".card > a").nth(number).get_attribute("href")
        page.locator(".card > a").nth(number).click()
        page.wait_for_url(f"**{there}")
        found.append(page.locator("h1").inner_text())
    return found


def trail(page: Page) -> list[str]:
    steps = page.get_by_role("navigation", name="Trail").get_by_role("listitem")
    return [text.strip() for text in steps.all_inner_texts()]


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_way_is_a_trail_of_links_that_lasts(
    chromium: Browser, shop: Server, width: int, scripts: bool
) -> None:
    with looking(chromium, shop, Look(width, scripts=scripts)) as page:
        page.goto("/?seed=5")
        ways = walk(page, 3, 1, 2)
        bags = list(dict.fromkeys(reversed(ways)))[::-1]
        assert len(bags) > 1
        assert trail(page) == bags
        page.reload()
        assert trail(page) == bags

        steps = page.get_by_role("navigation", name="Trail")
        assert steps.locator("[aria-current=page]").inner_text() == bags[-1]
        steps.get_by_role("link").nth(0).click()
        expect(page.locator("h1")).to_have_text(bags[0])
        assert page.get_by_role("navigation", name="Trail").count() == 0
        page.go_back()
        assert trail(page) == bags


def test_the_trail_of_a_photo_leads_back_to_its_result(page: Page, drawn: Path) -> None:
    page.goto("/search")
    page.locator("input[type=file]").first.set_input_files(drawn / "bag-012.png")
    page.get_by_role("button", name="Find bags like it").click()
    page.wait_for_url(re.compile("q="))
    result = page.url
    ways = walk(page, 3, 1)
    expect(page.get_by_role("navigation", name="Trail")).to_contain_text("Your photo")
    assert trail(page) == ["Your photo", *ways]
    page.get_by_role("navigation", name="Trail").get_by_role("link", name="Your photo").click()
    page.wait_for_url(re.compile("q="))
    assert page.url == result


def test_a_shared_trail_of_a_photo_names_no_photo_of_ones_own(
    chromium: Browser, shop: Server, drawn: Path
) -> None:
    found = shop.post_picture("/search", (drawn / "bag-012.png").read_bytes())
    with looking(chromium, shop, Look(1280, scripts=False)) as page:
        page.goto(found.headers["Location"])
        (bag,) = walk(page, 2)
        shared = page.url
        assert trail(page) == ["A photo", bag]
    with looking(chromium, shop, Look(1280)) as page:
        visit(page, shared)
        assert trail(page) == ["A photo", bag]
        assert page.get_by_role("navigation", name="Trail").get_by_role("link").count() == 0


@pytest.mark.parametrize("scripts", [True, False])
def test_back_and_forward_keep_the_place_on_the_page(
    chromium: Browser, shop: Server, scripts: bool
) -> None:
    with looking(chromium, shop, Look(390, scripts=scripts)) as page:
        page.goto("/?seed=5")
        page.locator(".card > a").nth(30).scroll_into_view_if_needed()
        place = page.evaluate("scrollY")
        assert place > HEIGHT
        walk(page, 30)
        page.mouse.wheel(0, 500)
        until(page, "scrollY > 300")
        below = page.evaluate("scrollY")
        page.go_back()
        until(page, f"Math.abs(scrollY - {place}) < 2")
        page.go_forward()
        until(page, f"Math.abs(scrollY - {below}) < 2")


TELL_HOW_SHOWN = """addEventListener('pageshow', event => fetch(
    `/items/by/kept/${event.persisted},${location.pathname.length},${Math.round(scrollY)}`))"""


def test_the_page_gone_back_to_is_the_very_page_that_was_left(
    chromium: Browser, shop: Server
) -> None:
    # The driver switches the browser's own memory of pages off; it also loses features of a page
    # that comes back from there, so the page tells the server how it was shown. And the browser
    # without a screen has no such memory.
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=QUIET, ignore_default_args=["--disable-back-forward-cache"]
    )
    page = browser.new_page(base_url=shop.url, viewport={"width": 390, "height": HEIGHT})
    page.add_init_script(TELL_HOW_SHOWN)
    page.goto("/?seed=77&n=31")
    page.locator(".card > a").nth(30).scroll_into_view_if_needed()
    place = page.evaluate("Math.round(scrollY)")
    page.locator(".card > a").nth(30).click()
    page.wait_for_url(ITEM)
    ready(page)
    page.evaluate("history.back()")
    told = f"/items/by/kept/true%2C1%2C{place}"
    eventually(lambda: told in shop.log.read_text(), "the page came back as it was left")
    browser.close()


# What moves while one page gives way to the next, told by the page that comes.
WATCH_MOVES = """addEventListener('pagereveal', ({ viewTransition }) => {
    window.moves = viewTransition ? viewTransition.ready.then(() => document.getAnimations()
      .map(it => it.effect.pseudoElement).filter(it => it.endsWith('(bag)')).toSorted()) : []; })"""


def moves(page: Page) -> list[str]:
    """List what moved of the bag: its frame, its old and its new picture."""
    until(page, "window.moves")  # once the page is revealed
    found: list[str] = page.evaluate("window.moves")
    return sorted({move.removeprefix("::view-transition-") for move in found})


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_the_clicked_bag_grows_into_the_picture_of_its_page_unless_motion_is_not_wanted(
    chromium: Browser, shop: Server, motion: Literal["no-preference", "reduce"]
) -> None:
    expected = ["group(bag)", "new(bag)", "old(bag)"] if motion == "no-preference" else []
    with looking(chromium, shop, Look(1280)) as page:
        page.emulate_media(reduced_motion=motion)
        page.add_init_script(WATCH_MOVES)
        page.goto("/?seed=5")
        assert moves(page) == []
        for card in (3, 1, 2):  # from the grid to an item, from item to item
            walk(page, card)
            assert moves(page) == expected
        for _ in range(3):
            page.go_back()
            assert moves(page) == expected
        assert page.url.endswith("/?seed=5")
        expect(page.locator(".mat[style*=view-transition]")).to_have_count(0)


def test_pages_that_share_no_bag_only_fade(page: Page) -> None:
    page.add_init_script(WATCH_MOVES)
    page.goto("/?seed=5")
    page.get_by_role("link", name="Browse").click()
    assert moves(page) == []


PAGES_LOGGED = ("/items/", "/search")


def test_an_item_is_fetched_while_the_pointer_rests_on_it_and_nothing_dear_is(
    page: Page, shop: Server
) -> None:
    visit(page, "/items/9?seed=606")
    link = page.locator(".card > a").nth(4)
    target = link.get_attribute("href")
    assert target

    def fetched() -> list[str]:
        lines = shop.log.read_text().splitlines()[logged:]
        return [word for line in lines for word in line.split() if word.startswith(PAGES_LOGGED)]

    logged = len(shop.log.read_text().splitlines())
    page.get_by_role("link", name="Search with a photo").hover()
    page.get_by_role("link", name=re.compile("Try harder")).hover()
    page.wait_for_timeout(700)
    link.hover()
    path = target.partition("?")[0]
    eventually(lambda: path in fetched(), "the item was fetched before the click")
    assert fetched() == [path]
    link.click()
    page.wait_for_url(ITEM)
    entry: dict[str, Any] = page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    assert entry["deliveryType"] == "navigational-prefetch"
    assert fetched().count(path) == 1


def test_a_slash_goes_to_the_search(page: Page) -> None:
    for start in ("/?seed=5", "/items/7", "/about"):
        visit(page, start)
        page.keyboard.press("/")
        focused = page.locator(":focus")
        expect(focused).to_have_text("Search with a photo")
        assert focused.get_attribute("aria-keyshortcuts") == "/"
    page.keyboard.press("Enter")
    page.wait_for_url("**/search*")
    ready(page)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "file"


def test_a_slash_in_a_field_is_a_slash(page: Page) -> None:
    visit(page, "/browse")
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("to", exact=True).focus()
    page.keyboard.type("1/2")
    assert page.get_by_label("to", exact=True).input_value() == "1/2"


PLACE = """() => { const cards = [...document.querySelectorAll('.card > a')];
    const at = cards.indexOf(document.activeElement), box = cards[at]?.getBoundingClientRect();
    return [at, Math.round(box.left), Math.round(box.top + scrollY)] }"""


@pytest.mark.parametrize("width", [390, 1280])
def test_arrows_go_from_bag_to_bag_in_a_grid(chromium: Browser, shop: Server, width: int) -> None:
    with looking(chromium, shop, Look(width)) as page:
        visit(page, "/?seed=5")
        last = len(names(page)) - 1
        page.locator(".card > a").first.focus()

        def press(key: str) -> tuple[int, int, int]:
            page.keyboard.press(key)
            at, left, top = page.evaluate(PLACE)
            return at, left, top

        _, left, top = press("ArrowLeft")
        assert press("ArrowRight")[0] == 1
        assert press("ArrowLeft") == (0, left, top)
        at, below_left, below = press("ArrowDown")
        assert at > 1
        assert below_left == left
        assert below > top
        assert press("ArrowDown")[1] == left
        press("ArrowUp")
        assert press("ArrowUp") == (0, left, top)
        assert press("ArrowUp") == (0, left, top)
        assert press("End")[0] == last
        assert press("ArrowDown")[0] == press("ArrowRight")[0] == last
        box = page.locator(":focus").bounding_box()
        assert box
        assert box["y"] < HEIGHT, "what has the focus is in view"
        assert page.locator(":focus").evaluate("it => getComputedStyle(it).outlineStyle") != "none"
        assert press("Home")[0] == 0
        page.keyboard.press("Enter")
        page.wait_for_url(ITEM)
        assert asked(page)["seed"] == ["5"]


def test_arrows_go_from_row_to_row_of_a_comparison(page: Page) -> None:
    visit(page, "/compare?item=7&by=whash&by=phash")
    page.locator(".card > a").nth(2).focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(PLACE)[0] == 9 + 2
    page.keyboard.press("End")
    assert page.evaluate(PLACE)[0] == 17
    page.keyboard.press("ArrowUp")
    assert page.evaluate(PLACE)[0] < 9


def test_on_a_phone_the_search_button_hides_little_and_says_its_name(
    chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(390, touch=True)) as page:
        page.goto("/?seed=5")
        button = page.get_by_role("link", name="Search with a photo", exact=True)
        expect(button).to_have_text("Search with a photo")
        box = button.bounding_box()
        assert box
        assert 44 <= box["height"] <= 60
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        last = page.locator("footer a").last.bounding_box()
        assert last
        assert last["y"] + last["height"] <= box["y"]
        button.click()
        page.wait_for_url("**/search*")
