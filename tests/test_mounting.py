"""The app under a path of a site, and behind proxies."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from tests.conftest import core_of
from tests.pictures import bag, encoded
from tests.serving import served
from tests.test_pages import Page
from webapp import create_app
from webapp.exceptions import ConfigError

SITE = "http://localhost"


@pytest.fixture
def under(filled: Flask) -> Client:
    """Ask the catalogue of 60 bags as a site's server does, whole paths and all."""
    return Client(create_app({"instance": core_of(filled).settings.instance, "prefix": "/my/bags"}))


def addresses(found: Page) -> Iterator[str]:
    """List all that a page leads to, brings along or sends to."""
    for name in ("a", "link", "img", "script", "form", "button", "canvas", "figure", "figure"):
        for tag in found.all(name):
            for key in ("href", "src", "action", "formaction", "data-fingerprints", "data-map"):
                if tag.get(key):
                    yield tag[key]
            for part in tag.get("srcset", "").split(", "):
                if part:
                    yield part.split(" ")[0]
    for meta in found.all("meta"):
        if meta.get("property") in {"og:url", "og:image"}:
            yield meta["content"]


def ask(client: Client, address: str) -> TestResponse:
    parts = urlsplit(urljoin(SITE, address))
    return client.get(parts.path, query_string=parts.query)


@pytest.mark.thorough
def test_every_address_of_every_page_is_under_the_prefix_and_leads_somewhere(
    under: Client,
) -> None:
    waiting, seen, kinds = ["/my/bags/"], set[str](), set[str]()
    while waiting:
        target = waiting.pop()
        answer = ask(under, target)
        with answer:
            if answer.status_code == 302:
                waiting.append(answer.headers["Location"])
                assert urlsplit(waiting[-1]).path.startswith("/my/bags/")
                continue
            # What only takes a form says so.
            assert answer.status_code in {200, 405} or "/map" in target, (target, answer.status)
            kinds.add(answer.mimetype or "")
            html = answer.text if answer.mimetype == "text/html" else ""
        if not html:
            continue
        rules = answer.headers["Speculation-Rules"].strip('"')
        for address in (rules, *addresses(Page(html))):
            if address.startswith("#") or urlsplit(address).netloc not in {"", "localhost"}:
                continue
            assert urlsplit(address).path.startswith("/my/bags/"), (target, address)
            # One of each sort of address: there are thousands.
            sort = re.sub(r"\d+", "0", urlsplit(address).path)
            if sort not in seen and not sort.endswith(("/list", "/icons/0.png")):
                seen.add(sort)
                waiting.append(address)
    assert {"text/css", "text/javascript", "image/webp", "application/json"} <= kinds
    assert {"/my/bags/items/0", "/my/bags/compare", "/my/bags/api", "/my/bags/why"} <= seen


def test_files_for_browsers_and_search_engines_know_the_prefix(under: Client) -> None:
    manifest = json.loads(under.get("/my/bags/manifest.webmanifest").text)
    told = [manifest["start_url"], manifest["scope"], manifest["share_target"]["action"]]
    assert told == ["/my/bags/", "/my/bags/", "/my/bags/search"]
    robots = under.get("/my/bags/robots.txt").text
    assert "Disallow: /my/bags/api/" in robots
    assert f"Sitemap: {SITE}/my/bags/sitemap.xml" in robots
    sitemap = ElementTree.fromstring(under.get("/my/bags/sitemap.xml").data)
    listed = [text for one in sitemap.iter() if (text := one.text or "").strip()]
    assert listed
    assert all(one.startswith(f"{SITE}/my/bags/") for one in listed)
    rules = under.get("/my/bags/prefetch.speculationrules").text
    assert '"/my/bags/items/*"' in rules


def test_programs_are_told_the_prefix(under: Client) -> None:
    document = json.loads(under.get("/my/bags/api/v1/openapi.json").text)
    (server,) = document["servers"]
    assert ask(under, f"{server['url']}/api/v1/kinds").status_code == 200
    item = json.loads(under.get("/my/bags/api/v1/items/7").text)
    with ask(under, item["image"]) as image:
        assert image.mimetype == "image/png"
    guide = under.get("/my/bags/api").text
    assert f"{SITE}/my/bags/api/v1/items?seed=7" in guide
    problem = under.get("/my/bags/api/v1/items/4711")
    assert (problem.status_code, problem.mimetype) == (404, "application/problem+json")


def test_an_upload_and_a_heart_lead_back_under_the_prefix(under: Client) -> None:
    photo = (io.BytesIO(encoded(bag(20), "PNG")), "photo.png")
    found = under.post("/my/bags/search", data={"image": photo})
    assert found.status_code == 303
    assert found.headers["Location"].startswith("/my/bags/search?q=")
    page = Page(under.get("/my/bags/items/7?by=whash").text)
    (back,) = [one["value"] for one in page.all("input") if one.get("name") == "back"]
    kept = under.post("/my/bags/list", data={"toggle": "7", "back": back})
    assert kept.headers["Location"] == "/my/bags/items/7?by=whash#heart-7"
    assert "Path=/my/bags" in kept.headers["Set-Cookie"]


def test_nothing_is_beside_the_prefix_and_its_beginning_leads_in(under: Client) -> None:
    for target in ("/", "/my", "/my/bagsand", "/items/7", "//my/bags/"):
        answer = under.get(target)
        assert (answer.status_code, "/my/bags/" in answer.text) == (404, True), target
    answer = under.get("/my/bags?seed=3")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/my/bags/?seed=3")


@pytest.mark.parametrize("prefix", ["bags", "/bags?x", "//bags", "/a/../b", "/ü", "/a b", "/<b>"])
def test_a_prefix_that_is_no_path_is_named_at_the_start(tmp_path: Path, prefix: str) -> None:
    with pytest.raises(ConfigError, match="HASHBAG_PREFIX"):
        create_app({"instance": tmp_path, "prefix": prefix})


def test_a_prefix_may_end_in_a_slash_and_may_be_the_root(tmp_path: Path) -> None:
    assert Client(create_app({"instance": tmp_path, "prefix": "/"})).get("/").status_code == 200
    app = create_app({"instance": tmp_path, "prefix": "/bags/"})
    assert Client(app).get("/bags/").status_code == 200


@pytest.mark.parametrize("hops", ["-1", "11", "all"])
def test_a_number_of_proxies_that_cannot_be_is_named_at_the_start(
    tmp_path: Path, hops: str
) -> None:
    with pytest.raises(ConfigError, match="HASHBAG_TRUSTED_PROXIES"):
        create_app({"instance": tmp_path, "trusted_proxies": hops})


FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "bags.example",
    "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
}


def canonical(app: Flask) -> str:
    answer = app.test_client().get("/items/7", headers=FORWARDED)
    (link,) = [one for one in Page(answer.text).all("link") if one["rel"] == "canonical"]
    return link["href"]


@pytest.mark.thorough
def test_what_proxies_say_counts_only_where_they_are_trusted(filled: Flask) -> None:
    instance = core_of(filled).settings.instance
    assert canonical(filled) == f"{SITE}/items/7"
    trusting = create_app({"instance": instance, "trusted_proxies": 1})
    assert canonical(trusting) == "https://bags.example/items/7"
    kept = trusting.test_client().post("/list", data={"toggle": "7"}, headers=FORWARDED)
    assert "Secure" in kept.headers["Set-Cookie"]


@pytest.mark.slow
@pytest.mark.parametrize("hops", [0, 1])
def test_a_server_tells_its_address_and_believes_the_trusted_proxy_alone(
    eight: Path, hops: int
) -> None:
    trust = {"HASHBAG_TRUSTED_PROXIES": str(hops), "HASHBAG_PREFIX": "/bags"}
    with served(eight, 1, trust) as server:
        page = server.get("/bags/items/1", {**FORWARDED, "SCRIPT_NAME": "/evil"}).text
        scheme = "https://bags.example" if hops else server.url
        assert f'<link rel="canonical" href="{scheme}/bags/items/1">' in page
        assert f"Hashbag is on {server.url}/bags" in server.errors.read_text()
