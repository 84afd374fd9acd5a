"""The hits come first, on a phone and on a tablet too, and choices lead back to them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from tests.browsing import Look, asked, follow, looking, show_choices
from tests.serving import Server

SCREENS = {"phone": (390, 844), "tablet": (768, 1024)}
TOP = "document.querySelector('.grid .card').getBoundingClientRect().top"


@pytest.fixture
def phone(chromium: Browser, shop: Server) -> Iterator[Page]:
    with looking(chromium, shop, Look(390, touch=True)) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        yield page


def upload(page: Page, photo: Path) -> str:
    """Search with a photo, as the form does it; returns the address of the result."""
    page.goto("/search")
    page.locator("input[type=file]").first.set_input_files(photo)
    page.get_by_role("button", name="Find bags like it").click()
    page.wait_for_url(re.compile(r"/search\?.*q="))
    return page.url


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("screen", SCREENS)
def test_the_first_hit_begins_in_the_first_screen(
    screen: str, scripts: bool, chromium: Browser, shop: Server, drawn: Path
) -> None:
    width, height = SCREENS[screen]
    look = Look(width, scripts=scripts, touch=True)
    tops: dict[str, float] = {}
    with looking(chromium, shop, look) as page:
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/items/9?trail=7.3")
        tops["item"] = page.evaluate(TOP)
        shared = upload(page, drawn / "bag-012.png")
        tops["upload"] = page.evaluate(TOP)
        page.goto(f"{shared}&brand=Cedar&max_price=30")
        tops["narrowed"] = page.evaluate(TOP)
    with looking(chromium, shop, look) as page:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(shared)
        tops["shared link"] = page.evaluate(TOP)
    # Not a sliver of it either: most of the first photo is there.
    assert {name: top for name, top in tops.items() if not 0 < top < height - 150} == {}


@pytest.mark.slow
def test_fingerprints_and_explanations_come_after_the_hits(phone: Page) -> None:
    phone.goto("/items/7")
    for later in (".prints", ".neighbours .explain", ".proof"):
        assert phone.evaluate(
            "name => document.querySelector(name).getBoundingClientRect().top >"
            " document.querySelector('.grid.three').getBoundingClientRect().bottom",
            later,
        ), later


@pytest.mark.slow
def test_on_a_phone_one_closed_line_says_what_is_chosen(phone: Page) -> None:
    phone.goto("/items/7?lean=colour&sort=price")
    line = phone.locator(".how > summary")
    expect(line).to_have_text("Ranked by look · same colour · price, low to high")
    expect(phone.get_by_role("link", name=re.compile("^whash"))).to_be_hidden()
    follow(show_choices(phone).get_by_role("link", name=re.compile("^whash")))
    expect(line).to_have_text("Ranked by whash · price, low to high")
    expect(phone.locator(".how-choices")).to_be_hidden()


@pytest.mark.slow
def test_where_there_is_room_the_choices_lie_open(chromium: Browser, shop: Server) -> None:
    with looking(chromium, shop, Look(1280)) as page:
        page.goto("/items/7")
        expect(page.locator(".how > summary")).to_be_hidden()
        for name in ("whash", "Same colour", "Price, low to high", "Try harder"):
            link = page.locator(".how-choices").get_by_role("link", name=re.compile(f"^{name}"))
            expect(link).to_be_visible()


CHOICES = ("^whash", "^Same colour", "Price, low to high", "Try harder")


@pytest.mark.slow
@pytest.mark.parametrize("choice", CHOICES)
def test_a_choice_keeps_the_place(choice: str, phone: Page) -> None:
    phone.goto("/items/7")
    phone.mouse.wheel(0, 300)
    follow(show_choices(phone).get_by_role("link", name=re.compile(choice)))
    assert phone.url.endswith("#results")
    assert -1 <= top_of(phone, "#results") < 100


@pytest.mark.slow
def test_a_filter_and_its_chip_keep_the_place(phone: Page) -> None:
    phone.goto("/items/7")
    phone.locator(".filters summary").click()
    phone.locator('.filters input[value="Cedar"]').check()
    follow(phone.get_by_role("button", name="Show these"))
    assert asked(phone) == {"brand": ["Cedar"]}
    assert -1 <= top_of(phone, "#results") < 100
    follow(phone.get_by_role("link", name=re.compile("Remove the filter Cedar")))
    assert asked(phone) == {}
    assert -1 <= top_of(phone, "#results") < 100


@pytest.mark.slow
def test_nine_more_lead_to_the_tenth(phone: Page) -> None:
    phone.goto("/items/7")
    last = phone.locator(".grid.three .title").last.inner_text()
    follow(phone.get_by_role("link", name="Show nine more"))
    cards = phone.locator(".grid.three .card")
    assert cards.count() == 18
    assert cards.nth(8).locator(".title").inner_text() == last
    assert 0 <= top_of(phone, ".grid.three .card:nth-child(10)") < 100


def top_of(page: Page, selector: str) -> float:
    page.wait_for_load_state()
    found: float = page.locator(selector).evaluate("it => it.getBoundingClientRect().top")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_first_match_is_within_five_tab_stops(
    scripts: bool, chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(1280, scripts=scripts)) as page:
        page.goto("/items/7?trail=3")
        first = page.locator(".grid.three .card a").first.get_attribute("href")
        stops = 0
        focused = page.locator(":focus")
        while not focused.count() or focused.inner_text() != "Skip to the bags like it":
            page.keyboard.press("Tab")
            stops += 1
            assert stops < 5
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert focused.get_attribute("href") == first
        assert stops + 1 <= 5


@pytest.mark.slow
def test_who_opens_a_shared_result_reads_that_it_is_someones_photo(
    chromium: Browser, shop: Server, drawn: Path
) -> None:
    with looking(chromium, shop, Look(390)) as page:
        shared = upload(page, drawn / "bag-012.png")
        expect(page.locator("h1")).to_have_text("Bags like your photo")
        assert page.title().startswith("Bags like your photo")
        page.reload()
        expect(page.locator("h1")).to_have_text("Bags like your photo")
    with looking(chromium, shop, Look(390)) as page:
        page.goto(shared)
        expect(page.locator("h1")).to_have_text("Bags like someone’s photo")
        follow(show_choices(page).get_by_role("link", name=re.compile("^whash")))
        expect(page.locator("h1")).to_have_text("Bags like someone’s photo")
        assert page.title().startswith("Bags like someone’s photo")


@pytest.mark.slow
def test_a_photo_sent_before_the_scripts_came_is_ones_own(
    chromium: Browser, shop: Server, drawn: Path
) -> None:
    with looking(chromium, shop, Look(390), expect="ERR_FAILED|ask.js|Transition") as page:
        page.route("**/ask.js", lambda route: route.abort())
        upload(page, drawn / "bag-012.png")
        expect(page.locator("h1")).to_have_text("Bags like your photo")
        follow(show_choices(page).get_by_role("link", name=re.compile("^whash")))
        expect(page.locator("h1")).to_have_text("Bags like your photo")


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, "your photo"),
        ({"Sec-Fetch-Site": "none"}, "someone’s photo"),
        ({"Sec-Fetch-Site": "cross-site"}, "someone’s photo"),
        ({"Referer": "http://localhost/search"}, "your photo"),
        ({"Referer": "https://chat.example.org/"}, "someone’s photo"),
        ({}, "someone’s photo"),
    ],
)
def test_without_scripts_a_result_goes_by_where_its_reader_comes_from(
    client: FlaskClient, headers: dict[str, str], words: str
) -> None:
    code = client.get("/api/v1/items/9/similar").get_json()["fingerprint"]
    page = client.get(f"/search?q={code}", headers=headers).get_data(as_text=True)
    assert f">Bags like {words}</h1>" in page
