"""Scripts of the sites that are named may use the API in browsers, and no others."""

import io
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from werkzeug.wrappers import Response

from tests.conftest import core_of
from tests.pictures import bag, encoded
from tests.serving import served
from webapp import create_app
from webapp.exceptions import ConfigError

SHOP = "https://shop.example"
FROM_SHOP = {"Origin": SHOP}


@pytest.fixture
def open_to_shop(filled: Flask) -> FlaskClient:
    settings = {"cors_origins": f"{SHOP}/ http://[::1]:8080"}
    return create_app({"instance": core_of(filled).settings.instance, **settings}).test_client()


def allowed(answer: Response) -> set[str]:
    return {name for name, _ in answer.headers if name.startswith("Access-Control-")}


def test_a_named_site_may_read_every_answer_problems_too(open_to_shop: FlaskClient) -> None:
    picture = {"image": (io.BytesIO(encoded(bag(3), "PNG")), "x.png")}
    answers = [
        open_to_shop.get("/api/v1/items", headers=FROM_SHOP),
        open_to_shop.head("/api/v1/items", headers=FROM_SHOP),
        open_to_shop.post("/api/v1/search", headers=FROM_SHOP, data=picture),
        open_to_shop.get("/api/v1/items/4711", headers=FROM_SHOP),
        open_to_shop.put("/api/v1/items", headers=FROM_SHOP),
        open_to_shop.get("/api/v1/nothing", headers=FROM_SHOP),
    ]
    assert [one.status_code for one in answers] == [200, 200, 200, 404, 405, 404]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://other.example", "null", f"{SHOP}.evil", SHOP.upper(), "http://shop.example"]
)
def test_another_site_may_not_and_caches_are_told_that_answers_differ(
    open_to_shop: FlaskClient, origin: str
) -> None:
    for method in ("GET", "OPTIONS"):
        answer = open_to_shop.open("/api/v1/items", method=method, headers={"Origin": origin})
        assert not allowed(answer)
        assert "Origin" in answer.headers["Vary"]


def test_a_browser_that_asks_first_is_told_what_the_address_answers(
    open_to_shop: FlaskClient,
) -> None:
    asked = {**FROM_SHOP, "Access-Control-Request-Headers": "authorization,if-match"}
    for path, methods in {
        "/api/v1/items": {"GET", "HEAD", "POST", "OPTIONS"},
        "/api/v1/items/4": {"GET", "HEAD", "PATCH", "DELETE", "OPTIONS"},
        "/api/v1/search/batch": {"POST", "OPTIONS"},
    }.items():
        answer = open_to_shop.options(path, headers=asked)
        assert (answer.status_code, answer.data) == (204, b"")
        assert set(answer.headers["Access-Control-Allow-Methods"].split(", ")) == methods
        may_send = answer.headers["Access-Control-Allow-Headers"].lower()
        assert {"authorization", "if-match", "content-type"} <= set(may_send.split(", "))


def test_pages_are_never_open_and_nothing_is_while_no_site_is_named(
    open_to_shop: FlaskClient, client: FlaskClient
) -> None:
    for path in ("/", "/search", "/items/1", "/images/1", "/api"):
        with open_to_shop.get(path, headers=FROM_SHOP) as answer:
            assert not allowed(answer)
    for method in ("GET", "OPTIONS"):
        closed = client.open("/api/v1/items", method=method, headers=FROM_SHOP)
        assert not allowed(closed)
        assert "Origin" not in closed.headers.get("Vary", "")


def test_what_is_no_site_stops_the_start(tmp_path: Path) -> None:
    for text in ("*", "shop.example", f"{SHOP}/path", "null"):
        with pytest.raises(ConfigError, match="HASHBAG_CORS_ORIGINS"):
            create_app({"instance": tmp_path, "cors_origins": text})


@contextmanager
def another_site(folder: Path) -> Iterator[str]:
    """Serve an empty page on an origin of its own."""
    (folder / "index.html").write_text("<!doctype html><title>Shop</title>", "utf-8")
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


_CHANGE = """async ([url, token]) => {
  try {
    const sent = await fetch(url, {method: 'PATCH', body: '{"price": 77}',
      headers: {'Content-Type': 'application/json', 'Authorization': `Bearer ${token}`}});
    return [sent.status, (await sent.json()).price];
  } catch (error) { return [0, String(error)]; }
}"""


@pytest.mark.slow
def test_chromium_lets_a_named_sites_script_change_an_item_with_a_token_and_no_others(
    chromium: Browser, eight: Path, tmp_path: Path
) -> None:
    instance = Path(shutil.copytree(eight, tmp_path / "instance"))
    shop = tmp_path / "shop"
    shop.mkdir()
    with another_site(shop) as named, another_site(shop) as other:
        settings = {"HASHBAG_CORS_ORIGINS": named, "HASHBAG_ADMIN_TOKEN": "secret-of-the-owner"}
        with served(instance, 1, settings) as server:
            said = []
            for site, token in ((named, "secret-of-the-owner"), (named, "no"), (other, "no")):
                page = chromium.new_page()
                page.goto(site)
                said.append(page.evaluate(_CHANGE, [f"{server.url}/api/v1/items/2", token]))
                page.close()
            assert said[0] == [200, 77]
            assert said[1][0] == 401
            assert said[2] == [0, "TypeError: Failed to fetch"]
            assert server.get("/api/v1/items/2").json["price"] == 77
