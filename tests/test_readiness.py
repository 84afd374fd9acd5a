"""`/readyz` is true only while a search works, says what is missing, and recovers by itself."""

import os
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from contextvars import copy_context
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.applications import core_of
from tests.serving import children_of, eventually, is_cage, run_hashbag, served
from tests.test_database import locked_by_another
from tests.test_metrics import Told
from webapp import create_app
from webapp.cage.keeper import SOCKET
from webapp.catalog.originals import Originals
from webapp.catalog.reader import Catalog
from webapp.catalog.write_lock import building, is_building_here, is_writing_here, writing
from webapp.config import load
from webapp.storage.local import LocalStorage

SIMILAR = "/api/v1/items/3/similar"


@pytest.fixture
def instance(eight: Path, tmp_path: Path) -> Path:
    return shutil.copytree(eight, tmp_path / "instance")


@pytest.fixture
def client(instance: Path) -> FlaskClient:
    return create_app({"instance": instance}).test_client()


def database_of(app: Flask) -> Path:
    return core_of(app).settings.instance / "hashbag.db"


@contextmanager
def catalogue_gone(app: Flask) -> Iterator[None]:
    path = database_of(app)
    away = path.rename(path.with_name("away.db"))
    yield
    away.rename(path)


@contextmanager
def catalogue_unreadable(app: Flask) -> Iterator[None]:
    with catalogue_gone(app):
        database_of(app).write_bytes(b"no database " * 1000)
        yield
        database_of(app).unlink()


@contextmanager
def of_another_catalogue(app: Flask) -> Iterator[None]:
    """Have none of the items that the index knows, but others."""
    for sign in "+-":
        with closing(sqlite3.connect(database_of(app))) as connection:
            connection.execute(f"UPDATE items SET id = id {sign} 1000")
            connection.commit()
        if sign == "+":
            yield


Harm = Callable[[Flask], AbstractContextManager[None]]

HARMS: dict[Harm, str] = {
    catalogue_gone: "catalogue",
    locked_by_another: "catalogue",
    catalogue_unreadable: "catalogue",
    of_another_catalogue: "search",
}


@pytest.mark.thorough
@pytest.mark.parametrize("harm", HARMS)
def test_it_says_what_is_missing_and_no_path_and_is_ready_again_by_itself(
    harm: Harm, instance: Path, client: FlaskClient
) -> None:
    assert client.get("/readyz").status_code == 200
    with harm(client.application):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.get_json()["missing"]) == (503, HARMS[harm])
        assert answer.headers["Retry-After"]
        assert str(instance) not in answer.get_data(as_text=True)
        assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json()["status"] == "ready"
    assert len(client.get(SIMILAR).get_json()["hits"]) == 7


@pytest.mark.thorough
@pytest.mark.parametrize("what", ["manifest.json", "whash.ann", "current"])
def test_a_damaged_index_is_missing_until_it_is_built_anew(instance: Path, what: str) -> None:
    folder = instance / "generations"
    (folder / what if what == "current" else folder / "000001" / what).write_bytes(b"damaged")
    client = create_app({"instance": instance}).test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["missing"]) == (503, "index")
    assert str(instance) not in answer.get_data(as_text=True)
    now = Told(client.get("/metrics").get_data(as_text=True))
    assert (now("hashbag_up", part="index"), now("hashbag_up", part="catalogue")) == (0, 1)
    assert run_hashbag(["index", "--no-map"], instance).returncode == 0
    assert client.get("/readyz").status_code == 200


@pytest.mark.thorough
def test_an_empty_catalogue_that_is_indexed_is_ready_and_one_that_is_not_is_not(
    tmp_path: Path, instance: Path, client: FlaskClient
) -> None:
    new = create_app({"instance": tmp_path / "new"}).test_client().get("/readyz")
    assert (new.status_code, new.get_json()["missing"]) == (503, "index")
    every = [str(number) for number in range(1, 9)]
    assert run_hashbag(["remove", *every, "--no-map"], instance).returncode == 0
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["items"]) == (200, 0)


@pytest.mark.thorough
def test_it_is_no_search_of_a_visitor(client: FlaskClient) -> None:
    def searches() -> float:
        return Told(client.get("/metrics").get_data(as_text=True))("hashbag_searches_total")

    before = searches()
    assert client.get("/readyz").status_code == 200
    assert searches() == before
    assert client.get(SIMILAR).status_code == 200
    assert searches() == before + 1


def test_without_what_reads_pictures_it_is_ready_and_says_so(
    instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SOCKET, str(tmp_path / "nobody"))
    client = create_app({"instance": instance}).test_client()

    def asked() -> None:  # in a context of its own: where pictures are read is kept in it
        ready = client.get("/readyz")
        assert ready.status_code == 200
        assert ready.get_json()["pictures"] == "not read at the moment"
        now = Told(client.get("/metrics").get_data(as_text=True))
        assert now("hashbag_up", part="pictures") == 0

    copy_context().run(asked)


@pytest.mark.slow
def test_when_all_that_read_pictures_are_killed_others_come_and_pages_never_notice(
    instance: Path,
) -> None:
    with served(instance, 1) as server:
        ready = eventually(lambda: server.get("/readyz"), "an answer")
        eventually(lambda: server.get("/readyz").json["pictures"] == "read", "they are there")
        (parent,) = (child for child in children_of(server.pid) if is_cage(child))
        os.kill(parent, signal.SIGKILL)
        eventually(
            lambda: Told(server.get("/metrics").text)("hashbag_cage_starts_total") == 2,
            "they were started anew",
        )
        eventually(lambda: server.get("/readyz").json["pictures"] == "read", "they are there")
        assert ready.status == server.get("/readyz").status == server.get("/items/3").status == 200
        count = len(server.cage())
        eventually(
            lambda: Told(server.get("/metrics").text)("hashbag_cage_processes") == count,
            "those that are gone are not counted",
        )


def catalog_of(instance: Path) -> Catalog:
    originals = Originals(instance, LocalStorage(instance))
    return Catalog(load({}, {"instance": instance}).database_url, originals)


@pytest.mark.thorough
def test_imports_and_builds_are_told_while_they_run(instance: Path, client: FlaskClient) -> None:
    def running() -> tuple[float, float]:
        now = Told(client.get("/metrics").get_data(as_text=True))
        return now("hashbag_import_running"), now("hashbag_rebuild_running")

    assert running() == (0, 0)
    catalog = catalog_of(instance)
    with writing(catalog):
        assert running() == (1, 0)
    with building(catalog):
        assert running() == (0, 1)
    assert running() == (0, 0)


@pytest.mark.thorough
def test_who_imports_or_builds_is_not_told_that_another_does_by_being_looked_at(
    instance: Path,
) -> None:
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            is_writing_here(instance)
            is_building_here(instance)

    catalog = catalog_of(instance)
    with writing(catalog), building(catalog):
        """The files of the locks are there from now on."""
    looking = [threading.Thread(target=look) for _ in range(3)]
    for one in looking:
        one.start()
    try:
        for _ in range(300):
            with writing(catalog), building(catalog, wait=False):
                """Neither is refused."""
    finally:
        over.set()
        for one in looking:
            one.join()
