"""The look with its learned part: every leaning ranks as a plain scan of the stored codes does."""

import math
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import core_of, take_in
from tests.pictures import bag, catalogue
from tests.test_search import apart, pairs, stored
from webapp import create_app
from webapp.hashing.fingerprinting import query_fingerprint
from webapp.hashing.kinds import KINDS
from webapp.search.look import (
    BALANCED,
    LEANINGS,
    LOOK,
    LOOK_SCALE,
    TWO_PART_LEANINGS,
    Leaning,
    blend,
    two_part_leaning,
)
from webapp.search.query import Query

PARTS = ("learned", "shape", "colour")


@pytest.mark.parametrize("leaning", LEANINGS, ids=lambda leaning: leaning.name)
def test_every_leaning_blends_exact_distances(filled: Flask, leaning: Leaning) -> None:
    codes = {part: stored(filled, part) for part in PARTS}
    generation = core_of(filled).generations.current()
    scales = {part: generation.kind(part).scale for part in PARTS}
    assert sum(leaning.shares.values()) == pytest.approx(1)
    for item_id in (2, 31, 60):
        result = core_of(filled).searcher.similar_to_item(item_id, Query(LOOK, lean=leaning))
        expected = []
        for other in codes["shape"]:
            if other != item_id:
                far = sum(
                    leaning.shares[part]
                    * math.sqrt(
                        apart(part, codes[part][item_id], codes[part][other]) / scales[part]
                    )
                    for part in PARTS
                )
                expected.append((round(1000 * far), other))
        assert pairs(result) == sorted(expected)[:9]
        assert result.exact
        assert result.bits == 1000


@pytest.mark.parametrize("part", PARTS)
def test_a_leaning_to_one_part_alone_ranks_as_that_kind_does(filled: Flask, part: str) -> None:
    alone = Leaning(part, part, {part: 1.0}, 0.5)
    for item_id in (1, 20, 44):
        searcher = core_of(filled).searcher
        by_look = searcher.similar_to_item(item_id, Query(LOOK, k=30, lean=alone))
        by_kind = searcher.similar_to_item(item_id, Query(KINDS[part], k=30))
        assert [one for _, one in pairs(by_look)] == [one for _, one in pairs(by_kind)]


def test_the_four_leanings_are_links_and_the_current_one_is_marked(client: FlaskClient) -> None:
    for asked, current in (("", "Balanced"), ("&lean=sort", "Same sort"), ("&lean=0.3", None)):
        page = client.get(f"/items/4?by=look{asked}").get_data(as_text=True)
        bar = page.partition('aria-label="Leaning"')[2].partition("</nav>")[0]
        for leaning in LEANINGS:
            assert f"lean={leaning.name}" in bar
            marked = f'aria-current="true">{leaning.label}</a>' in bar
            assert marked == (leaning.label == current)


def test_numbers_lean_between_shape_and_colour_as_they_always_did(client: FlaskClient) -> None:
    old = client.get("/api/v1/items/4/similar?lean=0").get_json()
    by_shape = client.get("/api/v1/items/4/similar?by=shape").get_json()
    assert [h["item"]["id"] for h in old["hits"]] == [h["item"]["id"] for h in by_shape["hits"]]
    for text in ("2", "red", "Sort", "nan"):
        answer = client.get(f"/api/v1/items/4/similar?lean={text}")
        assert answer.status_code == 400
        assert "or picture, sort, balanced, colour" in answer.get_json()["detail"]


def test_a_link_from_before_the_kind_blends_the_other_two(filled: Flask) -> None:
    codes = dict(query_fingerprint(bag(8)))
    searcher = core_of(filled).searcher
    with_it = searcher.similar_to(codes, Query(LOOK))
    del codes["learned"]
    without = searcher.similar_to(codes, Query(LOOK))
    plain = searcher.similar_to(codes, Query(LOOK, lean=two_part_leaning(BALANCED.two_part_colour)))
    assert pairs(without) == pairs(plain) != pairs(with_it)


@pytest.mark.thorough
def test_while_some_items_lack_the_code_the_look_blends_what_all_have(tmp_path: Path) -> None:
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, catalogue(tmp_path / "photos", 12))
    core = core_of(app)
    with core.catalog.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM codes WHERE kind = 'learned' AND item_id > 6")
    core.generations.publish(core.catalog)
    look = core.searcher.similar_to_item(1, Query(LOOK))
    plain = core.searcher.similar_to_item(
        1, Query(LOOK, lean=two_part_leaning(BALANCED.two_part_colour))
    )
    assert pairs(look) == pairs(plain)
    learned = core.searcher.similar_to_item(1, Query(KINDS["learned"]))
    assert {hit.item.id for hit in learned.hits} == {2, 3, 4, 5, 6}
    page = app.test_client().get("/items/1").get_data(as_text=True)
    for leaning in TWO_PART_LEANINGS:
        assert leaning.label in page
    assert app.test_client().get("/items/9").status_code == 200


def test_leanings_of_two_parts_sum_to_one_too() -> None:
    for leaning in (*LEANINGS, *TWO_PART_LEANINGS):
        assert sum(leaning.shares_of(("shape", "colour"))) == pytest.approx(1)
    assert BALANCED.shares_of(("shape", "colour")) == (0.7, 0.3)
    assert np.isclose(sum(two_part_leaning(0.25).shares_of(PARTS)), 1)


def test_many_items_are_blended_as_few_are() -> None:
    chance = np.random.default_rng(3)
    each = [chance.integers(0, most, 70_001).astype(np.uint16) for most in (500, 380, 250)]
    scales, shares = (250.0, 120.0, 33.0), (0.59, 0.25, 0.16)

    def plainly(*apart: int) -> int:
        parts = zip(apart, scales, shares, strict=True)
        return round(
            LOOK_SCALE * sum(share * math.sqrt(one / scale) for one, scale, share in parts)
        )

    expected = [plainly(*apart) for apart in zip(*(one.tolist() for one in each), strict=True)]
    assert blend(each, scales, shares).tolist() == expected
