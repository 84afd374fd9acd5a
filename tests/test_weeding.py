"""Looking through near-duplicates in Chromium, as a person would; with and without scripts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.accessibility import violations
from tests.applications import Once
from tests.browsing import SCHEMES, Look, asked, is_drawn, looking
from tests.serving import Server, served
from tests.test_duplicates import take_shop

pytestmark = pytest.mark.slow

WAYS = (Look(1280), Look(390, "dark", scripts=False), Look(320, scripts=False), Look(1920, "dark"))


@pytest.fixture(scope="module")
def doubled(once: Once) -> Iterator[Server]:
    """Serve a shop with copies among its photos."""
    with served(once("doubled", take_shop) / "instance") as server:
        yield server


@pytest.fixture
def page(request: pytest.FixtureRequest, chromium: Browser, doubled: Server) -> Iterator[Page]:
    with looking(chromium, doubled, request.param) as tab:
        yield tab


def groups(page: Page) -> list[tuple[str, int]]:
    """Read the heading and the number of cards of each group."""
    return [
        (group.locator("h2").inner_text(), group.locator(".card").count())
        for group in page.locator(".group").all()
    ]


def chip(page: Page, row: str, name: str) -> Locator:
    chips = page.get_by_role("navigation", name=row)
    return chips.get_by_role("link", name=re.compile(rf"^{name}"))


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("page", WAYS, ids=str, indirect=True)
def test_a_person_finds_copies_opens_a_long_group_and_sets_how_near(page: Page) -> None:
    page.goto("/?seed=5")
    main = page.get_by_role("navigation", name="Main")
    main.get_by_role("link", name="Duplicates").click()
    expect(page.locator("h1")).to_have_text("Near-duplicates")
    assert main.locator("[aria-current=page]").inner_text() == "Duplicates"
    assert asked(page) == {"seed": ["5"]}
    all_groups = groups(page)
    assert all_groups[:2] == [("20 bags", 12), ("3 bags", 3)]
    assert is_drawn(page.locator(".group img").first)
    assert is_drawn(page.locator(".group img").last)
    assert fits(page)

    page.get_by_role("link", name="and 8 more").click()
    expect(page.locator(".group .card")).to_have_count(20)
    page.go_back()
    expect(page.locator(".group").nth(1)).to_be_visible()
    assert groups(page) == all_groups

    chip(page, "How near", "Identical").click()
    expect(page.locator(".group")).to_have_count(2)
    assert chip(page, "How near", "Identical").get_attribute("aria-current") == "true"
    # The label says what is counted: that is the field's name to those who cannot see it.
    field = page.get_by_role("spinbutton", name=re.compile(r"up to.*of 384 bits may differ"))
    assert field.input_value() == "0"
    field.fill("19")
    field.press("Enter")
    page.wait_for_url(re.compile("distance=19"))
    assert asked(page) == {"by": ["shape"], "distance": ["19"], "seed": ["5"]}
    assert groups(page) == all_groups

    chip(page, "Hash kind", "phash").click()
    expect(page.get_by_text("of 64 bits may differ")).to_be_visible()
    assert asked(page) == {"by": ["phash"], "seed": ["5"]}
    page.locator(".group .card > a").first.click()
    page.wait_for_url(re.compile(r"/items/34\?"))
    assert asked(page)["by"] == ["phash"]


@pytest.mark.parametrize("page", WAYS, ids=str, indirect=True)
def test_a_bag_without_a_copy_says_so_and_a_link_looks_further(page: Page) -> None:
    page.goto("/duplicates?of=1&distance=0")
    expect(page.locator(".nothing h2")).to_have_text("No other bag is this near")
    page.get_by_role("link", name="Let up to 9 bits differ").click()
    page.wait_for_url(re.compile("distance=9"))
    assert asked(page) == {"by": ["shape"], "distance": ["9"], "of": ["1"]}
    assert fits(page)
    page.get_by_role("link", name="All groups").click()
    expect(page.locator(".group").first).to_be_visible()
    assert groups(page)[0] == ("20 bags", 12)


def test_axe_finds_nothing_wrong_with_groups(chromium: Browser, doubled: Server) -> None:
    for target in ("/duplicates", "/duplicates?of=34", "/duplicates?of=1&by=whash_db4"):
        found = {scheme: violations(chromium, doubled.url + target, scheme) for scheme in SCHEMES}
        assert found == {"light": [], "dark": []}, target


def test_text_at_twice_the_size_loses_nothing(chromium: Browser, doubled: Server) -> None:
    with looking(chromium, doubled, Look(640)) as page:
        page.goto("/duplicates")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert fits(page)
