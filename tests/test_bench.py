"""The benchmark says what was measured, beside whom, and is right about recall."""

import json
import os
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from flask import Flask

from tests.applications import core_of, hashbag
from tests.postgresql import PostgresServer, run_at
from webapp import config
from webapp.exceptions import BadParameter
from webapp.hashing.hash_kind import HashKind
from webapp.hashing.kinds import KINDS
from webapp.index.engines.registry import ENGINES
from webapp.lab.bench import (
    BenchRow,
    Options,
    Progress,
    bench,
    beside,
    curve,
    importing,
    load,
    realistic,
    rivals,
    servers,
    to_json,
    to_text,
    web,
)
from webapp.lab.bench.clock import Times, interleaved
from webapp.lab.bench.query import draw
from webapp.lab.bench.realistic import Packed
from webapp.lab.bench.rivals import RIVALS, K
from webapp.search.query import RANKINGS, Query

pytestmark = pytest.mark.slow

SVG = "{http://www.w3.org/2000/svg}"
FIELDS = {
    "query": {"recall", "p50_us", "p95_us", "seconds"},
    "index": {"bytes_per_item", "seconds", "load_ms"},
    "import": {"per_second", "seconds", "memory_mb"},
    "web": {"per_second", "p50_us", "p95_us", "p99_us", "seconds", "memory_mb"},
}


def rows_of(*sections: str, size: int = 60, kinds: tuple[str, ...] = ("whash",)) -> list[BenchRow]:
    """Measure to the end."""
    engine = ENGINES["annoy"](config.load({}, {"instance": "/nowhere"}))
    steps = bench(Options(engine, sections, (size,), kinds))
    return [step for step in steps if not isinstance(step, Progress)]


@pytest.fixture(scope="module")
def queried() -> list[BenchRow]:
    """Ask all systems that are installed for neighbours among 60 codes, of kind and look."""
    return rows_of("query", kinds=("whash", "shape", "look"))


def test_every_system_is_asked_and_the_exact_ones_find_all(queried: list[BenchRow]) -> None:
    by_name = {(row.case, row.system): row for row in queried}
    for rival in RIVALS:
        if rival.is_there:
            assert by_name["whash", rival.name].recall is not None
    for case in ("whash", "shape", "look"):
        for system in ("hashbag", "hashbag, proven", "hashbag, engine exact"):
            assert by_name[case, system].recall == 1.0
    for row in queried:
        assert row.size == 60
        assert row.p50_us is not None
        assert row.p95_us is not None
        assert 0 <= row.p50_us <= row.p95_us
        assert row.system.startswith("floor") == (row.recall is None)
        assert row.recall is None or row.recall > 0.5
    assert ("shape", "BallTree") not in by_name  # it knows no codes of several views


def test_recall_counts_distances_not_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rival that answers with the wrong nine, or with too few, is seen to."""

    def lazy(kind: HashKind, codes: Packed) -> rivals.Ask:  # noqa: ARG001
        return lambda _: np.arange(K - 3)

    monkeypatch.setattr("webapp.lab.bench.query.RIVALS", (rivals.Rival("lazy", lazy),))
    (found,) = [row for row in rows_of("query") if row.system == "lazy"]
    assert found.recall is not None
    assert found.recall <= 6 / 9


def test_a_rival_that_is_not_installed_is_named_and_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rivals, "find_spec", lambda name: None if name == "faiss" else name)
    rows = rows_of("query")
    assert not [row for row in rows if row.system.startswith("faiss")]
    told = to_text(rows)
    assert "not asked: faiss flat (pip install faiss-cpu)" in told
    assert "not asked: BallTree" not in told


def test_tables_have_a_line_for_each_system_under_a_heading_for_each_case(
    queried: list[BenchRow],
) -> None:
    lines = to_text(queried).splitlines()
    assert lines[0].startswith("query: ")
    for case in ("whash, 60", "shape, 60", "look, 60"):
        assert sum(line.startswith(case) for line in lines) == 1
    assert sum(line.startswith("hashbag, proven") for line in lines) == 3


def test_rows_leave_out_what_is_not_known(queried: list[BenchRow]) -> None:
    rows = json.loads(to_json(queried))
    assert {"section", "system", "size"} <= set.intersection(*map(set, rows))
    (floor,) = (row for row in rows if row["case"] == "look" and "read all" in row["system"])
    assert "recall" not in floor


def test_the_curve_has_a_line_for_each_system_and_names_it() -> None:
    rows = [
        BenchRow("query", system, size, "whash", p50_us=time * size)
        for system, time in (("hashbag", 0.01), ("faiss <flat>", 0.02), ("floor: reading", 0.001))
        for size in (1_000, 10_000, 100_000)
    ]
    rows.append(BenchRow("query", "of another kind", 10, "phash", p50_us=1.0))
    root = ElementTree.fromstring(curve(rows, "whash"))
    lines = root.findall(f"{SVG}polyline")
    assert len(lines) == 3
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert {"hashbag", "faiss <flat>", "floor: reading", "1,000", "100,000"} <= set(words)
    assert "of another kind" not in words
    heights = [
        [float(point.split(",")[1]) for point in (line.get("points") or "").split()]
        for line in lines
    ]
    for line in heights:
        assert line[0] > line[1] > line[2]  # dearer is higher up
        assert line[0] - line[1] == pytest.approx(line[1] - line[2], abs=0.2)  # a power of ten each
    ends = sorted(float(text.get("y") or 0) for text in root.iter(f"{SVG}text") if text.get("x"))
    assert ends
    with pytest.raises(BadParameter, match="no query of colour was measured"):
        curve(rows, "colour")


def test_each_system_is_asked_the_same_until_its_time_is_over() -> None:
    asked: dict[str, list[int]] = {"quick": [], "slow": []}

    def slow(number: int) -> None:
        asked["slow"].append(number)
        sum(range(400_000))

    found = interleaved({"quick": asked["quick"].append, "slow": slow}, 40, seconds=0.001)
    assert asked["quick"] == [0, *range(40)]  # the first is asked once more, to warm up
    assert asked["slow"] == [0, *range(10)]
    assert [len(found[name].us) for name in ("quick", "slow")] == [40, 10]
    assert Times(np.arange(101.0)).percentile(95) == 95


@pytest.mark.parametrize("name", ["whash", "phash", "shape", "colour"])
def test_made_up_codes_are_as_real_ones(name: str) -> None:
    """The same for the same seed, skewed and clustered: near copies are far nearer than chance."""
    case = draw(name, 2000, 3, None)
    codes = case.codes[name]
    assert codes.shape == (2000, KINDS[name].views, KINDS[name].bytes)
    assert np.array_equal(codes, draw(name, 2000, 3, None).codes[name])
    assert not np.array_equal(codes, draw(name, 2000, 4, None).codes[name])
    bits = np.unpackbits(codes[:, 0], axis=1, count=KINDS[name].bits)
    often = bits.mean(axis=0)
    assert often.std() > 0.1
    far = (bits[:200, None] != bits[None]).sum(axis=2)
    nearest = np.sort(far, axis=1)[:, 1]
    assert nearest.mean() < far.mean() / 2


def test_codes_varied_from_real_ones_stay_near_them() -> None:
    real = realistic.draw(KINDS["whash"], 300, 1)
    varied = realistic.vary(real, 1000, 5)
    assert np.array_equal(varied, realistic.vary(real, 1000, 5))
    far = np.bitwise_count(varied[:, None, 0] ^ real[None, :, 0]).sum(axis=2).min(axis=1)
    assert 0 < far.mean() < 3
    assert len(np.unique(varied, axis=0)) > 300


def test_another_engine_is_set_beside_annoy_and_asked_what_people_ask() -> None:
    settings = config.load({}, {"instance": "/nowhere", "engine": "exact"})
    engine = ENGINES["exact"](settings)
    steps = bench(Options(engine, ("engine",), (60,), settings=settings))
    rows = [step for step in steps if isinstance(step, BenchRow)]
    assert {row.system for row in rows} == {"annoy", "exact"}
    built = [row for row in rows if row.case == "a generation"]
    assert all(row.per_second and row.bytes_per_item for row in built)
    asked = [row for row in rows if row not in built]
    assert {row.case for row in asked} == {
        f"{by}, {what}"
        for by in ("whash", "look")
        for what in (
            "an item",
            "an upload, tried harder",
            "an item, of a brand",
            "an item, about its price",
            "an item, of a brand about its price",
            "an item's page",
        )
    }
    for row in asked:
        assert (row.recall, row.proven) == (1, 1)
        assert row.candidates is not None
        assert row.most_candidates is not None
        assert 0 <= row.candidates <= row.most_candidates <= 60
    narrow = next(row for row in asked if row.case == "whash, an item, of a brand about its price")
    assert (narrow.candidates or 0) < 10
    assert "a generation, 60" in to_text(rows)


def test_without_another_engine_none_is_set_beside_annoy() -> None:
    assert rows_of("engine") == []
    assert "not asked: an engine beside Annoy (HASHBAG_ENGINE" in to_text([], ["engine"])


def test_recall_of_an_answer_counts_its_distances(filled: Flask) -> None:
    searcher = core_of(filled).searcher
    true = searcher.similar_to_item(3, Query(RANKINGS["whash"], 4))
    assert beside.recall(true, true) == 1
    others = replace(true, hits=true.hits[:3])
    assert beside.recall(true, others) == 0.75
    far = replace(true, hits=tuple(replace(hit, distance=64) for hit in true.hits))
    assert beside.recall(true, far) == 0


def test_without_wrk_the_web_section_is_left_out_and_wrk_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert rows_of("web") == []
    assert to_text([], ["web"]) == "not asked: wrk (apt-get install wrk)"
    assert to_text([], ["index"]) == ""


@pytest.fixture
def wrk() -> None:
    """Want the load generator; continuous integration must have it."""
    if not load.is_there():
        missing = f"no {load.WRK}: {load.INSTALLED_BY}"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)


@pytest.mark.usefixtures("wrk")
def test_load_counts_answers_and_those_that_failed(tmp_path: Path) -> None:
    with servers.served("webapp.lab.bench.minimum:hello()", tmp_path, "/", {}) as server:
        good = load.drive(server.port, ["/"], 2, seconds=1)
        mixed = load.drive(server.port, ["/", "/nothing"], 1, seconds=1)
    assert good.failed == 0
    assert 0.9 < good.seconds < 30
    assert 0 < good.p50_us <= good.p95_us <= good.p99_us
    assert abs(2 * mixed.failed - mixed.answers) <= 2


@pytest.mark.parametrize("section", FIELDS)
def test_a_section_prints_a_table_and_writes_rows(
    section: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if section == "web":
        request.getfixturevalue("wrk")
    monkeypatch.setattr(importing, "PHOTOS", {224: 3, 3000: 1})
    monkeypatch.setattr(web, "_CONNECTIONS", 2)
    arguments = ["bench", section, "--size", "10", "--kind", "whash", "--seconds", "0.1"]
    written: list[str | Path] = ["--json", tmp_path / "rows.json", "--jobs", "1"]
    if section == "query":
        written += ["--size", "30", "--picture", tmp_path / "curve.svg"]
    done = hashbag([*arguments, *written], tmp_path / "instance")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{section}: ")
    rows = json.loads((tmp_path / "rows.json").read_text("utf-8"))
    assert {row["section"] for row in rows} == {section}
    assert FIELDS[section] <= set().union(*rows)
    for row in rows:
        assert row["system"] in done.stdout
        assert isinstance(row["size"], int)
    assert "failed" not in done.stdout
    if section == "query":
        assert "hashbag" in (tmp_path / "curve.svg").read_text("utf-8")
        assert {row["size"] for row in rows} == {10, 30}
    if section == "web":
        ratios = {(row["system"], row["case"]): row["ratio"] for row in rows}
        assert ratios["Annoy and a template", "similar"] == 1
        assert {("hashbag", "similar, whash"), ("hashbag", "item's page")} <= ratios.keys()


def test_real_codes_are_asked_of_a_catalogue_that_has_some(tmp_path: Path) -> None:
    done = hashbag(["bench", "query", "--real"], tmp_path / "instance")
    assert done.returncode == 1
    assert "there is no catalogue here: run `hashbag demo` or `hashbag import`" in done.stderr


def asked_of_the_catalogue(address: str | None) -> list[BenchRow]:
    engine = ENGINES["annoy"](config.load({}, {"instance": "/nowhere"}))
    steps = bench(Options(engine, ("catalogue",), (60,), postgresql=address))
    return [step for step in steps if not isinstance(step, Progress)]


def test_the_catalogue_is_asked_the_same_on_both_databases_and_leaves_nothing_on_a_server(
    postgresql: PostgresServer,
) -> None:
    address = postgresql.new_database("bench_of_the_catalogue")
    rows = asked_of_the_catalogue(address)
    of_each = {
        system: [row for row in rows if row.system == system] for system in ("SQLite", "PostgreSQL")
    }
    assert len(rows) == sum(map(len, of_each.values()))
    assert [row.case for row in of_each["SQLite"]] == [row.case for row in of_each["PostgreSQL"]]
    assert {"grid", "any page, by price", "two common words"} <= {row.case for row in rows}
    for row in rows:
        assert row.size == 60
        assert 0 < (row.p50_us or 0) <= (row.p95_us or 0)
        assert row.memory_mb
    assert sum(line.startswith("PostgreSQL: grid") for line in to_text(rows).splitlines()) == 2
    tables = "SELECT 1 FROM information_schema.tables WHERE table_schema = 'public'"
    assert not run_at(address, tables)


def test_a_database_with_something_in_it_is_not_measured_with(postgresql: PostgresServer) -> None:
    address = postgresql.new_database("not_for_a_bench")
    run_at(address, "CREATE TABLE theirs (a int)", "INSERT INTO theirs VALUES (5)")
    with pytest.raises(BadParameter, match="name an empty one"):
        asked_of_the_catalogue(address)
    assert run_at(address, "SELECT a FROM theirs") == [(5,)]
