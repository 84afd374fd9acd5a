"""Levels: how near a hit is, in words that mean the same everywhere."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.conftest import core_of, take_in
from tests.pictures import bag, catalogue
from webapp.hashing import bag_sense, fingerprint_text
from webapp.hashing.fingerprinting import query_fingerprint
from webapp.hashing.kinds import KINDS
from webapp.lab import demo
from webapp.lab.evaluation import other_things
from webapp.models import Item
from webapp.search import levels
from webapp.search.category_guess import guessed_category
from webapp.search.levels import Threshold, Thresholds
from webapp.search.look import LEANINGS, LOOK, Leaning, two_part_leaning
from webapp.search.query import RANKINGS, Query
from webapp.search.result import Hit, Level, Result

ORDER = (Level.SAME_PICTURE, Level.SAME_LOOK, Level.UNLIKE)
SIZES = st.integers(1, 10**8)
ITEM = Item(1, "a.png", "a.png", "", "", None, "", "", "", "", 9, 9, "image/png", "")


@pytest.mark.parametrize("harder", [False, True])
def test_every_ranking_has_thresholds_in_their_order(harder: bool) -> None:
    every = [levels.of_kind(kind, harder=harder) for kind in KINDS.values()]
    every += [found for one in LEANINGS if (found := levels.of_leaning(one.name, harder=harder))]
    every += [levels.of_two_parts(colour / 20, harder=harder) for colour in range(21)]
    assert len(every) == len(KINDS) + len(LEANINGS) + 21
    for size in (1, 30, 1000, 10**6):
        for limits in (one.among(size) for one in every):
            assert limits.same_picture <= limits.same_in_colour <= limits.same_look
            assert limits.close <= limits.same_look


@given(distance=st.integers(0, 2000), one=SIZES, other=SIZES)
def test_a_larger_catalogue_never_calls_the_same_distance_nearer(
    distance: int, one: int, other: int
) -> None:
    smaller, larger = sorted((one, other))
    for found in (
        levels.of_kind(KINDS["shape"], harder=True),
        levels.of_two_parts(0.3, harder=True),
    ):
        before, after = (found.among(size).level(distance, bag=None) for size in (smaller, larger))
        assert ORDER.index(before) <= ORDER.index(after)


@given(distance=st.integers(0, 2000), size=SIZES)
def test_what_shows_no_bag_is_never_called_nearer_than_what_does(distance: int, size: int) -> None:
    found = levels.of_two_parts(0.3, harder=False).among(size)
    shown, unknown, none = (found.level(distance, bag=bag) for bag in (True, None, False))
    assert shown == unknown
    assert ORDER.index(shown) <= ORDER.index(none)


def test_a_threshold_shrinks_by_its_factor_with_each_tenfold_up_to_a_million() -> None:
    found = Threshold(800, 0.5, most=1000)
    assert [found.among(size) for size in (10_000, 1000, 100)] == [400, 800, 1000]
    assert found.among(1) == found.among(30) == 1000
    assert found.among(10**9) == found.among(10**6) == 100


def test_between_two_leanings_that_were_measured_thresholds_are_mixed() -> None:
    one, middle, other = (levels.of_two_parts(colour, harder=False) for colour in (0.3, 0.45, 0.6))
    mean = (one.same_look.value + other.same_look.value) / 2
    assert middle.same_look.value == pytest.approx(mean)


def test_the_same_photo_is_the_same_picture_and_noise_is_unlike(filled: Flask) -> None:
    searcher = core_of(filled).searcher
    found = searcher.similar_to(query_fingerprint(bag(33)), Query(LOOK))
    assert found.level is found.hits[0].level is Level.SAME_PICTURE
    noise = np.random.default_rng(1).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    unlike = searcher.similar_to(query_fingerprint(Image.fromarray(noise)), Query(LOOK))
    assert unlike.level is Level.UNLIKE
    assert unlike.bag is False


@pytest.mark.thorough
def test_a_drawn_bag_shows_a_bag_and_a_drawn_face_none() -> None:
    seen = [
        bag_sense.shows_bag(query_fingerprint(picture))
        for picture in (demo.draw(demo.plan(40)[30]), other_things.draw(2, seed=9))
    ]
    assert seen == [True, False]


def test_what_a_photo_shows_travels_in_its_address_and_old_addresses_go_on(
    client: FlaskClient,
) -> None:
    codes = dict(query_fingerprint(other_things.draw(2, seed=9)))
    now = fingerprint_text.encode(codes)
    assert fingerprint_text.decode(now) == codes
    assert client.get(f"/api/v1/search?q={now}").get_json()["bag"] is False
    del codes["bag"]
    old = client.get(f"/api/v1/search?q={fingerprint_text.encode(codes)}").get_json()
    assert "bag" not in old
    assert old["level"] in set(Level)


@given(odds=st.floats(-100, 100))
def test_odds_are_kept_in_a_byte_with_their_sign(odds: float) -> None:
    assert bag_sense.shows_bag({"bag": bag_sense.as_code(odds)}) is (odds >= -1 / 16)


def test_an_item_is_not_doubted_to_be_a_bag(client: FlaskClient) -> None:
    for harder in (0, 1):
        assert "bag" not in client.get(f"/api/v1/items/3/similar?harder={harder}").get_json()


@pytest.mark.parametrize("by", RANKINGS)
def test_cards_why_and_compare_say_the_same_of_a_hit(client: FlaskClient, by: str) -> None:
    page = client.get(f"/items/3?by={by}").get_data(as_text=True).partition('class="bands"')[0]
    cards = re.findall(r'<span class="near">([^<]+)</span>\s*<a class="why" href="([^"]+)"', page)
    assert len(cards) == 9
    hits = client.get(f"/api/v1/items/3/similar?by={by}").get_json()["hits"]
    for (words, why), hit in list(zip(cards, hits, strict=True))[::4]:
        said = {"The same picture": "same picture", "Hardly alike": "unlike"}
        assert hit["level"] == said.get(words, "same look")
        assert f"<b>{words}</b>" in client.get(why.replace("&amp;", "&")).get_data(as_text=True)
    compared = client.get(f"/compare?item=3&by={by}").get_data(as_text=True)
    assert re.findall(r'<span class="near">([^<]+)<', compared) == [words for words, _ in cards]


def test_only_what_is_unlike_warns_and_names_a_remedy(client: FlaskClient) -> None:
    face = fingerprint_text.encode(query_fingerprint(other_things.draw(2, seed=9)))
    warned = client.get(f"/search?q={face}").get_data(as_text=True)
    assert "This photo seems to show no bag, and nothing here is much like it" in warned
    assert re.search(r'href="/search"[^>]*>cut the photo to the bag<', warned)
    assert "lean to its colour" in warned
    known = fingerprint_text.encode(query_fingerprint(bag(12)))
    assert 'class="weak"' not in client.get(f"/search?q={known}").get_data(as_text=True)


def test_a_card_says_how_it_matched_only_of_the_same_picture(client: FlaskClient) -> None:
    turned = query_fingerprint(bag(12).transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    page = client.get(f"/search?q={fingerprint_text.encode(turned)}").get_data(as_text=True)
    for card in page.split('<li class="card"')[1:]:
        if 'class="matched"' in card:
            assert "The same picture" in card


@pytest.mark.thorough
@pytest.mark.parametrize("items", [1, 3, 30])
def test_small_catalogues_say_what_they_can(empty: Flask, tmp_path: Path, items: int) -> None:
    take_in(empty, catalogue(tmp_path / "photos", items))
    client = empty.test_client()
    asked = fingerprint_text.encode(query_fingerprint(bag(0)))
    page = client.get(f"/search?q={asked}").get_data(as_text=True)
    assert "The same picture" in page
    first = client.get("/items/1").get_data(as_text=True)
    assert ("Nothing else is in the catalogue yet" in first) == (items == 1)
    bars = 'preserveAspectRatio="none" aria-hidden="true"><rect' in page
    assert bars == (items >= 30)


def test_a_leaning_between_shape_and_colour_has_levels_and_one_never_measured_has_none(
    filled: Flask,
) -> None:
    searcher = core_of(filled).searcher
    between = searcher.similar_to_item(3, Query(LOOK, lean=two_part_leaning(0.42)))
    assert between.level is not None
    unheard = Leaning("unheard", "Unheard of", {"learned": 0.1, "shape": 0.8, "colour": 0.1}, 0.1)
    found = searcher.similar_to_item(3, Query(LOOK, lean=unheard))
    assert [hit.level for hit in found.hits] == [None] * 9


def test_thresholds_are_kept_apart_from_each_other() -> None:
    one = Thresholds(Threshold(1, 1), Threshold(2, 1), Threshold(3, 1)).among(100)
    assert [one.level(distance, bag=True) for distance in (1, 2, 3, 4)] == [
        Level.SAME_PICTURE,
        Level.SAME_LOOK,
        Level.SAME_LOOK,
        Level.UNLIKE,
    ]
    assert [one.level(distance, bag=False) for distance in (2, 3)] == [
        Level.SAME_LOOK,
        Level.UNLIKE,
    ]


def result_of(categories: list[str], level: Level = Level.SAME_LOOK, by: str = "look") -> Result:
    """Build a result whose hits have these categories."""
    hits = tuple(
        Hit(rank, 100, 0.9, replace(ITEM, id=rank, category=category), level=level)
        for rank, category in enumerate(categories, 1)
    )
    return Result(by, 9, {}, 1000, exact=True, repaired=0, bag=True, hits=hits)


def test_a_category_is_guessed_where_most_of_the_nearest_nine_have_it() -> None:
    agreeing = ["Tote"] * 6 + ["Clutch"] * 3
    assert guessed_category(result_of(agreeing)) == "Tote"
    assert guessed_category(result_of(["Tote"] * 5 + ["Clutch"] * 4)) is None
    assert guessed_category(result_of(["Tote"] * 6)) is None
    assert guessed_category(result_of([""] * 9)) is None
    assert guessed_category(result_of(agreeing, level=Level.UNLIKE)) is None
    assert guessed_category(result_of(agreeing, by="whash")) is None


@pytest.mark.thorough
def test_what_a_photo_looks_like_is_offered_as_one_filter_and_never_applied_unasked(
    empty: Flask, tmp_path: Path
) -> None:
    source = catalogue(tmp_path / "photos", 12)
    rows = "".join(f"{number:03d}.png,{'Tote' if number else 'Clutch'}\n" for number in range(12))
    (source.parent / "sorts.csv").write_text("filename,category\n" + rows, "utf-8")
    take_in(empty, source.parent / "sorts.csv")
    client = empty.test_client()
    asked = fingerprint_text.encode(query_fingerprint(bag(3)))
    page = client.get(f"/search?q={asked}").get_data(as_text=True)
    offered = re.search(r'href="([^"]+)">Looks like Tote: 11<', page)
    assert offered
    assert "category=Tote" in offered[1]
    assert "chip active" not in page
    narrowed = client.get(offered[1].replace("&amp;", "&")).get_data(as_text=True)
    assert "Looks like" not in narrowed
    assert "Looks like" not in client.get("/items/4").get_data(as_text=True)


@pytest.mark.thorough
def test_a_category_that_all_bags_have_is_not_offered(empty: Flask, tmp_path: Path) -> None:
    source = catalogue(tmp_path / "photos", 12)
    rows = "".join(f"{number:03d}.png,Handbag\n" for number in range(12))
    (source.parent / "sorts.csv").write_text("filename,category\n" + rows, "utf-8")
    take_in(empty, source.parent / "sorts.csv")
    asked = fingerprint_text.encode(query_fingerprint(bag(3)))
    page = empty.test_client().get(f"/search?q={asked}").get_data(as_text=True)
    assert "Most alike" in page or "The same picture" in page
    assert "Looks like" not in page
