"""Whole journeys as people make them: on a phone, in large text, by keys, without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsing import Look, asked, follow, looking, names, ready, visit
from tests.hosts import ONE_OR_TWO, lose_one, two_hosts
from tests.serving import Server
from tests.test_asking import RESULT, choose, corner, drag_finger, find, own_photo

pytestmark = pytest.mark.slow

WIDTH = 390
PHOTO = "bag-030.png"  # "Bag 30 of shop", which costs 40


@pytest.fixture(scope="module", params=ONE_OR_TWO)
def shop(
    request: pytest.FixtureRequest, drawn: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Serve the photos of a small shop; tests must not change them."""
    if request.param == "one host":
        yield request.getfixturevalue("shop")
        return
    with two_hosts(request, tmp_path_factory.mktemp("hosts"), drawn / "manifest.csv") as front:
        yield front


@pytest.fixture
def photo(drawn: Path) -> Path:
    return drawn / PHOTO


def prices(page: Page, within: str) -> list[float]:
    texts = page.locator(f"{within} .card .price").all_inner_texts()
    return [
        float("".join(sign for sign in text if sign.isdigit() or sign == ".")) for text in texts
    ]


def narrow_to(page: Page, most: str) -> None:
    """Have the bags cost at most so much."""
    page.locator(".filters > summary").first.click()
    page.get_by_label("to", exact=True).fill(most)
    follow(page.get_by_role("button", name="Show these"))


def keep(page: Page) -> str:
    """Put the bag that the page shows on the shortlist; returns its name."""
    heart = page.locator(".subject .heart")
    heart.click()
    expect(page.locator(".subject .heart")).to_have_attribute("aria-pressed", "true")
    return page.locator("h1").inner_text()


def listed(page: Page) -> list[str]:
    page.wait_for_load_state()
    return [name.strip() for name in page.locator(".listed .title").all_inner_texts()]


def shared_list(chromium: Browser, shop: Server, address: str) -> list[str]:
    """Open a list's address in another browser, without scripts; returns the bags it shows."""
    with looking(chromium, shop, Look(1280, scripts=False)) as friend:
        friend.goto(address)
        expect(friend.get_by_role("button", name="Keep it as mine")).to_be_visible()
        return listed(friend)


@pytest.mark.parametrize("large", [False, True], ids=["usual text", "text at 200 %"])
def test_on_a_phone_from_a_photo_to_a_shared_list(
    large: bool, chromium: Browser, shop: Server, photo: Path
) -> None:
    """Photo, crop on the result, price, open, for less, heart, list, share."""
    with looking(chromium, shop, Look(WIDTH, touch=True)) as page:
        if large:
            # As from a browser's own settings, on every page from its beginning.
            page.add_init_script(
                "addEventListener('DOMContentLoaded',"
                " () => { document.documentElement.style.fontSize = '200%' })"
            )
        for _ in steps_of_the_phone(page, photo):
            size = page.evaluate("getComputedStyle(document.documentElement).fontSize")
            assert size == ("32px" if large else "16px")
            assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, page.url
        own = listed(page)
        address = page.url
    assert len(own) == 2
    assert shared_list(chromium, shop, address) == own


def steps_of_the_phone(page: Page, photo: Path) -> Iterator[None]:
    visit(page, "/?seed=5")
    yield
    with page.expect_navigation():
        page.locator(".masthead .ask").tap()
    ready(page)
    with page.expect_file_chooser() as camera:
        page.locator(".camera").tap()
    camera.value.set_files(photo)
    yield
    find(page)
    page.wait_for_url(RESULT)
    expect(own_photo(page)).to_be_visible()
    assert names(page)[0] == "Bag 30 of shop"
    yield

    before = asked(page)["q"]
    page.get_by_role("button", name="Move the frame").tap()
    page.wait_for_timeout(100)
    drag_finger(page, corner(page, "left top", ".own"), 8, 6)
    yield
    page.get_by_role("button", name="Find bags like this part").tap()
    page.wait_for_url(lambda address: before[0] not in address)
    expect(own_photo(page)).to_be_visible()
    yield

    narrow_to(page, "45")
    assert names(page)[0] == "Bag 30 of shop"
    assert max(prices(page, "#results")) <= 45
    yield
    follow(page.locator("#results .card > a").first)
    expect(page.locator("h1")).to_have_text("Bag 30 of shop")
    kept = [keep(page)]
    yield

    less = page.locator(".band", has=page.get_by_role("heading", name="For less"))
    cheaper = less.locator(".card > a").first
    follow(cheaper)
    kept.append(keep(page))
    assert kept[0] != kept[1]
    yield
    follow(page.locator(".shortlist-link"))
    assert sorted(listed(page)) == sorted(kept)
    yield


def test_by_keys_alone_from_a_photo_to_the_list(
    chromium: Browser, shop: Server, photo: Path
) -> None:
    with looking(chromium, shop, Look(1280)) as page:
        page.on("filechooser", lambda _: None)  # the browser is told to ask us, in its own time
        visit(page, "/about")
        press_tab_until(page, page.locator(".masthead .ask"))
        with page.expect_navigation():
            page.keyboard.press("Enter")
        ready(page)
        press_tab_until(page, page.locator("main input[type=file]").first)
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Enter")
        chooser.value.set_files(photo)
        button = page.get_by_role("button", name="Find bags like it")
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url(RESULT)
        expect(own_photo(page)).to_be_visible()

        press_tab_until(page, page.get_by_role("link", name="Skip to the bags like it"), 2)
        page.keyboard.press("Enter")
        press_tab_until(page, page.locator("#results .card > a").first, 2)
        page.keyboard.press("ArrowRight")
        second = page.locator("#results .card > a").nth(1)
        expect(second).to_be_focused()
        name = names(page)[1]
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(name)
        press_tab_until(page, page.locator(".subject .heart"))
        page.keyboard.press("Space")
        expect(page.locator(".subject .heart")).to_have_attribute("aria-pressed", "true")
        press_tab_until(page, page.locator(".shortlist-link"), backwards=True)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert listed(page) == [name]


def press_tab_until(
    page: Page, wanted: Locator, most: int = 60, *, backwards: bool = False
) -> None:
    """Go on to an element by the tab key; each stop must be seen to have the focus."""
    for _ in range(most):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if wanted.evaluate("it => it === document.activeElement"):
            assert page.evaluate(IS_OUTLINED)
            return
    pytest.fail(f"{wanted} is not among the next {most} stops")


IS_OUTLINED = """(() => {
  const styles = [document.activeElement, document.activeElement.closest('label, .drop')]
    .filter(Boolean).map(it => getComputedStyle(it));
  return styles.some(it => it.outlineStyle !== 'none' || it.borderStyle === 'dashed');
})()"""


def test_without_scripts_from_a_photo_to_a_shared_list(
    chromium: Browser, shop: Server, photo: Path
) -> None:
    with looking(chromium, shop, Look(WIDTH, scripts=False, touch=True)) as page:
        page.goto("/")
        follow(page.locator(".masthead .ask"))
        choose(page, photo)
        find(page)
        page.wait_for_url(RESULT)
        assert names(page)[0] == "Bag 30 of shop"
        narrow_to(page, "45")
        assert max(prices(page, "#results")) <= 45
        follow(page.locator("#results .card > a").first)
        lose_one(shop)
        kept = [keep(page)]
        less = page.locator(".band", has=page.get_by_role("heading", name="For less"))
        follow(less.locator(".card > a").first)
        kept.append(keep(page))
        follow(page.locator(".shortlist-link"))
        assert sorted(listed(page)) == sorted(kept)
        page.locator(".listed > li").first.get_by_role("button", name="off").click()
        page.locator(".listed > li").nth(1).wait_for(state="detached")
        own = listed(page)
        assert len(own) == 1
        address = page.url
    assert shared_list(chromium, shop, address) == own
