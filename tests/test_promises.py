"""What engines promise of their lists, and the answers that are proven by it without a scan."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_engines import built, engine, make_engine  # noqa: F401 - a fixture
from webapp.index.code_table import CodeTable, make_table
from webapp.index.engines import EVERYTHING, NOTHING, Engine, LocalIndex, Proposal
from webapp.index.hamming import Planes, distances, to_planes
from webapp.index.kind_index import KindIndex, kind_index
from webapp.index.narrowing import Narrowing
from webapp.search import nearest as nearest_module
from webapp.search.look import LookMeasure
from webapp.search.measure import KindMeasure, Measure
from webapp.search.nearest import nearest
from webapp.search.nearest_photo import by_nearest_photo
from webapp.search.neighbours import Neighbours


def random_table(
    chance: np.random.Generator, photos: int, bits: int = 16, views: int = 1, distinct: int = 30
) -> CodeTable:
    """Photos with few different codes, of items that have one or several of them."""
    pool = chance.integers(0, 256, (distinct, bits // 8), dtype=np.uint8)
    packed = pool[chance.integers(0, distinct, (photos, views))]
    items = np.sort(chance.integers(0, photos, photos))
    numbers = np.arange(photos) - np.searchsorted(items, items) + 1
    return make_table(bits, 3 * items.astype(np.int64), packed, numbers)


class Shortened(LocalIndex):
    """An index that lists no more than so many rows, and promises what that is good for."""

    def __init__(self, table: CodeTable, most: int) -> None:
        self.table = table
        self.most = most
        self.asked: list[int] = []

    def candidates(
        self,
        queries: Planes,
        count: int,
        narrowing: Narrowing | None = None,  # noqa: ARG002
    ) -> Proposal:
        self.asked.append(count)
        of_rows = distances(self.table.codes, queries)
        listed = np.argsort(of_rows, kind="stable")[: min(count, self.most)]
        if len(listed) == len(of_rows):
            return Proposal(listed, EVERYTHING)
        return Proposal(listed, int(of_rows[listed[-1]]) - 1)  # others may be as near as the last


def by_scan(measure: Measure, k: int) -> list[tuple[int, int]]:
    return sorted(zip(measure.distances().tolist(), measure.ids.tolist(), strict=True))[:k]


def answer(found: Neighbours) -> list[tuple[int, int]]:
    return list(zip(found.distances.tolist(), found.ids.tolist(), strict=True))


@pytest.mark.parametrize("readings", [1, 3])
def test_an_engine_keeps_what_it_promises(
    engine: Engine,  # noqa: F811
    tmp_path: Path,
    readings: int,
) -> None:
    chance = np.random.default_rng(5)
    packed = chance.integers(0, 16, (300, 1, 2), dtype=np.uint8)
    table = make_table(16, np.arange(300, dtype=np.int64), packed)
    index = built(engine, table, tmp_path)
    queries = to_planes(chance.integers(0, 256, (readings, 2), dtype=np.uint8))
    for count in (1, 9, 50, table.row_count, 2 * table.row_count):
        proposal = index.candidates(queries, count)
        assert len(set(proposal.rows.tolist())) == len(proposal.rows) >= min(count, 9)
        near = np.flatnonzero(distances(table.codes, queries) <= proposal.within)
        assert set(near.tolist()) <= set(proposal.rows.tolist())


@pytest.mark.thorough
@given(
    seed=st.integers(0, 10**6),
    photos=st.integers(12, 200),
    views=st.integers(1, 2),
    most=st.integers(1, 25),
    k=st.integers(1, 12),
)
@settings(max_examples=150, deadline=None)
def test_what_lists_prove_is_what_a_scan_finds(
    seed: int, photos: int, views: int, most: int, k: int
) -> None:
    """Of one kind and of the look, with ties, popular codes and items of several photos."""
    chance = np.random.default_rng(seed)
    tables = [random_table(np.random.default_rng(seed), photos, views=views) for _ in range(3)]
    for number, table in enumerate(tables[1:], 1):  # of the same photos
        codes = chance.integers(0, 8, (photos, views, 2), dtype=np.uint8) * number
        ids = table.ids[table.photos.items] if table.photos else table.ids
        numbers = table.photos.numbers if table.photos else np.ones(photos, dtype=np.int32)
        tables[number] = make_table(16, ids, codes, numbers)
    queries = [to_planes(chance.integers(0, 40, (2, 2), dtype=np.uint8)) for _ in tables]
    kinds: list[KindIndex] = [kind_index(table, Shortened(table, most)) for table in tables]
    for measure in (
        KindMeasure(tables[0], kinds[0].index, queries[0]),
        LookMeasure(kinds, queries, (0.65, 0.2, 0.15)),
    ):
        of_items = by_nearest_photo(measure, tables[0].photos)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(nearest_module, "PROVE_UP_TO_WORDS", 0)
            found = nearest(of_items, k)
        if found.exact:
            assert answer(found) == by_scan(of_items, k)
        assert len(found.ids) == min(k, len(of_items.ids))


def spread_kinds(count: int, most: int) -> list[KindIndex]:
    """Three kinds of items that lie in clusters, as real ones do; at most so many are listed."""
    chance = np.random.default_rng(8)
    kinds = []
    for bits in (128, 64, 64):
        centres = chance.integers(0, 256, (200, bits // 8), dtype=np.uint8)
        noise = chance.integers(0, 256, (4, count, bits // 8), dtype=np.uint8)
        codes = centres[np.arange(count) % 200] ^ np.bitwise_and.reduce(noise, axis=0)
        table = make_table(bits, np.arange(count, dtype=np.int64), codes[:, None, :])
        kinds.append(kind_index(table, Shortened(table, most)))
    return kinds


def test_lists_are_deepened_until_they_prove_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the largest scan; nothing is scanned."""
    kinds = spread_kinds(20_000, most=16_000)
    queries = [kind.table.codes_of(np.array([7]))[:, 0, :] for kind in kinds]
    measure = LookMeasure(kinds, queries, (0.5, 0.3, 0.2))
    monkeypatch.setattr(nearest_module, "PROVE_UP_TO_WORDS", 0)
    monkeypatch.setattr(LookMeasure, "within", None)
    found = nearest(measure, 120)
    assert found.exact
    asked = kinds[0].index.asked  # type: ignore[attr-defined]
    assert len(asked) > 1
    assert asked == sorted(asked)
    assert answer(found) == by_scan(measure, 120)


def test_beyond_the_deepest_list_an_answer_is_not_called_exact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds = spread_kinds(20_000, most=400)
    far = [~kind.table.codes_of(np.array([7]))[:, 0, :] for kind in kinds]  # like nothing
    monkeypatch.setattr(nearest_module, "PROVE_UP_TO_WORDS", 0)
    found = nearest(LookMeasure(kinds, far, (0.5, 0.3, 0.2)), 9)
    assert not found.exact
    assert len(found.ids) == 9
    assert len(kinds[0].index.asked) == 3  # type: ignore[attr-defined]


def test_of_a_popular_code_every_item_may_be_the_nearest_by_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last of 400 that share a shape is the nearest: the others have another colour."""
    bits = {0: 0x0000, 3: 0x0007, 5: 0x001F, 9: 0x01FF, 10: 0x03FF, 12: 0x0FFF}
    nearest_by_colour, last = 0, 403
    shape = [5, 9, 12, 10] + [0] * 400
    colour = [0, 10, 10, 10] + [10] * 399 + [3]
    kinds = []
    for far, most in ((shape, 3), (colour, 1)):
        codes = np.array([bits[one] for one in far], dtype=">u2").view(np.uint8)
        table = make_table(16, np.arange(404, dtype=np.int64), codes.reshape(-1, 1, 2))
        kinds.append(kind_index(table, Shortened(table, most)))
    monkeypatch.setattr(nearest_module, "PROVE_UP_TO_WORDS", 0)
    query = np.zeros((1, 1), dtype=np.uint64)
    measure = LookMeasure(kinds, [query, query], (0.5, 0.5))
    found = nearest(measure, 1)
    assert found.exact
    assert found.ids.tolist() == [last]
    assert nearest_by_colour not in found.ids


def test_an_engine_that_promises_nothing_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_module, "PROVE_UP_TO_WORDS", 0)
    table = spread_kinds(500, most=500)[1].table.whole

    class Silent(Shortened):
        def candidates(
            self,
            queries: Planes,
            count: int,
            narrowing: Narrowing | None = None,  # noqa: ARG002
        ) -> Proposal:
            return Proposal(super().candidates(queries, count).rows, NOTHING)

    index = Silent(table, 400)
    assert not nearest(KindMeasure(table, index, table.codes[:, :1]), 9).exact
    assert len(index.asked) == 1


def test_all_items_are_an_answer_whatever_is_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest_module, "PROVE_UP_TO_WORDS", 0)
    table = make_table(16, np.arange(3), np.eye(3, 2, dtype=np.uint8)[:, None, :])
    index = built(make_engine("annoy"), table, tmp_path)
    assert nearest(KindMeasure(table, index, table.codes[:, :1]), 9).exact
