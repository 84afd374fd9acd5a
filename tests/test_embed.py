"""Frames in other sites' pages: for who is named, and for nobody else."""

import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect

from tests.browsing import Look, looking
from tests.conftest import core_of, take_in
from tests.pictures import bag, encoded
from tests.serving import Server, served
from tests.test_pages import Page, page
from webapp import create_app
from webapp.exceptions import ConfigError

SHOP = "https://shop.example"


@pytest.fixture
def framed(filled: Flask) -> FlaskClient:
    """Ask the catalogue of 60 bags that a shop may show in frames."""
    settings = {"embed_origins": f"{SHOP}/, http://[::1]:8080"}
    app = create_app({"instance": core_of(filled).settings.instance, **settings})
    return app.test_client()


def cards(found: Page) -> list[dict[str, str]]:
    return [a for a in found.all("a") if re.match(r"/items/\d+$", a["href"])][1:]


def test_a_frame_shows_as_many_of_the_nearest_as_asked(framed: FlaskClient) -> None:
    nearest = framed.get("/api/v1/items/7/similar?by=look&k=6").get_json()["hits"]
    found = page(framed, "/embed/items/7?n=6")
    assert [a["href"] for a in cards(found)] == [f"/items/{hit['item']['id']}" for hit in nearest]
    assert len(cards(page(framed, "/embed/items/7"))) == 4
    assert len(cards(page(framed, "/embed/items/7?n=3&brand=Ora"))) == 3


def test_links_leave_the_frame_to_a_new_tab(framed: FlaskClient) -> None:
    for a in page(framed, "/embed/items/7").all("a"):
        assert (a["target"], a["rel"]) == ("_blank", "noopener")


@pytest.mark.thorough
def test_a_bag_with_an_address_of_its_own_leads_there_in_place_of_the_shops_page(
    tmp_path: Path,
) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(encoded(bag(number), "PNG"))
    rows = f"0.png,{SHOP}/0\n1.png,{SHOP}/1\n2.png,javascript:alert(1)\n"
    (tmp_path / "bags.csv").write_text(f"filename,url\n{rows}", "utf-8")
    app = create_app({"instance": tmp_path / "instance", "embed_origins": SHOP})
    take_in(app, tmp_path / "bags.csv")
    links = page(app.test_client(), "/embed/items/1").all("a")
    led = {a["href"]: a["target"] for a in links}
    assert led == {"/items/1": "_blank", f"{SHOP}/1": "_top", "/items/3": "_blank"}


@pytest.mark.parametrize("target", ["/embed/items/7", "/embed/search", "/embed/items/4711"])
def test_only_frames_may_be_framed_and_only_by_the_sites_named(
    framed: FlaskClient, target: str
) -> None:
    answer = framed.get(target)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors 'self' {SHOP} http://[::1]:8080")
    assert "X-Frame-Options" not in answer.headers
    assert "script-src 'self'" in policy
    for other in ("/", "/items/7", "/search", "/nothing", "/api/v1/kinds"):
        answer = framed.get(other)
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
        assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("target", ["/embed/items/7", "/embed/search"])
def test_without_a_site_named_there_are_no_frames(client: FlaskClient, target: str) -> None:
    answer = client.get(target)
    assert (answer.status_code, "HASHBAG_EMBED_ORIGINS" in answer.text) == (404, True)
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/embed/items/7?n=0", 400),
        ("/embed/items/7?n=25", 400),
        ("/embed/items/7?theme=pink", 400),
        ("/embed/search?q=x", 400),
        ("/embed/items/4711", 404),
    ],
)
def test_an_error_in_a_frame_is_as_small_as_the_frame(
    framed: FlaskClient, target: str, status: int
) -> None:
    found = page(framed, target, status)
    assert "embed.css" in found.html
    assert "masthead" not in found.html


def test_an_upload_stays_in_the_frame_with_its_choices(framed: FlaskClient) -> None:
    (form,) = page(framed, "/embed/search?n=5&theme=dark").all("form")
    photo = (io.BytesIO(encoded(bag(20), "PNG")), "photo.png")
    answer = framed.post(form["action"], data={"image": photo})
    assert answer.status_code == 303
    found = page(framed, answer.headers["Location"])
    hrefs = [a["href"] for a in found.all("a") if a["href"].startswith("/items/")]
    assert (hrefs[0], len(hrefs)) == ("/items/21", 5)
    assert 'data-theme="dark"' in found.html
    photo = (io.BytesIO(encoded(bag(20), "PNG")), "photo.png")
    assert framed.post("/embed/search?n=99", data={"image": photo}).status_code == 400


@pytest.mark.parametrize(
    "origins",
    ["*", "shop.example", "https://shop.example/page", "https://*", "https://a b", "https://x;y"],
)
def test_what_is_no_site_is_named_at_the_start(tmp_path: Path, origins: str) -> None:
    with pytest.raises(ConfigError, match="HASHBAG_EMBED_ORIGINS"):
        create_app({"instance": tmp_path, "embed_origins": origins})


def test_a_list_in_the_settings_file_names_several_sites(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f'embed_origins = ["{SHOP}", "https://b.example"]')
    answer = create_app({"instance": tmp_path}).test_client().get("/embed/search")
    assert f"'self' {SHOP} https://b.example" in answer.headers["Content-Security-Policy"]


@contextmanager
def pages_of_a_shop(folder: Path) -> Iterator[int]:
    """Serve another site's pages, on another port of this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def two_sites(
    eight: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, str, str]]:
    """Serve 8 bags and a shop whose pages show them: at the address that is named, and at another.

    The shop's page has the frames that the page of help has to copy.
    """
    folder = tmp_path_factory.mktemp("shop")
    with pages_of_a_shop(folder) as port:
        named, other = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
        with served(eight, 1, {"HASHBAG_EMBED_ORIGINS": named}) as server:
            help_page = server.get("/help/embed").text
            frames = re.findall(
                r"<code id=\"(?:recipe|search)\">(.*?)</code>", help_page, re.DOTALL
            )
            assert len(frames) == 2
            text = "<!doctype html><title>Shop</title><h1>Shop</h1>" + "".join(
                map(unescape, frames)
            )
            (folder / "index.html").write_text(text, "utf-8")
            yield server, named, other


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_shop_that_is_named_shows_the_frames_and_a_photo_is_searched_in_one(
    chromium: Browser, two_sites: tuple[Server, str, str], width: int, scripts: bool
) -> None:
    server, named, _ = two_sites
    with looking(chromium, server, Look(width, scripts=scripts)) as tab:
        tab.goto(named)
        like = tab.frame_locator("iframe >> nth=0")
        expect(like.locator("h1")).to_have_text("Looks like it")
        expect(like.locator(".strip li")).to_have_count(4)
        search = tab.frame_locator("iframe >> nth=1")
        photo = {"name": "x.png", "mimeType": "image/png", "buffer": encoded(bag(2), "PNG")}
        search.locator("input[type=file]").set_input_files(photo)  # type: ignore[arg-type]
        search.locator("button").click()
        expect(search.locator("h1")).to_have_text("Bags like your photo")
        expect(search.locator(".strip a >> nth=0")).to_have_attribute("href", "/items/3")
        for number in (0, 1):
            frame = tab.frames[1 + number]
            # A frame of the height to copy needs to be scrolled sideways at the most.
            assert frame.evaluate("document.documentElement.scrollHeight <= innerHeight")
            assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        with tab.expect_popup() as opened:
            like.locator(".strip a >> nth=0").click()
        assert opened.value.url.startswith(f"{server.url}/items/")
        assert tab.url == f"{named}/"


@pytest.mark.slow
def test_a_site_that_is_not_named_shows_no_frame(
    chromium: Browser, two_sites: tuple[Server, str, str]
) -> None:
    server, _, other = two_sites
    with looking(chromium, server, Look(1280), expect="frame-ancestors|frame") as tab:
        refused: list[str] = []
        tab.on("console", lambda said: refused.append(said.text))
        tab.goto(other, wait_until="networkidle")
        assert tab.frame_locator("iframe >> nth=0").locator("h1").count() == 0
        assert [said for said in refused if "frame-ancestors" in said]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("target", ["/embed/items/3", "/embed/search", "/embed/items/4711"])
def test_axe_finds_nothing_wrong_with_a_frame(
    chromium: Browser, two_sites: tuple[Server, str, str], target: str, scheme: str
) -> None:
    server, _, _ = two_sites
    look = Look(390, "dark" if scheme == "dark" else "light")
    with looking(chromium, server, look, expect="404") as tab:
        tab.goto(target)
        found = Axe().run(tab)
        assert not found.response["violations"], found.generate_report()
