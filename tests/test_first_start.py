"""`make run`: the demo is for whoever has nothing of their own, and is drawn once."""

import json
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.applications import core_of, hashbag
from tests.pictures import catalogue
from tests.serving import eventually, free_port, group_of, started
from webapp import create_app
from webapp.cli.demo import have_something_to_show
from webapp.lab.demo import write

pytestmark = pytest.mark.slow

BAGS = 40


def first_start(instance: Path) -> list[str]:
    """Do what `make run` does before it serves; return the items' filenames."""
    app = create_app({"instance": instance})
    with app.app_context():
        have_something_to_show(with_map=False)
    return sorted(item.filename for item in core_of(app).catalog.all_items())


def items_at(instance: Path) -> int:
    """Count the items, also while the tables are being made."""
    try:
        with closing(sqlite3.connect(instance / "hashbag.db", timeout=10)) as database:
            return int(database.execute("SELECT count(*) FROM items").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def forget_the_index(instance: Path) -> None:
    (instance / "generations" / "current").unlink()


def test_an_own_catalogue_gets_no_demo_though_one_was_drawn_before(tmp_path: Path) -> None:
    instance, photos = tmp_path / "instance", catalogue(tmp_path / "photos", 3)
    (instance / "demo").mkdir(parents=True)
    (instance / "demo" / "manifest.csv").write_text("filename\n")
    hashbag(["import", photos, "--kinds", "whash", "--no-map"], instance)
    forget_the_index(instance)
    assert first_start(instance) == ["000.png", "001.png", "002.png"]
    assert (instance / "generations" / "current").exists()
    assert not (instance / "maps").exists()


def test_what_the_owner_emptied_stays_empty(tmp_path: Path) -> None:
    instance, photos = tmp_path / "instance", catalogue(tmp_path / "photos", 1)
    hashbag(["import", photos, "--no-map"], instance)
    hashbag(["remove", "1", "--no-map"], instance)
    assert first_start(instance) == []


def test_a_removed_bag_of_the_demo_stays_removed(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    hashbag(["demo", "--items", "8", "--no-map"], instance)
    hashbag(["remove", "8", "--no-map"], instance)
    assert len(first_start(instance)) == 7
    forget_the_index(instance)
    assert len(first_start(instance)) == 7


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw the bags once: drawings that are there are not drawn again."""
    folder = tmp_path_factory.mktemp("pictures")
    for path in write(folder, BAGS, jobs=1):
        assert path.exists()
    return folder


@pytest.fixture
def instance(tmp_path: Path, pictures: Path) -> Path:
    """Make a folder where all bags are drawn, and none is taken in."""
    shutil.copytree(pictures, tmp_path / "instance" / "demo")
    return tmp_path / "instance"


def interrupt(instance: Path, stage: str) -> None:
    """Kill the first drawing of some bags: while they are drawn, or while they are taken in."""
    with started(["demo", "--items", str(BAGS), "--no-map"], instance) as drawing:
        if stage == "pictures":
            eventually((instance / "demo" / ".unfinished").exists, "the drawing began")
        else:
            eventually(lambda: items_at(instance), "the first bags were taken in")
        drawing.send_signal(signal.SIGKILL)
        drawing.wait()
        eventually(lambda: not group_of(drawing.pid), "its workers ended")


@pytest.mark.parametrize("stage", ["pictures", "items"])
def test_an_interrupted_first_drawing_goes_on(stage: str, instance: Path) -> None:
    interrupt(instance, stage)
    assert len(first_start(instance)) == BAGS


def test_what_was_removed_from_an_interrupted_demo_stays_removed(instance: Path) -> None:
    interrupt(instance, "items")
    before = items_at(instance)
    hashbag(["remove", str(before), "--no-map"], instance)
    assert len(first_start(instance)) == before - 1


def test_an_interrupted_demo_does_not_grow_into_a_catalogue_of_ones_own(
    instance: Path, tmp_path: Path
) -> None:
    photos = catalogue(tmp_path / "photos", 3)
    interrupt(instance, "items")
    before = items_at(instance)
    hashbag(["import", photos, "--kinds", "whash", "--no-map"], instance)
    forget_the_index(instance)
    assert len(first_start(instance)) == before + 3


def test_make_run_serves_a_catalogue_of_ones_own_as_it_is(tmp_path: Path) -> None:
    instance, photos, port = tmp_path / "instance", catalogue(tmp_path / "photos", 1), free_port()
    hashbag(["import", photos, "--kinds", "whash", "--no-map"], instance)
    forget_the_index(instance)
    with started(["serve", "--demo", "--bind", f"127.0.0.1:{port}", "--workers", "1"], instance):
        ready = eventually(lambda: answer(port, "/readyz"), "the server answered")
    assert (ready["status"], ready["items"]) == ("ready", 1)


def test_make_run_draws_nothing_where_the_database_is_gone_and_serves_it_when_it_is_back(
    tmp_path: Path,
) -> None:
    instance, photos, port = tmp_path / "instance", catalogue(tmp_path / "photos", 1), free_port()
    hashbag(["import", photos, "--kinds", "whash", "--no-map"], instance)
    for path in instance.glob("hashbag.db*"):
        path.rename(tmp_path / path.name)
    with started(["serve", "--demo", "--bind", f"127.0.0.1:{port}", "--workers", "1"], instance):
        eventually(lambda: answer(port, "/healthz"), "the server answered")
        assert answer(port, "/readyz") == {}  # 503
        assert not [*instance.glob("demo/*"), *instance.glob("hashbag.db")]
        for path in tmp_path.glob("hashbag.db*"):
            path.rename(instance / path.name)
        assert answer(port, "/readyz")["items"] == 1


def answer(port: int, path: str) -> dict[str, object]:
    """Ask for some JSON; empty while nobody listens."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}") as response:
            return dict(json.load(response))
    except URLError:
        return {}
