"""The frame on one's own photo is moved on the page of its result, which searches again."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.accessibility import violations_of
from tests.browsing import SCHEMES, Look, asked, follow, looking, ready
from tests.serving import Server
from tests.test_asking import (
    REFUSED,
    RESULT,
    choose,
    corner,
    drag_finger,
    drag_mouse,
    find,
    framed,
    of_region,
    own_photo,
)
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.plan import plan
from webapp.lab.evaluation import scenes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw a photo in which a bag is found, in a room."""
    path = tmp_path_factory.mktemp("room") / "room.jpg"
    scene = scenes.paste(draw(plan(40)[8]), (), np.random.default_rng(2))
    scene.picture.save(path, quality=92)
    return path


@pytest.fixture
def page(chromium: Browser, shop: Server) -> Iterator[Page]:
    with looking(chromium, shop, Look(1280)) as tab:
        yield tab


def search(page: Page, photo: Path, start: str = "/search") -> None:
    page.goto(start)
    ready(page)  # without scripts the form is sent too, and the tab has no copy
    choose(page, photo)
    find(page)
    page.wait_for_url(RESULT)
    expect(page.get_by_role("button", name="Move the frame")).to_be_visible()


def kept_copy(page: Page, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Read what this tab remembers of the photo, its picture as a file."""
    (q,) = asked(page)["q"]
    kept = json.loads(page.evaluate("q => sessionStorage.getItem(`hashbag.photo.${q}`)", q))
    path = folder / "copy.jpg"
    path.write_bytes(base64.b64decode(kept["picture"].partition(",")[2]))
    return path, kept


def search_framed(page: Page) -> None:
    before = asked(page)["q"]
    page.get_by_role("button", name="Find bags like this part").click()
    page.wait_for_url(lambda address: before[0] not in address)
    expect(page.get_by_role("button", name="Move the frame")).to_be_visible()


def test_the_part_that_was_taken_as_the_bag_is_framed_on_the_photo(page: Page, room: Path) -> None:
    search(page, room)
    x, y, width, height = (100 * float(side) for side in asked(page)["frame"][0].split(","))
    sides = {"left": x, "top": y, "right": 100 - x - width, "bottom": 100 - y - height}
    assert framed(page) == pytest.approx(sides, abs=1)
    expect(page.locator(".taken")).to_contain_text("Taken as the bag: what is framed")


@pytest.mark.parametrize("by", ["mouse", "touch"])
def test_the_frame_is_dragged_there_and_the_search_follows_from_the_tabs_own_copy(
    by: str, chromium: Browser, shop: Server, room: Path, tmp_path: Path
) -> None:
    look = Look(390, touch=True) if by == "touch" else Look(1280)
    with looking(chromium, shop, look) as page:
        search(page, room)
        copy, _ = kept_copy(page, tmp_path)
        posted: list[str] = []
        page.on(
            "request",
            lambda one: posted.append(urlsplit(one.url).path) if one.method == "POST" else None,
        )
        page.get_by_role("button", name="Move the frame").click()
        page.wait_for_timeout(100)
        before = framed(page)
        pull = drag_finger if by == "touch" else drag_mouse
        pull(page, corner(page, "left top", ".own"), -15, -12)
        after = framed(page)
        assert after["left"] < before["left"]
        assert after["top"] < before["top"]
        assert after["right"] == pytest.approx(before["right"], abs=0.6)
        fields = page.locator(".own input[type=hidden]")
        cut = {
            str(one.get_attribute("name")).removeprefix("cut_"): one.input_value()
            for one in fields.all()
        }
        search_framed(page)
        assert asked(page)["q"] == [of_region(shop, copy, cut)]
        assert posted == ["/api/v1/fingerprints"]
        expect(own_photo(page)).to_be_visible()
        assert framed(page) == pytest.approx(after, abs=1)
        # From there it is moved again: the copy is still of the whole photo.
        assert kept_copy(page, tmp_path)[0].read_bytes() == copy.read_bytes()
        page.get_by_role("button", name="Move the frame").click()
        page.get_by_role("button", name="The whole photo").click()
        search_framed(page)
        assert asked(page)["q"] == [of_region(shop, copy, dict.fromkeys(cut, ""))]


def test_the_frame_is_moved_by_keys_alone_and_all_choices_are_kept(page: Page, room: Path) -> None:
    search(page, room)
    chosen = "by=whash&k=18&brand=Cedar&sort=price&seed=5&not=9&harder=0"
    page.goto(f"{page.url}&{chosen}")
    page.get_by_role("button", name="Move the frame").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.ariaLabel") == "Left edge"
    before, q = framed(page), asked(page)["q"]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.press("PageUp")
    assert framed(page)["left"] == pytest.approx(max(0, before["left"] - 1), abs=0.3)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: q[0] not in address)
    kept = asked(page)
    del kept["q"]
    kept.pop("frame", None)
    assert "&".join(f"{name}={one}" for name, [one] in sorted(kept.items())) == "&".join(
        sorted(chosen.split("&"))
    )


def test_a_frame_that_was_moved_can_be_left_as_it_was(page: Page, room: Path) -> None:
    search(page, room)
    before, address = framed(page), page.url
    page.get_by_role("button", name="Move the frame").click()
    page.get_by_role("slider", name="Right edge").press("PageDown")
    assert framed(page) != pytest.approx(before, abs=1)
    page.get_by_role("button", name="Leave it").click()
    assert framed(page) == pytest.approx(before, abs=0.1)
    expect(page.get_by_role("slider", name="Right edge")).to_be_hidden()
    assert page.url == address


def test_the_parts_that_are_named_are_searched_at_once(
    page: Page, shop: Server, room: Path, tmp_path: Path
) -> None:
    search(page, room)
    copy, _ = kept_copy(page, tmp_path)
    link = page.locator(".taken").get_by_role("link", name="this part", exact=True)
    named = re.findall(r"cut_(\w+)=(\d+)", str(link.get_attribute("href")))
    cut = dict.fromkeys(("left", "top", "right", "bottom"), "") | dict(named)
    expect(page.locator(".taken .again")).to_be_hidden()
    follow(link)
    assert asked(page)["q"] == [of_region(shop, copy, cut)]


def test_what_goes_wrong_is_told_beside_the_photo_and_the_frame_stays(
    chromium: Browser, shop: Server, room: Path
) -> None:
    with looking(chromium, shop, Look(1280), expect=f"{REFUSED}|ERR_INTERNET") as page:
        search(page, room)
        page.get_by_role("button", name="Move the frame").click()
        page.get_by_role("slider", name="Bottom edge").press("PageUp")
        moved = framed(page)
        page.context.set_offline(True)
        page.get_by_role("button", name="Find bags like this part").click()
        expect(page.locator(".own [role=alert]")).to_contain_text("did not get through")
        assert framed(page) == pytest.approx(moved, abs=0.1)
        page.context.set_offline(False)
        search_framed(page)


def test_without_scripts_margins_remain(chromium: Browser, shop: Server, room: Path) -> None:
    with looking(chromium, shop, Look(1280, scripts=False)) as page:
        page.goto("/search")
        choose(page, room)
        find(page)
        page.wait_for_url(RESULT)
        expect(page.locator(".own")).to_be_hidden()
        expect(page.locator(".taken")).to_contain_text("choose the photo again")
        follow(page.locator(".taken").get_by_role("link", name="this part", exact=True))
        expect(page.get_by_label("left", exact=True)).to_be_visible()
        assert page.locator("input[name=cut_left]").input_value() != ""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_wrong_with_a_photo_whose_frame_is_moved(
    scheme: Literal["light", "dark"], chromium: Browser, shop: Server, room: Path
) -> None:
    context = chromium.new_context(
        base_url=shop.url, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce"
    )
    with closing(context):
        page = context.new_page()
        search(page, room)
        assert violations_of(page) == []
        page.get_by_role("button", name="Move the frame").click()
        assert violations_of(page) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_a_photo_whose_frame_is_moved_fits_any_screen(
    width: int, chromium: Browser, shop: Server, room: Path
) -> None:
    with looking(chromium, shop, Look(width, touch=width < 1000)) as page:
        search(page, room)
        page.get_by_role("button", name="Move the frame").click()
        photo, frame = (
            page.locator(f".own {part}").bounding_box() for part in ("canvas", ".frame")
        )
        assert photo
        assert frame
        assert photo["width"] > 150
        assert photo["x"] - 1 <= frame["x"]
        assert frame["x"] + frame["width"] <= photo["x"] + photo["width"] + 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for name in ("Find bags like this part", "The whole photo", "Leave it"):
            expect(page.get_by_role("button", name=name)).to_be_visible()
