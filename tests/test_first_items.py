"""The first items of a catalogue that has no index: a change that is made is answered as made."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.applications import core_of
from tests.desk import send, sign_in
from tests.serving import eventually
from tests.test_item_changes import ADMIN, add, nearest
from webapp import create_app
from webapp.catalog.write_lock import building, writing
from webapp.exceptions import NoCatalog


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    folder = tmp_path / "instance"
    folder.mkdir()
    return folder


@pytest.fixture
def app(instance: Path) -> Iterator[Flask]:
    app = create_app({"instance": instance, "admin_token": "of-the-owner", "map": "off"})
    yield app
    # What it started builds in the folder of this test.
    eventually(lambda: not core_of(app).merging.is_running, "the background came to an end")
    core_of(app).catalog.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(params=["an unmounted disk", "a lock that cannot be taken"])
def in_the_way(request: pytest.FixtureRequest, instance: Path) -> Path:
    """Have no index be built: by what the system says of files, and by an error of our own."""
    if request.param == "an unmounted disk":
        (instance / "generations").symlink_to(instance / "mounted later")
        return instance / "generations"
    (instance / ".building").mkdir()
    return instance / ".building"


def test_changes_whose_index_cannot_be_built_are_answered_as_made_and_found_later(
    client: FlaskClient, app: Flask, in_the_way: Path, caplog: pytest.LogCaptureFixture
) -> None:
    added = [add(client, seed) for seed in (1, 2, 3)]
    assert [one.status_code for one in added] == [201] * 3
    assert core_of(app).catalog.count() == 3
    changed = client.patch("/api/v1/items/1", headers=ADMIN, json={"title": "One"})
    assert (changed.status_code, changed.get_json()["title"]) == (200, "One")
    line = json.dumps({"id": 2, "title": "Two"})
    many = client.post("/api/v1/import", data=line, headers=ADMIN, mimetype="application/x-ndjson")
    assert (many.status_code, many.get_json()) == (200, {"changed": 1})
    assert client.delete("/api/v1/items/3", headers=ADMIN).status_code == 204
    assert "no index could be built while a change was answered" in caplog.text

    sign_in(client)
    gone = send(client, client.get("/admin/items/1"), "/admin/items/1/remove")
    assert (gone.status_code, gone.headers["Location"]) == (303, "/admin/removed")
    undone = send(client, client.get("/admin/removed"), "/undo")
    assert (undone.status_code, undone.headers["Location"]) == (303, "/admin/items/1")

    in_the_way.unlink() if in_the_way.is_symlink() else in_the_way.rmdir()
    assert add(client, 4).status_code == 201
    assert sorted(nearest(client, 1)) == [2, 4]


def test_a_first_change_during_an_import_is_answered_and_no_index_built_of_half_of_it(
    client: FlaskClient, app: Flask, instance: Path
) -> None:
    with writing(core_of(app).catalog):
        assert add(client, 1).status_code == 201
        assert not list(instance.glob("generations/[0-9]*"))
    assert add(client, 2).status_code == 201
    assert nearest(client, 1) == [2]


def test_a_first_change_waits_for_the_index_that_another_builds(
    client: FlaskClient, app: Flask, instance: Path
) -> None:
    """Its answer says that every process finds it."""
    other = core_of(create_app({"instance": instance}))
    answers: list[int] = []
    adding = threading.Thread(target=lambda: answers.append(add(client, 1).status_code))
    with writing(other.catalog), building(other.catalog):
        adding.start()
        eventually(lambda: _is_added(app), "the item was added")
        adding.join(timeout=1)
        assert answers == []
        other.generations.publish(other.catalog)
    adding.join()
    assert answers == [201]
    assert len(list(instance.glob("generations/[0-9]*"))) == 1
    other.catalog.engine.dispose()


def _is_added(app: Flask) -> bool:
    try:
        return core_of(app).catalog.count() == 1
    except NoCatalog:
        return False
