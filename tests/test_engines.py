"""One contract for every engine, and the ranking on top of it against a plain scan."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import oracle
from tests.milvus_fixtures import WITH_MILVUS, Milvus
from webapp.config import load
from webapp.exceptions import IndexDamaged
from webapp.index.code_table import CodeTable, load_table, make_table
from webapp.index.engines import Engine, Index, LocalIndex, Proposal
from webapp.index.engines.registry import ENGINES, engine_of
from webapp.index.hamming import distances, to_planes
from webapp.index.narrowing import Narrowing
from webapp.search import nearest as nearest_module
from webapp.search.among import Among
from webapp.search.measure import KindMeasure
from webapp.search.neighbours import Neighbours

BITS = 42
BYTES = 6


def make_engine(name: str) -> Engine:
    return ENGINES[name](load({}, {"instance": "/nowhere"}))


def random_codes(count: int, seed: int = 1, distinct: int = 10**6) -> dict[int, bytes]:
    """Codes of 42 bits by item id; ids have gaps, and codes repeat if `distinct` is small."""
    random = np.random.default_rng(seed)
    pool = random.integers(0, 256, (min(distinct, count), BYTES), dtype=np.uint8)
    pool[:, -1] &= 0b1100_0000
    chosen = random.integers(0, len(pool), count)
    return {3 * number + 2: pool[row].tobytes() for number, row in enumerate(chosen)}


def table_of(codes: dict[int, bytes], bits: int = BITS) -> CodeTable:
    packed = np.frombuffer(b"".join(codes.values()), dtype=np.uint8).reshape(len(codes), 1, -1)
    return make_table(bits, np.array(list(codes), dtype=np.int64), packed)


def query_of(code: bytes) -> np.ndarray:
    return to_planes(np.frombuffer(code, dtype=np.uint8).reshape(1, -1))


def nearest(
    table: CodeTable, index: Index, query: np.ndarray, k: int, among: np.ndarray | None = None
) -> Neighbours:
    passing = None if among is None else Among(among)
    return nearest_module.nearest(KindMeasure(table, index, query), k, passing)


def built(engine: Engine, table: CodeTable, folder: Path, kind: str = "x") -> Index:
    """Build an index and open it, as a generation does."""
    parameters = engine.build(table, folder, kind)
    engine.finish([parameters])
    return engine.open(table, folder, kind, parameters)


@pytest.fixture(params=["annoy", "exact", pytest.param("milvus", marks=WITH_MILVUS)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param != "milvus":
        yield make_engine(request.param)
        return
    milvus: Milvus = request.getfixturevalue("milvus")
    engine = engine_of(load({}, {"instance": tmp_path / "instance", **milvus.settings}))
    yield engine
    engine.drop_others(())


def test_an_engine_proposes_near_rows(engine: Engine, tmp_path: Path) -> None:
    codes = random_codes(400)
    table = table_of(codes)
    index = built(engine, table, tmp_path)
    for code in list(codes.values())[:40]:
        rows = index.candidates(query_of(code), 20).rows
        assert len(table.photos_of(rows, 20)) >= 20
        assert 0 in distances(table.codes[:, rows], query_of(code))


def test_what_is_found_by_an_engine_is_proven(engine: Engine, tmp_path: Path) -> None:
    codes = random_codes(300)
    table = table_of(codes)
    index = built(engine, table, tmp_path)
    for code in list(codes.values())[:20]:
        found = nearest(table, index, query_of(code), 9)
        assert found.exact  # 300 codes are always proven
        expected = oracle.nearest(codes, code, 9)
        assert list(zip(found.distances.tolist(), found.ids.tolist(), strict=True)) == expected


def test_the_same_codes_build_the_same_bytes(engine: Engine, tmp_path: Path) -> None:
    table = table_of(random_codes(500))
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        table.save(tmp_path / name, "x")
        engine.build(table, tmp_path / name, "x")
    first, second = (sorted((tmp_path / name).iterdir()) for name in ("first", "second"))
    assert [path.name for path in first] == [path.name for path in second]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_one_item_alone_is_found(engine: Engine, tmp_path: Path) -> None:
    codes = random_codes(1)
    table = table_of(codes)
    index = built(engine, table, tmp_path)
    assert nearest(table, index, query_of(bytes(BYTES)), 9).ids.tolist() == list(codes)


@pytest.mark.thorough
@given(
    count=st.integers(1, 120),
    distinct=st.integers(1, 40),
    seed=st.integers(0, 1000),
    k=st.integers(1, 150),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_ranking_equals_a_plain_scan(
    tmp_path_factory: pytest.TempPathFactory,
    count: int,
    distinct: int,
    seed: int,
    k: int,
    data: st.DataObject,
) -> None:
    """With repeated codes, ties, filters of any size, and k beyond what there is."""
    codes = random_codes(count, seed, distinct)
    table, folder = table_of(codes), tmp_path_factory.mktemp("ranking")
    engine = make_engine("annoy")
    index = built(engine, table, folder)
    code = data.draw(st.sampled_from(sorted(set(codes.values()))))
    among = data.draw(st.none() | st.lists(st.sampled_from(sorted(codes)), unique=True))
    positions = None if among is None else np.flatnonzero(np.isin(table.ids, among))
    found = nearest(table, index, query_of(code), k, positions)
    expected = oracle.nearest(codes, code, k, among)
    assert list(zip(found.distances.tolist(), found.ids.tolist(), strict=True)) == expected
    assert found.exact


class Forgetful(LocalIndex):
    """An index that proposes only the first rows, as a bad forest might."""

    def candidates(
        self,
        queries: np.ndarray,  # noqa: ARG002
        count: int,  # noqa: ARG002
        narrowing: Narrowing | None = None,  # noqa: ARG002
    ) -> Proposal:
        return Proposal(np.arange(1))


def test_what_an_index_misses_is_repaired_and_counted() -> None:
    codes = random_codes(200)
    table = table_of(codes)
    query = next(iter(codes.values()))
    found = nearest(table, Forgetful(), query_of(query), 9)
    assert [one for _, one in oracle.nearest(codes, query, 9)] == found.ids.tolist()
    proposed = set(table.ids[table.photos_of(np.arange(1), 9)].tolist())
    assert found.missed == set(found.ids.tolist()) - proposed
    assert found.missed


def test_beyond_the_limit_an_answer_is_not_called_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = random_codes(200)
    table = table_of(codes)

    class Fair(Forgetful):
        def candidates(
            self,
            queries: np.ndarray,
            count: int,
            narrowing: Narrowing | None = None,  # noqa: ARG002
        ) -> Proposal:
            return Proposal(np.argsort(distances(table.codes, queries))[:count])

    monkeypatch.setattr(nearest_module, "PROVE_UP_TO_WORDS", 10)
    query = query_of(next(iter(codes.values())))
    assert not nearest(table, Fair(), query, 9).exact
    # Fewer than k candidates are never the answer while k items exist.
    assert len(nearest(table, Forgetful(), query, 9).ids) == 9


def test_a_table_survives_its_files(tmp_path: Path) -> None:
    table = table_of(random_codes(100, distinct=30))
    table.save(tmp_path, "x")
    again = load_table(tmp_path, "x", BITS)
    for name in ("codes", "ids", "rows", "members", "starts"):
        assert np.array_equal(getattr(again, name), getattr(table, name))
    with pytest.raises(IndexDamaged, match="not 196 bits"):
        load_table(tmp_path, "x", 196)


def test_an_annoy_file_of_another_width_is_refused(tmp_path: Path) -> None:
    """Annoy itself would open it, and answer nonsense."""
    engine = make_engine("annoy")
    narrow, wide = table_of(random_codes(64)), table_of(random_codes(64, seed=5), bits=48)
    engine.build(narrow, tmp_path, "narrow")
    engine.build(wide, tmp_path, "wide")
    (tmp_path / "narrow.ann").replace(tmp_path / "wide.ann")
    with pytest.raises(IndexDamaged, match=r"wide\.ann does not hold the codes of wide"):
        engine.open(wide, tmp_path, "wide", {})


@given(
    st.lists(st.lists(st.binary(min_size=2, max_size=2), min_size=3, max_size=3), min_size=1),
    st.lists(st.binary(min_size=2, max_size=2), min_size=1, max_size=5),
    st.integers(1, 20),
)
@settings(deadline=None)
def test_with_several_views_and_queries_the_nearest_pair_counts(
    views: list[list[bytes]], queries: list[bytes], k: int
) -> None:
    packed = np.frombuffer(b"".join(map(b"".join, views)), dtype=np.uint8).reshape(-1, 3, 2)
    table = make_table(16, np.arange(len(views)) * 2, packed)
    asked = to_planes(np.frombuffer(b"".join(queries), dtype=np.uint8).reshape(-1, 2))
    index = make_engine("exact").open(table, Path(), "x", {})
    expected = sorted(
        (min(oracle.distance(a, b) for a in views[place] for b in queries), 2 * place)
        for place in range(len(views))
    )
    for found in (nearest(table, index, asked, k), nearest(table, Forgetful(), asked, k)):
        assert list(zip(found.distances.tolist(), found.ids.tolist(), strict=True)) == expected[:k]


@given(
    seed=st.integers(0, 1000),
    count=st.integers(200, 500),
    distinct=st.integers(1, 40),
    views=st.integers(1, 3),
    k=st.integers(1, 12),
)
@settings(max_examples=60, deadline=None)
def test_of_items_with_a_popular_code_the_first_are_nearest(
    seed: int, count: int, distinct: int, views: int, k: int
) -> None:
    """Of each code only some items are looked at, also where views of an item share a code."""
    chance = np.random.default_rng(seed)
    pool = chance.integers(0, 256, (distinct, 2), dtype=np.uint8)
    packed = pool[chance.integers(0, distinct, (count, views))]
    table = make_table(16, np.arange(count, dtype=np.int64), packed)
    asked = to_planes(pool[:1])
    expected = sorted(
        (min(oracle.distance(view.tobytes(), pool[0].tobytes()) for view in of_item), place)
        for place, of_item in enumerate(packed)
    )[:k]
    exact = make_engine("exact").open(table, Path(), "x", {})
    for found in (nearest(table, exact, asked, k), nearest(table, Forgetful(), asked, k)):
        assert list(zip(found.distances.tolist(), found.ids.tolist(), strict=True)) == expected


def test_all_photos_of_a_row_may_be_asked_for_however_many_they_are() -> None:
    table = table_of({item: bytes(8) for item in range(1, 6)})
    assert table.photos_of(np.array([0]), 2**31 + 5).tolist() == [0, 1, 2, 3, 4]


def test_more_trees_are_a_choice(tmp_path: Path) -> None:
    table = table_of(random_codes(300))
    sizes = []
    for trees in (10, 200):
        engine = ENGINES["annoy"](load({}, {"instance": "/nowhere", "trees": trees}))
        assert engine.build(table, tmp_path, f"x{trees}")["trees"] == trees
        sizes.append((tmp_path / f"x{trees}.ann").stat().st_size)
    assert sizes[1] > 5 * sizes[0]
