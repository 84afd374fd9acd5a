"""The catalogue in PostgreSQL: its server restarts, and several machines share it."""

import io
import itertools
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from flask import Flask

from tests.applications import core_of, hashbag
from tests.pictures import bag, catalogue, encoded
from tests.postgresql import PostgresServer, run_at
from tests.serving import Server, draw_catalogue, eventually, group_of, served, started
from webapp import create_app
from webapp.catalog import database, write_lock
from webapp.catalog.change_log import changes_since
from webapp.catalog.database import connect_to
from webapp.catalog.migrations import upgrade
from webapp.catalog.originals import Originals
from webapp.catalog.reader import Catalog
from webapp.catalog.schema import LAYOUT, metadata
from webapp.exceptions import CatalogBusy, CatalogUnavailable
from webapp.storage.local import LocalStorage

OWNER = {"Authorization": "Bearer of-the-owner"}
JSON = OWNER | {"Content-Type": "application/json"}


@pytest.fixture
def empty_database(postgresql: PostgresServer, tmp_path: Path) -> str:
    return postgresql.new_database(re.sub(r"\W", "_", tmp_path.name))


@pytest.fixture
def shared(eight: Path, empty_database: str) -> str:
    """A database with a catalogue of 8."""
    done = hashbag(["copy", "--to", empty_database], eight)
    assert done.returncode == 0, done.stderr
    return empty_database


Machine = Callable[[], Flask]


@pytest.fixture
def machine(eight: Path, shared: str, tmp_path: Path) -> Iterator[Machine]:
    """Open the catalogue from another machine: it shares nothing but the database."""
    opened: list[Flask] = []

    def another() -> Flask:
        folder = shutil.copytree(eight, tmp_path / f"machine-{len(opened)}")
        settings = {"instance": folder, "database": shared, "admin_token": "of-the-owner"}
        opened.append(create_app(settings))
        return opened[-1]

    yield another
    for app in opened:
        core_of(app).catalog.engine.dispose()


def settings_of(address: str) -> dict[str, str]:
    return {"HASHBAG_DATABASE": address, "HASHBAG_ADMIN_TOKEN": "of-the-owner"}


def titles(app: Flask) -> list[str]:
    listed = app.test_client().get("/api/v1/items?page=1&per_page=200").get_json()["items"]
    return [item["title"] for item in reversed(listed)]


def retitle(app: Flask, number: int, title: str) -> None:
    path = f"/api/v1/items/{number}"
    answer = app.test_client().patch(path, headers=OWNER, json={"title": title})
    assert answer.status_code == 200, answer.text


# --- the server restarts ---

PAGES = ("/items/3", "/api/v1/items/3", "/api/v1/items/3/similar", "/readyz")


@pytest.mark.slow
def test_while_the_server_restarts_pages_say_when_to_come_back_and_nothing_is_lost(
    eight: Path, shared: str, postgresql: PostgresServer, tmp_path: Path
) -> None:
    instance = shutil.copytree(eight, tmp_path / "instance")
    with served(instance, settings=settings_of(shared)) as server:
        with writing_to(server) as written:
            for mode in ("immediate", "fast"):  # as after a crash, and as its owner does
                written.go_on()
                _stop_and_start(server, postgresql, mode)
        # A restart that no request met.
        postgresql.stop("immediate")
        postgresql.start()
        for path in PAGES:
            assert [server.get(path).status for _ in range(8)] == [200] * 8
        last = server.get("/api/v1/items/2").json["price"]
    assert set(written.refused) == {503}
    # What was answered with 503 may have been written all the same, what was acknowledged must be.
    assert last >= max(written.acknowledged)


def _stop_and_start(server: Server, postgresql: PostgresServer, mode: str) -> None:
    postgresql.stop(mode)
    try:
        for path in PAGES:
            answer = server.get(path)
            assert (answer.status, path) == (503, path)
            assert int(answer.headers["Retry-After"]) > 0
        assert server.get("/healthz").status == 200
    finally:
        postgresql.start()
    for path in PAGES:  # of both workers, each with connections that are dead
        assert [server.get(path).status for _ in range(8)] == [200] * 8


@dataclass
class Written:
    """The prices that were acknowledged, and the status of each answer that did not."""

    acknowledged: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def go_on(self) -> None:
        """Wait until some more are acknowledged."""
        least = len(self.acknowledged) + 5
        eventually(lambda: len(self.acknowledged) >= least, "writes")


@contextmanager
def writing_to(server: Server) -> Iterator[Written]:
    """Meanwhile change the price of an item again and again, each time to a higher one."""
    written, stop = Written(), threading.Event()

    def write() -> None:
        for price in itertools.count(1):
            if stop.is_set():
                return
            answer = server.send("PATCH", "/api/v1/items/2", JSON, f'{{"price": {price}}}')
            if answer.status == 200:
                written.acknowledged.append(price)
            else:
                written.refused.append(answer.status)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield written
    finally:
        stop.set()
        thread.join()


@pytest.mark.thorough
def test_who_writes_waits_for_another_some_time_and_then_says_so(
    machine: Machine, shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WRITER_SECONDS", 0.2)
    client = machine().test_client()
    engine = connect_to(sa.make_url(shared))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE facts SET value = value WHERE name = 'revision'"))
        answer = client.patch("/api/v1/items/2", headers=OWNER, json={"price": 3})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert client.get("/items/2").status_code == 200  # readers wait for no writer
    engine.dispose()
    changed = client.patch("/api/v1/items/2", headers=OWNER, json={"price": 3})
    assert changed.status_code == 200


# --- several machines ---


@pytest.mark.thorough
def test_one_machine_imports_at_a_time_and_one_builds(
    machine: Machine, shared: str, tmp_path: Path
) -> None:
    one, other = (core_of(machine()).catalog for _ in range(2))
    elsewhere = other.instance
    photos = catalogue(tmp_path / "more", 2)
    with write_lock.writing(one):
        refused = hashbag(["import", photos, "--no-map"], elsewhere, settings_of(shared))
        assert refused.returncode == 1
        assert "another hashbag command is changing this catalogue" in refused.stderr
    assert not write_lock.is_building(other)
    with write_lock.building(one):
        assert write_lock.is_building(other)
        with _codes_locked(shared):  # servers ask often, and there may be millions to read
            for option in ("--changes", "--behind"):
                told = hashbag(["index", option], elsewhere, settings_of(shared))
                assert told.stdout == "built elsewhere\n", told.stderr
        with pytest.raises(CatalogBusy), write_lock.building(other, wait=False):
            pass
    with write_lock.writing(other), write_lock.building(other):
        assert write_lock.is_building(one)
    assert not write_lock.is_building(one)


@pytest.mark.slow
def test_one_process_of_a_machine_waits_for_the_import_of_another(
    machine: Machine, shared: str
) -> None:
    """Each worker would start one, and each takes memory for as long as that import lasts."""
    one, other = core_of(machine()), core_of(machine())
    here, command = one.settings.instance, ["index", "--behind"]

    def runs() -> bool:
        return one.catching_up.is_running

    with write_lock.writing(other.catalog):
        with started(command, here, settings_of(shared)) as waiting:
            eventually(lambda: write_lock.is_catching_up_here(here), "it waited")
            one.catching_up.start()
            assert not runs()
            again = hashbag(command, here, settings_of(shared))
            assert again.stdout == "another process of this machine sees to it\n"
            assert waiting.poll() is None
            waiting.kill()
            waiting.communicate()
        eventually(lambda: not write_lock.is_catching_up_here(here), "its lock was free")
        one.catching_up._next = 0.0  # noqa: SLF001 - as half a minute later
        one.catching_up.start()
        assert runs()
    eventually(lambda: not runs(), "it ended")


@pytest.mark.thorough
def test_who_holds_the_lock_for_a_moment_stops_no_import(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers do, once an import ends that they waited for."""
    monkeypatch.setattr(write_lock, "PATIENCE_SECONDS", 10)  # a moment is long on a busy machine
    one, other = (core_of(machine()).catalog for _ in range(2))
    held = threading.Event()

    def hold() -> None:
        with write_lock.writing(other):
            held.set()
            time.sleep(0.08)

    holding = threading.Thread(target=hold)
    holding.start()
    assert held.wait(20)
    with write_lock.writing(one):
        holding.join()


@contextmanager
def _codes_locked(address: str) -> Iterator[None]:
    """Have nobody read a code meanwhile."""
    engine = connect_to(sa.make_url(address), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE codes IN ACCESS EXCLUSIVE MODE")
        yield


HOLDING = """
import sys
import sqlalchemy as sa
from pathlib import Path
from webapp.catalog import write_lock
from webapp.catalog.originals import Originals
from webapp.catalog.reader import Catalog
from webapp.storage.local import LocalStorage

instance = Path(sys.argv[2])
originals = Originals(instance, LocalStorage(instance))
with write_lock.writing(Catalog(sa.make_url(sys.argv[1]), originals)):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
def test_the_lock_of_an_importer_that_was_killed_is_free(machine: Machine, shared: str) -> None:
    one, other = (core_of(machine()).catalog for _ in range(2))
    holding = [sys.executable, "-c", HOLDING, shared, str(one.instance)]
    with subprocess.Popen(holding, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(CatalogBusy), write_lock.writing(other):
            pass
        process.send_signal(signal.SIGKILL)
    eventually(lambda: _is_free(other), "its lock was free")


def _is_free(catalog: Catalog) -> bool:
    try:
        with write_lock.writing(catalog):
            return True
    except CatalogBusy:
        return False


@pytest.mark.thorough
def test_what_one_machine_changes_the_others_show_at_once(machine: Machine) -> None:
    one, other = machine(), machine()
    assert titles(one) == titles(other)
    retitle(one, 3, "Said on one")
    assert titles(other)[2] == "Said on one"
    retitle(other, 4, "Said on the other")
    assert titles(one)[3] == "Said on the other"
    sent = {"image": (io.BytesIO(encoded(bag(70), "PNG")), "new.png")}
    added = one.test_client().post("/api/v1/items", headers=OWNER, data=sent).get_json()
    similar = other.test_client().get(f"/api/v1/items/{added['id']}/similar?by=whash").get_json()
    assert similar["exact"]
    assert len(similar["hits"]) == 8


@pytest.mark.thorough
def test_the_log_waits_for_the_index_of_every_machine(machine: Machine) -> None:
    one, other = machine(), machine()
    for app in (one, other):  # each is known to have an index
        core_of(app).generations.publish(core_of(app).catalog)
    retitle(one, 3, "Said on one")
    core_of(one).generations.publish(core_of(one).catalog)
    core_of(one).generations.publish(core_of(one).catalog)  # none that it keeps needs the log
    # A process that begins only now on the other has the old index and the log.
    late = create_app({"instance": core_of(other).settings.instance, "database": _address(other)})
    assert titles(late)[2] == "Said on one"
    assert changes_since(core_of(one).catalog, 0).ids == [3]
    for _ in range(2):
        core_of(other).generations.publish(core_of(other).catalog)
    assert changes_since(core_of(one).catalog, 0).ids == []
    assert titles(late)[2] == "Said on one"


@pytest.mark.thorough
def test_a_machine_that_nobody_heard_of_for_a_month_is_not_waited_for_and_knows_it(
    machine: Machine,
) -> None:
    one, gone = machine(), machine()
    for app in (one, gone):
        core_of(app).generations.publish(core_of(app).catalog)
    name = f"indexed by {socket.gethostname()}:{core_of(gone).catalog.instance}"
    run_at(_address(one), f"UPDATE facts SET value = 5 WHERE name = '{name}'")
    retitle(one, 3, "Said on one")
    for _ in range(2):
        core_of(one).generations.publish(core_of(one).catalog)
    assert changes_since(core_of(one).catalog, 0).ids == []
    assert core_of(one).publisher.is_current()
    assert not core_of(gone).publisher.is_current()
    told = hashbag(["index", "--behind"], core_of(gone).settings.instance, _environ(gone))
    assert told.stdout.startswith("published index generation")
    assert titles(gone)[2] == "Said on one"
    again = hashbag(["index", "--behind"], core_of(gone).settings.instance, _environ(gone))
    assert again.stdout == "the index lacks nothing\n"


@pytest.mark.slow
@pytest.mark.parametrize("is_new", [False, True], ids=["with an index", "a new machine"])
def test_a_server_finds_out_by_itself_what_another_machine_imported(
    machine: Machine, shared: str, tmp_path: Path, is_new: bool
) -> None:
    here, there = (core_of(machine()).settings.instance for _ in range(2))
    if is_new:
        shutil.rmtree(here / "generations")
    photos = tmp_path / "photos"
    photos.mkdir()
    bag(90).save(photos / "new.png")
    with served(here, settings=settings_of(shared)) as server:
        assert server.get("/api/v1/items/3/similar?k=50").status == (503 if is_new else 200)
        done = hashbag(["import", photos, "--no-map"], there, settings_of(shared))
        assert done.returncode == 0, done.stderr
        eventually(lambda: _found(server), "what the other machine imported")


def _found(server: Server) -> bool:
    answer = server.get("/api/v1/items/3/similar?by=whash&k=50")
    hits = answer.json["hits"] if answer.status == 200 else []
    return "new.png" in [hit["item"]["filename"] for hit in hits]


def _address(app: Flask) -> str:
    return core_of(app).settings.database


def _environ(app: Flask) -> dict[str, str]:
    return settings_of(_address(app))


# --- its tables ---


def alembic_on(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "webapp.catalog:migrations")
    config.attributes["connection"] = connection
    return config


@pytest.mark.thorough
def test_a_catalogue_of_the_first_layout_is_brought_up_to_date_and_has_ids_of_64_bits(
    empty_database: str,
) -> None:
    url = sa.make_url(empty_database)
    engine = connect_to(url)
    with engine.begin() as connection:
        command.upgrade(alembic_on(connection), "1")
        for statement in (
            "INSERT INTO items (path, width, height, digest, extra) VALUES ('a', 1, 1, 'd', '{}')",
            "INSERT INTO makers (versions) VALUES ('x')",
            "INSERT INTO codes VALUES ('whash', 1, 'abc', 1)",
        ):
            connection.exec_driver_sql(statement)
    with ThreadPoolExecutor(4) as pool:  # as processes that begin at the same time
        for done in [pool.submit(upgrade, url, 60.0) for _ in range(4)]:
            done.result()
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        found: Any = connection.exec_driver_sql("SELECT item_id, photo, code FROM codes").all()
        assert found == [(1, 1, b"abc")]
        assert connection.exec_driver_sql("SELECT occurrence FROM items").all() == [(0,)]
        for table in ("items", "makers", "sign_in_tries"):
            connection.exec_driver_sql(f"SELECT setval('{table}_id_seq', {2**40})")
        new = "INSERT INTO items (path, width, height, digest, extra) VALUES ('b', 1, 1, 'd', '{}')"
        connection.exec_driver_sql(new)
        code = f"INSERT INTO codes VALUES ('whash', {2**40 + 1}, 'abc', 1)"
        connection.exec_driver_sql(code)
        layout = connection.exec_driver_sql(
            "SELECT value FROM facts WHERE name = 'schema'"
        ).scalar()
        assert layout == LAYOUT
    engine.dispose()


@pytest.mark.thorough
def test_who_brings_tables_up_to_date_is_waited_for_some_time(empty_database: str) -> None:
    url = sa.make_url(empty_database)
    engine = connect_to(url)
    with engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(0x68617368626167)))
        with pytest.raises(CatalogUnavailable, match="cannot be used at the moment"):
            upgrade(url, 0.2, create=True)
    engine.dispose()
    upgrade(url, 0.2, create=True)


# --- an import is killed ---


@pytest.mark.slow
def test_after_kill_9_of_an_import_the_next_run_adds_only_the_rest(
    empty_database: str, tmp_path: Path
) -> None:
    photos = draw_catalogue(tmp_path / "photos", 120, seed=11)
    instance, settings = tmp_path / "instance", settings_of(empty_database)
    taking: list[str | Path] = ["import", "--kinds", "whash", "--no-map", photos]
    with started(taking, instance, settings) as importing:
        eventually(lambda: _count(empty_database), "some items")
        importing.send_signal(signal.SIGKILL)
        importing.wait()
        eventually(lambda: not group_of(importing.pid), "its workers ended")
        importing.communicate()
    originals = Originals(instance, LocalStorage(instance))
    catalog = Catalog(sa.make_url(empty_database), originals)
    eventually(lambda: _is_free(catalog), "its lock was free")
    before = _count(empty_database)
    assert before
    again = hashbag(taking, instance, settings)
    assert again.returncode == 0, again.stderr
    assert f"added {120 - before}, updated 0, unchanged {before}, rejected 0" in again.stdout
    lacking = "SELECT count(*) FROM items LEFT JOIN codes ON item_id = id WHERE code IS NULL"
    assert run_at(empty_database, lacking) == [(0,)]
    assert hashbag(["verify"], instance, settings).returncode == 0


def _count(address: str) -> int:
    try:
        return int(str(run_at(address, "SELECT count(*) FROM items")[0][0]))
    except sa.exc.ProgrammingError:  # the tables are being made
        return 0
