"""Links that are shared, apps that are installed, and what search engines are told."""

import io
import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser, expect

from tests.browsing import Look, looking
from tests.conftest import core_of, take_in
from tests.pictures import bag, encoded
from tests.serving import Server, picture_form
from tests.test_pages import Page, page
from webapp.web import site_files
from webapp.web.branding import icons

HOST = "http://localhost"


def canonical(shown: Page) -> list[str]:
    return [link["href"] for link in shown.all("link") if link["rel"] == "canonical"]


def told(shown: Page) -> dict[str, str]:
    """Read what other sites show beside a link."""
    found = {meta["property"]: meta["content"] for meta in shown.all("meta") if "property" in meta}
    return {name.removeprefix("og:"): text for name, text in found.items()}


def title(shown: Page) -> str:
    match = re.search("<title>(.*?)</title>", shown.html)
    assert match
    return unescape(match[1]).replace("\xa0", " ")


def fingerprint(client: FlaskClient) -> str:
    found: str = client.get("/api/v1/items/9/similar").get_json()["fingerprint"]
    return found


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("/?seed=7&n=20", "/"),
        ("/?seed=7&brand=ORA&max_price=80,00", "/?brand=Ora&max_price=80"),
        ("/browse?page=1&sort=price&category=tote", "/browse?category=Tote"),
        ("/items/1?by=whash&k=18&seed=3&trail=4.5&brand=Ora", "/items/1"),
        ("/compare?item=1&by=whash&by=phash&seed=2", "/compare?item=1&by=whash&by=phash"),
        ("/why?item=1&to=2&by=whash&trail=3", "/why?item=1&to=2&by=whash"),
        ("/about?seed=4", "/about"),
        ("/search?seed=4", "/search"),
        ("/duplicates?by=dhash&distance=3&seed=1", "/duplicates?by=dhash&distance=3"),
    ],
)
def test_a_page_has_one_address_whatever_way_led_to_it(
    client: FlaskClient, target: str, address: str
) -> None:
    (found,) = canonical(page(client, target))
    assert urlsplit(found).path == urlsplit(address).path
    assert found.startswith(HOST + "/")
    assert parse_qs(urlsplit(found).query) == parse_qs(urlsplit(address).query)
    assert canonical(page(client, found)) == [found]


def test_a_result_has_one_address_and_an_error_none(client: FlaskClient) -> None:
    code = fingerprint(client)
    assert canonical(page(client, f"/search?q={code}&by=whash&k=4")) == [f"{HOST}/search?q={code}"]
    assert canonical(page(client, "/items/4711", 404)) == []


def test_a_shared_item_shows_its_name_and_its_picture(client: FlaskClient) -> None:
    shared = told(page(client, "/items/7?by=whash&seed=5"))
    assert shared["title"] == "Bag 6"
    assert shared["url"] == f"{HOST}/items/7"
    assert "€\xa060" in shared["description"]
    assert shared["image"].startswith(HOST)
    with client.get(shared["image"]) as answer:
        picture = Image.open(io.BytesIO(answer.data))
    assert picture.size == (int(shared["image:width"]), int(shared["image:height"])) == (600, 600)
    assert picture.format == "JPEG"
    # The photo of 160 by 120 stands whole in the middle of the mat.
    wanted = bag(6).resize((528, 396))
    shown = picture.crop((36, 102, 564, 498))
    difference = ImageStat.Stat(ImageChops.difference(wanted, shown)).mean
    assert max(difference) < 30


def test_a_shared_result_says_someones_photo_and_shows_a_bag_of_the_catalogue(
    client: FlaskClient,
) -> None:
    data = {"image": (io.BytesIO(encoded(bag(20), "PNG")), "secret-name.png")}
    result = client.post("/search", data=data).headers["Location"]
    shown = page(client, result)
    shared = told(shown)
    assert shared["title"] == "Bags like someone’s photo"
    assert shared["image"] == f"{HOST}/cards/{'-'.join(map(str, shown.hits()[:4]))}"
    with client.get(shared["image"]) as answer:
        card = Image.open(io.BytesIO(answer.data))
    assert card.size == (600, 600)
    assert "secret-name" not in shown.html


def test_a_shared_list_shows_its_first_four_and_a_card_is_kept_by_browsers(
    client: FlaskClient,
) -> None:
    shared = told(page(client, "/list?ids=3,1,9,8,7"))
    assert shared["image"] == f"{HOST}/cards/3-1-9-8"
    assert shared["url"] == f"{HOST}/list?ids=3,1,9,8,7"
    first = client.get("/cards/3-1-9-8")
    again = client.get("/cards/3-1-9-8", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert client.get("/cards/9").data != client.get("/cards/8").data


@pytest.mark.parametrize("ids", ["x", "1-2-3-4-5", "4711", "1-", "-1", "9" * 30, "1 2"])
def test_a_card_of_what_is_not_there_is_not_found(client: FlaskClient, ids: str) -> None:
    assert client.get(f"/cards/{ids}").status_code == 404


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ("/items/7", "Bag 6 · Hashbag"),
        (
            "/items/7?brand=Vell&colour=black&max_price=399.99",
            "Bag 6 · Vell, black, under € 400 · Hashbag",
        ),
        ("/browse?category=Tote", "Browse all bags · Tote · Hashbag"),
        ("/why?item=7&to=9&by=whash", "Why Bag 8 matched Bag 6 · Hashbag"),
        ("/compare?item=7&by=whash", "What each kind finds for Bag 6 · Hashbag"),
        ("/duplicates?of=7", "Near-duplicates of Bag 6 · Hashbag"),
        ("/about", "How it sees · Hashbag"),
    ],
)
def test_a_title_names_the_bag_and_what_narrows(
    client: FlaskClient, target: str, named: str
) -> None:
    assert title(page(client, target)) == named


def test_the_manifest_makes_an_app_with_icons_that_takes_photos(client: FlaskClient) -> None:
    (link,) = [one["href"] for one in page(client, "/").all("link") if one["rel"] == "manifest"]
    assert link == "/manifest.webmanifest"
    answer = client.get(link)
    assert answer.mimetype == "application/manifest+json"
    manifest = answer.get_json(force=True)
    assert manifest["display"] == "standalone"
    assert client.get(manifest["start_url"]).status_code == 200
    sizes = set()
    for icon in manifest["icons"]:
        drawn = Image.open(io.BytesIO(client.get(icon["src"]).data))
        assert f"{drawn.width}x{drawn.height}" == icon["sizes"]
        assert icon["type"] == "image/png"
        sizes.add((icon["sizes"], icon["purpose"]))
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= sizes

    target = manifest["share_target"]
    (field,) = target["params"]["files"]
    form = next(f for f in page(client, "/search").all("form") if f["class"] == "upload")
    assert (target["action"], target["method"].lower()) == (form["action"], form["method"])
    assert target["enctype"] == form["enctype"]
    photo = (io.BytesIO(encoded(bag(20), "PNG")), "photo.png")
    answer = client.post(
        target["action"], data={field["name"]: photo}, headers={"Sec-Fetch-Site": "none"}
    )
    assert answer.status_code == 303
    assert page(client, answer.headers["Location"]).hits()[0] == "21"


def test_the_content_policy_lets_the_manifest_in(client: FlaskClient) -> None:
    assert "manifest-src 'self'" in client.get("/").headers["Content-Security-Policy"]


def test_icons_stand_where_browsers_and_phones_look_for_them(client: FlaskClient) -> None:
    favicon = Image.open(io.BytesIO(client.get("/favicon.ico").data))
    assert favicon.format == "ICO"
    assert favicon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}
    touch = Image.open(io.BytesIO(client.get("/apple-touch-icon.png").data))
    assert (touch.format, touch.size) == ("PNG", (180, 180))
    (link,) = [x["href"] for x in page(client, "/").all("link") if x["rel"] == "apple-touch-icon"]
    assert client.get(link).data == client.get("/apple-touch-icon.png").data
    assert client.get("/icons/4000.png").status_code == 404


def test_an_icon_shows_the_bits_of_the_mark() -> None:
    drawn = Image.open(io.BytesIO(icons.png(512))).convert("L").resize((80, 80))
    bits = drawn.crop((16, 16, 64, 64)).resize((8, 8)).point(lambda tone: tone < 150)
    rows = tuple("".join("01"[bool(bits.getpixel((x, y)))] for x in range(8)) for y in range(8))
    assert rows == icons.MARK


def test_robots_are_told_where_the_items_are_listed(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert f"Sitemap: {HOST}/sitemap.xml" in answer.text.splitlines()
    assert "Disallow: /api/" in answer.text.splitlines()
    for shown in ("/", "/items/7", "/search?q=x"):
        assert f"Disallow: {shown}" not in answer.text.splitlines()


def addresses(client: FlaskClient, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.mimetype == "application/xml"
    texts = [one.text or "" for one in ElementTree.fromstring(answer.data).iter()]
    return [text for text in texts if text.strip()]


def test_the_sitemap_lists_every_item_once(client: FlaskClient) -> None:
    listed = addresses(client, "/sitemap.xml")
    items = [one for one in listed if "/items/" in one]
    assert items == [f"{HOST}/items/{number}" for number in range(1, 61)]
    for other in set(listed) - set(items):
        assert canonical(page(client, other)) == [other]


def test_a_sitemap_too_long_for_one_file_is_parted(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_files, "PER_SITEMAP", 25)
    parts = addresses(client, "/sitemap.xml")
    assert parts == [f"{HOST}/sitemap-{number}.xml" for number in (1, 2, 3)]
    listed = [one for part in parts for one in addresses(client, part)]
    assert listed == [f"{HOST}/items/{number}" for number in range(1, 61)]
    assert client.get("/sitemap-4.xml").status_code == 404


def test_an_empty_catalogue_has_a_sitemap_of_its_pages(empty: Flask) -> None:
    listed = addresses(empty.test_client(), "/sitemap.xml")
    assert f"{HOST}/browse" in listed


@pytest.mark.thorough
def test_names_in_shared_links_are_never_markup(empty: Flask, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(bag(1), "PNG"))
    (tmp_path / "bags.csv").write_text('filename,title\na.png,"""><script>x</script>"\n', "utf-8")
    take_in(empty, tmp_path / "bags.csv")
    shown = page(empty.test_client(), "/items/1")
    assert "<script>x" not in shown.html
    assert told(shown)["title"] == '"><script>x</script>'
    assert core_of(empty).catalog.count() == 1


@pytest.mark.slow
def test_a_photo_shared_to_the_app_is_ones_own_and_its_address_can_be_shared_on(
    chromium: Browser, shop: Server, drawn: Path
) -> None:
    body, headers = picture_form((drawn / "bag-012.png").read_bytes(), "photo.png")
    found = shop.send("POST", "/search", {**headers, "Sec-Fetch-Site": "none"}, body)
    handed = found.headers["Location"]
    with looking(chromium, shop, Look(390)) as tab:
        tab.goto(handed)
        expect(tab.locator("h1")).to_have_text("Bags like your photo")
        assert "#" not in tab.url
        tab.reload()
        expect(tab.locator("h1")).to_have_text("Bags like your photo")
        address = tab.url
    with looking(chromium, shop, Look(390)) as tab:
        tab.goto(address)
        expect(tab.locator("h1")).to_have_text("Bags like someone’s photo")


@pytest.mark.slow
def test_chromium_finds_no_fault_with_the_manifest(chromium: Browser, shop: Server) -> None:
    with looking(chromium, shop, Look(390)) as tab:
        tab.goto("/")
        told = tab.context.new_cdp_session(tab).send("Page.getAppManifest")
        assert told["url"].endswith("/manifest.webmanifest")
        assert told["errors"] == []


@pytest.mark.slow
@pytest.mark.parametrize("allowed", [True, False])
def test_the_link_of_a_page_is_copied_without_the_way_that_led_to_it(
    chromium: Browser, shop: Server, allowed: bool
) -> None:
    with looking(chromium, shop, Look(390)) as tab:
        if allowed:
            tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
        tab.goto("/items/3?by=colour&trail=1.2#results")
        button = tab.get_by_role("button", name="Copy link")
        wanted = f"{shop.url}/items/3?by=colour"
        if not allowed:  # as on a page without TLS
            tab.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        button.click()
        if allowed:
            expect(tab.get_by_role("button", name="Link copied")).to_be_visible()
            assert tab.evaluate("navigator.clipboard.readText()") == wanted
        else:
            expect(tab.get_by_label("The address of this page")).to_have_value(wanted)
        tab.goto("/list?ids=3,4")
        expect(tab.get_by_role("button", name="Copy link")).to_be_visible()
    with looking(chromium, shop, Look(390, scripts=False)) as tab:
        tab.goto("/items/3")
        assert tab.get_by_role("button", name="Copy link").count() == 0
