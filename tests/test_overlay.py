"""A generation with live changes laid over it answers as one that is built of the catalogue now."""

import hashlib
import random
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from webapp.catalog.item_entries import Entry, PhotoEntry
from webapp.catalog.reader import Catalog
from webapp.catalog.writer import CatalogWriter
from webapp.config import load
from webapp.context import Hashbag
from webapp.explore.duplicates import Duplicates
from webapp.explore.remembered import Remembered
from webapp.hashing.code_packing import pack
from webapp.hashing.kinds import KINDS
from webapp.hashing.picture_features import PictureFeatures
from webapp.index.code_table import CodeTable
from webapp.index.engines.registry import engine_of
from webapp.index.generation import Generation, build, manifest_digest, open_generation
from webapp.index.hamming import Planes, Positions
from webapp.index.identical_pictures import IdenticalPictures
from webapp.index.overlay import OverlaidGeneration
from webapp.index.overlay.follower import ChangeFollower
from webapp.index.published import Published
from webapp.index.remote_table import RemoteTable
from webapp.index.repeated_rows import repeated
from webapp.index.snapshot import Snapshot
from webapp.maintenance.merging import is_due
from webapp.models import NO_FILTERS, Filters, Fingerprint
from webapp.search.look import LOOK
from webapp.search.query import RANKINGS, Query
from webapp.search.result import Result
from webapp.search.searcher import Searcher

CODED = ("whash", "colorhash", "shape", "colour")
PICTURES = 7
"""So few that many items share a picture, and many codes are equal."""

_numbers = count()


@lru_cache
def codes_of(picture: int) -> Fingerprint:
    """Make up the codes of a picture, near those of another; picture 0 is plain white."""
    found = {}
    for name in CODED:
        kind = KINDS[name]
        if picture == 0:
            bits = kind.compute(PictureFeatures(Image.new("RGB", (64, 64), "white")))
        else:
            bits = np.random.default_rng(picture // 2).random((kind.views, kind.bits)) < 0.5
            flips = np.random.default_rng(picture).random((kind.views, kind.bits)) < 0.05
            bits = bits ^ flips
        found[name] = pack(bits)
    return found


def file_of(picture: int, copy: int) -> Mapping[str, object]:
    """Return the columns of a photo; a plain picture's copies differ in their files."""
    content = f"{picture}-{copy if picture == 0 else 0}"
    return {
        "path": f"photos/{next(_numbers)}.png",
        "filename": f"{picture}.png",
        "digest": hashlib.sha256(content.encode()).hexdigest(),
        "width": 300,
        "height": 300,
        "media_type": "image/png",
    }


photos = st.lists(
    st.tuples(st.integers(0, PICTURES - 1), st.integers(0, 1)), min_size=1, max_size=3
)
attributes = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["Tote of linen", "Étui rouge", "Quilted bag", ""]),
        "brand": st.sampled_from(["Ora", "Vell", "tund", ""]),
        "price": st.sampled_from([None, 10.0, 20.0, 30.5]),
        "colour": st.sampled_from(["red", "blue", ""]),
        "category": st.sampled_from(["Tote", "Clutch"]),
    }
)
kinds_left_out = st.sampled_from([(), (), (), ("colorhash",)])
items = st.tuples(photos, attributes, kinds_left_out)
changes = st.lists(
    st.one_of(
        st.tuples(st.just("add"), items, st.just(0)),
        st.tuples(st.just("describe"), attributes, st.integers(0, 30)),
        st.tuples(st.just("retake"), items, st.integers(0, 30)),
        st.tuples(st.just("remove"), st.none(), st.integers(0, 30)),
    ),
    max_size=12,
)

Item = tuple[Sequence[tuple[int, int]], Mapping[str, object], Sequence[str]]


def entry_of(item: Item, item_id: int | None = None) -> Entry:
    """Make what is written of an item."""
    (first, *further), described, without = item
    versions = {name: KINDS[name].versions() for name in CODED}

    def codes(picture: int) -> Fingerprint:
        return {name: code for name, code in codes_of(picture).items() if name not in without}

    columns = {**file_of(*first), **described, "currency": "EUR", "photo_count": 1 + len(further)}
    others = [PhotoEntry(file_of(*one), codes(one[0]), is_new=True) for one in further]
    return Entry(item_id, columns | {"extra": {}}, codes(first[0]), versions, others)


def apply(catalog: Catalog, some: Sequence[tuple[str, object, int]]) -> None:
    """Change the catalogue live; what is said of an item that is not there is left out."""
    writer = CatalogWriter(catalog, live=True)
    for what, value, place in some:
        ids = [item.id for item in catalog.all_items()]
        if what == "add":
            writer.write([entry_of(value)])  # type: ignore[arg-type]
        elif not ids:
            continue
        elif what == "describe":
            writer.write([Entry(ids[place % len(ids)], value, None, {})])  # type: ignore[arg-type]
        elif what == "retake":
            writer.write([entry_of(value, ids[place % len(ids)])])  # type: ignore[arg-type]
        else:
            writer.remove([ids[place % len(ids)]])


def built_anew(core: Hashbag, folder: Path) -> Generation:
    """Build the oracle: a generation of the catalogue as it is, in a folder of its own."""
    folder.mkdir()
    engine = engine_of(core.settings)
    with core.catalog.at_one_moment() as frozen:
        build(folder, frozen, engine)
    return open_generation(folder, engine, manifest_digest(folder))


def sharing(identical: IdenticalPictures) -> set[frozenset[int]]:
    """Return which positions share a picture."""
    groups: dict[int, set[int]] = {}
    pairs = zip(identical.positions.tolist(), identical.pictures.tolist(), strict=True)
    for position, picture in pairs:
        groups.setdefault(picture, set()).add(position)
    return {frozenset(group) for group in groups.values()}


def same_pictures(now: Published, oracle: Generation, frozen: Generation) -> Generation:
    """Compare who shares a picture; return the oracle as searches are to answer.

    Where not all items have codes of the same kinds as when the index was built, a new one is due
    at once. Until it is there nobody compares all codes in a request: who shared a picture and was
    not recoded still shares it, and who was recoded stands alone.
    """
    if not isinstance(now, OverlaidGeneration) or now.compares_pictures:
        assert sharing(now.identical_pictures) == sharing(oracle.identical_pictures)
        return oracle
    assert is_due(now)
    ids = now.facets.ids.tolist()
    stay = set(ids) - now.recent.recoded
    groups = [
        {int(frozen.facets.ids[place]) for place in group} & stay
        for group in sharing(frozen.identical_pictures)
    ]
    assert sharing(now.identical_pictures) == {
        frozenset(ids.index(item_id) for item_id in group) for group in groups if len(group) > 1
    }
    return replace(oracle, identical_pictures=now.identical_pictures)


FILTERS = (
    NO_FILTERS,
    Filters(brand=("Ora", "tund")),
    Filters(colour=("red",), max_price=20.0),
    Filters(text="etui"),
    Filters(text="tote li", category=("Tote",)),
)


def same_facets(now: Published, oracle: Published) -> None:
    """Compare all that narrows and sorts."""
    assert now.facets.ids.tolist() == oracle.facets.ids.tolist()
    assert list(now.facets.values) == list(oracle.facets.values)
    for name, values in oracle.facets.values.items():
        assert list(now.facets.values[name]) == list(values)
    for name, column in oracle.facets.columns.items():
        assert now.facets.columns[name].tolist() == column.tolist()
    assert np.array_equal(now.facets.prices, oracle.facets.prices, equal_nan=True)
    assert now.facets.thirds == oracle.facets.thirds
    for filters in FILTERS:
        assert now.facets.matching(filters).tolist() == oracle.facets.matching(filters).tolist()
        assert now.facets.counts(filters) == oracle.facets.counts(filters)
        for sort in ("newest", "price", "price-desc", "brand"):
            page = now.facets.page(filters, sort, 1, 100).tolist()
            assert page == oracle.facets.page(filters, sort, 1, 100).tolist()
        assert now.facets.sample(filters, 7, 5).tolist() == (
            oracle.facets.sample(filters, 7, 5).tolist()
        )


def same_tables(now: Published, oracle: Published) -> None:
    """Compare the codes of all kinds, and what is said of their distances."""
    assert set(now.kinds) >= set(oracle.kinds)
    for name, expected in oracle.kinds.items():
        found, whole = now.kinds[name].table, now.kinds[name].table.whole
        assert found.ids.tolist() == whole.ids.tolist() == expected.table.ids.tolist()
        assert found.photo_count == expected.table.photo_count
        assert whole.codes.tolist() == expected.table.whole.codes.tolist()
        assert whole.rows.tolist() == expected.table.whole.rows.tolist()
        assert now.kinds[name].scale == expected.scale
        assert now.kinds[name].pairs.distances.tolist() == expected.pairs.distances.tolist()
        for item_id in (*expected.table.ids.tolist(), 999):
            for number in (1, 2, 3):
                assert found.code(item_id, number) == expected.table.code(item_id, number)


def told(result: Result) -> object:
    """Return all that a result says, but for how the engine came to it."""
    return [
        (hit.item.id, hit.distance, hit.copies, hit.photo, hit.level, hit.close, hit.chance)
        for hit in result.hits
    ]


def same_answers(core: Hashbag, now: Published, oracle: Published, seed: int) -> None:
    """Compare searches by every ranking, from items and from a picture."""
    chance = random.Random(seed)
    one, other = (Snapshot(core.catalog, each.facets, each) for each in (now, oracle))
    ids = oracle.facets.ids.tolist()
    for name in (*CODED, LOOK.name):
        kinds = {"shape", "colour"} if name == LOOK.name else {name}
        if not kinds <= set(oracle.kinds):
            continue
        for filters in FILTERS:
            fold = chance.random() < 0.5
            query = Query(RANKINGS[name], chance.choice((1, 3, 50)), filters, fold=fold)
            picture = codes_of(chance.randrange(PICTURES))
            if name == LOOK.name and oracle.kinds["shape"].table.ids is not oracle.facets.ids:
                continue
            found = Searcher(one).similar_to(picture, query)
            expected = Searcher(other).similar_to(picture, query)
            assert found.exact
            assert told(found) == told(expected)
            asked = chance.choice(ids)
            if name in other.fingerprint(asked) or kinds <= set(other.fingerprint(asked)):
                of_item = Searcher(one).similar_to_item(asked, query)
                assert told(of_item) == told(Searcher(other).similar_to_item(asked, query))
    for kind in ("shape", "whash"):
        if kind in oracle.kinds:
            of_each = [Duplicates(each, Remembered(), Remembered()) for each in (one, other)]
            groupings = [each.grouping(KINDS[kind], 6) for each in of_each]
            counts = [each.pair_counts(KINDS[kind]).pairs.tolist() for each in of_each]
            assert counts[0] == counts[1]
            assert groupings[0].ids.tolist() == groupings[1].ids.tolist()
            assert groupings[0].starts.tolist() == groupings[1].starts.tolist()


@pytest.mark.thorough
@pytest.mark.parametrize("engine", ["annoy", "exact"])
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    begun=st.lists(items, min_size=1, max_size=14),
    first=changes,
    then=changes,
    seed=st.integers(0, 99),
)
def test_changes_laid_over_a_generation_answer_as_a_new_one_would(
    engine: str,
    begun: list[Item],
    first: list[tuple[str, object, int]],
    then: list[tuple[str, object, int]],
    seed: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("overlay")
    core = Hashbag(load({}, {"instance": folder, "engine": engine}))
    writer = CatalogWriter(core.catalog)
    writer.make_catalog()
    writer.write([entry_of(item) for item in begun])
    core.generations.publish(core.catalog)
    follower = ChangeFollower(core.catalog)
    for number, some in enumerate((first, then)):
        apply(core.catalog, some)
        now = follower.follow(core.generations.current())
        oracle = built_anew(core, folder / f"oracle-{number}")
        same_facets(now, oracle)
        same_tables(now, oracle)
        if len(oracle.facets.ids):
            oracle = same_pictures(now, oracle, core.generations.current())
            same_answers(core, now, oracle, seed)
    core.catalog.engine.dispose()


def test_what_a_distance_means_stays_until_a_new_index_is_built(tmp_path: Path) -> None:
    core = Hashbag(load({}, {"instance": tmp_path / "instance"}))
    writer = CatalogWriter(core.catalog)
    writer.make_catalog()
    described = {"title": "", "brand": "", "price": None, "colour": "", "category": ""}
    writer.write([entry_of(([(number % PICTURES, 0)], described, ())) for number in range(40)])
    core.generations.publish(core.catalog)
    before = core.newest().published
    CatalogWriter(core.catalog, live=True).remove(list(range(1, 30)))
    after = core.newest().published
    assert isinstance(before, Published)
    assert isinstance(after, Published)
    oracle = built_anew(core, tmp_path / "oracle")
    assert len(after.facets.ids) == 11
    assert not oracle.kinds["shape"].pairs.are_enough
    for name, kind in after.kinds.items():
        assert kind.pairs is before.kinds[name].pairs
        assert kind.scale == before.kinds[name].scale
    told_so = replace(
        oracle,
        kinds={n: replace(k, pairs=after.kinds[n].pairs) for n, k in oracle.kinds.items()},
    )
    same_answers(core, after, told_so, 1)
    core.catalog.engine.dispose()


class CodesElsewhere:
    """The codes of a table as an engine has them that keeps codes; it counts what it is asked."""

    def __init__(self, table: CodeTable, asked: Counter[str]) -> None:
        self._table = table
        self._row_of = {code.tobytes(): row for row, code in enumerate(table.codes.T)}
        self._asked = asked

    def take(self, rows: Positions) -> Planes:
        """Return the codes of rows."""
        self._asked["take"] += 1
        return self._table.codes_at(rows)

    def blocks(self) -> Iterator[Planes]:
        """Yield all codes."""
        self._asked["blocks"] += 1
        yield self._table.codes

    def rows_of(self, codes: Planes) -> Positions:
        """Return the rows that have codes."""
        self._asked["rows_of"] += 1
        return np.array([self._row_of.get(code.tobytes(), -1) for code in codes.T], dtype=np.intp)


def with_codes_elsewhere(generation: Generation, asked: Counter[str]) -> Generation:
    """Return a generation whose codes are asked for, and each question counted."""
    kinds = {}
    for name, kind in generation.kinds.items():
        assert isinstance(kind.table, CodeTable)
        table = kind.table.by_first_view()
        there = RemoteTable(
            bits=table.bits,
            ids=table.ids,
            photos=table.photos,
            codes=CodesElsewhere(table, asked),
            repeated=repeated(table.rows),
        )
        kinds[name] = replace(kind, table=there)
    return replace(generation, kinds=kinds)


PLAIN: Mapping[str, object] = {
    "title": "",
    "brand": "",
    "price": None,
    "colour": "",
    "category": "",
}


def shop(folder: Path, begun: Sequence[Item]) -> Hashbag:
    """Publish items."""
    core = Hashbag(load({}, {"instance": folder / "instance", "engine": "exact", "map": "off"}))
    writer = CatalogWriter(core.catalog)
    writer.make_catalog()
    writer.write([entry_of(item) for item in begun])
    core.generations.publish(core.catalog)
    return core


def test_many_new_pictures_are_compared_with_codes_elsewhere_in_few_questions(
    tmp_path: Path,
) -> None:
    core = shop(tmp_path, [([(number, 0)], PLAIN, ()) for number in range(1, 41)])
    asked: Counter[str] = Counter()
    there = with_codes_elsewhere(core.generations.current(), asked)
    follower, here = ChangeFollower(core.catalog), ChangeFollower(core.catalog)
    new = [
        ([(number, 0), (number + 1, 0)][: 1 + number % 2], PLAIN, ()) for number in range(31, 91)
    ]
    CatalogWriter(core.catalog, live=True).write([entry_of(item) for item in new])
    found = sharing(follower.follow(there).identical_pictures)
    assert found == sharing(here.follow(core.generations.current()).identical_pictures)
    assert found == sharing(built_anew(core, tmp_path / "oracle").identical_pictures)
    assert len(found) == 5  # those of one photo; the others have no second one like theirs
    assert asked == {"rows_of": len(CODED)}, "each kind is asked once"
    core.catalog.engine.dispose()


def test_what_is_said_of_items_alone_leaves_what_is_made_of_their_codes(tmp_path: Path) -> None:
    core = shop(tmp_path, [([(number % 5, 0)], PLAIN, ()) for number in range(20)])
    asked: Counter[str] = Counter()
    there = with_codes_elsewhere(core.generations.current(), asked)
    follower, writer = ChangeFollower(core.catalog), CatalogWriter(core.catalog, live=True)

    def followed(change: Sequence[Entry]) -> Published:
        writer.write(change)
        return follower.follow(there)

    def price(item_id: int, value: float) -> Sequence[Entry]:
        return [Entry(item_id, {"price": value}, None, {})]

    before = followed([entry_of(([(3, 0)], PLAIN, ()))])
    pictures, questions = before.identical_pictures, asked.copy()
    for item_id in (5, 21):  # one that is as it was indexed, and the new one
        after = followed(price(item_id, 7.0))
        assert after.facets.prices[item_id - 1] == 7.0
        assert after.identical_pictures is pictures
        assert after.kinds is before.kinds
    assert asked == questions
    retaken = followed([entry_of(([(4, 0)], PLAIN, ()), 21)])
    assert sharing(retaken.identical_pictures) != sharing(pictures)
    expected = sharing(built_anew(core, tmp_path / "oracle").identical_pictures)
    assert sharing(retaken.identical_pictures) == expected
    core.catalog.engine.dispose()


def test_other_kinds_that_tell_pictures_apart_have_an_index_built_and_read_no_codes(
    tmp_path: Path,
) -> None:
    """The item that lacks a code is removed: so that kind tells now, too."""
    begun: list[Item] = [([(number % 5, 0)], PLAIN, ()) for number in range(1, 20)]
    core = shop(tmp_path, [*begun, ([(6, 0)], PLAIN, ("colorhash",))])
    asked: Counter[str] = Counter()
    there = with_codes_elsewhere(core.generations.current(), asked)
    follower, writer = ChangeFollower(core.catalog), CatalogWriter(core.catalog, live=True)
    assert not is_due(follower.follow(there))
    writer.write([Entry(5, {"price": 7.0}, None, {})])
    assert not is_due(follower.follow(there))
    writer.remove([20])
    now = follower.follow(there)
    assert is_due(now)
    assert sharing(now.identical_pictures) == sharing(there.identical_pictures)
    assert not asked["blocks"]
    for _ in core.publisher.merge():
        pass
    assert not is_due(core.newest().published)
    writer.write([entry_of(([(1, 0)], PLAIN, ()))])
    assert not is_due(core.newest().published)
    core.catalog.engine.dispose()


def test_a_filter_looks_for_changed_items_alone(tmp_path: Path) -> None:
    core = shop(tmp_path, [([(number, 0)], PLAIN, ()) for number in range(9)])
    CatalogWriter(core.catalog, live=True).remove([2, 9])
    now = core.newest().published
    assert isinstance(now, OverlaidGeneration)
    ids = np.arange(1, 1_000_001)[np.arange(1_000_000) != 1]  # 2 has gone
    now.narrowed(FILTERS[1], ids)
    tracemalloc.start()
    try:
        _, changed = now.narrowed(FILTERS[1], ids)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert changed.tolist() == [7]
    assert most < len(ids) / 10, "not a byte for each item"
    core.catalog.engine.dispose()
