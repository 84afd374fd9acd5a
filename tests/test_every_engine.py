"""What searches want of every engine: widths, ties, filters, readings, changes, several threads."""

import io
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import oracle
from tests.conftest import core_of
from tests.milvus_fixtures import WITH_MILVUS, Milvus
from tests.test_engines import engine  # noqa: F401 - a fixture
from webapp import create_app
from webapp.index import remote_table
from webapp.index.code_table import CodeTable, make_table
from webapp.index.engines import Engine, Index
from webapp.index.engines.registry import engine_of
from webapp.index.hamming import Planes, to_planes
from webapp.index.remote_table import FrozenTable
from webapp.search.among import Among
from webapp.search.measure import KindMeasure
from webapp.search.nearest import nearest

WIDTHS = [(42, 1), (64, 1), (255, 1), (1024, 1), (384, 3)]
"""Bits of a code, and how many of them a photo has."""

Views = list[list[bytes]]


def random_views(bits: int, views: int, count: int = 120, distinct: int = 80) -> Views:
    """Codes of each item's views; many are the same, and many are equally far from others."""
    chance = np.random.default_rng(bits)
    pool = np.packbits(chance.random((distinct, bits)) < 0.15, axis=1)
    chosen = chance.integers(0, distinct, (count, views))
    return [[pool[one].tobytes() for one in of_item] for of_item in chosen]


def by_hand(items: Views, queries: list[bytes], k: int, among: set[int]) -> list[tuple[int, int]]:
    return sorted(
        (min(oracle.distance(view, query) for view in views for query in queries), 2 * place)
        for place, views in enumerate(items)
        if place in among
    )[:k]


def opened(engine: Engine, table: CodeTable, folder: Path) -> tuple[FrozenTable, Index]:  # noqa: F811
    """Build an index, and open what a host has of it: with the codes, or without."""
    if engine.keeps_codes:
        table = table.by_first_view()
        remote_table.save(table, folder, "x")
    else:
        table.save(folder, "x")
    parameters = engine.build(table, folder, "x")
    engine.finish([parameters])
    here = engine.table(folder, "x", table.bits, parameters)
    return here, engine.open(here, folder, "x", parameters)


def assert_tells_distances(index: Index, table: FrozenTable, queries: Planes) -> None:
    """What an engine tells of distances is what codes tell; of what is farther, that it is."""
    told = index.candidates(queries, 20)
    if told.distances is None:
        return
    true = table.distances_of_rows(queries)
    least = told.at_least(np.arange(table.row_count))
    assert (least <= true).all()
    assert (least == true)[(true <= told.within) | (least <= told.within)].all()
    assert least.max() > 0


@pytest.mark.thorough
@pytest.mark.parametrize(("bits", "views"), WIDTHS)
def test_codes_of_any_width_are_found_as_by_hand(
    engine: Engine,  # noqa: F811
    tmp_path: Path,
    bits: int,
    views: int,
) -> None:
    """With ties, copies, filters and several readings of a query; asked by several threads."""
    items = random_views(bits, views)
    packed = np.frombuffer(b"".join(map(b"".join, items)), np.uint8).reshape(len(items), views, -1)
    built = make_table(bits, 2 * np.arange(len(items), dtype=np.int64), packed)
    table, index = opened(engine, built, tmp_path)
    index.check()

    def ask(number: int) -> None:
        codes = items[number] + (items[number + 1] if number % 2 else [])
        queries = to_planes(np.frombuffer(b"".join(codes), np.uint8).reshape(len(codes), -1))
        assert_tells_distances(index, table, queries)
        for k in (1, 9, 200):
            for among in (None, np.arange(0, len(items), 7)):
                passing = None if among is None else Among(among)
                found = nearest(KindMeasure(table, index, queries), k, passing)
                wanted = set(range(len(items)) if among is None else among.tolist())
                answer = list(zip(found.distances.tolist(), found.ids.tolist(), strict=True))
                assert answer == by_hand(items, codes, k, wanted)
                assert found.exact

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(ask, range(20)))


@pytest.fixture(params=["annoy", "exact", pytest.param("milvus", marks=WITH_MILVUS)])
def app(request: pytest.FixtureRequest, eight: Path, tmp_path: Path) -> Iterator[Flask]:
    """Open eight items with an engine; the index on the disk was built by Annoy."""
    settings = {"engine": request.param}
    if request.param == "milvus":
        milvus: Milvus = request.getfixturevalue("milvus")
        settings = dict(milvus.settings)
    instance = shutil.copytree(eight, tmp_path / "instance")
    app = create_app({"instance": instance, "admin_token": "secret", "map": "off", **settings})
    yield app
    engine_of(core_of(app).settings).drop_others(())


def similar(app: Flask, item_id: int, by: str, more: str = "") -> list[int]:
    with app.test_client() as client:
        answer = client.get(f"/api/v1/items/{item_id}/similar?by={by}&k=20{more}")
    assert answer.status_code == 200, answer.text
    assert answer.json
    assert answer.json["exact"]
    return [hit["item"]["id"] for hit in answer.json["hits"]]


def changed(app: Flask, method: str, target: str, **data: object) -> TestResponse:
    headers = {"Authorization": "Bearer secret"}
    with app.test_client() as client:
        answer = client.open(f"/api/v1/items{target}", method=method, headers=headers, data=data)
    assert answer.status_code < 300, answer.text
    return answer


@pytest.mark.thorough
def test_what_comes_changes_and_goes_is_seen_at_once_with_every_engine(app: Flask) -> None:
    """Before the next index is built, and after it; when all is gone too."""
    core = core_of(app)
    for _ in core.publisher.rebuild(("whash", "shape", "colour"), jobs=1):
        pass
    photo = core.catalog.photo(core.catalog.items([5])[0]).read_bytes()
    added = changed(app, "POST", "", image=(io.BytesIO(photo), "copy.png"), brand="Elm")
    assert added.json
    new = added.json["id"]

    def check() -> None:
        assert similar(app, 5, "whash")[0] == new
        assert set(similar(app, 5, "look")) == {1, 2, 3, 6, 7, 8, new}
        assert similar(app, 5, "look", "&brand=Elm") == [new]

    changed(app, "DELETE", "/4")
    check()
    for _ in core.publisher.merge():
        pass
    check()
    for item_id in (1, 2, 3, 6, 7, 8, new):
        changed(app, "DELETE", f"/{item_id}")
    for by in ("whash", "look"):
        assert similar(app, 5, by) == []
