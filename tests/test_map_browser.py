"""The map under a person's hands, in Chromium: mouse, keys, fingers, and links alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.accessibility import violations_of
from tests.applications import Once, draw_map, take_in
from tests.browsing import HEIGHT, Look, follow, looking, until, watch
from tests.pictures import catalogue
from tests.serving import Server, served
from tests.test_browser import overflow
from webapp import create_app
from webapp.search.look import BLENDED

pytestmark = pytest.mark.slow

ITEMS = 250


@pytest.fixture(scope="module")
def shop(once: Once) -> Iterator[Server]:
    def take(folder: Path) -> None:
        app = create_app({"instance": folder / "instance"})
        take_in(app, catalogue(folder / "photos", ITEMS), BLENDED)
        draw_map(app)

    with served(once("map", take) / "instance") as server:
        yield server


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, chromium: Browser, shop: Server) -> Iterator[Page]:
    with looking(chromium, shop, Look(1280, request.param)) as tab:
        yield tab


@pytest.fixture
def phone(chromium: Browser, shop: Server) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=shop.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    problems: list[str] = []
    page = context.new_page()
    watch(page, problems)
    yield page
    context.close()
    assert problems == []


def open_map(page: Page, target: str = "/map") -> None:
    """Open the map, and wait until its picture stands still."""
    page.goto(target)
    expect(page.locator("#map.live")).to_be_visible()
    expect(page.locator(".view .cell")).to_have_attribute("href", re.compile("/items/"))
    calm(page)


# The caption tells of the same bag as the link.
LABELLED = """(() => {
  const name = document.querySelector(".caption b").textContent;
  const label = document.querySelector(".view .cell").getAttribute("aria-label") ?? "";
  return name.startsWith("Bag") && label.includes(name);
})()"""

# Where the chosen cell is, once it has stood still for longer than the map itself waits before
# it calls that rest, and for some frames: a busy machine paints few.
STILL = """async () => {
  const place = () => {
    const box = document.querySelector(".view .cell").getBoundingClientRect();
    return [box.x, box.y, box.width].map(n => Math.round(n * 2) / 2).join(" ");
  };
  let last = place(), since = performance.now(), frames = 0;
  while (frames < 6 || performance.now() - since < 200) {
    await new Promise(requestAnimationFrame);
    frames += 1;
    if (place() !== last) { last = place(); since = performance.now(); frames = 0; }
  }
  return last;
}"""


def calm(page: Page) -> str:
    """Wait until nothing moves any more; returns where the chosen cell is."""
    return str(page.evaluate(STILL))


def cell_size(page: Page) -> float:
    calm(page)
    box = page.locator(".view .cell").bounding_box()
    assert box
    return box["width"]


def middle(page: Page) -> tuple[float, float]:
    box = page.locator("#map").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def is_painted(page: Page) -> bool:
    """Say whether the middle of the map lies on a tile whose pixels are there."""
    x, y = middle(page)
    return bool(
        page.evaluate(
            """([x, y]) => [...document.querySelectorAll(".level img")].some(tile => {
              const box = tile.getBoundingClientRect();
              return tile.complete && tile.naturalWidth === 256
                && box.left <= x && x < box.right && box.top <= y && y < box.bottom })""",
            [x, y],
        )
    )


def test_wheel_and_drag_lead_to_a_bag_and_back_leads_to_the_same_view(page: Page) -> None:
    open_map(page)
    whole = cell_size(page)
    x, y = middle(page)
    page.mouse.move(x, y)
    for _ in range(4):
        page.mouse.wheel(0, -100)
    assert cell_size(page) > 1.5 * whole
    assert is_painted(page)

    before = calm(page)
    page.mouse.down()
    page.mouse.move(x - 60, y - 40, steps=4)
    page.wait_for_timeout(200)
    page.mouse.up()
    after = calm(page)
    moved = [
        round(b) - round(a)
        for a, b in zip(map(float, before.split()), map(float, after.split()), strict=True)
    ]
    assert moved == [-60, -40, 0]
    assert re.search(r"/map\?", page.url), "a drag is no click"

    page.mouse.move(x + 30, y + 30)
    caption = page.locator(".caption b")
    expect(caption).to_have_text(re.compile(r"^Bag \d+$"))
    expect(page.locator(".view .cell.shown")).to_be_visible()
    view, name = calm(page), caption.inner_text()
    address = page.url
    page.mouse.click(x + 30, y + 30)
    page.wait_for_url(re.compile("/items/"))
    assert page.locator("h1").inner_text() == name

    page.go_back()
    expect(page.locator("#map.live")).to_be_visible()
    assert page.url == address
    # While the pages still change into each other, the pointer is over neither.
    page.wait_for_timeout(500)
    page.mouse.move(x + 29, y + 30)
    page.mouse.move(x + 30, y + 30)
    expect(caption).to_have_text(name)
    again = calm(page)
    pairs = zip(map(float, again.split()), map(float, view.split()), strict=True)
    assert all(abs(one - other) <= 1 for one, other in pairs)


def test_a_double_click_comes_closer_around_the_pointer_and_opens_nothing(page: Page) -> None:
    open_map(page)
    whole = cell_size(page)
    x, y = middle(page)
    page.mouse.move(x + 100, y + 50)
    caption = page.locator(".caption b")
    expect(caption).to_have_text(re.compile("^Bag"))
    name = caption.inner_text()
    page.mouse.dblclick(x + 100, y + 50)
    assert cell_size(page) == pytest.approx(2 * whole, rel=0.01)
    page.wait_for_timeout(400)
    assert "/map" in page.url
    page.mouse.move(x + 101, y + 51)
    expect(caption).to_have_text(name)


def test_keys_go_from_bag_to_bag_and_enter_opens_one(page: Page) -> None:
    open_map(page)
    page.locator(".colour-by .chip").last.focus()
    page.keyboard.press("Tab")
    link, caption = page.locator(".view .cell"), page.locator(".caption b")
    expect(link).to_be_focused()
    assert link.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    names = []
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        before = link.get_attribute("href")
        page.keyboard.press(key)
        assert link.get_attribute("href") != before
        until(page, LABELLED)
        names.append(link.get_attribute("href"))
    assert len(set(names)) == 4

    whole = cell_size(page)
    page.keyboard.press("+")
    assert cell_size(page) == pytest.approx(2 * whole, rel=0.01)
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    calm(page)
    box, view = link.bounding_box(), page.locator(".view").bounding_box()
    assert box
    assert view
    assert box["x"] + box["width"] <= view["x"] + view["width"] + 1, "the view follows"
    page.keyboard.press("Home")
    assert cell_size(page) == pytest.approx(whole, rel=0.01)

    name = caption.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/items/"))
    assert page.locator("h1").inner_text() == name


def test_the_buttons_zoom_and_show_the_whole_again(page: Page) -> None:
    open_map(page)
    whole = cell_size(page)
    page.get_by_role("link", name="Zoom in").click()
    assert cell_size(page) == pytest.approx(2 * whole, rel=0.01)
    page.get_by_role("link", name="Zoom out").click()
    assert cell_size(page) == pytest.approx(whole, rel=0.01)
    page.get_by_role("link", name="Zoom in").click()
    page.get_by_role("link", name="The whole map").click()
    assert cell_size(page) == pytest.approx(whole, rel=0.01)
    assert not page.url.endswith("#map")


def test_an_item_is_shown_in_the_middle_with_its_name(page: Page, shop: Server) -> None:
    title = shop.get("/api/v1/items/75").json["title"]
    open_map(page, "/map?item=75")
    expect(page.locator(".view .cell.shown")).to_have_attribute("href", re.compile(r"/items/75\b"))
    expect(page.locator(".caption b")).to_have_text(title)
    assert "item=75" in page.url, "until it is moved"


def test_who_wants_less_motion_is_there_at_once(chromium: Browser, shop: Server) -> None:
    context = chromium.new_context(
        base_url=shop.url, viewport={"width": 1280, "height": HEIGHT}, reduced_motion="reduce"
    )
    page = context.new_page()
    open_map(page)
    whole = cell_size(page)
    sizes = page.evaluate(
        """async () => {
          document.querySelector("[data-steer=in]").click();
          const sizes = [];
          for (let i = 0; i < 5; i++) {
            await new Promise(requestAnimationFrame);
            sizes.push(document.querySelector(".view .cell").getBoundingClientRect().width);
          }
          return sizes.slice(1);
        }"""
    )
    assert sizes == pytest.approx([2 * whole] * 4, rel=0.01)
    context.close()


def touch(screen: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    """Touch the screen with one finger or more."""
    fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})


def test_fingers_pinch_drag_and_tap(phone: Page) -> None:
    open_map(phone)
    assert overflow(phone) <= 0
    whole = cell_size(phone)
    x, y = middle(phone)
    screen = phone.context.new_cdp_session(phone)
    touch(screen, "touchStart", (x - 20, y), (x + 20, y))
    for apart in (30, 45, 60):
        touch(screen, "touchMove", (x - apart, y), (x + apart, y))
    phone.wait_for_timeout(200)
    touch(screen, "touchEnd")
    assert cell_size(phone) == pytest.approx(3 * whole, rel=0.05)
    assert "/map" in phone.url

    before = calm(phone)
    touch(screen, "touchStart", (x, y))
    touch(screen, "touchMove", (x - 20, y - 20))
    touch(screen, "touchMove", (x - 40, y - 30))
    phone.wait_for_timeout(200)
    touch(screen, "touchEnd")
    assert calm(phone) != before
    assert is_painted(phone)

    phone.touchscreen.tap(x, y)
    expect(phone.locator(".caption")).to_contain_text("Tap again to see it")
    named = phone.locator(".caption b").inner_text()
    assert "/map" in phone.url
    phone.touchscreen.tap(x, y)
    phone.wait_for_url(re.compile("/items/"))
    assert phone.locator("h1").inner_text() == named


def test_a_tap_on_what_is_too_small_for_a_finger_brings_it_nearer_and_names_it(
    phone: Page,
) -> None:
    phone.set_viewport_size({"width": 220, "height": 844})
    open_map(phone)
    assert cell_size(phone) < 44
    x, y = middle(phone)
    phone.touchscreen.tap(x, y)
    expect(phone.locator(".caption")).to_contain_text("Tap again to see it")
    calm(phone)
    assert cell_size(phone) >= 44
    named = phone.locator(".caption b").inner_text()
    phone.touchscreen.tap(x, y)
    phone.wait_for_url(re.compile("/items/"))
    assert phone.locator("h1").inner_text() == named


@pytest.mark.parametrize("width", [390, 1280])
def test_links_alone_lead_down_to_a_bag(width: int, chromium: Browser, shop: Server) -> None:
    with looking(chromium, shop, Look(width, scripts=False)) as page:
        page.goto("/")
        follow(page.get_by_role("link", name="Map", exact=True))
        closer = page.locator(".window a.tile")
        while closer.count():
            assert closer.first.locator("img").evaluate("img => img.naturalWidth") == 256
            follow(closer.nth(closer.count() // 2))
        assert page.get_by_role("link", name="Zoom out").get_attribute("href")
        follow(page.get_by_role("link", name="Left", exact=True))
        bag = page.locator(".window a.cell").nth(9)
        box = bag.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 24
        name = bag.inner_text()
        follow(bag)
        assert page.locator("h1").inner_text() == name


def test_until_it_is_known_which_bags_there_are_nothing_unusable_has_a_name(
    chromium: Browser, shop: Server
) -> None:
    context = chromium.new_context(base_url=shop.url, bypass_csp=True)
    page = context.new_page()
    page.route("**/map/cells/**", lambda route: route.abort())
    with page.expect_response("**/captions/**"):
        page.goto("/map")
    expect(page.locator(".caption")).to_contain_text("did not load")
    assert violations_of(page) == []
    context.close()


def test_the_plain_list_is_one_link_away(page: Page) -> None:
    page.goto("/map")
    follow(page.get_by_role("link", name="Plain list"))
    assert page.locator(".grid .card").count() == 60
    follow(page.get_by_role("link", name="Page 5"))
    assert page.locator(".grid .card").count() == ITEMS - 240
    page.get_by_role("link", name="the map", exact=True).click()
    expect(page.locator("#map.live")).to_be_visible()


@pytest.mark.parametrize("target", ["/map", "/map?z=4&x=3&y=3", "/map?view=list"])
@pytest.mark.parametrize("scripts", [True, False])
def test_nothing_is_wider_than_a_narrow_screen(
    target: str, scripts: bool, chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(320, scripts=scripts)) as page:
        page.goto(target)
        assert page.locator("h1").count() == 1
        assert page.locator("html").evaluate("it => it.scrollWidth") <= 320 if scripts else True
        box = page.locator("main").bounding_box()
        assert box
        assert box["width"] <= 320


def test_the_map_is_as_large_as_the_space_there_is(page: Page) -> None:
    open_map(page)
    box, footer = page.locator("#map").bounding_box(), page.locator("footer").bounding_box()
    assert box
    assert footer
    assert (box["x"], box["width"]) == (0, 1280)
    assert box["y"] + box["height"] == pytest.approx(footer["y"], abs=1)
    assert footer["y"] + footer["height"] == pytest.approx(HEIGHT, abs=1)
