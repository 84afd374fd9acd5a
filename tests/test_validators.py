"""Who asks again for what has not changed is told so; what changed is sent."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import core_of, take_in
from tests.pictures import catalogue
from webapp import create_app
from webapp.catalog import import_list
from webapp.catalog.import_outcome import Outcome

ITEM = "/api/v1/items/3"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """Build an application with 12 pictures that a test may change."""
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, catalogue(tmp_path / "photos", 12))
    return app


def retitle(app: Flask, folder: Path, title: str) -> None:
    """Give the third item another title, and publish."""
    path = folder / "photos" / "manifest.csv"
    path.write_text(path.read_text("utf-8").replace("Bag 2,", f"{title},"), "utf-8")
    assert Outcome.UPDATED in take_in(app, path)


@pytest.mark.thorough
def test_a_page_asked_for_again_is_validated_until_it_changes(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    similar = "/api/v1/items/4/similar?by=phash&k=11"
    paths = ["/items/3", "/browse", "/about", "/?seed=4", ITEM, similar]
    tags = {}
    for path in paths:
        first = client.get(path)
        assert "no-cache" in first.headers["Cache-Control"]
        tags[path] = first.headers["ETag"]
        again = client.get(path, headers={"If-None-Match": tags[path]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tags[path]
    retitle(app, tmp_path, "Quite another")
    for path in paths:
        later = client.get(path, headers={"If-None-Match": tags[path]})
        assert later.status_code == (304 if path == "/about" else 200)
        assert (later.headers["ETag"] == tags[path]) == (path == "/about")
        assert ("Quite another" in later.text) == (path != "/about")


def test_an_error_has_no_validator(client: FlaskClient) -> None:
    for path in ("/items/4711", "/api/v1/items/1/similar?by=nope", "/browse?page=99"):
        assert "ETag" not in client.get(path).headers


def test_what_an_import_wrote_is_told_before_it_is_published(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    assert client.get(ITEM).get_json()["title"] == "Bag 2"
    path = tmp_path / "photos" / "manifest.csv"
    path.write_text(path.read_text("utf-8").replace("Bag 2,", "Quite another,"), "utf-8")
    list(core_of(app).importer.take(import_list.read(path), jobs=1))
    assert client.get(ITEM).get_json()["title"] == "Quite another"
