"""A ranking refined by colour and by what it must not be like, beside a plain scan of all codes."""

import html
import io
import math
import re
from collections.abc import Sequence

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import core_of
from tests.oracle import distance
from tests.pictures import bag, encoded
from tests.test_pages import page
from webapp.hashing import fingerprint_text
from webapp.hashing.code_packing import packed_views
from webapp.hashing.kinds import KINDS
from webapp.models import Fingerprint
from webapp.search import colour_wish
from webapp.search.colour_wish import TINTS
from webapp.search.look import BALANCED, BLENDED, LEANINGS, WISHED, Leaning

ITEMS = 60
SHAPED = ("whash", "colour", "shape")
on_the_filled = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def views(kind: str, code: bytes) -> list[bytes]:
    return [view.tobytes() for view in packed_views(KINDS[kind], code)]


def apart(kind: str, asked: Sequence[bytes], item: bytes) -> int:
    """Count the bits between the nearest of some readings and the nearest view of an item."""
    return min(distance(one, view) for one in asked for view in views(kind, item))


class Scan:
    """Every item's distance from a query, in one kind or the look, one by one."""

    def __init__(self, app: Flask, by: str, lean: Leaning) -> None:
        snapshot = core_of(app).snapshot
        self.codes = snapshot.fingerprints(snapshot.facets.ids.tolist())
        parts = BLENDED if by == "look" else (by,)
        shares = lean.shares_of(parts) if by == "look" else (1.0,)
        self.is_look = by == "look"
        self.parts = [
            (name, share, snapshot.kind(name).scale)
            for name, share in zip(parts, shares, strict=True)
            if share
        ]

    def distances(self, asked: Fingerprint, wish: Sequence[bytes] = ()) -> dict[int, int]:
        found = {}
        for item_id, codes in self.codes.items():
            of_parts = [
                (share, scale, apart(name, self._readings(name, asked, wish), codes[name]))
                for name, share, scale in self.parts
            ]
            bits = of_parts[0][2]
            blended = sum(share * math.sqrt(one / scale) for share, scale, one in of_parts)
            found[item_id] = round(1000 * blended) if self.is_look else bits
        return found

    def _readings(self, name: str, asked: Fingerprint, wish: Sequence[bytes]) -> Sequence[bytes]:
        return wish if wish and name == "colour" else views(name, asked[name])


def ranked(distances: dict[int, int], left_out: set[int], k: int) -> list[tuple[int, int]]:
    return sorted((d, item) for item, d in distances.items() if item not in left_out)[:k]


def hits(client: FlaskClient, address: str, query: dict[str, object]) -> list[tuple[int, int]]:
    answer = client.get(address, query_string=query).get_json()
    assert answer.get("exact"), answer
    return [(hit["distance"], hit["item"]["id"]) for hit in answer["hits"]]


leanings = st.sampled_from(["", *(lean.name for lean in LEANINGS)])
ids = st.integers(1, ITEMS)


def leaning(name: str, default: Leaning) -> Leaning:
    return next((lean for lean in LEANINGS if lean.name == name), default)


@pytest.mark.thorough
@given(ids, st.sampled_from(sorted(TINTS)), st.sampled_from(["look", "colour"]), leanings)
@on_the_filled
def test_in_a_colour_by_its_name(filled: Flask, item: int, tint: str, by: str, lean: str) -> None:
    scan = Scan(filled, by, leaning(lean, WISHED))
    wish = colour_wish.tinted(tint).codes
    wanted = ranked(scan.distances(scan.codes[item], wish), {item}, 12)
    query = {"tint": tint, "by": by, "lean": lean, "k": 12}
    assert hits(filled.test_client(), f"/api/v1/items/{item}/similar", query) == wanted


@pytest.mark.thorough
@given(ids, ids, st.sampled_from(["look", "colour"]), leanings, st.booleans())
@on_the_filled
def test_the_shape_of_one_bag_in_the_colour_of_another(
    filled: Flask, item: int, other: int, by: str, lean: str, as_photo: bool
) -> None:
    scan = Scan(filled, by, leaning(lean, WISHED))
    code = scan.codes[other]["colour"]
    wanted = ranked(scan.distances(scan.codes[item], [code]), {item}, 12)
    named = f"q:{fingerprint_text.encode({'colour': code})}" if as_photo else f"item:{other}"
    query = {"colour_of": named, "by": by, "lean": lean, "k": 12}
    assert hits(filled.test_client(), f"/api/v1/items/{item}/similar", query) == wanted


@pytest.mark.thorough
@given(
    ids,
    st.lists(ids, min_size=1, max_size=3),
    st.sampled_from(["look", "whash", "colour", "shape"]),
    st.sampled_from(["", "red", "black"]),
    st.sampled_from(["", "Ora"]),
)
@on_the_filled
def test_what_is_nearer_to_an_unwanted_bag_than_to_the_query_is_left_out(
    filled: Flask, item: int, unwanted: list[int], by: str, tint: str, brand: str
) -> None:
    tint = tint if by in {"look", "colour"} else ""
    scan = Scan(filled, by, WISHED if tint else BALANCED)
    wish = colour_wish.tinted(tint).codes if tint else ()
    own = scan.distances(scan.codes[item], wish)
    others = [scan.distances(scan.codes[one], wish) for one in unwanted]
    out = {item, *unwanted}
    out |= {one for one in own if any(other[one] < own[one] for other in others)}
    if brand:
        snapshot = core_of(filled).snapshot
        out |= {one.id for one in snapshot.items(list(own)) if one.brand != brand}
    query = {"not": unwanted, "by": by, "tint": tint, "brand": brand, "k": 12}
    found = hits(filled.test_client(), f"/api/v1/items/{item}/similar", query)
    assert found == ranked(own, out, 12)


def test_a_photo_is_asked_in_a_colour_too(client: FlaskClient, filled: Flask) -> None:
    data = {"image": (io.BytesIO(encoded(bag(20), "PNG")), "x.png")}
    text = client.post("/api/v1/search", data=data).get_json()["fingerprint"]
    scan = Scan(filled, "look", WISHED)
    asked = fingerprint_text.decode(text)
    plain = {name: asked[name][: KINDS[name].views * KINDS[name].bytes] for name in BLENDED}
    wanted = ranked(scan.distances(plain, colour_wish.tinted("blue").codes), set(), 9)
    assert hits(client, "/api/v1/search", {"q": text, "tint": "blue", "harder": 0}) == wanted


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("tint=mauve", "tint"),
        ("tint=red&by=whash", "tint"),
        ("colour_of=item:3&by=phash", "colour_of"),
        ("tint=red&colour_of=item:3", "tint"),
        ("colour_of=3", "colour_of"),
        ("colour_of=item:4711", "colour_of"),
        ("colour_of=item:x", "colour_of"),
        ("colour_of=q:abc", "colour_of"),
        ("not=4711", "not"),
        ("not=x", "not"),
        ("&".join(f"not={one}" for one in range(1, 12)), "not"),
    ],
)
def test_what_cannot_be_used_is_named(client: FlaskClient, query: str, named: str) -> None:
    for address in ("/api/v1/items/7/similar", "/items/7"):
        answer = client.get(f"{address}?{query}")
        assert answer.status_code == 400
        assert named in answer.get_data(as_text=True)


def test_blank_fields_refine_nothing(client: FlaskClient) -> None:
    plain = page(client, "/items/7?by=look")
    blank = page(client, "/items/7?by=look&tint=&colour_of=&not=&not=%20")
    assert blank.hits() == plain.hits()
    assert 'class="chip active"' not in blank.html


def test_every_link_keeps_a_refinement_and_a_chip_takes_it_off(client: FlaskClient) -> None:
    address = "/items/7?by=look&tint=red&not=9&not=12&seed=3"
    shown = page(client, address)
    chips = [html.unescape(one) for one in re.findall('chip active" href="([^"]*)"', shown.html)]
    assert ["tint=red" in one for one in chips] == [False, True, True]
    assert ["not=9" in one for one in chips] == [True, False, True]
    assert ["not=12" in one for one in chips] == [True, True, False]
    more = [link["href"] for link in shown.all("a") if "k=18" in link["href"]]
    whys = [link["href"] for link in shown.all("a") if link["href"].startswith("/why")]
    assert more
    assert whys
    for one in (*more, *whys):
        assert "tint=red" in one
        assert "not=9" in one
    files = [link["href"] for link in shown.all("a") if "format=csv" in link["href"]]
    assert all("tint=red" in one for one in files)


def test_why_says_what_the_colour_was_compared_with_and_leads_on(client: FlaskClient) -> None:
    shown = page(client, "/why?item=7&to=9&by=look&tint=red")
    assert "Asked for in red" in shown.html
    for wanted in ("not=9", "colour_of=item:9", "colour_of=item:7"):
        (found,) = [
            link["href"]
            for link in shown.all("a")
            if wanted in link["href"].replace("%3A", ":") and "/why" not in link["href"]
        ]
        assert client.get(found).status_code == 200


def test_the_colour_of_a_photo_fits_an_address(client: FlaskClient) -> None:
    data = {"image": (io.BytesIO(encoded(bag(20), "PNG")), "x.png")}
    text = client.post("/api/v1/search", data=data).get_json()["fingerprint"]
    shown = page(client, f"/why?q={text}&to=9&by=look")
    found = [link["href"] for link in shown.all("a") if "colour_of=q" in link["href"]]
    assert len(found) == 1
    assert len(found[0]) < 400
    assert "In the colour of a photo" in page(client, found[0]).html
    both = [link["href"] for link in shown.all("a") if "colour_of=item" in link["href"]]
    assert len(both[0]) < 2000


def test_the_swatches_are_the_colours_that_the_catalogue_has(filled: Flask) -> None:
    shown = page(filled.test_client(), "/items/7?by=look")
    names = re.findall(r'class="tint (\w+)"', shown.html)
    assert names == [name for name in TINTS if name in names]
    scan = Scan(filled, "colour", BALANCED)
    apart_from = {name: scan.distances({}, colour_wish.tinted(name).codes) for name in TINTS}
    nearest = {min(TINTS, key=lambda name: apart_from[name][item]) for item in scan.codes}
    assert set(names) == nearest
