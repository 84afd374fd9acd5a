"""What many tests share."""

import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from filelock import FileLock
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings

from tests import on_postgresql
from tests.applications import Once, core_of, draw_map, take_drawn_bags, take_in
from tests.browsing import chromium, drawn, shop  # noqa: F401 - fixtures
from tests.desk_fixtures import desk, desk_app, desk_instance  # noqa: F401 - fixtures
from tests.first_version import first_version  # noqa: F401 - a fixture
from tests.hosts import hosts  # noqa: F401 - a fixture
from tests.milvus_fixtures import milvus  # noqa: F401 - a fixture
from tests.pictures import catalogue
from tests.postgresql import MISSING, postgresql  # noqa: F401 - a fixture
from tests.s3_server import running_s3, s3  # noqa: F401 - fixtures
from tests.small_disk import small_disk  # noqa: F401 - a fixture
from webapp import create_app
from webapp.catalog import import_list
from webapp.catalog.import_outcome import Outcome
from webapp.hashing.kinds import KINDS
from webapp.processes import available_cores
from webapp.search.look import PARTS

__all__ = ["core_of", "draw_map", "take_in"]  # where tests look for them

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "bags"

# Machines are shared: a slow moment is no failure.
settings.register_profile("hashbag", deadline=None)
settings.register_profile("fuzz", deadline=None, max_examples=3000)
settings.load_profile("hashbag")


def pytest_configure(config: pytest.Config) -> None:
    """Have all catalogues on PostgreSQL where that is wanted."""
    if on_postgresql.is_wanted():
        if not on_postgresql.is_possible():
            pytest.exit(MISSING, returncode=int(os.environ.get("CI") == "true"))
        opened = ExitStack()
        config.add_cleanup(opened.close)
        if not hasattr(config, "workerinput"):  # the workers of xdist share one server
            opened.enter_context(on_postgresql.one_server())
        opened.enter_context(on_postgresql.default_databases())


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups after it
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give slow tests that share something to one worker, and begin with them.

    The fast ones, at the end, go to whichever worker is free: so all end at about the same time.
    """
    if on_postgresql.is_wanted():
        about_files = [item for item in items if item.get_closest_marker("sqlite")]
        config.hook.pytest_deselected(items=about_files)
        items[:] = [item for item in items if item not in about_files]
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("xdist_group"):
            shared = "browser" if "chromium" in _fixtures(item) else item.path.stem
            item.add_marker(pytest.mark.xdist_group(shared))


def _fixtures(item: pytest.Item) -> Collection[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else ()


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Once:
    """Fill a folder once in a run: the first worker that wants it does, the others wait."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent

    def filled_once(name: str, fill: Callable[[Path], object]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        with FileLock(shared / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                done.touch()
        return folder

    return filled_once


@pytest.fixture(scope="session", autouse=True)
def _one_network(once: Once) -> None:
    """Have all instances share the learned kind's network: making it takes a moment."""
    os.environ["_HASHBAG_NETWORK"] = str(once("network", lambda _: None))


@pytest.fixture(scope="session", autouse=True)
def _no_counts() -> None:
    """Have nobody's visits counted, but where a test is about that: it writes in the background."""
    os.environ["HASHBAG_COUNTS"] = "off"


@pytest.fixture(scope="session", autouse=True)
def _no_limits() -> None:
    """Let tests ask as often as they like, but where they are about that."""
    os.environ["HASHBAG_LIMITS"] = "off"


@pytest.fixture(scope="session")
def photos() -> Path:
    """Find the folder of real bag photos; continuous integration must have it."""
    if not PHOTOS.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real photos are missing: {PHOTOS}")
        pytest.skip(f"no real photos at {PHOTOS}")
    return PHOTOS


@pytest.fixture(scope="session")
def filled(once: Once) -> Flask:
    """Open an application with 60 drawn pictures; tests must not change it."""
    return create_app({"instance": once("filled", take_drawn_bags) / "instance"})


@pytest.fixture(scope="session")
def eight(once: Once, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill an instance with 8 drawn pictures, their photos in it, for tests to copy.

    Some serve it as it is, and its database's files then come and go under who copies it: so each
    process that tests has its own.
    """

    def fill(instance: Path) -> None:
        app = create_app({"instance": instance})
        take_in(app, catalogue(instance / "photos", 8))
        core_of(app).catalog.engine.dispose()

    own = tmp_path_factory.mktemp("eight") / "instance"
    return Path(shutil.copytree(once("eight", fill), own))


@pytest.fixture(scope="session")
def mapped(once: Once) -> Flask:
    """Open an application with 60 drawn pictures and their map; tests must not change it."""
    folder = once("mapped", lambda folder: draw_map(take_drawn_bags(folder)))
    return create_app({"instance": folder / "instance"})


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
def large_photos(photos: Path, once: Once) -> Flask:
    """Open an application with the 742 real photos that are large enough to look at."""
    source = photos / "large-photos.csv"
    folder = once("large", lambda folder: _take_photos(folder, source, 742, KINDS.keys()))
    return create_app({"instance": folder})


@pytest.fixture(scope="session")
def all_bags(photos: Path, once: Once) -> Flask:
    """Open an application with all 3,055 real photos, in the kinds that are asked of so many."""
    source, kinds = photos / "all-bags.csv", {"whash", *PARTS}
    folder = once("bags", lambda folder: _take_photos(folder, source, 3055, kinds))
    return create_app({"instance": folder})


def _take_photos(instance: Path, source: Path, count: int, kinds: Collection[str]) -> None:
    core = core_of(create_app({"instance": instance}))
    taken = list(core.importer.take(import_list.read(source), available_cores(), kinds))
    assert taken == [Outcome.ADDED] * count
    core.generations.publish(core.catalog)
