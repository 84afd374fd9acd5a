"""`hashbag verify --repair` makes anew what can be made, says so, and drops no item."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.applications import core_of, hashbag
from tests.pictures import bag
from tests.test_survival import files, serving_generation
from webapp import create_app


@pytest.fixture
def instance(eight: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(eight, tmp_path / "instance"))


def verify(instance: Path, *more: str) -> CompletedProcess[str]:
    return hashbag(["verify", "--jobs", "1", *more], instance)


def run_sql(instance: Path, statement: str) -> None:
    with closing(sqlite3.connect(instance / "hashbag.db")) as database, database:
        database.execute(statement)


def rows(instance: Path) -> list[object]:
    with closing(sqlite3.connect(instance / "hashbag.db")) as database:
        queries = ("SELECT * FROM items ORDER BY id", "SELECT kind, item_id, code FROM codes")
        return [row for query in queries for row in sorted(database.execute(query))]


def a_thumbnail(instance: Path) -> Path:
    return min(instance.glob("thumbs/*/*.webp"))


def an_index_file(instance: Path) -> Path:
    return min(serving_generation(instance).glob("*.codes.npy"))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def leave_halves(instance: Path) -> None:
    """Leave what processes that were killed would: halves, and a photo that was not added."""
    command = [sys.executable, "-c", "import os; print(os.getpid())"]
    dead = subprocess.run(command, capture_output=True, check=True)
    name = f".writing-{int(dead.stdout)}-abc"
    (instance / "originals" / "ab").mkdir(parents=True)
    for folder in ("originals/ab", "thumbs/00", "generations", "."):
        (instance / folder).mkdir(exist_ok=True)
        (instance / folder / name).write_bytes(b"half")
    bag(77).save(instance / "originals" / "ab" / ("ab" + "0" * 62 + ".png"))
    (instance / "generations" / ".building-x").mkdir()


HARM: dict[str, tuple[Callable[[Path], object], str]] = {
    "no index": (lambda one: shutil.rmtree(one / "generations"), "built the index anew"),
    "the index is cut": (lambda one: cut(an_index_file(one)), "built the index anew"),
    "its name is cut": (lambda one: cut(one / "generations" / "current"), "built the index anew"),
    "a file of it is gone": (lambda one: an_index_file(one).unlink(), "built the index anew"),
    "no thumbnail": (lambda one: a_thumbnail(one).unlink(), "thumbnails of 1 item anew"),
    "a cut thumbnail": (lambda one: cut(a_thumbnail(one)), "thumbnails of 1 item anew"),
    "no thumbnails": (lambda one: shutil.rmtree(one / "thumbs"), "thumbnails of 8 items anew"),
    "no codes": (
        lambda one: run_sql(one, "DELETE FROM codes WHERE item_id = 3 AND kind = 'whash'"),
        "computed the codes and thumbnails of 1 item anew",
    ),
    "wrong codes": (
        lambda one: run_sql(
            one, "UPDATE codes SET code = zeroblob(8) WHERE item_id = 5 AND kind = 'phash'"
        ),
        "computed the codes and thumbnails of 1 item anew",
    ),
    "halves": (leave_halves, "removed 5 files that a process left half written"),
}


@pytest.mark.thorough
@pytest.mark.parametrize("harm", HARM)
def test_what_can_be_made_anew_is_and_all_is_as_it_was(
    harm: str, eight: Path, instance: Path
) -> None:
    do, told = HARM[harm]
    do(instance)
    mended = verify(instance, "--repair")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert told in mended.stdout
    assert rows(instance) == rows(eight)
    assert files(instance / "thumbs") == files(eight / "thumbs")
    assert files(serving_generation(instance)) == files(serving_generation(eight))
    assert not [*instance.rglob(".writing-*"), *instance.rglob(".building-*")]
    assert not [*instance.glob("originals/*/*")]
    again = verify(instance, "--repair")
    assert again.stdout == "8 items and their index are as they should be\n"
    assert again.stderr == ""


@pytest.mark.thorough
def test_an_instance_that_is_well_is_left_as_it_is(instance: Path) -> None:
    def state() -> dict[str, int]:
        return {str(one): one.stat().st_mtime_ns for one in instance.rglob("*") if one.is_file()}

    verify(instance)
    before = state()
    assert verify(instance, "--repair").stdout.startswith("8 items and their index")
    assert {n: t for n, t in state().items() if n in before and "hashbag.db" not in n} == {
        n: t for n, t in before.items() if "hashbag.db" not in n
    }


@pytest.mark.thorough
def test_photos_that_are_gone_or_others_are_told_and_their_items_stay(instance: Path) -> None:
    (instance / "photos" / "002.png").unlink()
    bag(99).save(instance / "photos" / "004.png")
    shutil.rmtree(instance / "thumbs")
    before = rows(instance)
    done = verify(instance, "--repair")
    assert done.returncode == 1
    assert "thumbnails of 6 items anew" in done.stdout
    assert "item 3, 002.png: its photo cannot be read: No such file" in done.stdout
    assert "item 5, 004.png: its photo changed since it was imported" in done.stdout
    assert rows(instance) == before


@pytest.mark.thorough
def test_a_photo_that_waits_in_the_bin_is_no_left_over(instance: Path) -> None:
    app = create_app({"instance": instance, "admin_token": "of-the-owner"})
    from tests.test_item_changes import add  # noqa: PLC0415 - it brings fixtures along

    added = add(app.test_client(), 50, title="binned").get_json()["id"]
    batch = core_of(app).item_bin.remove([added])
    kept = {*instance.glob("originals/*/*"), *instance.glob("thumbs/*/*")}
    assert verify(instance, "--repair").returncode == 0
    assert {*instance.glob("originals/*/*"), *instance.glob("thumbs/*/*")} == kept
    core_of(app).item_bin.restore(batch)
    core_of(app).catalog.engine.dispose()
    assert verify(instance).returncode == 0


@pytest.mark.thorough
@pytest.mark.parametrize("where", [0, 100, 9000, 40_000])
def test_a_damaged_database_is_named_with_the_way_back(instance: Path, where: int) -> None:
    before = shutil.copytree(instance, instance.with_name("before"))
    assert hashbag(["backup", instance.with_name("all.zip")], instance).returncode == 0
    database, log = instance / "hashbag.db", instance / "hashbag.db-wal"
    with closing(sqlite3.connect(database)) as writing:
        writing.execute("UPDATE items SET title = 'of the damaged one'")
        writing.commit()
        shutil.copy(log, instance.with_name("log"))  # when it is closed, the log is gone
    with database.open("r+b") as file:
        file.seek(where)
        file.write(os.urandom(8000))
    done = verify(instance, "--repair")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "hashbag restore" in said
    assert "Traceback" not in said
    # And the way leads back. What the damaged one left beside it is not taken for a part of it.
    shutil.copy(instance.with_name("log"), log)
    database.rename(instance / "damaged.db")
    assert hashbag(["restore", instance.with_name("all.zip")], instance).returncode == 0
    assert verify(instance).returncode == 0
    assert rows(instance) == rows(before)
