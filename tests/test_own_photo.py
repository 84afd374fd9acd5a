"""Who studies what her photo found sees the photo, and gets back to the result."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browsing import Look, follow, looking, visit
from tests.serving import Server
from tests.test_asking import RESULT, choose, find, own_photo

pytestmark = pytest.mark.slow

STUDIED = {
    "compare": ".prints a[href*='/compare']",
    "why": ".card a.why",
}
FIRST_PIXEL = """async canvas => {
  await new Promise(done => setTimeout(done, 200));
  return [...canvas.getContext('2d').getImageData(1, 1, 1, 1).data].slice(0, 3) }"""


def upload(page: Page, photo: Path) -> str:
    """Search with a photo, and choose how hits are ranked and listed; returns the address."""
    visit(page, "/search")
    choose(page, photo)
    find(page)
    page.wait_for_url(RESULT)
    page.goto(f"{page.url}&by=shape&sort=price&brand=Birch")
    return page.url


@pytest.mark.parametrize("studied", STUDIED)
@pytest.mark.parametrize("width", [390, 1280])
def test_with_scripts_her_photo_is_shown_and_leads_back_to_the_very_result(
    studied: str, width: int, chromium: Browser, shop: Server, drawn: Path
) -> None:
    photo = drawn / "bag-008.png"
    with looking(chromium, shop, Look(width)) as page:
        result = upload(page, photo)
        follow(page.locator(STUDIED[studied]).first)
        shown = own_photo(page)
        expect(shown).to_be_visible()
        with Image.open(photo) as drawn_photo:
            corner = drawn_photo.convert("RGB").getpixel((1, 1))
        assert shown.evaluate(FIRST_PIXEL) == pytest.approx(corner, abs=12)
        for way in (page.locator("a:has(canvas)"), page.get_by_role("link", name="your photo")):
            assert way.first.evaluate("it => it.href") == result
        follow(page.get_by_role("link", name="your photo", exact=True))
        assert page.url == result
        expect(page.locator(".own canvas")).to_be_visible()


@pytest.mark.parametrize("studied", STUDIED)
def test_without_scripts_the_fingerprint_is_shown_and_leads_back(
    studied: str, chromium: Browser, shop: Server, drawn: Path
) -> None:
    with looking(chromium, shop, Look(390, scripts=False)) as page:
        page.goto("/search")
        choose(page, drawn / "bag-008.png")
        find(page)
        page.wait_for_url(RESULT)
        first = page.locator(".card .title").first.inner_text()
        follow(page.locator(STUDIED[studied]).first)
        box = page.locator("a.mat .glyph").first.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 40
        follow(page.get_by_role("link", name="your photo", exact=True))
        expect(page).to_have_url(re.compile("/search.*q="))
        assert page.locator(".card .title").first.inner_text() == first
