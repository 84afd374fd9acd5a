"""Several web hosts with nothing in common but a database and a store of photos."""

import errno
import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.event import listen

from tests.applications import core_of, hashbag
from tests.desk import send, sign_in
from tests.hosts import AS_OWNER, MOST_HITS, Hosts, database_name, ids, kill, similar
from tests.milvus_fixtures import Milvus
from tests.pictures import bag, catalogue, encoded
from tests.postgresql import PostgresServer, run_at
from tests.serving import Server, eventually, picture_form, run_hashbag, started
from tests.test_engines import random_codes, table_of
from tests.test_milvus import collections
from webapp import config, create_app
from webapp.exceptions import CatalogBusy, ConfigError, IndexDamaged
from webapp.index.checksum_cache import ChecksumCache
from webapp.index.checksums import digest_of
from webapp.index.engines.milvus.owner import owner_of_database
from webapp.index.engines.registry import engine_of
from webapp.index.manifest import read_manifest
from webapp.index.shared_bundles import BUNDLES_KEPT
from webapp.index.shared_generations import SharedGenerations

pytestmark = pytest.mark.thorough


@pytest.fixture
def stocked(hosts: Hosts, tmp_path: Path) -> Hosts:
    """Have host `a` take in eight bags."""
    hosts.run("a", "import", catalogue(tmp_path / "photos", 8))
    return hosts


@pytest.fixture
def opened(hosts: Hosts) -> Iterator[Any]:
    """Open hosts in the tests' own process, as `opened(name)`; none follows by itself."""
    apps: list[Flask] = []

    def open_host(name: str, *, serves: bool = True) -> Flask:
        given = {name.removeprefix("HASHBAG_").lower(): v for name, v in hosts.settings.items()}
        known = {name: given[name] for name in given if not name.startswith("aws_")}
        app = create_app({"instance": hosts.instance(name), **known})
        core_of(app).is_serving = serves
        apps.append(app)
        return app

    yield open_host
    for app in apps:
        core_of(app).catalog.engine.dispose()


def add(server: Server, number: int) -> int:
    body, headers = picture_form(encoded(bag(number), "PNG"), "new.png")
    answer = server.send("POST", "/api/v1/items", headers | AS_OWNER, body)
    assert answer.status == 201, answer.text
    return int(answer.json["id"])


def shared_of(app: Flask) -> SharedGenerations:
    found = core_of(app).generations
    assert isinstance(found, SharedGenerations)
    return found


def fetch(app: Flask) -> None:
    """Do what a server does in the background."""
    bundles = shared_of(app).bundles
    bundles.fetch(bundles.registry.read().bundles[-1])


def rebuild(app: Flask) -> None:
    core_of(app).generations.publish(core_of(app).catalog)


def nearest(app: Flask, number: int = 1) -> Any:
    answer = app.test_client().get(f"/api/v1/items/{number}/similar?by=whash&k=50")
    assert answer.status_code == 200, answer.text
    return answer.json


# --- two servers ---


@pytest.mark.slow
def test_what_is_added_removed_or_imported_on_one_is_found_on_the_other_at_once(
    stocked: Hosts, tmp_path: Path
) -> None:
    a, b = stocked.ready("a"), stocked.ready("b")  # the folder of b was empty
    assert ids(similar(b)) == ids(similar(a))
    assert len(ids(similar(b))) == 7
    number = add(a, 70)
    assert number in ids(similar(b))
    stocked.run("a", "import", catalogue(tmp_path / "more", 12))
    assert len(ids(similar(b))) == 20
    assert similar(a) == similar(b)
    assert similar(a)["exact"]
    assert b.send("DELETE", f"/api/v1/items/{number}", AS_OWNER).status == 204
    assert number not in ids(similar(a))


@pytest.mark.slow
def test_while_one_builds_again_and_again_the_other_answers_as_if_there_were_one(
    stocked: Hosts,
) -> None:
    a, b = stocked.ready("a"), stocked.ready("b")
    ended = threading.Event()

    def build() -> list[str]:
        try:
            return [stocked.run("a", "index", "--changes").stdout for _ in range(5)]
        finally:
            ended.set()

    with ThreadPoolExecutor(1) as threads:
        building = threads.submit(build)
        known, number = set(ids(similar(b))), 100
        while not ended.is_set():
            if len(known) < MOST_HITS:  # more than one answer tells are not compared
                known.add(add(a, number))
                number += 1
            for server in (b, a):
                found = similar(server)
                assert set(ids(found)) == known
                assert found["exact"]
        assert len(set(building.result())) == 5
    assert len(known) > 8

    def kept(name: str) -> list[str]:
        return sorted(one.name for one in stocked.instance(name).glob("generations/0*"))

    # What is fetched is dropped by whoever looks next, a moment later.
    eventually(lambda: kept("a") == kept("b") and len(kept("a")) == BUNDLES_KEPT, "both dropped it")


def forgotten(hosts: Hosts) -> None:
    """Wait until the database's server has noticed that a command is gone, and holds no lock."""
    held = """SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE locktype = 'advisory' AND datname = current_database()"""
    address = hosts.settings["HASHBAG_DATABASE"]
    eventually(lambda: run_at(address, held) == [(0,)], "no command holds a lock")


@pytest.mark.slow
@pytest.mark.parametrize("at", ["it builds", "it waits for others to fetch"])
def test_one_that_is_killed_while_it_builds_leaves_nothing_that_matters(
    stocked: Hosts, opened: Any, tmp_path: Path, at: str
) -> None:
    b = stocked.ready("b")
    before = similar(b)
    registry = shared_of(opened("c")).bundles.registry
    last = registry.read().newest
    generations = stocked.instance("a") / "generations"
    if at != "it builds":
        registry.note("a machine that has nothing yet", 0)
    with started(["index"], stocked.instance("a"), stocked.settings) as building:
        if at == "it builds":
            eventually(lambda: [*generations.glob(".building-*")], "it began to build")
        else:
            eventually(lambda: registry.read().bundles[-1].number > last, "it was announced")
        os.killpg(building.pid, signal.SIGKILL)
    forgotten(stocked)
    assert registry.read().newest == last
    assert similar(b) == before
    stocked.run("b", "import", catalogue(tmp_path / "more", 4))
    assert len(ids(similar(b))) == 11
    assert registry.read().bundles[-1].number == registry.read().newest > last
    stocked.run("a", "index")  # nor does what lies about hinder the one that was killed
    assert not [*generations.glob(".building-*")]
    assert similar(stocked.ready("a")) == similar(b)


@pytest.mark.slow
def test_a_server_that_is_killed_is_not_missed(stocked: Hosts, tmp_path: Path) -> None:
    a, b = stocked.ready("a"), stocked.ready("b")
    number = add(a, 70)
    kill(a)
    assert number in ids(similar(b))
    stocked.run("b", "import", catalogue(tmp_path / "more", 4))
    assert len(ids(similar(b))) == 12
    assert len(ids(similar(stocked.ready("c")))) == 12


@pytest.mark.slow
def test_the_map_that_one_draws_is_shown_by_all(stocked: Hosts) -> None:
    a, b = stocked.ready("a"), stocked.ready("b")
    assert "There is no map yet" in b.get("/map").text
    drawing = {**stocked.settings, "HASHBAG_MAP": "on"}
    done = run_hashbag(["index"], stocked.instance("a"), drawing)
    assert "drew the map of 8 items" in done.stderr
    shown = [set(re.findall(r"/map/tiles/([0-9a-f]{12})/", one.get("/map").text)) for one in (a, b)]
    assert shown[0] == shown[1]
    (version,) = shown[0]
    tiles = [one.get(f"/map/tiles/{version}/0/0/0.webp") for one in (a, b)]
    assert {tile.status for tile in tiles} == {200}
    assert tiles[0].body == tiles[1].body
    again = run_hashbag(["index"], stocked.instance("c"), drawing)
    assert "drew" not in again.stderr  # it is drawn already


# --- one that lags ---


@pytest.mark.usefixtures("stocked")
def test_one_that_lags_answers_as_all_do_until_it_cannot_then_it_says_so(opened: Any) -> None:
    a, b = opened("a"), opened("b")
    fetch(b)
    assert nearest(b) == nearest(a)
    for round_ in range(BUNDLES_KEPT - 1):
        core_of(a).live_items.change(2, {"price": str(500 + round_)})
        rebuild(a)
        assert nearest(b)["hits"] == nearest(a)["hits"]
        assert core_of(b).generations.lags
        assert nearest(b)["exact"]
    rebuild(a)
    for page in ("/", "/browse", "/items/1", "/api/v1/items/1/similar", "/readyz"):
        answer = b.test_client().get(page)
        assert answer.status_code == 503, page
        assert int(answer.headers["Retry-After"]) > 0
        assert "fetches the index" in answer.text
    assert b.test_client().get("/healthz").status_code == 200
    sent = b.test_client().patch("/api/v1/items/3", headers=AS_OWNER, json={"title": "Said by b"})
    assert sent.status_code == 200
    fetch(b)
    assert nearest(b)["hits"] == nearest(a)["hits"]
    assert "Said by b" in a.test_client().get("/items/3").text
    assert b.test_client().get("/readyz").status_code == 200


@pytest.mark.usefixtures("stocked")
def test_the_log_of_changes_is_kept_for_all_that_is_named_and_no_longer(opened: Any) -> None:
    a = opened("a")
    core_of(a).live_items.change(2, {"price": "77"})
    changed = core_of(a).catalog.revision
    for _ in range(BUNDLES_KEPT - 1):
        rebuild(a)
        assert core_of(a).catalog.forgotten_revision < changed
    rebuild(a)
    assert core_of(a).catalog.forgotten_revision == changed


# --- what is built ---


@pytest.mark.usefixtures("stocked")
def test_one_that_lost_its_turn_names_nothing(opened: Any) -> None:
    a, b = opened("a"), opened("b")
    first = shared_of(a).bundles.registry
    built = shared_of(a)._build(core_of(a).catalog, 9)  # noqa: SLF001 - half of `publish`
    turn = first.take_turn(9)
    before = first.read()
    shared_of(b).bundles.registry.take_turn(9)
    with pytest.raises(CatalogBusy):
        shared_of(a).bundles.share(turn, built, 1)
    assert first.read() == before
    rebuild(b)
    assert first.read().newest == before.newest + 1


@pytest.mark.usefixtures("stocked")
def test_what_did_not_change_is_neither_sent_nor_fetched_again(hosts: Hosts, opened: Any) -> None:
    a, b = opened("a"), opened("b")
    fetch(b)
    storage = core_of(a).storage
    before = {*storage.keys("generations")}
    codes = next(hosts.instance("b").glob("generations/0*/whash.*.npy"))
    same = f"generations/{digest_of(codes)[:2]}/{digest_of(codes)}"
    storage.write(same, b"?" * codes.stat().st_size)  # to be seen if it is written again
    core_of(a).live_items.change(2, {"price": "77"})
    rebuild(a)
    assert storage.read(same).startswith(b"??")
    sent = {*storage.keys("generations")} - before
    assert 0 < len(sent) < len(before) / 2
    fetch(b)
    _, new = sorted(hosts.instance("b").glob("generations/0*"))
    fetched = {digest_of(one) for one in new.iterdir() if one.stat().st_nlink == 1}
    assert fetched == {key.rpartition("/")[2] for key in sent}


@pytest.mark.usefixtures("stocked")
def test_where_no_file_can_be_linked_all_are_fetched(
    hosts: Hosts, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a folder of another machine that is mounted, or where one went meanwhile."""
    a, b = opened("a"), opened("b")
    fetch(b)
    core_of(a).live_items.change(2, {"price": "77"})
    rebuild(a)

    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    fetch(b)
    assert nearest(b) == nearest(a)
    assert "as they should be" in hosts.run("b", "verify").stdout


@pytest.mark.usefixtures("stocked")
def test_what_was_compared_when_it_was_fetched_is_not_compared_again(opened: Any) -> None:
    a, b = opened("a"), opened("b")
    compared = ChecksumCache(shared_of(b).bundles.folder)
    for number in range(3):  # files that did not change are shared by several indexes
        assert core_of(a).live_items.change(1, {"price": str(10 + number)})
        rebuild(a)
        fetch(b)
        folders = [folder for folder in shared_of(b).bundles.folder.iterdir() if folder.is_dir()]
        assert folders
        assert not compared.doubtful([file for folder in folders for file in folder.iterdir()])


@pytest.mark.usefixtures("stocked")
def test_the_storage_keeps_the_files_of_what_is_named_and_no_others(opened: Any) -> None:
    a = opened("a")
    bundles = shared_of(a).bundles
    for number in range(2 * BUNDLES_KEPT):
        core_of(a).live_items.change(2, {"price": str(number)})
        rebuild(a)
    named = bundles.registry.read().bundles
    assert len(named) == BUNDLES_KEPT
    needed = {one.digest for one in named}
    needed |= {digest for one in named for digest in bundles.described(one).values()}
    kept = core_of(a).storage.keys("generations")
    assert {key.rpartition("/")[2] for key in kept} == needed


def test_what_is_damaged_on_the_way_is_refused_and_what_was_there_is_served_on(
    stocked: Hosts, opened: Any
) -> None:
    a, b = opened("a"), opened("b")
    fetch(b)
    before = nearest(b)
    core_of(a).live_items.change(2, {"price": "77"})
    rebuild(a)
    bundles = shared_of(a).bundles
    described = bundles.described(bundles.registry.read().bundles[-1])
    digest = next(described[name] for name in described if "price" in name)
    key = f"generations/{digest[:2]}/{digest}"
    whole = core_of(a).storage.read(key)
    core_of(a).storage.write(key, whole[:-1] + b"?")
    with pytest.raises(IndexDamaged, match="is not what was built in the storage"):
        fetch(b)
    core_of(a).storage.delete([key])
    with pytest.raises(IndexDamaged, match="is missing in the storage"):
        fetch(b)
    assert [hit["distance"] for hit in nearest(b)["hits"]] == [
        hit["distance"] for hit in before["hits"]
    ]
    assert [one.name for one in stocked.instance("b").glob("generations/*")]
    core_of(a).storage.write(key, whole)
    fetch(b)
    assert nearest(b) == nearest(a)


@pytest.mark.usefixtures("stocked")
def test_what_was_damaged_on_a_host_is_fetched_again(hosts: Hosts, opened: Any) -> None:
    a, b = opened("a"), opened("b")
    fetch(b)
    damaged = next(hosts.instance("b").glob("generations/0*/whash.*.npy"))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    assert b.test_client().get("/items/1").status_code == 503
    fetch(b)
    assert nearest(b) == nearest(a)
    assert "as they should be" in hosts.run("b", "verify").stdout


@pytest.mark.parametrize("what", ["is missing", "is not what was built"])
def test_what_the_storage_lost_is_named_and_mended(stocked: Hosts, opened: Any, what: str) -> None:
    a = opened("a")
    storage = core_of(a).storage
    lost = next(iter(storage.keys("generations")))
    if what == "is missing":
        storage.delete([lost])
    else:
        storage.write(lost, b"?" * (storage.size(lost) or 0))
    told = hashbag(["verify"], stocked.instance("a"), stocked.settings)
    assert told.returncode == 1
    assert f"{what} in the storage" in told.stdout
    mended = stocked.run("a", "verify", "--repair").stdout
    assert "put 1 file of the index back into the storage" in mended
    assert "built" not in mended
    b = opened("b")
    fetch(b)
    assert nearest(b) == nearest(a)


def is_shown(server: Server, page: str) -> bool:
    return server.get(page).status == 200


@pytest.mark.usefixtures("stocked")
def test_a_request_asks_the_database_once_what_is_new(opened: Any) -> None:
    a = opened("a")
    asked: list[str] = []

    def heard(*details: Any) -> None:
        asked.append(details[2])

    nearest(a)
    listen(core_of(a).catalog.engine, "before_cursor_execute", heard)
    nearest(a)
    assert len([one for one in asked if "FROM facts" in one]) == 1


@pytest.mark.slow
def test_hosts_that_had_an_index_each_come_to_share_one_by_serving(
    hosts: Hosts, tmp_path: Path
) -> None:
    alone = {**hosts.settings, "HASHBAG_GENERATIONS": "own"}
    done = run_hashbag(["import", catalogue(tmp_path / "photos", 8)], hosts.instance("a"), alone)
    assert done.returncode == 0, done.stderr
    a, b = hosts.serve("a"), hosts.serve("b")
    for server in (a, b):
        eventually(partial(is_shown, server, "/items/1"), "a page was shown")
        eventually(partial(is_shown, server, "/readyz"), "it was ready")
    assert similar(a) == similar(b)


def test_a_copied_catalogue_names_nothing_that_hosts_of_the_original_share(
    stocked: Hosts, postgresql: PostgresServer, tmp_path: Path
) -> None:
    copied = postgresql.new_database(f"{database_name(tmp_path)}_copied")
    stocked.run("a", "copy", "--to", copied)
    names = "SELECT name FROM facts WHERE starts_with(name, 'sharing ')"
    assert run_at(stocked.settings["HASHBAG_DATABASE"], names)
    assert run_at(copied, names) == []


def test_status_tells_which_hosts_there_are(stocked: Hosts, opened: Any) -> None:
    registry = shared_of(opened("a")).bundles.registry
    registry.note("b:/srv/bags", 1)
    told = json.loads(stocked.run("a", "status", "--json").stdout)
    assert told["hosts"]["b:/srv/bags"]["generation"] == 1
    assert told["hosts"]["b:/srv/bags"]["seconds ago"] < 60


# --- Milvus ---


@pytest.mark.slow
@pytest.mark.xdist_group("milvus")
@pytest.mark.parametrize("hosts", ["with milvus"], indirect=True)
def test_collections_are_those_of_all_hosts_and_none_is_dropped_that_one_may_ask(
    milvus: Milvus, hosts: Hosts, opened: Any, tmp_path: Path
) -> None:
    hosts.run("a", "import", catalogue(tmp_path / "photos", 8), "--kinds", "whash")
    a, b = opened("a"), opened("b")
    owner = owner_of_database(core_of(a).settings.database_url)
    fetch(b)
    for gone in range(8, 8 - BUNDLES_KEPT + 1, -1):
        core_of(a).live_items.remove([gone])
        rebuild(a)
        assert nearest(b)["hits"] == nearest(a)["hits"]
        assert len(nearest(b)["hits"]) == gone - 2
    assert owned(milvus, owner) == needed(a) == needed(b)
    assert len(needed(a)) == BUNDLES_KEPT
    cut_off = engine_of(core_of(a).settings).build(table_of(random_codes(60)), tmp_path, "x")
    assert owned(milvus, owner) > needed(a)
    core_of(b).live_items.remove([2])
    fetch(b)
    rebuild(b)
    assert owned(milvus, owner) == needed(a) == needed(b)
    assert str(cut_off["collection"]) not in needed(a)
    fetch(a)
    assert nearest(a)["hits"] == nearest(b)["hits"]
    assert not (hosts.instance("a") / "milvus-owner").exists()


def owned(milvus: Milvus, owner: str) -> set[str]:
    return {one for one in collections(milvus) if owner in one}


def needed(app: Flask) -> set[str]:
    bundles = shared_of(app).bundles
    manifests = [bundles.with_about(one, read_manifest) for one in bundles.registry.read().bundles]
    return {
        str(entry.parameters["collection"]) for one in manifests for entry in one.kinds.values()
    }


def test_a_copy_of_a_database_owns_no_collections_of_the_original(
    postgresql: PostgresServer, tmp_path: Path
) -> None:
    name = database_name(tmp_path)
    original = postgresql.new_database(name)
    postgresql.run(
        f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"', "CREATE ROLE shopkeeper LOGIN"
    )
    urls = [
        original,
        postgresql.address(f"{name}_copy"),
        original.replace("hashbag@", "shopkeeper@"),
    ]
    own, copied, of_another_user = [owner_of_database(make_url(url)) for url in urls]
    assert own != copied
    assert own == of_another_user


# --- what else hosts have in common ---


@pytest.mark.usefixtures("stocked")
def test_who_signed_in_on_one_host_is_signed_in_on_the_other(opened: Any) -> None:
    a, b = opened("a", serves=False), opened("b", serves=False)
    client = a.test_client()
    sign_in(client)
    page = client.get("/admin/items/3")
    other = b.test_client()
    other._cookies = client._cookies  # noqa: SLF001 - as a browser would, of one address
    saved = send(other, page, "/admin/items/3", title="Said on b")
    assert saved.status_code == 303, saved.text
    assert "Said on b" in client.get("/items/3").text


SHARED = {
    "generations": "shared",
    "database": "postgresql+psycopg://shop@/bags",
    "photos": "s3://bags/shop",
    "secret_key": "a-key-of-all",
}


@pytest.mark.parametrize(
    ("without", "told"),
    [
        ({"database": ""}, "DATABASE, the address of a PostgreSQL"),
        ({"database": "sqlite:////srv/bags.db"}, "DATABASE, the address of a PostgreSQL"),
        ({"photos": ""}, "PHOTOS, a folder that all"),
        ({"photos": "{instance}/photos"}, "PHOTOS, a folder that all"),
        ({"secret_key": ""}, "SECRET_KEY, which signs"),
        ({"generations": "some"}, "must be own or shared"),
    ],
)
def test_what_hosts_must_have_in_common_is_asked_for(
    without: dict[str, str], told: str, tmp_path: Path
) -> None:
    given = {name: text.format(instance=tmp_path) for name, text in without.items()}
    with pytest.raises(ConfigError, match=told):
        config.load({}, SHARED | given | {"instance": tmp_path})
    assert config.load({}, SHARED | {"instance": tmp_path}).shares_generations
