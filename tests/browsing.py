"""A shop and a browser to look at it with, for tests that see what people see."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Response,
    expect,
    sync_playwright,
)

from tests.applications import Once, draw_map, take_in
from tests.pictures import bag, encoded
from tests.serving import HANGS, Server, draw_catalogue, eventually, served
from webapp import create_app

CHROMIUM = Path("/usr/bin/chromium")
# The same browser without what a screen needs: a page costs half as much.
HEADLESS = Path("/usr/bin/chromium-headless-shell")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ITEMS = 40
HEIGHT = 900

expect.set_options(timeout=1000 * HANGS)


@dataclass(frozen=True)
class Look:
    """How somebody looks at the pages."""

    width: int
    scheme: Literal["light", "dark"] = "light"
    scripts: bool = True
    touch: bool = False

    def __str__(self) -> str:
        return f"{self.width} {self.scheme}{'' if self.scripts else ' without scripts'}"


@pytest.fixture(scope="session")
def drawn(once: Once) -> Path:
    """Draw the photos of a small shop, with their manifest."""
    return once("drawn", lambda folder: draw_catalogue(folder / "shop", ITEMS, seed=31)) / "shop"


@pytest.fixture(scope="session")
def shop(drawn: Path, once: Once) -> Iterator[Server]:
    """Serve those photos; tests must not change them."""

    def take(folder: Path) -> None:
        app = create_app({"instance": folder / "instance"})
        take_in(app, drawn / "manifest.csv")
        draw_map(app)

    with served(once("shop", take) / "instance") as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium."""
    path = HEADLESS if HEADLESS.exists() else CHROMIUM
    if not path.exists():
        missing = f"there is no {HEADLESS} and no {path}: what people see was not tested"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


# The pages there are, by a name for each.
PAGES = (
    *("grid", "filtered", "nothing found", "browse", "item", "upload form", "upload result"),
    *("compare", "why", "why by colour", "why of an upload", "duplicates", "map"),
    *("coloured map", "map as a list"),
    *("about", "API", "help", "shortlist", "words", "error"),
)
LOST = "404|/items/4711"
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


def addresses(shop: Server) -> dict[str, str]:
    """List an address of every sort of page."""
    found = shop.post_picture("/search", encoded(bag(3), "PNG")).headers["Location"]
    code = parse_qs(urlsplit(found).query)["q"][0]
    brands = shop.get("/api/v1/items?n=1").json["facets"]["brand"]
    brand = f"brand={quote(brands[0]['value'])}" if brands else ""
    targets = (
        "/?seed=5",
        f"/?seed=5&{brand}&min_price=10",
        f"/browse?{brand}&max_price=1",
        "/browse?sort=price",
        "/items/7",
        "/search",
        found,
        "/compare?item=7",
        "/why?item=7&to=9",
        "/why?item=7&to=9&by=colorhash",
        f"/why?q={code}&to=9&by=whash",
        "/duplicates",
        "/map",
        "/map?colour_by=category&only=tote",
        "/map?view=list",
        "/about",
        "/api",
        "/help/nginx",
        "/list?ids=7,3",
        "/browse?text=bag",
        "/items/4711",
    )
    return dict(zip(PAGES, targets, strict=True))


# What Chromium says, where no script could answer it, when a page is shown before pictures of the
# last one could move into it, as on a busy machine, or without its scripts: they only fade then.
SHOWN_EARLY = "Transition was aborted because of invalid state."


def watch(page: Page, problems: list[str]) -> None:
    """Note what fails in a page: scripts, answers, and what its content policy forbids."""

    def heard(said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            problems.append(said.text)

    def answered(answer: Response) -> None:
        if answer.status >= 400:
            problems.append(f"{answer.status} {answer.url}")

    def failed(error: Error) -> None:
        if not error.message.startswith(SHOWN_EARLY):
            problems.append(str(error))

    page.on("console", heard)
    page.on("response", answered)
    page.on("pageerror", failed)


@contextmanager
def looking(chromium: Browser, shop: Server, look: Look, expect: str = "") -> Iterator[Page]:
    """Open a tab; afterwards nothing may have failed in it but what is expected."""
    context = chromium.new_context(
        base_url=shop.url,
        viewport={"width": look.width, "height": HEIGHT},
        color_scheme=look.scheme,
        java_script_enabled=look.scripts,
        has_touch=look.touch,
        is_mobile=look.touch,
    )
    page = context.new_page()
    page.set_default_timeout(1000 * HANGS)
    problems: list[str] = []
    watch(page, problems)
    try:
        yield page
    finally:
        context.close()
    unexpected = [said for said in problems if not (expect and re.search(expect, said))]
    assert not unexpected, unexpected


def is_drawn(picture: Locator) -> bool:
    """Bring a picture into view and say whether its pixels came."""
    picture.scroll_into_view_if_needed()
    return bool(
        picture.evaluate(
            "async img => { if (!img.complete) await new Promise(done => {"
            " img.onload = img.onerror = done }); return img.naturalWidth > 0 }"
        )
    )


def visit(page: Page, target: str) -> None:
    """Open a page and wait until its scripts are at work."""
    page.goto(target)
    ready(page)


def ready(page: Page) -> None:
    """Wait until the scripts of a page are at work, with those that they load."""
    script = "document.querySelector('script[src$=\"/hashbag.js\"]').src"
    page.evaluate(f"import({script}).then(() => 0)")


def follow(link: Locator) -> None:
    """Click what leads elsewhere, and wait until all of that page is there.

    A click alone returns while the page may be half read: then half of it is counted.
    """
    with link.page.expect_navigation():
        link.click()


def show_choices(page: Page) -> Locator:
    """Unfold what ranks the neighbours, where that is one closed line; returns the choices."""
    line = page.locator(".how > summary")
    if line.is_visible() and page.locator(".how[open]").count() == 0:
        line.click()
    return page.locator(".how-choices")


def names(page: Page, within: str = ".grid") -> list[str]:
    page.wait_for_load_state()
    return [name.strip() for name in page.locator(f"{within} .card .title").all_inner_texts()]


def asked(page: Page) -> dict[str, list[str]]:
    """Read the parameters of the page's address."""
    return parse_qs(urlsplit(page.url).query)


def until(page: Page, expression: str) -> None:
    """Wait until an expression is true.

    Asked from here again and again: a page's own policy forbids what the browser driver does when
    it waits inside the page.
    """
    eventually(lambda: bool(page.evaluate(f"Boolean({expression})")), expression)
