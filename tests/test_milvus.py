"""A Milvus server that is away, comes back or has lost what was indexed; what is kept in it."""

import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import pytest
from flask import Flask

from tests.applications import core_of
from tests.milvus_fixtures import WITH_MILVUS, Milvus
from tests.serving import eventually, free_port, run_hashbag, served, suspend
from tests.test_engines import built, random_codes, table_of
from tests.tls import behind_tls
from webapp import create_app
from webapp.config import load
from webapp.exceptions import ConfigError, EngineUnavailable, IndexDamaged
from webapp.index import remote_table
from webapp.index.engines import NOTHING, Engine
from webapp.index.engines.registry import engine_of
from webapp.index.manifest import read_manifest
from webapp.lab.bench import Options, bench, query
from webapp.lab.bench.rows import BenchRow

if TYPE_CHECKING:
    from pymilvus import MilvusClient

pytestmark = WITH_MILVUS

SEARCH = "/api/v1/items/3/similar?by=whash"
PAGES = ("/?seed=1", "/browse", "/api/v1/items/3", "/thumbs/3")


def an_engine(milvus: Milvus, instance: Path, **more: object) -> Engine:
    return engine_of(load({}, {"instance": instance, **milvus.settings, **more}))


def collections(milvus: Milvus) -> set[str]:
    return set(client_of(milvus).list_collections())


def client_of(milvus: Milvus) -> "MilvusClient":
    from pymilvus import MilvusClient  # noqa: PLC0415 - an extra

    return MilvusClient(milvus.url, token=milvus.settings["engine_token"], dedicated=True)


@pytest.fixture
def instance(milvus: Milvus, eight: Path, tmp_path: Path) -> Iterator[Path]:
    """Copy eight items; whatever is built of them is dropped."""
    instance = shutil.copytree(eight, tmp_path / "instance")
    yield instance
    an_engine(milvus, instance).drop_others(())


@pytest.fixture
def app(milvus: Milvus, instance: Path) -> Flask:
    app = create_app({"instance": instance, "map": "off", **milvus.settings})
    for _ in core_of(app).publisher.rebuild(("whash",), jobs=1):
        pass
    return app


def environment(milvus: Milvus) -> Mapping[str, str]:
    settings = {f"HASHBAG_{name.upper()}": value for name, value in milvus.settings.items()}
    return settings | {"HASHBAG_MAP": "off", "HASHBAG_ENGINE_TIMEOUT": "3"}


def test_a_server_that_is_killed_makes_searches_wait_and_nothing_else(
    milvus: Milvus, app: Flask, instance: Path
) -> None:
    """All that was indexed is there when it is back, and searches go on by themselves."""
    del app  # it built the index
    with served(instance, settings=environment(milvus)) as server:
        before = server.get(SEARCH)
        assert before.status == 200
        assert before.json["exact"]
        assert server.get("/readyz").status == 200
        milvus.kill()
        try:
            for _ in range(20):
                began = time.monotonic()
                answer = server.get(SEARCH)
                assert answer.status == 503
                assert answer.headers["Retry-After"] == "5"
                assert answer.json["detail"] == "the search engine is out of reach for a moment"
                assert time.monotonic() - began < 30
            for page in PAGES:
                assert server.get(page).status == 200, page
            assert server.get("/readyz").status == 503
            told = server.get("/items/3")
            assert (told.status, told.headers["Retry-After"]) == (503, "5")
            assert told.headers["Cache-Control"] == "no-store"
            assert '<article class="subject">' in told.text  # the bag itself, all the same
            assert "Similar bags cannot be shown at the moment" in told.text
            assert "Try again in a moment" in told.text
            assert '<article class="subject">' not in server.get("/items/3?format=csv").text
            listed = server.get("/list?ids=2,3")
            assert listed.status == 503
            assert "2 bags" in listed.text
            assert "Similar bags cannot be shown at the moment" in listed.text
        finally:
            milvus.start()
        eventually(lambda: server.get(SEARCH).status == 200, "searches went on")
        assert server.get(SEARCH).json["hits"] == before.json["hits"]
        eventually(lambda: server.get("/readyz").status == 200, "it was ready again")


def test_a_server_that_hangs_holds_nobody_up_for_longer_than_was_set(
    milvus: Milvus, tmp_path: Path
) -> None:
    table = table_of(random_codes(50))
    engine = an_engine(milvus, tmp_path, engine_timeout="0.5")
    index = built(engine, table, tmp_path)
    index.check()
    suspend(milvus.process)  # it passes nothing on any more
    try:
        began = time.monotonic()
        with pytest.raises(EngineUnavailable):
            index.candidates(table.codes[:, :1], 9)
        assert time.monotonic() - began < 20
        with pytest.raises(EngineUnavailable, match="for a moment") as refused:
            index.candidates(table.codes[:, :1], 9)
        assert "a moment ago" in refused.value.private  # nobody waited again
    finally:
        milvus.process.send_signal(signal.SIGCONT)

    def answers() -> bool:
        try:
            return len(index.candidates(table.codes[:, :1], 9).rows) == 9
        except EngineUnavailable:
            return False

    assert eventually(answers, "it answered again")
    engine.drop_others(())


def test_one_alone_waits_for_a_server_that_hangs(milvus: Milvus, tmp_path: Path) -> None:
    """The others are refused until it knows: threads that pages need would else wait as well."""
    table = table_of(random_codes(50))
    engine = an_engine(milvus, tmp_path, engine_timeout="2")
    index = built(engine, table, tmp_path)
    index.check()
    together = threading.Barrier(8)

    def asked(_: int) -> str:
        together.wait()
        with pytest.raises(EngineUnavailable) as refused:
            index.candidates(table.codes[:, :1], 9)
        return refused.value.private

    suspend(milvus.process)
    try:
        with pytest.raises(EngineUnavailable):
            index.candidates(table.codes[:, :1], 9)
        time.sleep(1.1)  # then it is asked again
        with ThreadPoolExecutor(8) as threads:
            told = list(threads.map(asked, range(8)))
    finally:
        milvus.process.send_signal(signal.SIGCONT)
    assert sum("a moment ago" in one for one in told) == 7

    def answers() -> bool:
        try:
            index.check()
        except EngineUnavailable:
            return False
        return True

    eventually(answers, "it answered again")
    engine.drop_others(())


def test_what_was_lost_is_named_and_made_again_by_a_new_index(
    milvus: Milvus, app: Flask, instance: Path
) -> None:
    an_engine(milvus, instance).drop_others(())
    with app.test_client() as client:
        answer = client.get(SEARCH)
    assert answer.status_code == 503
    assert answer.json
    assert "run `hashbag index`" in answer.json["detail"]
    wrong = run_hashbag(["verify"], instance, environment(milvus))
    assert wrong.returncode == 1
    assert "index: the search engine" in wrong.stdout
    made = run_hashbag(["index", "--kinds", "whash"], instance, environment(milvus))
    assert made.returncode == 0, made.stderr
    verified = run_hashbag(["verify"], instance, environment(milvus))
    assert verified.returncode == 0, verified.stdout
    with app.test_client() as client:
        assert client.get(SEARCH).status_code == 200


def set_code(client: "MilvusClient", collection: str, row: int, code: bytes) -> None:
    """Put another code into a row; whatever else it has stays."""
    (known,) = client.query(collection, filter=f"row in [{row}]", output_fields=["*"])
    client.upsert(collection, [{**known, "code": code}])


def test_one_other_code_among_thousands_is_found(milvus: Milvus, tmp_path: Path) -> None:
    engine = an_engine(milvus, tmp_path)
    table = table_of(random_codes(20_000))
    parameters = engine.build(table, tmp_path, "x")
    engine.finish([parameters])
    index = engine.open(table, tmp_path, "x", parameters)
    index.verify()
    set_code(client_of(milvus), str(parameters["collection"]), 12_345, bytes(6))
    with pytest.raises(IndexDamaged, match="verify --repair") as refused:
        eventually(lambda: index.verify(), "the change was seen")  # noqa: PLW0108 - a word too few
    assert "it holds other codes" in refused.value.private
    engine.drop_others(())


def lose_a_row(client: "MilvusClient", collection: str) -> None:
    client.delete(collection, filter="row in [1]")


def hold_another_code(client: "MilvusClient", collection: str) -> None:
    set_code(client, collection, 1, b"another!")


def lose_all(client: "MilvusClient", collection: str) -> None:
    client.drop_collection(collection)


@pytest.mark.parametrize(
    ("harm", "mend"),
    [
        (lose_a_row, ("verify", "--repair")),
        (lose_all, ("verify", "--repair")),
        (hold_another_code, ("index", "--kinds", "whash")),
    ],
)
def test_what_the_server_holds_otherwise_is_sent_again(
    milvus: Milvus,
    app: Flask,
    instance: Path,
    harm: Callable[["MilvusClient", str], None],
    mend: Sequence[str],
) -> None:
    kinds = core_of(app).newest().generation.manifest.kinds
    harm(client_of(milvus), str(kinds["whash"].parameters["collection"]))
    wrong = eventually(lambda: _wrong(milvus, instance), "it was told")
    assert wrong.startswith("index: the search engine ")
    mended = run_hashbag(mend, instance, environment(milvus))
    assert mended.returncode == 0, mended.stdout + mended.stderr
    if mend[0] == "verify":
        assert "dropped what the search engine held of 1 kind" in mended.stdout
    assert _wrong(milvus, instance) == ""
    answer = app.test_client().get(SEARCH)
    assert (answer.status_code, answer.json and answer.json["exact"]) == (200, True)


def _wrong(milvus: Milvus, instance: Path) -> str:
    """Return what `hashbag verify` says is wrong."""
    done = run_hashbag(["verify"], instance, environment(milvus))
    return done.stdout if done.returncode else ""


def test_an_index_by_another_engine_is_not_taken_for_one_of_milvus(
    milvus: Milvus, instance: Path
) -> None:
    """Nor one by Milvus for one of Annoy; `hashbag index` makes either."""
    told = run_hashbag(["verify"], instance, environment(milvus))
    assert told.returncode == 1
    assert "built by another engine: run `hashbag index`" in told.stdout


def test_codes_that_did_not_change_are_not_sent_again(milvus: Milvus, tmp_path: Path) -> None:
    engine = an_engine(milvus, tmp_path)
    table = table_of(random_codes(60))
    built(engine, table, tmp_path)
    before = collections(milvus)
    again = engine.build(table, tmp_path, "x")
    assert collections(milvus) == before  # not even one that is unfinished
    other = engine.build(table_of(random_codes(61)), tmp_path, "x")
    engine.finish([again, other])
    assert len(collections(milvus) - before) == 1
    engine.drop_others([other])
    assert {other["collection"]} == {
        name for name in collections(milvus) if name not in before - {again["collection"]}
    }
    engine.drop_others(())


def test_what_no_generation_that_is_kept_needs_is_dropped(
    milvus: Milvus, app: Flask, instance: Path
) -> None:
    core = core_of(app)
    for gone in (8, 7, 6):
        core.live_items.remove([gone])
        for _ in core.publisher.rebuild(("whash",), jobs=1):
            pass
    manifests = [read_manifest(one) for one in instance.glob("generations/0*")]
    assert len(manifests) == 2
    needed = {
        str(entry.parameters["collection"]) for one in manifests for entry in one.kinds.values()
    }
    owner = (instance / "milvus-owner").read_text().split()[0]
    assert {one for one in collections(milvus) if owner in one} == needed
    assert len(needed) == 2 * len(manifests[0].kinds)


def test_a_build_that_was_cut_off_is_made_anew_and_leaves_nothing(
    milvus: Milvus, tmp_path: Path
) -> None:
    engine = an_engine(milvus, tmp_path)
    table, other = table_of(random_codes(60)), table_of(random_codes(61))
    engine.build(table, tmp_path, "x")
    engine.build(other, tmp_path, "x")  # neither was finished
    index = built(an_engine(milvus, tmp_path), table, tmp_path)
    index.check()
    kept = an_engine(milvus, tmp_path).build(table, tmp_path, "x")
    engine.drop_others([kept])
    owned = str(kept["collection"]).rpartition("x_")[0]
    assert [one for one in collections(milvus) if one.startswith(owned)] == [kept["collection"]]
    engine.drop_others(())


def test_a_copy_of_an_instance_drops_nothing_of_the_original(
    milvus: Milvus, tmp_path: Path
) -> None:
    original = tmp_path / "original"
    engine = an_engine(milvus, original)
    index = built(engine, table_of(random_codes(60)), tmp_path)
    copy = shutil.copytree(original, tmp_path / "copy")
    an_engine(milvus, copy).drop_others(())
    index.check()
    original.rename(tmp_path / "moved")  # it is the original still
    an_engine(milvus, tmp_path / "moved").drop_others(())
    with pytest.raises(IndexDamaged):
        index.check()


def test_a_collection_of_other_codes_is_refused(milvus: Milvus, tmp_path: Path) -> None:
    """Other ones, more of them, or wider ones."""
    engine = an_engine(milvus, tmp_path)
    table = table_of(random_codes(60))
    wider = table_of({number: code + bytes(2) for number, code in random_codes(60).items()}, 64)
    others = table_of(random_codes(table.row_count, seed=99))
    built_ones = [
        engine.build(one, tmp_path, "x")
        for one in (table, others, table_of(random_codes(80)), wider)
    ]
    engine.finish(built_ones)
    first = dict(built_ones[0])
    engine.open(table, tmp_path, "x", first).check()
    for wrong in built_ones[1:]:
        taken = first | {"collection": wrong["collection"]}
        index = engine.open(table, tmp_path, "x", taken)
        with pytest.raises(IndexDamaged, match="run `hashbag index`"):
            index.candidates(table.codes[:, :1], 9)
    engine.drop_others(())


def test_codes_that_were_lost_are_told_of(milvus: Milvus, tmp_path: Path) -> None:
    engine = an_engine(milvus, tmp_path)
    made = table_of(random_codes(60)).by_first_view()
    remote_table.save(made, tmp_path, "x")
    parameters = engine.build(made, tmp_path, "x")
    engine.finish([parameters])
    table = engine.table(tmp_path, "x", made.bits, parameters)
    assert (table.codes_at(np.arange(made.row_count)) == made.codes).all()
    missing = ~made.codes[:, 7:8]
    assert table.rows_of(np.hstack([made.codes[:, 7:9], missing])).tolist() == [7, 8, -1]
    many = np.repeat(made.codes, 20, axis=1)  # more than are asked for at once
    assert table.rows_of(many).tolist() == np.repeat(np.arange(made.row_count), 20).tolist()
    with pytest.raises(IndexDamaged, match="run `hashbag index`"):
        table.codes_at(np.array([made.row_count]))
    engine.drop_others(())


def test_an_index_that_divides_codes_promises_nothing(milvus: Milvus, tmp_path: Path) -> None:
    """Of BIN_IVF_FLAT a query sees some parts; shards are a choice too."""
    engine = an_engine(milvus, tmp_path, engine_index="BIN_IVF_FLAT", engine_shards="2")
    table = table_of(random_codes(3000))
    index = built(engine, table, tmp_path)
    for row in (0, 1000, table.row_count - 1):
        proposal = index.candidates(table.codes[:, row : row + 1], 9)
        assert proposal.within == NOTHING
        assert row in proposal.rows
    engine.drop_others(())


@pytest.mark.parametrize(
    "wrong", [{"engine_token": "root:guess"}, {"engine_database": "nobody-made-it"}]
)
def test_who_is_not_let_in_is_told(
    milvus: Milvus, tmp_path: Path, wrong: Mapping[str, str]
) -> None:
    engine = an_engine(milvus, tmp_path, **wrong)
    with pytest.raises(EngineUnavailable) as refused:
        engine.drop_others(())
    assert refused.value.private


def test_a_server_behind_tls_is_asked_if_its_certificate_is_trusted(
    milvus: Milvus, tmp_path: Path
) -> None:
    with behind_tls(tmp_path, urlsplit(milvus.url).port or 0) as port:
        url = f"https://127.0.0.1:{port}"
        trusting = {"engine_url": url, "engine_certificate": str(tmp_path / "fullchain.pem")}
        engine = an_engine(milvus, tmp_path, **trusting)
        index = built(engine, table_of(random_codes(60)), tmp_path)
        index.check()
        with pytest.raises(EngineUnavailable):
            an_engine(milvus, tmp_path, engine_url=url).check()
        engine.drop_others(())


def test_bench_measures_it_beside_annoy(milvus: Milvus, tmp_path: Path) -> None:
    engine = an_engine(milvus, tmp_path)
    before = collections(milvus)
    steps = query.measure(query.draw("look", 200, 1, None), engine)
    rows = {step.system: step for step in steps if isinstance(step, BenchRow)}
    for system in ("hashbag", "hashbag, before proof", "hashbag, engine annoy"):
        assert rows[system].recall == 1
        assert rows[system].p50_us
    assert collections(milvus) == before


def test_bench_sets_it_beside_annoy_over_a_whole_catalogue(milvus: Milvus, tmp_path: Path) -> None:
    before = collections(milvus)
    settings = load({}, {"instance": tmp_path / "instance", **milvus.settings})
    steps = bench(Options(engine_of(settings), ("engine",), (60,), settings=settings))
    asked = [step for step in steps if isinstance(step, BenchRow) and step.recall is not None]
    of_milvus = [row for row in asked if row.system == "milvus"]
    assert len(of_milvus) == len(asked) / 3 == 12  # beside Annoy and a scan
    assert all((row.recall, row.proven) == (1, 1) for row in of_milvus)
    assert collections(milvus) == before


def test_nobody_listens_there(milvus: Milvus, tmp_path: Path) -> None:
    engine = an_engine(milvus, tmp_path, engine_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(EngineUnavailable, match="out of reach for a moment"):
        engine.check()


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("engine_url", "", "HASHBAG_ENGINE_URL must be the address"),
        ("engine_url", "http://root:secret@host", "HASHBAG_ENGINE_TOKEN"),
        ("engine_index", "HNSW", "BIN_FLAT, BIN_IVF_FLAT, not 'HNSW'"),
        ("engine_shards", "0", "HASHBAG_ENGINE_SHARDS must be 1 or more"),
    ],
)
def test_settings_that_cannot_be_used_are_named(
    milvus: Milvus, tmp_path: Path, setting: str, value: str, told: str
) -> None:
    with pytest.raises(ConfigError, match=told) as refused:
        an_engine(milvus, tmp_path, **{setting: value})
    assert "secret" not in str(refused.value)


def test_many_threads_ask_one_server_at_once(milvus: Milvus, tmp_path: Path) -> None:
    """Also before anybody has connected: one of them does."""
    engine = an_engine(milvus, tmp_path)
    table = table_of(random_codes(300))
    parameters = engine.build(table, tmp_path, "x")
    engine.finish([parameters])
    index = an_engine(milvus, tmp_path).open(table, tmp_path, "x", parameters)

    def nearest_row(row: int) -> int:
        return int(index.candidates(table.codes[:, row : row + 1], 1).rows[0])

    with ThreadPoolExecutor(16) as threads:
        rows = list(range(table.row_count))
        assert list(threads.map(nearest_row, rows)) == rows
    engine.drop_others(())
