"""The learned kind there, gone, and there again, on one catalogue: nothing is lost or broken."""

import json
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.applications import hashbag
from tests.pictures import bag, catalogue, encoded
from tests.serving import HANGS, eventually, run_hashbag, served, started

pytestmark = pytest.mark.slow

ITEMS = 40
REMEDY = "pip install 'hashbag[learned]'"


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Make Python find no onnxruntime, as where it was not installed."""
    folder = tmp_path_factory.mktemp("hiding")
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['onnxruntime'] = None\n")
    return {"PYTHONPATH": f"{folder}:{os.environ.get('PYTHONPATH', '')}"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return catalogue(tmp_path_factory.mktemp("absent") / "photos", ITEMS)


def learned_codes(instance: Path) -> dict[str, bytes]:
    """Return the stored codes by the path of their photo."""
    query = "SELECT path, code FROM codes JOIN items ON id = item_id WHERE kind = 'learned'"
    with closing(sqlite3.connect(instance / "hashbag.db", timeout=HANGS)) as database:
        return dict(database.execute(query).fetchall())


def test_present_absent_present(tmp_path: Path, manifest: Path, hidden: dict[str, str]) -> None:
    instance = tmp_path / "instance"
    assert hashbag(["import", "--jobs", "1", manifest], instance).returncode == 0
    codes = learned_codes(instance)
    assert len(codes) == ITEMS
    link = ask_where_it_is_there(instance)
    ask_where_it_is_gone(instance, hidden, link)
    changed = next(path for path in codes if path.endswith("007.png"))
    change_what_is_there_without_it(instance, manifest, hidden)
    kept = {path: code for path, code in codes.items() if path != changed}
    assert learned_codes(instance) == kept
    # There again, before anybody indexed: the look does without; asking for it says what to do.
    with served(instance, workers=1) as server:
        assert "Mostly colour" in server.get("/items/3").text
        refused = server.get("/api/v1/items/3/similar?by=learned")
        assert refused.status == 503
        assert "hashbag index" in refused.json["detail"]
        assert hashbag(["import", "--jobs", "1", manifest], instance).returncode == 0
        assert "Same sort" in server.get("/items/3").text
        assert server.get("/api/v1/items/3/similar?by=learned").status == 200
    assert learned_codes(instance).keys() == codes.keys()
    assert kept.items() <= learned_codes(instance).items()


def ask_where_it_is_there(instance: Path) -> str:
    """Ask in every way; returns the link of an upload."""
    with served(instance, workers=1) as server:
        assert "Same sort" in server.get("/items/3").text
        assert server.get("/api/v1/items/3/similar?by=learned").json["exact"] is True
        assert "learned" in [kind["name"] for kind in server.get("/api/v1/kinds").json]
        return server.post_picture("/search", encoded(bag(3), "PNG")).headers["Location"]


def ask_where_it_is_gone(instance: Path, hidden: dict[str, str], link: str) -> None:
    """The same generation goes on being served, without the kind."""
    told = json.loads(run_hashbag(["status", "--json"], instance, more=hidden).stdout)
    assert told["index"]["problems"] == []
    assert REMEDY in told["not installed"]["learned"]
    with served(instance, workers=1, settings=hidden) as server:
        assert server.get("/readyz").json["status"] == "ready"
        item = server.get("/items/3").text
        assert "Same sort" not in item
        assert "Mostly colour" in item
        assert "by=learned" not in item
        assert "learned" not in [kind["name"] for kind in server.get("/api/v1/kinds").json]
        refused = server.get("/api/v1/items/3/similar?by=learned")
        assert refused.status == 400
        assert REMEDY in refused.json["detail"]
        assert REMEDY in server.get("/about").text.replace("&#39;", "'")
        for lean in ("sort", "picture", "colour", "balanced", "0.3"):
            assert server.get(f"/items/3?lean={lean}").status == 200
        found = server.get(link)  # it carries a learned code
        assert found.status == 200
        assert "Bag 2" in found.text


def change_what_is_there_without_it(instance: Path, manifest: Path, hidden: dict[str, str]) -> None:
    """Only of a photo that changed does the old code go.

    The other photos are read too: bags before real backgrounds are then found by colours alone.
    """
    photos = manifest.parent
    bag(99).save(photos / "007.png")
    done = run_hashbag(["import", "--jobs", "1", manifest], instance, more=hidden)
    assert done.stdout == f"added 0, updated {ITEMS}, unchanged 0, rejected 0\n"
    assert run_hashbag(["index", "--jobs", "1"], instance, more=hidden).returncode == 0
    assert run_hashbag(["verify", "--jobs", "1"], instance, more=hidden).returncode == 0
    asked: list[str | Path] = ["search", photos / "001.png", "--by", "learned"]
    for command in (asked, ["index", "--kinds", "learned"]):
        refused = run_hashbag(command, instance, more=hidden)
        assert refused.returncode == 2
        assert REMEDY in refused.stderr


def test_a_catalogue_from_before_the_kind_is_filled_in_while_it_is_served(
    tmp_path: Path, manifest: Path, hidden: dict[str, str]
) -> None:
    """Killed on the way, it goes on where it was; searches are answered all the time."""
    instance = tmp_path / "instance"
    assert run_hashbag(["import", "--jobs", "1", manifest], instance, more=hidden).returncode == 0
    assert not learned_codes(instance)
    with served(instance, workers=1) as server:
        assert server.get("/items/5").status == 200
        with started(["index", "--kinds", "learned", "--jobs", "1"], instance) as filling:
            eventually(lambda: learned_codes(instance), "the first codes are there")
            filling.send_signal(signal.SIGKILL)
            filling.wait()
        some = learned_codes(instance)
        assert 0 < len(some) <= ITEMS
        assert server.get("/items/5").status == 200
        # Half filled in, and published: the look blends what all items have.
        stopped = hashbag(["index", "--jobs", "1", "--kinds", "shape"], instance)
        assert stopped.returncode == 0
        assert server.get("/items/5").status == 200
        done = hashbag(["index", "--jobs", "1", "--kinds", "learned"], instance)
        assert (done.returncode, done.stdout) == (
            0,
            f"published index generation 000003 of {ITEMS} items\n",
        )
        assert "Same sort" in server.get("/items/5").text
        assert server.get("/items/5?by=learned").status == 200
    whole = learned_codes(instance)
    assert len(whole) == ITEMS
    assert {path: whole[path] for path in some} == some


def test_the_network_is_kept_in_the_instance(
    tmp_path: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = tmp_path / "instance"
    monkeypatch.delenv("_HASHBAG_NETWORK")
    assert (
        run_hashbag(["import", "--jobs", "1", "--kinds", "learned", manifest], instance).returncode
        == 0
    )
    body, head = sorted(kept.name for kept in (instance / "network").iterdir())
    assert body.startswith("efficientnet-lite0-2-body-")
    assert head.startswith("efficientnet-lite0-2-head-")
