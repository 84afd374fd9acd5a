"""Searches through the application's core answer as a plain scan of the stored codes does."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests import oracle
from tests.conftest import core_of, take_in
from tests.pictures import COLOURS, bag, catalogue, encoded
from webapp import create_app, maintenance
from webapp.exceptions import IndexNotReady, ItemNotFound
from webapp.hashing.fingerprinting import fingerprint, query_fingerprint
from webapp.hashing.kinds import KINDS
from webapp.models import Filters
from webapp.pictures.opening import open_picture
from webapp.search.look import LOOK, two_part_leaning
from webapp.search.query import Query
from webapp.search.result import Result


def pairs(result: Result) -> list[tuple[int, int]]:
    return [(hit.distance, hit.item.id) for hit in result.hits]


def plain_scan(
    kind: str, codes: dict[int, bytes], item_id: int, k: int, among: list[int]
) -> list[tuple[int, int]]:
    """Rank by the nearest pair of views, one by one."""
    return sorted((apart(kind, codes[item_id], codes[one]), one) for one in among)[:k]


def apart(kind: str, left: bytes, right: bytes) -> int:
    width = KINDS[kind].bytes
    lefts, rights = (
        [code[start : start + width] for start in range(0, len(code), width)]
        for code in (left, right)
    )
    return min(oracle.distance(a, b) for a in lefts for b in rights)


def stored(app: Flask, kind: str) -> dict[int, bytes]:
    catalog = core_of(app).catalog
    every = catalog.fingerprints([item.id for item in catalog.all_items()])
    return {item_id: codes[kind] for item_id, codes in every.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_neighbours_of_every_item_equal_a_plain_scan(filled: Flask, kind: str) -> None:
    codes = stored(filled, kind)
    for item_id in codes:
        result = core_of(filled).searcher.similar_to_item(item_id, Query(KINDS[kind]))
        others = [other for other in codes if other != item_id]
        assert pairs(result) == plain_scan(kind, codes, item_id, 9, others)
        assert result.exact


filters = st.builds(
    Filters,
    brand=st.lists(st.sampled_from(["Ora", "Vell", "Tund"]), unique=True).map(tuple),
    category=st.lists(st.sampled_from(["Tote", "Clutch"]), unique=True).map(tuple),
    colour=st.lists(st.sampled_from(COLOURS[:4]), unique=True).map(tuple),
    min_price=st.none() | st.integers(0, 600).map(float),
    max_price=st.none() | st.integers(0, 600).map(float),
)


@pytest.mark.thorough
@given(filters, st.sampled_from(sorted(KINDS)), st.integers(1, 60), st.integers(1, 70))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_filter_comes_before_the_top_k(
    filled: Flask, filters: Filters, kind: str, item_id: int, k: int
) -> None:
    """As many as qualify, up to k, and the nearest of those."""
    catalog, codes = core_of(filled).catalog, stored(filled, kind)
    passing = [item.id for item in catalog.all_items() if _passes(item, filters)]
    facets = core_of(filled).facets
    assert facets.ids[facets.matching(filters)].tolist() == passing
    result = core_of(filled).searcher.similar_to_item(item_id, Query(KINDS[kind], k, filters))
    others = [one for one in passing if one != item_id]
    assert pairs(result) == plain_scan(kind, codes, item_id, k, others)


def _passes(item: object, filters: Filters) -> bool:
    price = getattr(item, "price")  # noqa: B009 - one rule for all facets
    low, high = filters.min_price, filters.max_price
    return all(
        not wanted or getattr(item, name) in wanted
        for name, wanted in (
            ("brand", filters.brand),
            ("category", filters.category),
            ("colour", filters.colour),
        )
    ) and (
        (low is None and high is None)
        or (price is not None and (low or 0) <= price <= (high if high is not None else 1e9))
    )


@pytest.mark.parametrize("lean", [0.0, 0.15, 0.3, 0.6, 1.0])
def test_the_look_blends_exact_distances_on_the_catalogues_own_scale(
    filled: Flask, lean: float
) -> None:
    shapes, colours = stored(filled, "shape"), stored(filled, "colour")
    generation = core_of(filled).generations.current()
    scale = {name: generation.kind(name).scale for name in ("shape", "colour")}
    for item_id in (1, 17, 42):
        question = Query(LOOK, filters=Filters(category=("Tote",)), lean=two_part_leaning(lean))
        for asked in (question, replace(question, filters=Filters())):
            result = core_of(filled).searcher.similar_to_item(item_id, asked)
            expected = []
            for other in shapes:
                if other == item_id or (asked.filters and other % 2 == 0):
                    continue
                far = (1 - lean) * math.sqrt(
                    apart("shape", shapes[item_id], shapes[other]) / scale["shape"]
                ) + lean * math.sqrt(
                    apart("colour", colours[item_id], colours[other]) / scale["colour"]
                )
                expected.append((round(1000 * far), other))
            assert pairs(result) == sorted(expected)[:9]
            assert result.exact


@pytest.mark.parametrize(
    ("method", "phrase"),
    [
        (Image.Transpose.FLIP_LEFT_RIGHT, "mirrored"),
        (Image.Transpose.ROTATE_180, "turned 180 degrees"),
        (Image.Transpose.ROTATE_90, "turned"),
    ],
)
def test_a_query_that_tries_harder_finds_a_turned_picture_and_says_so(
    filled: Flask, method: Image.Transpose, phrase: str
) -> None:
    found = 0
    for number in range(0, 60, 6):
        codes = query_fingerprint(bag(number).transpose(method))
        result = core_of(filled).searcher.similar_to(codes, Query(LOOK, harder=True))
        first = result.hits[0]
        found += first.item.filename == f"{number:03d}.png" and phrase in first.matched
    assert found >= 9


def test_a_query_as_it_is_matches_without_a_phrase(filled: Flask) -> None:
    codes = query_fingerprint(bag(33))
    for harder in (False, True):
        result = core_of(filled).searcher.similar_to(codes, Query(LOOK, harder=harder))
        first = result.hits[0]
        assert (first.distance, first.matched, first.item.id) == (0, "", 34)
        assert not result.weak


def test_an_item_can_be_asked_harder_from_its_photo(filled: Flask) -> None:
    plain = core_of(filled).searcher.similar_to_item(5, Query(LOOK))
    harder = core_of(filled).searcher.similar_to_item(5, Query(LOOK, harder=True))
    assert 5 not in [hit.item.id for hit in harder.hits]
    distances = {hit.item.id: hit.distance for hit in plain.hits}
    for hit in harder.hits:
        assert hit.distance <= distances.get(hit.item.id, 10**6)


def test_noise_finds_nothing_near_and_is_told_so(filled: Flask) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    codes = query_fingerprint(Image.fromarray(noise))
    assert core_of(filled).searcher.similar_to(codes, Query(LOOK)).weak


@pytest.mark.parametrize("format_", ["JPEG", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("kind", ["phash", "dhash"])
def test_a_lossy_copy_finds_its_original_first(filled: Flask, format_: str, kind: str) -> None:
    for number in (3, 14, 15):
        copy = open_picture(encoded(bag(number), format_, quality=80)).image
        result = core_of(filled).searcher.similar_to(fingerprint(copy), Query(KINDS[kind]))
        assert result.hits[0].item.filename == f"{number:03d}.png"


def test_a_bag_in_two_colours_is_near_in_whash_and_far_in_colorhash() -> None:
    red = bag(5)
    swapped = red.convert("RGB", (0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0))  # channels turned round
    grey_alike = ("whash", "colorhash")
    first, second = fingerprint(red, grey_alike), fingerprint(swapped, grey_alike)
    assert oracle.distance(first["whash"], second["whash"]) <= 6
    assert oracle.distance(first["colorhash"], second["colorhash"]) >= 4


@pytest.mark.thorough
def test_a_removed_item_is_gone_at_once_and_still_k_answer(tmp_path: Path) -> None:
    """Even from a generation that was built while it was there."""
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, catalogue(tmp_path / "photos", 15))
    core = core_of(app)
    before = core.searcher.similar_to_item(1, Query(KINDS["phash"]))
    gone = [hit.item.id for hit in before.hits[:4]]
    maintenance.remove(core.catalog, core.thumbs, gone)
    after = core.searcher.similar_to_item(1, Query(KINDS["phash"]))
    assert len(after.hits) == 9
    assert not {hit.item.id for hit in after.hits} & set(gone)
    with pytest.raises(ItemNotFound):
        core.searcher.similar_to_item(gone[0], Query(KINDS["phash"]))


def test_searching_before_anything_is_indexed_says_what_to_run(empty: Flask) -> None:
    codes = fingerprint(bag(1))
    with pytest.raises(IndexNotReady, match="hashbag import"):
        core_of(empty).searcher.similar_to(codes, Query(KINDS["whash"]))
