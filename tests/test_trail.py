"""The trail of the bags clicked through, and what else leads the way, as programs see it."""

import random
import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_pages import Page, page
from webapp.web.trail import MOST

JS = Path(__file__).resolve().parents[1] / "static" / "js"


def trail_of(link: str) -> list[str]:
    """Read the steps in a link's address."""
    return [
        step for text in parse_qs(urlsplit(link).query).get("trail", []) for step in text.split(".")
    ]


def neighbours(shown: Page) -> list[str]:
    """List the links of the cards."""
    found = re.findall(r'<li class="card"[^>]*>\s*<a href="([^"]+)"', shown.html)
    return [link.replace("&amp;", "&") for link in found]


def item_of(link: str) -> str:
    return urlsplit(link).path.rpartition("/")[2]


def nav(shown: Page) -> str:
    """Cut out the trail, if the page has one."""
    return shown.html.partition('<nav class="trail"')[2].partition("</nav>")[0]


@pytest.mark.thorough
@given(seed=st.integers(0, 10**6), start=st.integers(1, 60))
@settings(max_examples=5)
def test_every_walk_leaves_its_last_steps_each_bag_once(
    filled: Flask, seed: int, start: int
) -> None:
    chance, client = random.Random(seed), filled.test_client()
    link, walked = f"/items/{start}", list[str]()
    for _ in range(12):
        here = item_of(link)
        walked = [*(step for step in walked if step != here), here]
        link = chance.choice(neighbours(page(client, link)))
        assert trail_of(link) == [step for step in walked if step != item_of(link)][-MOST:]


def test_each_step_of_a_trail_leads_back_with_the_steps_before_it(client: FlaskClient) -> None:
    shown = page(client, "/items/5?trail=12.7.33&by=whash&seed=4&brand=Ora")
    steps = [link for link in shown.links("/items/") if link.replace("&", "&amp;") in nav(shown)]
    assert [(item_of(link), trail_of(link)) for link in steps] == [
        ("12", []),
        ("7", ["12"]),
        ("33", ["12", "7"]),
    ]
    for link in steps:
        assert {"by=whash", "seed=4", "brand=Ora"} <= set(urlsplit(link).query.split("&"))
    assert 'aria-current="page">Bag 4<' in nav(shown)


def test_a_page_that_nobody_walked_to_has_no_trail(client: FlaskClient) -> None:
    assert nav(page(client, "/items/5")) == ""
    assert not [link for link in page(client, "/?seed=1").links() if "trail=" in link]


def test_items_that_are_gone_are_left_out_of_the_trail(client: FlaskClient) -> None:
    shown = nav(page(client, "/items/5?trail=12.4711.33"))
    assert re.findall(r'href="/items/(\d+)', shown) == ["12", "33"]


def test_toggles_and_the_filter_form_keep_the_trail_as_it_is(client: FlaskClient) -> None:
    shown = page(client, "/items/5?trail=12.7")
    kinds = [link for link in shown.links("/items/5?") if "by=" in link]
    assert len(kinds) > 5
    assert all(trail_of(link) == ["12", "7"] for link in kinds)
    hidden = [box for box in shown.all("input") if box.get("name") == "trail"]
    assert {box["value"] for box in hidden} == {"12.7"}


def test_the_way_through_a_comparison_keeps_the_trail(client: FlaskClient) -> None:
    compare = next(iter(page(client, "/items/5?trail=12").links("/compare?item=5")))
    assert trail_of(compare) == ["12"]
    links = neighbours(page(client, compare))
    assert len(links) > 20
    assert all(trail_of(link) == [s for s in ("12", "5") if s != item_of(link)] for link in links)


def test_a_walk_from_a_photo_begins_with_a_mark_of_it(client: FlaskClient) -> None:
    q = client.get("/api/v1/items/9/similar").get_json()["fingerprint"]
    for start in (f"/search?q={q}", f"/compare?q={q}"):
        link = neighbours(page(client, start))[0]
        assert trail_of(link) == [f"~{q[-6:]}"]
        shown = page(client, link)
        assert f'data-photo="{q[-6:]}"' in nav(shown)
        onward = neighbours(shown)[0]
        assert unquote(urlsplit(onward).query).endswith(f"trail=~{q[-6:]}.{item_of(link)}")


@pytest.mark.parametrize("text", ["x", "1..2", "12,7", "-3", "0", "1.", "~short", "9" * 17, "<b>"])
def test_what_is_no_trail_is_refused_by_name(client: FlaskClient, text: str) -> None:
    answer = client.get("/items/5", query_string={"trail": text})
    assert answer.status_code == 400
    assert "trail: " in answer.get_data(as_text=True).lower()


def test_of_a_long_trail_the_last_steps_count(client: FlaskClient) -> None:
    shown = nav(page(client, "/items/5?trail=" + ".".join(map(str, range(11, 41)))))
    assert re.findall(r'href="/items/(\d+)', shown) == [str(n) for n in range(41 - MOST, 41)]


def test_an_item_has_one_address_for_those_who_list_pages(client: FlaskClient) -> None:
    shown = page(client, "/items/5?trail=12.7&seed=4&by=whash")
    (canonical,) = [a["href"] for a in shown.all("link") if a["rel"] == "canonical"]
    assert canonical == "http://localhost/items/5"


def test_prefetch_rules_come_in_a_file_that_the_header_names(client: FlaskClient) -> None:
    named = client.get("/").headers["Speculation-Rules"]
    rules = client.get(named.strip('"'))
    assert rules.status_code == 200
    assert rules.mimetype == "application/speculationrules+json"
    assert "max-age" in rules.headers["Cache-Control"]
    assert list(rules.get_json(force=True)) == ["prefetch"]
    assert '"/items/*"' in rules.text
    assert "Speculation-Rules" not in client.get("/api/v1/kinds").headers


def test_modules_are_cached_for_ever_under_an_address_of_all_their_contents(
    client: FlaskClient,
) -> None:
    scripts = [script["src"] for script in page(client, "/about").all("script")]
    (folder,) = {src.rpartition("/")[0] for src in scripts}
    assert len(scripts) == 2
    for module in JS.glob("*.js"):
        with client.get(f"{folder}/{module.name}") as answer:
            assert answer.get_data() == module.read_bytes()
            assert answer.mimetype == "text/javascript"
            assert {"public", "max-age=31536000", "immutable"} <= set(
                answer.headers["Cache-Control"].split(", ")
            )
        for imported in re.findall(r'(?:from|import\(?) ?"\./([^"]+)"', module.read_text()):
            assert (JS / imported).is_file(), f"{module.name} imports {imported}"


def test_a_page_of_an_earlier_version_gets_modules_but_not_for_ever(client: FlaskClient) -> None:
    with client.get("/js/000000000000/keys.js") as answer:
        assert answer.status_code == 200
        assert "immutable" not in answer.headers["Cache-Control"]
        assert "max-age=0" in answer.headers["Cache-Control"] or "no-cache" in str(answer.headers)
    assert client.get("/js/000000000000/nothing.js").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/static/hashbag.css", "/js/000000000000/keys.js", "/thumbs/5", "/images/5", "/healthz"],
)
def test_only_pages_have_a_trail(client: FlaskClient, path: str) -> None:
    with client.get(f"{path}?trail=x%20y") as answer:
        assert answer.status_code == 200
    assert client.get("/items/5?trail=x%20y").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/items/5", "/search", "/compare?item=5", "/why?item=5&to=7"),
        *("/map", "/map?colour_by=brand", "/duplicates", "/about"),
    ],
)
def test_style_and_scripts_of_a_page_stay_small(mapped: Flask, path: str) -> None:
    """What a page loads by itself, before anybody moves a frame or drops a file on it."""
    html = mapped.test_client().get(path).get_data(as_text=True)
    static = Path(str(mapped.static_folder))
    named = {static / name for name in re.findall(r"/static/([\w-]+\.(?:css|js))", html)}
    found = {JS / f"{name}.js" for name in re.findall(r"/js/\w+/([\w-]+)\.js", html)}
    ahead = list(found)
    while ahead:
        more = {
            JS / name
            for name in re.findall(r'(?:from|import) "\./([\w-]+\.js)"', ahead.pop().read_text())
        }
        ahead += more - found
        found |= more
    assert named
    assert found
    assert sum(one.stat().st_size for one in named | found) < 60_000


@pytest.mark.parametrize("path", ["/", "/items/5", "/search", "/compare?item=5"])
def test_a_page_can_be_kept_for_back_and_forward(client: FlaskClient, path: str) -> None:
    assert "no-store" not in client.get(path).headers.get("Cache-Control", "")
    assert not [js.name for js in JS.glob("*.js") if "unload" in js.read_text()]
