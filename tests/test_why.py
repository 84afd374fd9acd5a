"""Why it matched: the shown bits are the very ones that ranked."""

import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import core_of, take_in
from tests.pictures import bag, catalogue
from webapp import create_app
from webapp.explain.why import Evidence, Explanation, explain
from webapp.hashing.code_packing import unpack
from webapp.hashing.kinds import KINDS
from webapp.hashing.picture_features import PictureFeatures
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.plan import plan
from webapp.lab.evaluation import scenes
from webapp.search.look import BALANCED, LEANINGS, Leaning, two_part_leaning
from webapp.search.query import RANKINGS, Query
from webapp.web import template_filters


def explained(app: Flask, item: int, to: int, by: str, lean: Leaning = BALANCED) -> Explanation:
    core = core_of(app)
    question = Query(RANKINGS[by], lean=lean)
    return explain(core.searcher.of_item(item, question), to)


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(sorted(KINDS)))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_bits_are_those_of_the_nearest_views_and_differ_by_the_distance(
    filled: Flask, item: int, to: int, kind: str
) -> None:
    codes = core_of(filled).catalog.fingerprints([item, to])
    asked, found = (unpack(KINDS[kind], codes[one][kind]) for one in (item, to))
    nearest = min(int((a ^ b).sum()) for a in asked for b in found)
    why = explained(filled, item, to, kind)
    (evidence,) = why.evidence
    assert why.distance == evidence.distance == nearest
    assert any(np.array_equal(evidence.query_bits, view) for view in asked)
    assert any(np.array_equal(evidence.item_bits, view) for view in found)


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from([*map(two_part_leaning, (0.0, 0.15, 0.3, 1.0)), *LEANINGS]),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_parts_of_the_look_add_up_to_its_distance(
    filled: Flask, item: int, to: int, lean: Leaning
) -> None:
    why = explained(filled, item, to, "look", lean)
    core = core_of(filled)
    everything = core.searcher.similar_to_item(item, Query(RANKINGS["look"], 60, lean=lean))
    ranked = {hit.item.id: hit.distance for hit in everything.hits}
    if to != item:
        assert why.distance == ranked[to]
    assert sum(one.share for one in why.evidence) == pytest.approx(1)
    # Each part is rounded by itself.
    assert abs(sum(one.adds for one in why.evidence) - why.distance) <= 1


def test_the_histogram_counts_every_pair_and_the_mark_agrees_with_it(filled: Flask) -> None:
    for kind in ("whash", "look", "shape"):
        why = explained(filled, 5, 9, kind)
        assert why.histogram.sum() == 20_000
        farther = why.histogram[why.distance // why.step + 1 :].sum() / 20_000
        here = why.histogram[why.distance // why.step] / 20_000
        assert why.nearer_than is not None
        assert farther <= why.nearer_than <= farther + here


@pytest.mark.parametrize(
    ("cells", "region"),
    [
        ([(0, 0), (1, 1), (7, 7)], "top left"),
        ([(0, 0), (1, 7), (2, 3), (1, 4), (0, 6)], "top"),
        ([(0, 7), (3, 7), (7, 7), (6, 1), (3, 2)], "right side"),
        ([(0, 0), (0, 7), (7, 0), (7, 7), (4, 4)], ""),
        ([(0, 0)], ""),
    ],
)
def test_the_region_is_where_most_cells_differ(cells: list[tuple[int, int]], region: str) -> None:
    asked, found = np.zeros(64, dtype=bool), np.zeros((8, 8), dtype=bool)
    for down, along in cells:
        found[down, along] = True
    for kind in ("ahash", "phash"):  # the cells of a phash are no places
        evidence = Evidence(KINDS[kind], asked, found.ravel(), "", "", 1.0, len(cells))
        assert evidence.region == (region if kind == "ahash" else "")


@pytest.mark.parametrize("kind", RANKINGS)
def test_every_hit_links_to_a_page_that_says_why(client: FlaskClient, kind: str) -> None:
    page = client.get(f"/items/3?by={kind}").get_data(as_text=True)
    links = re.findall(r'<a class="why" href="([^"]+)"', page.split('<div class="bands">')[0])
    assert len(links) == 9
    answer = client.get(links[0].replace("&amp;", "&"))
    assert answer.status_code == 200
    shown = answer.get_data(as_text=True)
    hit = client.get(f"/api/v1/items/3/similar?by={kind}").get_json()["hits"][0]
    if kind == "look":
        assert f"{100 * hit['similarity']:.0f} % alike" in shown
    else:
        assert f"{hit['distance']} of {KINDS[kind].bits} bits differ" in shown
    assert 'class="histogram"' in shown


def test_an_upload_is_explained_by_its_fingerprint(client: FlaskClient) -> None:
    code = client.get("/api/v1/items/7/similar").get_json()["fingerprint"]
    shown = client.get(f"/why?q={code}&to=7&by=dhash").get_data(as_text=True)
    assert "0 of 64 bits differ" in shown
    assert "Every one of the 64 bits is the same" in shown


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("item=3", 400, "to: name the item"),
        ("to=3", 400, "item: name the item"),
        ("item=3&to=9999", 404, "no item 9999"),
        ("item=9999&to=3", 404, "no item 9999"),
        ("item=x&to=3", 400, "item: &#39;x&#39; is not a whole number"),
        ("q=abc&to=3", 400, "fingerprint"),
    ],
)
def test_what_cannot_be_explained_is_said(
    client: FlaskClient, query: str, status: int, words: str
) -> None:
    answer = client.get(f"/why?{query}")
    assert answer.status_code == status
    assert words in answer.get_data(as_text=True)


@pytest.mark.thorough
def test_the_parts_of_both_photos_that_count_are_shown_on_request(client: FlaskClient) -> None:
    for by in ("learned", "look"):
        before = client.get(f"/why?item=5&to=9&by={by}").get_data(as_text=True)
        assert 'class="heat"' not in before
        link = re.search(r'href="([^"]*parts=1[^"]*)"', before)
        assert link
        after = client.get(link[1].replace("&amp;", "&")).get_data(as_text=True)
        assert after.count('<circle class="heat"') > 2
        assert after.count("its code hangs on") + after.count("most of its code hangs on") == 2
        assert "This is approximate" in after
        assert "parts=1" not in after.partition("</main>")[0].partition("evidence")[2]
    assert "parts=1" not in client.get("/why?item=5&to=9&by=shape").get_data(as_text=True)


@pytest.mark.thorough
def test_of_an_upload_only_the_match_can_be_taken_apart(client: FlaskClient) -> None:
    picture = io.BytesIO()
    bag(5).save(picture, "PNG")
    picture.seek(0)
    answer = client.post("/search", data={"image": (picture, "x.png")})
    q = parse_qs(urlsplit(answer.headers["Location"]).query)["q"][0]
    page = client.get(f"/why?q={q}&to=9&by=learned&parts=1").get_data(as_text=True)
    assert page.count("hangs on") == 1
    assert "Your photo is not kept" in page


@pytest.mark.thorough
def test_a_bag_that_matched_without_its_room_is_taken_apart_without_it(tmp_path: Path) -> None:
    app = create_app({"instance": tmp_path / "instance"})
    photos = tmp_path / "photos"
    photos.mkdir()
    drawn = draw(plan(40)[8])
    drawn.save(photos / "0.png")
    room = scenes.paste(drawn, (), np.random.default_rng(2)).picture
    room.save(photos / "1.png")
    take_in(app, photos)
    found = explained(app, 1, 2, "learned").evidence[0]
    assert found.view == "the bag, cut out"
    page = app.test_client().get("/why?item=1&to=2&by=learned&parts=1").get_data(as_text=True)
    shown = page[page.index(", the bag in it alone: ") :]
    left, top, right, bottom = PictureFeatures(room).frames[0].box(*room.size)
    assert f'<svg x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"' in shown
    assert page.count('class="veil"') == 1


@pytest.mark.thorough
def test_a_photo_that_is_gone_cannot_be_taken_apart_and_is_named(tmp_path: Path) -> None:
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, catalogue(tmp_path / "photos", 3))
    core_of(app).catalog.photo(core_of(app).catalog.item(2)).unlink()
    client = app.test_client()
    assert client.get("/why?item=1&to=2&by=learned").status_code == 200
    answer = client.get("/why?item=1&to=2&by=learned&parts=1")
    assert answer.status_code == 404
    assert "photo of item 2 is not where it was imported from" in answer.get_data(as_text=True)


@pytest.mark.thorough
@pytest.mark.parametrize("count", [2, 3, 29])
def test_a_small_catalogue_says_no_more_than_it_can(tmp_path: Path, count: int) -> None:
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, catalogue(tmp_path / "photos", count), ("whash", "shape", "colour"))
    client = app.test_client()
    why = client.get("/why?item=1&to=2&by=whash").get_data(as_text=True)
    compared = client.get("/compare?item=1&by=whash").get_data(as_text=True)
    for page in (why, compared):
        assert "of pairs" not in page
        assert "of all pairs" not in page
        assert "passes these filters" not in page


def test_what_is_nearer_than_every_random_pair_is_not_said_to_be_impossible(
    filled: Flask,
) -> None:
    with filled.app_context():
        said = [template_filters.top(chance) for chance in (0.0, 0.00005, 0.02)]
    assert said == ["top 0.01 %", "top 0.01 %", "top 2.0 %"]


def test_the_look_is_compared_with_the_code_of_each_of_its_parts(client: FlaskClient) -> None:
    page = client.get("/compare?item=7&by=look").get_data(as_text=True)
    row = page.partition('id="row-look"')[0].rpartition("<section")[2]
    assert row.count("<svg") == 3
