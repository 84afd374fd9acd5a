"""What many tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings

from tests.browsing import chromium, drawn, shop  # noqa: F401 - fixtures
from tests.pictures import catalogue
from webapp import create_app
from webapp.catalog import import_list
from webapp.catalog.importer import Outcome
from webapp.context import Hashbag
from webapp.explore.map.drawing import draw
from webapp.explore.map.selection import MAX_MAP_ITEMS
from webapp.explore.map.store import Maps
from webapp.processes import available_cores

# Machines are shared: a slow moment is no failure.
settings.register_profile("hashbag", deadline=None)
settings.load_profile("hashbag")

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "bags"


@pytest.fixture(scope="session", autouse=True)
def _one_network(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Have all instances share the learned kind's network: making it takes a moment."""
    os.environ["_HASHBAG_NETWORK"] = str(tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="session")
def photos() -> Path:
    """Find the folder of real bag photos; continuous integration must have it."""
    if not PHOTOS.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real photos are missing: {PHOTOS}")
        pytest.skip(f"no real photos at {PHOTOS}")
    return PHOTOS


def core_of(app: Flask) -> Hashbag:
    """Reach the core behind an application."""
    core: Hashbag = app.extensions["hashbag"]
    return core


def take_in(app: Flask, source: Path) -> list[object]:
    """Import and publish, in this process."""
    core = core_of(app)
    outcomes: list[object] = list(core.importer.take(import_list.read(source), jobs=1))
    core.generations.publish(core.catalog)
    return outcomes


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Build an application with 60 drawn pictures; tests must not change it."""
    folder = tmp_path_factory.mktemp("filled")
    app = create_app({"instance": folder / "instance"})
    take_in(app, catalogue(folder / "photos", 60))
    return app


def draw_map(app: Flask, maps: Maps | None = None, most: int = MAX_MAP_ITEMS) -> None:
    """Draw the map of an application's catalogue, in this process."""
    core = core_of(app)
    for _ in draw(core.catalog, core.thumbs, maps or core.maps, most):
        pass


@pytest.fixture(scope="session")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Build an application with 60 drawn pictures and their map; tests must not change it."""
    folder = tmp_path_factory.mktemp("mapped")
    app = create_app({"instance": folder / "instance"})
    take_in(app, catalogue(folder / "photos", 60))
    draw_map(app)
    return app


@pytest.fixture
def client(filled: Flask) -> Iterator[FlaskClient]:
    """Ask the filled application."""
    with filled.test_client() as client:
        yield client


@pytest.fixture
def empty(tmp_path: Path) -> Flask:
    """Build an application with nothing in it."""
    return create_app({"instance": tmp_path / "instance"})


@pytest.fixture(scope="session")
def large_photos(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Build an application with the 742 real photos that are large enough to look at."""
    return _with_photos(photos / "large-photos.csv", 742, tmp_path_factory.mktemp("large"))


@pytest.fixture(scope="session")
def all_bags(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Build an application with all 3,055 real photos."""
    return _with_photos(photos / "all-bags.csv", 3055, tmp_path_factory.mktemp("bags"))


def _with_photos(source: Path, count: int, instance: Path) -> Flask:
    app = create_app({"instance": instance})
    core = core_of(app)
    taken = list(core.importer.take(import_list.read(source), available_cores()))
    assert taken == [Outcome.ADDED] * count
    core.generations.publish(core.catalog)
    return app
