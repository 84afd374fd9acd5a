"""A running server keeps answering: through kills, imports, removals and damaged indexes."""

import http.client
import json
import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.applications import hashbag, take_in
from tests.serving import (
    Answer,
    Server,
    draw_catalogue,
    eventually,
    picture_form,
    run_hashbag,
    served,
)
from webapp import create_app

pytestmark = pytest.mark.slow

ITEMS = 48
MORE = 20
SIMILAR = "/api/v1/items/7/similar"
PAGES = ("/?seed=3", "/items/7", SIMILAR, "/api/v1/items?n=20", "/thumbs/7", "/compare?item=7")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for name, items, seed in (("first", ITEMS, 21), ("second", MORE, 22), ("third", MORE, 23)):
        draw_catalogue(folder / name, items, seed)
    return folder


@pytest.fixture(scope="module")
def whole(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with 48 items, for tests to copy."""
    instance = tmp_path_factory.mktemp("whole") / "instance"
    take_in(create_app({"instance": instance}), photos / "first" / "manifest.csv")
    return instance


@pytest.fixture
def instance(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "instance"))


@pytest.fixture(scope="module")
def running(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for tests that change nothing."""
    copy = shutil.copytree(whole, tmp_path_factory.mktemp("running") / "instance")
    with served(Path(copy)) as server:
        yield server


@dataclass(frozen=True)
class Visit:
    """One request, and the answer or what broke the connection."""

    begun: float
    target: str
    answer: Answer | Exception

    @property
    def failed(self) -> bool:
        return isinstance(self.answer, Exception) or self.answer.status != 200


@contextmanager
def visitors(server: Server, threads: int = 4) -> Iterator[list[Visit]]:
    """Keep asking, each time over a new connection, for as long as the block runs."""
    visits: list[Visit] = []
    stop = threading.Event()

    def visit(turn: int) -> None:
        while not stop.wait(0.02):
            target, begun = PAGES[turn % len(PAGES)], time.monotonic()
            try:
                visits.append(Visit(begun, target, server.get(target)))
            except (OSError, http.client.HTTPException) as problem:
                visits.append(Visit(begun, target, problem))
            turn += 1

    crowd = [threading.Thread(target=visit, args=(turn,)) for turn in range(threads)]
    for one in crowd:
        one.start()
    try:
        eventually(lambda: len(visits) > 20, "the first visitors were served")
        yield visits
        so_far = len(visits)
        eventually(lambda: len(visits) > so_far + 50, "visitors are served at the end too")
    finally:
        stop.set()
        for one in crowd:
            one.join()


def generations(instance: Path) -> list[str]:
    return sorted(path.name for path in (instance / "generations").glob("[0-9]*"))


def hits(answer: Answer) -> list[int]:
    assert answer.status == 200, answer.text
    return [hit["item"]["id"] for hit in answer.json["hits"]]


def test_after_kill_9_of_a_worker_service_goes_on_and_a_new_worker_comes(running: Server) -> None:
    before = running.workers()
    victim = min(before)
    with visitors(running) as visits:
        os.kill(victim, signal.SIGKILL)
        # The system may hand it a connection until it is really gone.
        eventually(lambda: not Path(f"/proc/{victim}/fd/0").exists(), "the worker is dead")
        dead = time.monotonic()
        after = eventually(lambda: running.workers() - before, "a new worker came")

    assert len(after) == 1
    assert len(running.workers()) == len(before)
    cut = [visit for visit in visits if visit.failed]
    assert all(visit.begun <= dead for visit in cut), cut
    assert not any(isinstance(visit.answer, Answer) for visit in cut), cut
    assert len(cut) <= 8, "more than the victim's own threads were cut"
    for visit in cut:
        assert running.get(visit.target).status == 200, "one retry is enough, as browsers do"


def test_an_import_into_a_served_catalogue_fails_no_request_and_shows_without_restart(
    instance: Path, photos: Path
) -> None:
    with served(instance) as server, visitors(server) as visits:
        workers = server.workers()
        total = ITEMS
        for name, generation in (("second", "000002"), ("third", "000003")):
            done = hashbag(["import", "--jobs", "1", photos / name / "manifest.csv"], instance)
            assert done.returncode == 0, done.stderr
            total += MORE
            newest = server.get("/api/v1/items?page=1&per_page=1").json["items"][0]["id"]
            assert server.get("/api/v1/items?n=1").json["total"] == total
            assert newest in hits(server.get(f"{SIMILAR}?k={total - 1}"))
            assert len(hits(server.get(f"/api/v1/items/{newest}/similar"))) == 9

            # Each worker follows by itself: many answers in a row, so that all are heard.
            picture = (photos / name / "bag-005.png").read_bytes()
            for _ in range(20):
                assert server.get("/readyz").json["generation"] == generation
            for _ in range(10):
                best = server.post_picture("/api/v1/search", picture).json["hits"][0]
                assert (best["distance"], best["item"]["title"]) == (0, f"Bag 5 of {name}")
        assert server.workers() == workers

    assert [visit for visit in visits if visit.failed] == []
    assert generations(instance) == ["000002", "000003"]


def test_a_removed_item_is_gone_from_every_answer_and_there_are_always_k_hits(
    instance: Path,
) -> None:
    with served(instance) as server:
        gone = hits(server.get(SIMILAR))[0]
        with visitors(server) as visits:
            done = hashbag(["remove", str(gone)], instance)
            assert done.returncode == 0, done.stderr
            for _ in range(20):
                for kind in ("whash", "colorhash"):
                    found = hits(server.get(f"{SIMILAR}?by={kind}&k={ITEMS - 2}"))
                    assert sorted([*found, gone, 7]) == list(range(1, ITEMS + 1))
            merged = hashbag(["index", "--changes"], instance)
            assert merged.returncode == 0, merged.stderr
        for target in ("items/{}", "thumbs/{}", "images/{}", "api/v1/items/{}/similar"):
            assert server.get("/" + target.format(gone)).status == 404
        listed = server.get("/api/v1/items?n=500").json
        assert listed["total"] == ITEMS - 1
        assert gone not in [item["id"] for item in listed["items"]]
        assert server.get("/readyz").json["generation"] == "000002"

    assert [visit for visit in visits if visit.failed] == []
    similar = [visit.answer for visit in visits if visit.target == SIMILAR]
    assert {len(hits(answer)) for answer in similar if isinstance(answer, Answer)} == {9}


def flip(path: Path, after: bytes = b"") -> None:
    """Turn one bit: of the byte after some text, else of the one in the middle."""
    data = bytearray(path.read_bytes())
    data[data.index(after) + len(after) if after else len(data) // 2] ^= 1
    path.write_bytes(data)


def rewrite(path: Path, change: Callable[[Any], None]) -> None:
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest, indent=1))


DAMAGES: Mapping[str, tuple[Callable[[Path], object], str]] = {
    "a bit of the forest": (lambda g: flip(g / "whash.ann"), "whash.ann"),
    "a bit of the codes": (lambda g: flip(g / "dhash.codes.npy"), "dhash.codes.npy"),
    "a bit of the ids": (lambda g: flip(g / "colorhash.ids.npy"), "colorhash.ids.npy"),
    "a bit of the starts": (lambda g: flip(g / "phash.starts.npy"), "phash.starts.npy"),
    "a bit of the manifest": (lambda g: flip(g / "manifest.json", b"{"), "manifest.json"),
    "a bit of a count": (lambda g: flip(g / "manifest.json", b'"rows": '), "000001"),
    "a bit of the pointer": (lambda g: flip(g.parent / "current", b"{"), "current"),
    "a file cut short": (lambda g: os.truncate(g / "ahash.ann", 100), "ahash.ann"),
    "a file gone": (lambda g: (g / "whash.codes.npy").unlink(), "whash.codes.npy"),
    "another kind's forest": (
        lambda g: shutil.copy(g / "colorhash.ann", g / "whash.ann"),
        "whash.ann",
    ),
    "another annoy": (
        lambda g: rewrite(g / "manifest.json", lambda m: m["libraries"].update(annoy="1.0.9")),
        "annoy 1.0.9",
    ),
    "another pillow": (
        lambda g: rewrite(
            g / "manifest.json",
            lambda m: m["kinds"]["whash"].update(versions="ImageHash 4.3.2, pillow 9.9.9"),
        ),
        "pillow 9.9.9",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_generation_is_refused_by_name_and_hashbag_index_repairs_it(
    damage: str, instance: Path
) -> None:
    harm, name = DAMAGES[damage]
    harm(instance / "generations" / "000001")
    client = create_app({"instance": instance}).test_client()
    ready = client.get("/readyz")
    assert (ready.status_code, name in ready.get_json()["detail"]) == (503, True), ready.text
    assert client.get("/?seed=1").status_code == 200
    assert client.get("/healthz").status_code == 200
    page, problem = client.get("/items/7"), client.get(SIMILAR)
    assert page.status_code == problem.status_code == 503
    assert "hashbag index" in page.text
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert name in problem.get_json()["detail"]
    assert "hashbag index" in problem.get_json()["detail"]

    checked = hashbag(["verify", "--jobs", "1"], instance)
    assert checked.returncode == 1
    assert name in checked.stdout
    mended = hashbag(["index"], instance)
    assert mended.returncode == 0, mended.stderr

    # The same application, without a restart.
    assert client.get("/readyz").status_code == 200
    assert len(client.get(SIMILAR).get_json()["hits"]) == 9
    assert client.get("/items/7").status_code == 200


def test_workers_that_started_on_a_damaged_generation_follow_its_repair(instance: Path) -> None:
    flip(instance / "generations" / "000001" / "whash.ann")
    with served(instance) as server:
        assert server.get("/readyz").status == server.get(SIMILAR).status == 503
        assert run_hashbag(["index"], instance).returncode == 0
        for _ in range(20):
            assert server.get("/readyz").status == 200
            assert len(hits(server.get(SIMILAR))) == 9


def test_a_running_server_keeps_the_previous_generation_when_the_newest_is_damaged(
    instance: Path,
) -> None:
    with served(instance) as server:
        before = server.get(SIMILAR).json
        folder = instance / "generations"
        shutil.copytree(folder / "000001", folder / "000002")
        flip(folder / "000002" / "whash.ann")
        current = json.loads((folder / "current").read_text())
        (folder / "next").write_text(json.dumps(current | {"generation": "000002"}))
        (folder / "next").replace(folder / "current")

        for _ in range(20):
            assert server.get(SIMILAR).json == before
            ready = server.get("/readyz")
            assert (ready.status, ready.json["generation"]) == (200, "000001")
            assert "whash.ann" in ready.json["detail"]
        assert "whash.ann" in server.errors.read_text()

        assert run_hashbag(["index"], instance).returncode == 0
        for _ in range(20):
            ready = server.get("/readyz")
            assert (ready.json["generation"], "detail" in ready.json) == ("000003", False)


NEEDS_DATABASE = ("/items/7", "/thumbs/7", "/api/v1/items/7", SIMILAR, "/readyz")


def assert_every_worker(server: Server, status: int) -> None:
    for target in NEEDS_DATABASE * 4:
        answer = server.get(target)
        assert (answer.status, target) == (status, target)
        assert ("Retry-After" in answer.headers) == (status == 503)
        assert str(server.log.parent).encode() not in answer.body
    assert server.get("/healthz").status == 200


def test_every_worker_says_503_while_the_database_is_gone_and_goes_on_when_it_is_back(
    instance: Path,
) -> None:
    database, away = instance / "hashbag.db", instance / "away.db"
    with served(instance) as server:
        workers = server.workers()
        assert_every_worker(server, 200)
        database.rename(away)
        assert_every_worker(server, 503)
        assert str(database) in server.errors.read_text()
        away.rename(database)
        assert_every_worker(server, 200)
        assert server.workers() == workers


def test_a_server_starts_without_its_database_and_takes_it_up_when_it_comes(
    instance: Path,
) -> None:
    database, away = instance / "hashbag.db", instance / "away.db"
    database.rename(away)
    with served(instance) as server:
        assert_every_worker(server, 503)
        assert not database.exists()
        away.rename(database)
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            assert server.get("/items/7").status == server.get("/readyz").status == 503
            assert server.get("/healthz").status == 200
        assert_every_worker(server, 200)


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
@pytest.mark.parametrize("target", ["/search", "/api/v1/search"])
def test_a_20_mb_upload_gets_a_clean_413(target: str, chunked: bool, running: Server) -> None:
    body, headers = picture_form(bytes(20 * 1024 * 1024), "huge.jpg")
    parts = (body[start : start + 65536] for start in range(0, len(body), 65536))

    answer = running.send("POST", target, headers, parts if chunked else body)

    assert answer.status == 413
    assert "16 MB" in answer.text
    if target.startswith("/api/"):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["status"] == 413
        assert "16 MB" in answer.json["detail"]


def test_nothing_is_left_where_counts_were_kept(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    with served(whole, settings={"TMPDIR": str(folder)}) as server:
        assert server.get(SIMILAR).status == 200
        counts = [one for one in folder.iterdir() if any(one.glob("*.db"))]
        assert len(counts) == 1
        pid = min(server.workers())
        os.kill(pid, signal.SIGTERM)  # a worker that ends leaves the others theirs
        eventually(lambda: pid not in server.workers(), "the worker ended")
        assert counts[0].exists()
    assert list(folder.iterdir()) == []

    wrong = {"TMPDIR": str(folder), "HASHBAG_DEFAULT_KIND": "nope"}
    refused = run_hashbag(["serve"], whole, more=wrong)
    assert refused.returncode == 2
    assert refused.stderr.startswith("hashbag: HASHBAG_DEFAULT_KIND must be one of look")
    assert len(refused.stderr.splitlines()) == 1
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("what", ["image", "thumb", "static/hashbag.css", "static/mark.svg"])
def test_pictures_and_static_files_are_cached_for_a_year_by_their_content(
    what: str, running: Server
) -> None:
    page = running.get("/about").text
    known = running.get("/api/v1/items/7").json
    target = known.get(what) or "/" + what + page.partition("/" + what)[2].partition('"')[0]
    assert "?v=" in target
    first = running.get(target)

    again = running.get(target, {"If-None-Match": first.headers["ETag"]})

    assert first.status == 200
    assert first.body
    assert (again.status, again.body) == (304, b"")
    for answer in (first, again):
        rules = answer.headers["Cache-Control"].split(", ")
        assert {"public", "max-age=31536000", "immutable"} <= set(rules)
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("what", ["image", "thumb"])
def test_a_picture_by_another_version_is_not_cached_for_ever(what: str, running: Server) -> None:
    address = running.get("/api/v1/items/7").json[what].partition("?")[0]
    for target in (address, f"{address}?v=000000000000"):
        answer = running.get(target)
        assert answer.status == 200
        assert "immutable" not in answer.headers["Cache-Control"]
