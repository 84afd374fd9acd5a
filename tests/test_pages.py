"""The pages say what they should, keep a visit's choices in every link, and never break."""

import io
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import core_of, take_in
from tests.pictures import bag, encoded
from webapp.hashing import fingerprint_text
from webapp.hashing.kinds import KINDS


class Page(HTMLParser):
    """Collects the links, pictures and forms of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.found if name == tag]

    def links(self, start: str = "/") -> list[str]:
        return [a["href"] for a in self.all("a") if a.get("href", "").startswith(start)]

    def items(self) -> list[int]:
        found = (re.match(r"/items/(\d+)", link) for link in self.links("/items/"))
        return [int(match[1]) for match in found if match]

    def hits(self) -> list[str]:
        """List the ids in the grid of neighbours."""
        return CARD.findall(self.html.split('<ol class="grid three">')[1].split("</ol>")[0])


CARD = re.compile(r'<li class="card"[^>]*>\s*<a href="/items/(\d+)')


def page(client: FlaskClient, path: str, status: int = 200) -> Page:
    answer = client.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return Page(answer.get_data(as_text=True))


ALL = ["/", "/browse", "/items/3", "/search", "/compare?item=3", "/about"]


def test_the_grid_is_the_same_for_the_same_seed(client: FlaskClient) -> None:
    first, again = page(client, "/?seed=7&n=20"), page(client, "/?seed=7&n=20")
    assert first.items() == again.items()
    assert len(first.items()) == 20
    assert page(client, "/?seed=8&n=20").items() != first.items()


def test_every_link_of_the_grid_keeps_the_seed(client: FlaskClient) -> None:
    shown = page(client, "/?seed=7&brand=Ora")
    links = [link for link in shown.links() if not link.startswith(("/static", "/api"))]
    assert len(links) > 20
    for link in links:
        seed = parse_qs(urlsplit(link).query)["seed"]
        assert seed == ["7"] or "Shuffle" in shown.html.split(link.replace("&", "&amp;"))[1][:60]


def test_shuffle_is_a_link_with_another_seed(client: FlaskClient) -> None:
    shown = page(client, "/?seed=7&brand=Ora&n=9")
    match = re.search(r'href="([^"]+)"[^>]*>Shuffle', shown.html)
    assert match
    query = parse_qs(urlsplit(match[1].replace("&amp;", "&")).query)
    assert query["seed"] != ["7"]
    assert (query["brand"], query["n"]) == (["Ora"], ["9"])


def test_a_visit_leads_from_the_grid_back_to_the_same_grid(client: FlaskClient) -> None:
    grid = page(client, "/?seed=7&n=9")
    item = page(client, grid.links("/items/")[0])
    home = next(link for link in item.links("/?"))
    assert page(client, home + "&n=9").items() == grid.items()


@pytest.mark.parametrize("kind", KINDS)
def test_an_item_shows_nine_others_by_the_kind_chosen(client: FlaskClient, kind: str) -> None:
    shown = page(client, f"/items/3?by={kind}")
    hits = shown.hits()
    assert len(hits) == 9
    assert "3" not in hits
    api = client.get(f"/api/v1/items/3/similar?by={kind}").get_json()
    assert [int(hit) for hit in hits] == [hit["item"]["id"] for hit in api["hits"]]
    assert re.search(rf'aria-current="true"[^>]*><b>{kind}</b>', shown.html)


def test_the_toggle_keeps_filters_and_number(client: FlaskClient) -> None:
    shown = page(client, "/items/3?by=dhash&k=18&brand=Vell&max_price=500")
    toggles = [link for link in shown.links("/items/3?") if "by=whash&" in link or "whash" in link]
    query = parse_qs(urlsplit(toggles[0]).query)
    assert (query["k"], query["brand"], query["max_price"]) == (["18"], ["Vell"], ["500"])


def test_more_can_be_asked_for(client: FlaskClient) -> None:
    shown = page(client, "/items/3")
    more = next(link for link in shown.links("/items/3?") if "k=18" in link)
    assert len(page(client, more).hits()) == 18


def test_browse_reaches_every_item_once(client: FlaskClient) -> None:
    first, second = page(client, "/browse"), page(client, "/browse?page=1&sort=price")
    assert sorted(first.items()) == sorted(second.items()) == list(range(1, 61))
    assert "Page 2 is past the end" in page(client, "/browse?page=2", 404).html


def test_browse_sorts_by_price_with_the_unpriced_last(client: FlaskClient) -> None:
    ids = page(client, "/browse?sort=price-desc").items()
    catalog = {item["id"]: item["price"] for item in _every_item(client)}
    prices = [catalog[item] for item in ids]
    priced = [price for price in prices if price is not None]
    assert prices == sorted(priced, reverse=True) + [None] * (60 - len(priced))


def _every_item(client: FlaskClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/api/v1/items?n=100&seed=1").get_json()["items"]
    return items


def test_filters_have_a_form_with_counts_and_chips_that_take_them_off(client: FlaskClient) -> None:
    shown = page(client, "/?seed=1&brand=Vell&brand=Ora&min_price=100")
    boxes = [box for box in shown.all("input") if box.get("name") == "brand"]
    assert {box["value"]: "checked" in box for box in boxes} == {
        "Ora": True,
        "Vell": True,
        "Tund": False,
    }
    chips = [a["href"] for a in shown.all("a") if a.get("class") == "chip active"]
    assert len(chips) == 3
    assert parse_qs(urlsplit(chips[0]).query)["brand"] == ["Ora"]
    assert "min_price" not in chips[2]


def test_an_empty_result_says_what_to_loosen(client: FlaskClient) -> None:
    shown = page(client, "/?brand=Vell&min_price=5000")
    assert "No bag passes these filters" in shown.html
    assert "passes these filters" in page(client, "/items/3?min_price=5000").html


def test_an_empty_catalogue_says_how_to_fill_it(empty: Flask) -> None:
    client = empty.test_client()
    for path in ("/", "/browse", "/compare"):
        assert "hashbag import" in page(client, path).html
    assert page(client, "/search").all("form")


def test_an_upload_redirects_to_its_permanent_link(client: FlaskClient) -> None:
    data = {"image": (io.BytesIO(encoded(bag(20), "PNG")), "x.png")}
    answer = client.post("/search?seed=5", data=data)
    assert answer.status_code == 303
    link = answer.headers["Location"]
    assert len("https://bags.example.org" + link) < 2000
    shown = page(client, link)
    hits = shown.hits()
    assert hits[0] == "21"
    assert len(hits) == 9
    assert "seed=5" in link


def test_an_upload_carries_what_its_form_asks_to_its_link(client: FlaskClient) -> None:
    photo = encoded(bag(20), "PNG")
    asked = {"by": "phash", "k": "4", "harder": "0", "fold": "0", "brand": "Ora"}
    data = {"image": (io.BytesIO(photo), "x.png"), "lean": "", **asked}
    answer = client.post("/search?max_price=400", data=data)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query.pop("q")
    assert query == {name: [value] for name, value in asked.items()} | {"max_price": ["400"]}

    refused = client.post("/search", data={"image": (io.BytesIO(photo), "x.png"), "k": "1000"})
    assert refused.status_code == 400
    assert "k: must be from 1 to 100" in refused.get_data(as_text=True).lower()


def test_nothing_of_an_upload_is_kept(filled: Flask) -> None:
    instance = core_of(filled).settings.instance
    data = {"image": (io.BytesIO(encoded(bag(77, (390, 390)), "BMP")), "secret.bmp")}
    before = {path: path.stat().st_mtime_ns for path in instance.rglob("*.*")}
    assert filled.test_client().post("/search", data=data).status_code == 303
    after = {path: path.stat().st_mtime_ns for path in instance.rglob("*.*")}
    assert {path for path in after if "-shm" not in path.name} <= set(before)


def test_compare_has_a_row_for_each_kind_and_marks_what_several_find(client: FlaskClient) -> None:
    shown = page(client, "/compare?item=3&by=whash&by=ahash&by=colorhash")
    rows = re.split(r'<section class="row"', shown.html)[1:]
    found = [CARD.findall(row) for row in rows]
    assert [len(row) for row in found] == [9, 9, 9]
    several = sum(1 for row in found for one in row if sum(one in other for other in found) > 1)
    assert shown.html.count('class="also"') == several > 0


def test_compare_adds_and_removes_kinds_by_links(client: FlaskClient) -> None:
    shown = page(client, "/compare?item=3&by=whash&by=phash")
    kinds = [parse_qs(urlsplit(link).query).get("by") for link in shown.links("/compare?")]
    assert ["phash"] in kinds
    assert ["whash", "phash", "dhash"] in kinds


def test_compare_takes_an_uploads_fingerprint(client: FlaskClient) -> None:
    link = client.get("/api/v1/items/9/similar").get_json()["fingerprint"]
    shown = page(client, f"/compare?q={link}")
    firsts = [CARD.findall(row)[0] for row in shown.html.split('<ol class="strip">')[1:]]
    assert "9" in firsts


@pytest.mark.parametrize(
    ("codes", "rows"),
    [
        (set(KINDS) - {"learned", "phash_simple"}, ["look", "whash", "colorhash", "phash"]),
        ({"shape", "whash", "dhash"}, ["whash"]),
        ({"colour", "dhash"}, ["colour", "dhash"]),
    ],
)
def test_compare_begins_with_kinds_that_a_links_fingerprint_has(
    client: FlaskClient, codes: set[str], rows: list[str]
) -> None:
    """A link of an earlier version has no code of some kinds."""
    link = client.get("/api/v1/items/9/similar").get_json()["fingerprint"]
    every = fingerprint_text.decode(link)
    some = fingerprint_text.encode({name: every[name] for name in every if name in codes})
    shown = page(client, f"/compare?q={some}")
    assert re.findall(r'<h2 id="row-(\w+)"', shown.html) == rows
    assert page(client, f"/compare?q={some}&by=phash_simple", 400)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/items/4711", 404, "no item 4711"),
        ("/nothing/here", 404, "nothing at this address"),
        ("/?n=-1", 400, "n: must be from 1 to 500"),
        ("/?seed=x", 400, "Seed: "),
        ("/items/3?by=nope", 400, "no hash kind"),
        ("/items/3?k=0", 400, "K: must be from 1 to 100"),
        ("/search?q=broken", 400, "fingerprint"),
        ("/compare?item=", 400, "name an item"),
        ("/compare?item=3&by=nope", 400, "no hash kind"),
        ("/browse?sort=magic", 400, "Sort: "),
        ("/thumbs/3?w=7", 400, "W: "),
        ("/images/4711", 404, "no item 4711"),
    ],
)
def test_an_error_page_says_what_happened_and_leads_on(
    client: FlaskClient, path: str, status: int, words: str
) -> None:
    shown = page(client, path, status)
    assert words.lower() in shown.html.lower()
    assert "Traceback" not in shown.html
    assert "/browse" in shown.html


@pytest.mark.parametrize("path", ALL)
def test_a_page_needs_no_script_and_nothing_inline(client: FlaskClient, path: str) -> None:
    shown = page(client, path)
    assert not [tag for tag, attrs in shown.found if "style" in attrs or tag == "style"]
    scripts = [one for one in shown.all("script") if one.get("type") != "application/ld+json"]
    assert all("src" in one for one in scripts)  # the other is no script but data
    policy = client.get(path).headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("path", ALL)
def test_pictures_have_sizes_and_words(client: FlaskClient, path: str) -> None:
    for picture in page(client, path).all("img"):
        assert picture["alt"]
        assert int(picture["width"]) > 0
        assert int(picture["height"]) > 0


@pytest.mark.thorough
@pytest.mark.parametrize("path", ALL)
def test_every_link_of_a_page_leads_somewhere(client: FlaskClient, path: str) -> None:
    for link in set(page(client, path).links()):
        with client.get(link) as answer:
            assert answer.status_code in {200, 302, 303}, link


def test_pictures_are_cached_by_their_content(client: FlaskClient) -> None:
    item = client.get("/api/v1/items/5").get_json()
    for address in (item["image"], item["thumb"]):
        with client.get(address) as answer:
            assert "immutable" in answer.headers["Cache-Control"]
            assert "max-age=31536000" in answer.headers["Cache-Control"]
        with client.get(address, headers={"If-None-Match": answer.headers["ETag"]}) as again:
            assert again.status_code == 304


@pytest.mark.thorough
def test_text_of_the_catalogue_is_never_markup(empty: Flask, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(bag(1), "PNG"))
    rows = "filename,title,url\na.png,<script>alert(1)</script>,javascript:alert(1)\n"
    (tmp_path / "bags.csv").write_text(rows, "utf-8")
    take_in(empty, tmp_path / "bags.csv")
    for path in ("/", "/items/1", "/compare?item=1"):
        html = page(empty.test_client(), path).html
        assert "<script>" not in html
        assert "javascript:" not in html


@pytest.mark.parametrize("path", ["/", "/items/3", "/api/v1/items", "/static/hashbag.css"])
def test_words_travel_compressed_to_those_who_take_that(client: FlaskClient, path: str) -> None:
    plain = client.get(path + ("?seed=5" if path != "/items/3" else ""))
    packed = client.get(plain.request.full_path, headers={"Accept-Encoding": "deflate"})
    assert packed.headers["Content-Encoding"] == "deflate"
    assert zlib.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert "Accept-Encoding" in packed.headers["Vary"]
    plain.close()
    packed.close()


def test_pictures_travel_as_they_are(client: FlaskClient) -> None:
    answer = client.get("/thumbs/3", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers
    answer.close()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("brand", "title", "said"),
    [
        ("Puma", "Puma Deck Backpack", "Deck Backpack"),
        ("puma", "PUMA - Deck", "Deck"),
        ("Puma", "Pumas in a row", "Pumas in a row"),
        ("Puma", "Puma", "Puma"),
        ("", "Deck", "Deck"),
        ("Puma", "Deck by Puma", "Deck by Puma"),
    ],
)
def test_a_card_says_the_brand_once(
    empty: Flask, tmp_path: Path, brand: str, title: str, said: str
) -> None:
    (tmp_path / "a.png").write_bytes(encoded(bag(1), "PNG"))
    (tmp_path / "bags.csv").write_text(f"filename,title,brand\na.png,{title},{brand}\n", "utf-8")
    take_in(empty, tmp_path / "bags.csv")
    html = page(empty.test_client(), "/browse").html
    assert f'<span class="title" title="{title}">{said}</span>' in html
