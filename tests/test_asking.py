"""Every way to ask with a photo, as a person does each in Chromium, with scripts and without."""

import base64
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from tests.browsing import Look, asked, looking, names, until, visit
from tests.pictures import bag
from tests.serving import Server

pytestmark = pytest.mark.slow

RESULT = re.compile(r"/search\?.*q=")
SIDES = ("left", "top", "right", "bottom")
REFUSED = "the server responded with a status of 4|^4.. http.*/fingerprints"


@pytest.fixture
def page(chromium: Browser, shop: Server) -> Iterator[Page]:
    with looking(chromium, shop, Look(1280)) as tab:
        yield tab


@pytest.fixture
def phone(chromium: Browser, shop: Server) -> Iterator[Page]:
    with looking(chromium, shop, Look(390, touch=True)) as tab:
        yield tab


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw a photo that takes a while to send."""
    size = (1000, 700)
    noise = Image.frombytes("RGB", size, Random(5).randbytes(size[0] * size[1] * 3))
    path = tmp_path_factory.mktemp("heavy") / "heavy.png"
    Image.blend(bag(5).resize(size), noise, 0.3).save(path)
    return path


def drag(page: Page, how: str, *files: Path) -> None:
    """Move files over the middle of a page, as from a folder's window."""
    data = {"items": [], "files": list(map(str, files)), "dragOperationsMask": 1}
    devtools(page).send(
        "Input.dispatchDragEvent", {"type": how, "x": 300, "y": 400, "data": data, "modifiers": 0}
    )


def drop(page: Page, *files: Path) -> None:
    for how in ("dragEnter", "dragOver", "dragOver", "drop"):
        drag(page, how, *files)


def devtools(page: Page) -> CDPSession:
    return page.context.new_cdp_session(page)


def copy_and_paste(page: Page, photo: Path) -> None:
    """Put a picture on the clipboard and press the keys that paste."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(
        "async text => { const bytes = Uint8Array.from(atob(text), one => one.charCodeAt(0));"
        " const blob = new Blob([bytes], { type: 'image/png' });"
        " await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]) }",
        base64.b64encode(photo.read_bytes()).decode(),
    )
    page.keyboard.press("Control+v")


def choose(page: Page, *photos: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(list(photos))


def find(page: Page) -> None:
    page.get_by_role("button", name="Find bags like it").click()


def picture(page: Page) -> Locator:
    """Find the photo before it is sent, when it is drawn."""
    shown = page.locator(".upload .stage canvas")
    expect(shown).to_be_visible()
    until(page, "document.querySelector('.upload .stage canvas').width !== 300")
    return shown


def margins(page: Page) -> dict[str, str]:
    """Read the form's fields."""
    return {side: page.locator(f"input[name=cut_{side}]").input_value() for side in SIDES}


def of_region(shop: Server, photo: Path, cut: Mapping[str, str], path: str = "/search") -> str:
    """Ask for the fingerprint of what margins leave, as a region, without a browser."""
    left, top, right, bottom = (Decimal(cut[side] or 0) / 100 for side in SIDES)
    region = f"{left},{top},{1 - left - right},{1 - top - bottom}"
    answer = shop.post_picture(f"/api/v1{path}?k=1&crop={region}", photo.read_bytes())
    assert answer.status == 200, answer.text
    found: str = answer.json["fingerprint"]
    return found


def framed(page: Page) -> dict[str, float]:
    """Measure how far the frame on a result's photo is from each of its edges, in percent."""
    photo = page.locator(".own canvas").bounding_box()
    frame = page.locator(".own .frame").bounding_box()
    assert photo
    assert frame
    across = frame["x"] - photo["x"], photo["width"] - frame["width"]
    down = frame["y"] - photo["y"], photo["height"] - frame["height"]
    return {
        "left": 100 * across[0] / photo["width"],
        "top": 100 * down[0] / photo["height"],
        "right": 100 * (across[1] - across[0]) / photo["width"],
        "bottom": 100 * (down[1] - down[0]) / photo["height"],
    }


def own_photo(page: Page) -> Locator:
    """Find the person's own photo on the page of its result."""
    return page.get_by_role("img", name=re.compile("^Your photo, "))


@pytest.mark.parametrize("start", ["/?seed=5", "/items/7", "/about", "/search"])
def test_a_photo_dropped_on_any_page_is_shown_and_leads_to_its_result(
    page: Page, drawn: Path, start: str
) -> None:
    visit(page, start)
    drag(page, "dragEnter", drawn / "bag-012.png")
    drag(page, "dragOver", drawn / "bag-012.png")
    expect(page.get_by_text("Drop it to search with it")).to_be_visible()
    drag(page, "dragOver", drawn / "bag-012.png")
    drag(page, "drop", drawn / "bag-012.png")

    expect(page.get_by_text("Drop it to search with it")).to_be_hidden()
    assert page.url.endswith(start), "nothing was sent yet"
    expect(picture(page)).to_have_attribute("aria-label", "Your photo, bag-012.png")
    assert page.get_by_role("dialog").count() == (start != "/search")
    find(page)
    page.wait_for_url(RESULT)
    assert names(page)[0] == "Bag 12 of shop"
    expect(own_photo(page)).to_be_visible()


def test_a_drag_that_leaves_the_window_changes_nothing(page: Page, drawn: Path) -> None:
    visit(page, "/?seed=5")
    drag(page, "dragEnter", drawn / "bag-012.png")
    drag(page, "dragOver", drawn / "bag-012.png")
    expect(page.locator(".dropping")).to_be_visible()
    drag(page, "dragCancel", drawn / "bag-012.png")
    page.mouse.move(20, 20)
    page.mouse.move(200, 200)
    expect(page.locator(".dropping")).to_be_hidden()
    assert page.get_by_role("dialog").count() == 0


@pytest.mark.parametrize("start", ["/browse", "/search"])
def test_a_photo_is_pasted_from_the_clipboard(page: Page, drawn: Path, start: str) -> None:
    visit(page, start)
    copy_and_paste(page, drawn / "bag-003.png")
    picture(page)
    find(page)
    page.wait_for_url(RESULT)
    assert names(page)[0] == "Bag 3 of shop"


def test_text_can_still_be_pasted_into_a_field(page: Page) -> None:
    page.goto("/browse")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("to", exact=True).focus()
    page.evaluate("navigator.clipboard.writeText('30')")
    page.keyboard.press("Control+v")
    assert page.get_by_label("to", exact=True).input_value() == "30"
    # Copied from a text with a picture of it, as office programs do.
    taken = page.evaluate(
        "() => { const data = new DataTransfer(); data.setData('text/plain', '40');"
        " data.items.add(new File(['x'], 'x.png', { type: 'image/png' }));"
        " const paste = { clipboardData: data, bubbles: true, cancelable: true };"
        " return !document.activeElement.dispatchEvent(new ClipboardEvent('paste', paste)) }"
    )
    assert not taken
    assert page.get_by_role("dialog").count() == 0


@pytest.mark.parametrize("scripts", [True, False])
def test_a_phone_takes_the_photo_with_its_camera(
    chromium: Browser, shop: Server, drawn: Path, scripts: bool
) -> None:
    with looking(chromium, shop, Look(390, scripts=scripts, touch=True)) as page:
        page.goto("/search")
        camera = page.get_by_label("Take a photo")
        assert camera.get_attribute("capture") == "environment"
        expect(page.get_by_text("Take a photo")).to_be_visible()
        camera.set_input_files(drawn / "bag-009.png")
        if scripts:
            picture(page)
        find(page)
        page.wait_for_url(RESULT)
        assert names(page)[0] == "Bag 9 of shop"


def test_a_desk_has_no_camera_button(page: Page) -> None:
    page.goto("/search")
    expect(page.get_by_text("Take a photo")).to_be_hidden()


def test_several_photos_are_asked_one_after_another_each_with_its_line(
    chromium: Browser, shop: Server, drawn: Path, tmp_path: Path
) -> None:
    (tmp_path / "words.jpg").write_text("this is no picture")
    with looking(chromium, shop, Look(1280), expect=REFUSED) as page:
        visit(page, "/?seed=5")
        sent: list[tuple[str, str]] = []
        page.on("request", lambda one: sent.append((one.method, urlsplit(one.url).path)))
        drop(page, drawn / "bag-001.png", tmp_path / "words.jpg", drawn / "bag-002.png")
        lines = page.locator(".asked li")
        expect(lines).to_have_count(3)
        expect(lines.nth(1)).to_contain_text("words.jpg")
        expect(lines.nth(1)).to_contain_text("This is not a picture that we read")
        results = lines.get_by_role("link", name="See bags like it")
        expect(results).to_have_count(2)
        posted = [path for method, path in sent if method == "POST"]
        assert posted == 3 * ["/api/v1/fingerprints"], "nothing is searched yet"

        (tmp_path / "words.jpg").write_bytes((drawn / "bag-004.png").read_bytes())
        results.nth(1).click()
        page.wait_for_url(RESULT)
        assert names(page)[0] == "Bag 2 of shop"
        expect(own_photo(page)).to_have_attribute("aria-label", "Your photo, bag-002.png")


def test_a_large_photo_shows_how_far_it_is_and_can_be_cancelled(
    page: Page, heavy: Path, shop: Server
) -> None:
    page.goto("/search")
    choose(page, heavy)
    picture(page)
    page.get_by_role("slider", name="Left edge").press("PageUp")
    cut = margins(page)
    assert cut["left"] == "10"
    network = devtools(page)
    throttle(network, 200_000)
    find(page)
    expect(page.get_by_role("status")).to_have_text("Sending heavy.png")
    expect(page.locator(".far")).to_have_text(re.compile(r"^[01]\.\d of \d\.\d MB$"))
    assert 0 < page.get_by_role("progressbar").evaluate("bar => bar.position") < 1
    with page.expect_event("requestfailed") as given_up:
        page.get_by_role("button", name="Cancel").click()

    assert given_up.value.method == "POST"
    expect(page.get_by_role("progressbar")).to_be_hidden()
    expect(picture(page)).to_be_visible()
    assert margins(page) == cut
    throttle(network, -1)
    find(page)
    page.wait_for_url(RESULT)
    assert asked(page)["q"] == [of_region(shop, heavy, cut)]


def throttle(network: CDPSession, bytes_a_second: int) -> None:
    network.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": bytes_a_second,
        },
    )


def test_an_error_is_told_in_place_and_nothing_is_lost(
    chromium: Browser, shop: Server, drawn: Path
) -> None:
    offline = "ERR_INTERNET_DISCONNECTED"
    with looking(chromium, shop, Look(1280), expect=f"{REFUSED}|{offline}") as page:
        page.goto("/search")
        choose(page, drawn / "bag-006.png")
        picture(page)
        page.locator("summary", has_text="part of the photo").click()
        page.get_by_label("left", exact=True).fill("60")
        page.get_by_label("right", exact=True).fill("45")
        find(page)
        alert = page.get_by_role("alert")
        expect(alert).to_have_text("cut_left: 60 % and 45 % off left and right leave nothing.")
        assert margins(page) == {"left": "60", "top": "", "right": "45", "bottom": ""}

        page.get_by_label("right", exact=True).fill("5")
        page.context.set_offline(True)
        find(page)
        expect(alert).to_contain_text("The photo did not get through")
        page.context.set_offline(False)
        find(page)
        page.wait_for_url(RESULT)
        cut = {"left": "60", "top": "", "right": "5", "bottom": ""}
        assert asked(page)["q"] == [of_region(shop, drawn / "bag-006.png", cut)]


def test_the_servers_own_words_say_what_is_wrong_with_a_file(
    chromium: Browser, shop: Server, tmp_path: Path
) -> None:
    (tmp_path / "words.jpg").write_text("this is no picture")
    with looking(chromium, shop, Look(390), expect=REFUSED) as page:
        visit(page, "/search")
        find(page)
        expect(page.get_by_role("alert")).to_have_text("Choose a photo first.")
        choose(page, tmp_path / "words.jpg")
        expect(page.get_by_role("alert")).to_be_hidden()
        expect(page.get_by_text("This browser cannot show words.jpg")).to_be_visible()
        find(page)
        expect(page.get_by_role("alert")).to_contain_text("This is not a picture that we read")
        assert page.url.endswith("/search")


def corner(page: Page, which: str, within: str = ".upload") -> tuple[float, float]:
    box = page.locator(f"{within} .frame [data-sides='{which}']").bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 24
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag_mouse(page: Page, start: tuple[float, float], dx: float, dy: float) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + dx / 2, start[1] + dy)
    page.mouse.move(start[0] + dx, start[1] + dy)
    page.mouse.up()


def drag_finger(page: Page, start: tuple[float, float], dx: float, dy: float) -> None:
    session = devtools(page)
    steps = [start, (start[0] + dx / 2, start[1] + dy), (start[0] + dx, start[1] + dy)]
    for how, (x, y) in zip(("touchStart", "touchMove", "touchMove"), steps, strict=True):
        session.send("Input.dispatchTouchEvent", {"type": how, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("by", ["mouse", "touch"])
def test_a_region_is_chosen_by_dragging_and_is_what_the_server_cuts_out(
    by: str, page: Page, phone: Page, shop: Server, drawn: Path
) -> None:
    tab, pull = (page, drag_mouse) if by == "mouse" else (phone, drag_finger)
    tab.goto("/search")
    choose(tab, drawn / "bag-012.png")
    box = picture(tab).bounding_box()
    assert box
    tab.wait_for_timeout(100)
    pull(tab, corner(tab, "left top"), box["width"] * 0.25, box["height"] * 0.1)
    pull(tab, corner(tab, "right"), -box["width"] * 0.2, 0)
    cut = {side: float(text or 0) for side, text in margins(tab).items()}
    assert cut == {
        "left": pytest.approx(25, abs=1),
        "top": pytest.approx(10, abs=1),
        "right": pytest.approx(20, abs=1),
        "bottom": 0,
    }
    # The whole frame, by its middle: as far as it goes.
    pull(tab, middle(tab), -box["width"], box["height"] * 0.05)
    moved = {side: float(text or 0) for side, text in margins(tab).items()}
    assert moved["left"] == 0
    assert moved["right"] == pytest.approx(cut["left"] + cut["right"])
    assert moved["top"] == pytest.approx(10, abs=1)
    assert moved["bottom"] == 0

    chosen = margins(tab)
    find(tab)
    tab.wait_for_url(RESULT)
    assert asked(tab)["q"] == [of_region(shop, drawn / "bag-012.png", chosen)]
    expect(own_photo(tab)).to_be_visible()
    expect(tab.get_by_role("button", name="Move the frame")).to_be_visible()
    assert framed(tab) == pytest.approx(moved, abs=1)


def middle(page: Page) -> tuple[float, float]:
    box = page.locator(".frame").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_region_is_chosen_by_keys_alone(page: Page, shop: Server, drawn: Path) -> None:
    page.goto("/search")
    choose(page, drawn / "bag-020.png")
    picture(page)
    assert page.evaluate("document.activeElement.textContent") == "Find bags like it"
    stops = []
    for _ in range(6):
        page.keyboard.press("Shift+Tab")
        stops.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert stops[2:] == ["Bottom edge", "Right edge", "Top edge", "Left edge"]
    left = page.get_by_role("slider", name="Left edge")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    assert left.get_attribute("aria-valuenow") == "7"
    assert left.get_attribute("aria-valuetext") == "7 % cut off"
    page.keyboard.press("Tab")
    for key in ("ArrowDown", "ArrowDown", "PageDown", "ArrowUp"):
        page.keyboard.press(key)
    assert margins(page) == {"left": "7", "top": "11", "right": "", "bottom": ""}
    assert page.get_by_role("slider", name="Top edge").get_attribute("aria-valuenow") == "89"
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert margins(page)["right"] == "83", "a tenth stays"
    page.keyboard.press("ArrowRight")
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    chosen = {"left": "9", "top": "10", "right": "80", "bottom": "1"}
    assert margins(page) == chosen

    page.get_by_role("slider", name="Right edge").press("End")
    chosen["right"] = ""
    page.get_by_role("button", name="Find bags like it").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(RESULT)
    assert asked(page)["q"] == [of_region(shop, drawn / "bag-020.png", chosen)]


def test_the_frame_and_the_fields_say_the_same(page: Page, drawn: Path) -> None:
    page.goto("/search")
    page.locator("summary", has_text="part of the photo").click()
    page.get_by_label("top", exact=True).fill("30")
    choose(page, drawn / "bag-020.png")
    whole = picture(page).bounding_box()
    frame = page.locator(".frame").bounding_box()
    assert whole
    assert frame
    assert frame["height"] == pytest.approx(whole["height"] * 0.7, abs=1)
    page.get_by_role("button", name="The whole photo").click()
    assert set(margins(page).values()) == {""}
    frame = page.locator(".frame").bounding_box()
    assert frame
    assert frame["height"] == pytest.approx(whole["height"], abs=1)


def test_without_scripts_the_margins_are_fields_of_the_form(
    chromium: Browser, shop: Server, drawn: Path
) -> None:
    cut = {"left": "20", "top": "5", "right": "12.5", "bottom": ""}
    with looking(chromium, shop, Look(390, scripts=False), expect="400|/search") as page:
        page.goto("/search")
        choose(page, drawn / "bag-012.png")
        page.locator("summary", has_text="part of the photo").click()
        for side in SIDES:
            page.get_by_label(side, exact=True).fill(cut[side])
        find(page)
        page.wait_for_url(RESULT)
        assert asked(page)["q"] == [of_region(shop, drawn / "bag-012.png", cut)]
        expect(page.locator(".own")).to_be_hidden()

        page.goto("/search")
        choose(page, drawn / "bag-012.png")
        page.locator("summary", has_text="part of the photo").click()
        page.get_by_label("left", exact=True).fill("70")
        page.get_by_label("right", exact=True).fill("30")
        find(page)
        page.locator(".status").wait_for()
        assert "cut_left" in page.locator("h1").inner_text().lower()


def test_a_photo_that_only_the_server_can_read_is_searched_all_the_same(
    page: Page, drawn: Path, tmp_path: Path
) -> None:
    with Image.open(drawn / "bag-015.png") as drawn_photo:
        drawn_photo.save(tmp_path / "scan.tiff")
    page.goto("/search")
    choose(page, tmp_path / "scan.tiff")
    expect(page.get_by_text("This browser cannot show scan.tiff")).to_be_visible()
    expect(page.get_by_role("slider").first).to_be_hidden()
    find(page)
    page.wait_for_url(RESULT)
    assert names(page)[0] == "Bag 15 of shop"
    expect(page.get_by_text("scan.tiff, which this browser cannot show")).to_be_visible()
    expect(own_photo(page)).to_be_hidden()


def test_only_the_tab_that_asked_shows_the_photo_and_after_a_reload_too(
    page: Page, chromium: Browser, shop: Server, drawn: Path
) -> None:
    visit(page, "/search")
    choose(page, drawn / "bag-008.png")
    find(page)
    page.wait_for_url(RESULT)
    for _ in range(2):
        expect(own_photo(page)).to_be_visible()
        expect(page.get_by_role("heading", name="Bags like your photo")).to_be_visible()
        red = own_photo(page).evaluate(
            "async canvas => { await new Promise(done => setTimeout(done, 200));"
            " return [...canvas.getContext('2d').getImageData(1, 1, 1, 1).data] }"
        )
        with Image.open(drawn / "bag-008.png") as photo:
            assert red[:3] == pytest.approx(photo.getpixel((1, 1)), abs=12)
        page.reload()
    result = page.url
    page.locator(".card a.why").first.click()
    page.wait_for_url("**/why?*")
    expect(own_photo(page)).to_be_visible()
    with looking(chromium, shop, Look(1280)) as another:
        another.goto(result)
        assert names(another)[0] == "Bag 8 of shop"
        expect(another.locator(".own")).to_be_hidden()


def test_the_oldest_photos_make_room_when_the_tabs_memory_is_full(page: Page, drawn: Path) -> None:
    page.goto("/search")
    # Two photos of long ago fill the tab's memory up to the last bytes.
    page.evaluate(
        "['first', 'second'].forEach((name, at) => sessionStorage.setItem(`hashbag.photo.${name}`,"
        " JSON.stringify({ at, name, picture: '.'.repeat(2_600_000 - at * 2_000_000) })));"
        "for (const size of [1e6, 1e5, 1e4, 1e3]) for (let n = 0; n < 100; n++) { try {"
        " sessionStorage.setItem(`other.${size}.${n}`, '.'.repeat(size)) } catch { break } }"
    )
    choose(page, drawn / "bag-008.png")
    find(page)
    page.wait_for_url(RESULT)
    expect(own_photo(page)).to_be_visible()
    kept = page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('hashbag'))")
    assert "hashbag.photo.first" not in kept
    assert "hashbag.photo.second" in kept


def test_a_search_from_a_page_keeps_its_kind_its_filters_and_its_seed(
    page: Page, drawn: Path
) -> None:
    visit(page, "/items/7?by=whash&brand=Cedar&seed=5")
    drop(page, drawn / "bag-010.png")
    picture(page)
    find(page)
    page.wait_for_url(RESULT)
    found = {name: told for name, told in asked(page).items() if name not in {"q", "frame"}}
    assert found == {"by": ["whash"], "brand": ["Cedar"], "seed": ["5"]}


def test_escape_closes_the_dialog_and_gives_the_page_back(page: Page, drawn: Path) -> None:
    visit(page, "/items/7")
    drop(page, drawn / "bag-010.png")
    expect(page.get_by_role("dialog", name="Search with a photo")).to_be_visible()
    picture(page)
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    assert page.url.endswith("/items/7")
    drop(page, drawn / "bag-011.png")
    expect(picture(page)).to_have_attribute("aria-label", "Your photo, bag-011.png")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("dialog")).to_be_hidden()


def test_another_photo_takes_the_place_of_the_first(page: Page, drawn: Path) -> None:
    page.goto("/search")
    choose(page, drawn / "bag-010.png")
    picture(page)
    page.get_by_role("slider", name="Top edge").press("PageDown")
    page.get_by_role("button", name="Another photo").click()
    expect(page.locator(".drop")).to_be_visible()
    choose(page, drawn / "bag-011.png")
    expect(picture(page)).to_have_attribute("aria-label", "Your photo, bag-011.png")
    assert set(margins(page).values()) == {""}
    find(page)
    page.wait_for_url(RESULT)
    assert names(page)[0] == "Bag 11 of shop"


@pytest.mark.parametrize("look", [Look(320), Look(390, "dark", touch=True), Look(1920, "dark")])
def test_a_photo_with_its_frame_fits_any_screen(
    look: Look, chromium: Browser, shop: Server, drawn: Path
) -> None:
    with looking(chromium, shop, look) as page:
        for start in ("/search", "/?seed=5"):
            visit(page, start)
            drop(page, drawn / "bag-010.png")
            box = picture(page).bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= look.width
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
