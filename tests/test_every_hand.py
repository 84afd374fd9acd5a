"""For every eye and hand: fingers, forced colours, large text, no scripts, paper."""

import io
from collections.abc import Iterator
from typing import Literal

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsing import LOST, SCHEMES, Look, addresses, looking, until, visit
from tests.serving import Server

pytestmark = pytest.mark.slow


@pytest.fixture
def phone(chromium: Browser, shop: Server) -> Iterator[Page]:
    with looking(chromium, shop, Look(390, touch=True), expect=LOST) as page:
        yield page


# What a finger may want to touch and is too small for it. A link amid a sentence has the height of
# its line; a field in a label is touched by its label; what lies out of sight is not touched.
TOO_SMALL = """() => [...document.querySelectorAll('a[href], button, summary, input, label')]
  .filter(it => it.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !it.closest('.skip, .hidden, svg') && !(it.matches('input') && it.closest('label')))
  .filter(it => ![...it.parentNode.childNodes].some(
    near => near.nodeType === 3 && near.textContent.trim().length > 2))
  .map(it => [it, it.getBoundingClientRect()])
  .filter(([it, box]) => box.width && (box.width < 43.5 || box.height < 43.5))
  .map(([it, box]) => `${Math.round(box.width)} x ${Math.round(box.height)} ${it.outerHTML}`
    .slice(0, 120))"""


@pytest.mark.parametrize("width", [390, 768])
def test_whatever_a_finger_touches_is_large_enough_for_it(
    width: int, chromium: Browser, shop: Server
) -> None:
    small: dict[str, list[str]] = {}
    with looking(chromium, shop, Look(width, touch=True), expect=LOST) as page:
        for name, target in addresses(shop).items():
            page.goto(target)
            page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
            small[name] = page.evaluate(TOO_SMALL)
    assert {name: found for name, found in small.items() if found} == {}


# Bring each link into view as the focus does, and see whether it can be touched there.
COVERED = """async () => {
  const covered = [];
  for (const link of document.querySelectorAll('main a[href], footer a')) {
    if (!link.checkVisibility({ visibilityProperty: true })) continue;
    link.focus();
    const box = link.getBoundingClientRect();
    const at = document.elementFromPoint(box.left + box.width / 2,
      Math.min(box.bottom, innerHeight) - 3);
    if (at?.closest('.ask')) covered.push(link.outerHTML.slice(0, 100));
  }
  return covered; }"""


def test_the_camera_covers_no_link_that_is_brought_into_view(phone: Page, shop: Server) -> None:
    for name, target in addresses(shop).items():
        phone.goto(target)
        assert phone.evaluate(COVERED) == [], name


def test_the_camera_is_the_lower_edge_of_a_phones_screen_with_nothing_beside_it(
    phone: Page,
) -> None:
    phone.goto("/items/7")
    box = phone.locator(".masthead .ask").bounding_box()
    assert box
    assert box["x"] == 0
    assert box["width"] == 390
    assert 44 <= box["height"] <= 60
    assert box["y"] + box["height"] == phone.evaluate("innerHeight")


@pytest.mark.parametrize("width", [768, 1024, 1280])
def test_the_masthead_is_one_line(width: int, chromium: Browser, shop: Server) -> None:
    with looking(chromium, shop, Look(width)) as page:
        page.goto("/items/7")
        links = page.locator(".masthead a").all()
        middles = [box["y"] + box["height"] / 2 for link in links if (box := link.bounding_box())]
        assert len(middles) == 7
        assert max(middles) - min(middles) < 6


def test_text_at_twice_the_size_fits_a_phone(phone: Page, shop: Server) -> None:
    wider: dict[str, int] = {}
    for name, target in addresses(shop).items():
        phone.goto(target)
        phone.evaluate("document.documentElement.style.fontSize = '200%'")
        phone.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
        wider[name] = phone.evaluate("document.documentElement.scrollWidth - 390")
    assert {name: pixels for name, pixels in wider.items() if pixels > 0} == {}


def contrast(shown: Locator) -> int:
    """Return how far apart the darkest and the lightest tone inside an element are, of 255."""
    shown.scroll_into_view_if_needed()
    seen = Image.open(io.BytesIO(shown.screenshot())).convert("L")
    edge = max(1, min(5, seen.height // 4))  # its border is none of what it shows
    inside = np.asarray(seen)[edge:-edge, edge:-edge].astype(int)
    return int(inside.max() - inside.min())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_photos_and_fingerprints_are_seen_in_forced_colours(
    scheme: Literal["light", "dark"], chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(1280, scheme)) as page:
        page.emulate_media(forced_colors="active")
        visit(page, "/items/7")
        for seen in (".subject .mat", ".grid .mat", ".glyph", ".grid .distance svg"):
            for one in page.locator(seen).all()[:4]:
                assert contrast(one) > 100, seen
        page.goto("/why?item=7&to=9")
        for seen in (".two-bags .mat", ".bits", ".histogram", ".weight"):
            assert contrast(page.locator(seen).first) > 100, seen
        page.goto("/map?view=picture")
        expect(page.locator("#map.live")).to_be_visible()
        until(page, "[...document.querySelectorAll('.level img')].every(it => it.complete)")
        page.locator(".steer").evaluate("it => it.remove()")
        assert contrast(page.locator("#map")) > 100


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("target", ["/items/7?brand=Cedar", "/browse?sort=price", "/duplicates"])
def test_what_is_chosen_is_outlined_in_forced_colours(
    target: str, scheme: Literal["light", "dark"], chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(1280, scheme)) as page:
        page.emulate_media(forced_colors="active")
        page.goto(target)
        chosen = page.locator("a[aria-current]:visible, .chip.active:visible")
        assert chosen.count() > 1
        styles = chosen.evaluate_all("them => them.map(it => getComputedStyle(it).outlineStyle)")
        assert set(styles) == {"solid"}
        others = page.locator(".chip:not([aria-current], .active):visible")
        styles = others.evaluate_all("them => them.map(it => getComputedStyle(it).outlineStyle)")
        assert set(styles) == {"none"}


@pytest.mark.parametrize("width", [320, 390])
def test_without_scripts_the_cameras_field_fits(
    width: int, chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(width, scripts=False, touch=True)) as page:
        page.goto("/search")
        frame = page.locator(".camera").bounding_box()
        field = page.locator(".camera input").bounding_box()
        assert frame
        assert field
        assert field["x"] >= frame["x"] + 8
        assert field["x"] + field["width"] <= frame["x"] + frame["width"] - 8
        assert field["y"] + field["height"] <= frame["y"] + frame["height"] - 8
        expect(page.locator(".camera span")).to_be_visible()


TOOLS = "button, input, select, .chip, .masthead, .skip, summary, nav, dialog, .quiet, .card .why"
SPLIT = """() => [...document.querySelectorAll('.card, figure')].filter(
  it => it.checkVisibility() && getComputedStyle(it).breakInside !== 'avoid').length"""


def test_no_tool_is_printed_and_no_card_is_split(chromium: Browser, shop: Server) -> None:
    with looking(chromium, shop, Look(800), expect=LOST) as page:
        for name, target in addresses(shop).items():
            page.goto(target)
            page.emulate_media(media="print")
            printed = page.locator(TOOLS).filter(visible=True)
            assert [it.evaluate("it => it.outerHTML")[:80] for it in printed.all()] == [], name
            assert page.evaluate(SPLIT) == 0, name
            assert page.locator("h1").is_visible(), name
            page.emulate_media(media="screen")
