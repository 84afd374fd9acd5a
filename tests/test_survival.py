"""An import may be stopped, killed, repeated or fed with rubbish: the catalogue stays right."""

import csv
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.applications import hashbag
from tests.serving import HANGS, draw_catalogue, eventually, group_of, run_hashbag, started

pytestmark = pytest.mark.slow

ITEMS = 200
IMPORT = ("import", "--kinds", "whash,shape")  # what must survive is the same whichever they are
MOMENTS = 40  # four of them always, all in a soak


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_catalogue(tmp_path_factory.mktemp("survival") / "photos", ITEMS, seed=11)


@dataclass(frozen=True)
class Undisturbed:
    """An import that nobody disturbed: its instance, the seconds it took, what it left."""

    instance: Path
    seconds: float
    catalogue: dict[str, object]


@pytest.fixture(scope="module")
def undisturbed(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    instance = tmp_path_factory.mktemp("undisturbed")
    start = time.monotonic()
    done = run_hashbag([*IMPORT, manifest], instance)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"added {ITEMS}, updated 0, unchanged 0, rejected 0\n"
    return Undisturbed(instance, time.monotonic() - start, catalogue(instance))


def rows(instance: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(instance / "hashbag.db", timeout=HANGS)) as database:
        return database.execute(query).fetchall()


def count(instance: Path) -> int:
    """Count the items, also while an import is making the tables."""
    try:
        return int(str(rows(instance, "SELECT count(*) FROM items")[0][0]))
    except sqlite3.OperationalError:
        return 0


def catalogue(instance: Path) -> dict[str, object]:
    """All that an import leaves: items with ids and attributes, codes, and who made them."""
    return {
        "items": rows(instance, "SELECT * FROM items ORDER BY id"),
        "codes": rows(
            instance,
            "SELECT item_id, kind, code, versions FROM codes JOIN makers "
            "ON makers.id = codes.maker_id ORDER BY item_id, kind",
        ),
        "thumbs": files(instance / "thumbs"),
        "index": files(serving_generation(instance)),
    }


def files(folder: Path) -> dict[str, bytes]:
    """Read a folder of thumbnails or an index, but for the manifest, which counts the writes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.name != "manifest.json"
    }


def serving_generation(instance: Path) -> Path:
    current = json.loads((instance / "generations" / "current").read_text())
    return instance / "generations" / str(current["generation"])


def everything(instance: Path) -> dict[str, tuple[int, bytes]]:
    """Read every file of an instance but reports, with the moment it was written."""
    return {
        str(path.relative_to(instance)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in instance.rglob("*")
        if path.is_file()
        and path.name != ".lock"
        and path.parent.name != "imports"
        and not path.name.startswith("hashbag.db")
    }


def one_clear_line(text: str) -> bool:
    return text.startswith("hashbag: ") and text.count("\n") == 1 and "Traceback" not in text


@pytest.mark.parametrize(
    "moment",
    [pytest.param(n, marks=() if n % 10 == 5 else pytest.mark.soak) for n in range(MOMENTS)],
)
def test_after_kill_9_a_second_run_ends_with_the_catalogue_of_an_undisturbed_one(
    moment: int, manifest: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    delay = (moment + random.Random(moment).random()) / MOMENTS * undisturbed.seconds
    with started([*IMPORT, manifest], tmp_path) as importing:
        time.sleep(delay)
        importing.send_signal(signal.SIGKILL)
        importing.wait()
        eventually(lambda: not group_of(importing.pid), "the killed import's workers ended")
        importing.communicate()
    if (tmp_path / "hashbag.db").exists():
        assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]
        assert rows(tmp_path, "PRAGMA foreign_key_check") == []

    again = run_hashbag([*IMPORT, manifest], tmp_path)

    assert again.returncode == 0, again.stderr
    assert "rejected 0" in again.stdout
    assert catalogue(tmp_path) == undisturbed.catalogue


def test_kill_9_in_the_middle_keeps_what_was_written_and_the_next_run_adds_only_the_rest(
    manifest: Path, tmp_path: Path
) -> None:
    with started([*IMPORT, manifest], tmp_path) as importing:
        eventually(lambda: count(tmp_path), "the first items were written")
        importing.send_signal(signal.SIGKILL)
        importing.wait()
    kept = count(tmp_path)

    again = run_hashbag([*IMPORT, manifest], tmp_path)

    assert 0 < kept < ITEMS
    assert again.stdout.startswith(f"added {ITEMS - kept}, updated 0, unchanged {kept}, rejected 0")


def test_files_half_written_by_a_killed_run_are_cleared_away_by_the_next(
    undisturbed: Undisturbed, manifest: Path, tmp_path: Path
) -> None:
    instance = Path(shutil.copytree(undisturbed.instance, tmp_path / "instance"))
    shelf = next((instance / "thumbs").iterdir())
    handle, thumb = tempfile.mkstemp(dir=shelf, prefix=".writing-")  # as kill -9 leaves it
    os.close(handle)
    generation = Path(tempfile.mkdtemp(dir=instance / "generations", prefix=".building-"))
    (instance / "generations" / "current").unlink()

    again = run_hashbag([*IMPORT, manifest], instance)

    assert again.returncode == 0, again.stderr
    assert not generation.exists()
    assert not Path(thumb).exists()


@pytest.mark.parametrize("phase", ["reading photos", "building the index"])
def test_ctrl_c_ends_with_130_and_says_how_to_go_on(
    phase: str, manifest: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    # So many trees take a while to build, also for who is late to see it on a busy machine.
    with started([*IMPORT, manifest], tmp_path, {"HASHBAG_TREES": "20000"}) as importing:
        if phase == "reading photos":
            eventually(lambda: count(tmp_path), "the first items were written")
        else:
            building = tmp_path / "generations"
            eventually(lambda: [*building.glob(".building-*")], "the index was begun")
        os.killpg(importing.pid, signal.SIGINT)  # a terminal sends it to the whole group
        out, err = importing.communicate(timeout=HANGS)
        eventually(lambda: not group_of(importing.pid), "the stopped import's workers ended")

    assert importing.returncode == 130, err
    assert re.search("run .*(again|hashbag index)", err), err
    assert "Traceback" not in err
    assert out == ""
    assert run_hashbag([*IMPORT, manifest], tmp_path).returncode == 0
    assert catalogue(tmp_path) == undisturbed.catalogue


def test_importing_twice_changes_nothing(
    manifest: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    instance = Path(shutil.copytree(undisturbed.instance, tmp_path / "instance"))
    run_hashbag(["status"], instance)  # copied files are compared with their checksums, once
    before, files_before = catalogue(instance), everything(instance)

    again = run_hashbag([*IMPORT, manifest], instance)

    assert again.returncode == 0
    assert again.stdout == f"added 0, updated 0, unchanged {ITEMS}, rejected 0\n"
    assert catalogue(instance) == before
    assert everything(instance) == files_before


def test_a_second_import_at_the_same_time_is_refused_and_the_first_is_unharmed(
    manifest: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    with started([*IMPORT, manifest], tmp_path) as first:
        eventually(lambda: count(tmp_path), "the first import is at work")
        os.killpg(first.pid, signal.SIGSTOP)  # so that it cannot end too early
        second = run_hashbag([*IMPORT, manifest], tmp_path)
        os.killpg(first.pid, signal.SIGCONT)
        out, err = first.communicate(timeout=HANGS)

    assert second.returncode == 1
    assert one_clear_line(second.stderr), second.stderr
    assert "another hashbag command is changing" in second.stderr
    assert first.returncode == 0, err
    assert out == f"added {ITEMS}, updated 0, unchanged 0, rejected 0\n"
    assert catalogue(tmp_path) == undisturbed.catalogue


def test_what_cannot_be_taken_is_named_with_its_reason_and_the_rest_is_taken(
    tmp_path: Path,
) -> None:
    manifest = draw_catalogue(tmp_path / "photos", 20, seed=5)
    (manifest.parent / "words.jpg").write_text("this is no picture")
    (manifest.parent / "nothing.png").touch()
    said_before = manifest.read_text("utf-8").splitlines()[4]
    assert said_before.startswith("bag-003.png,")
    with manifest.open("a", encoding="utf-8") as file:
        file.write(f"gone.jpg,,,,,\nwords.jpg,,,,,\nnothing.png,,,,,\n{said_before}\n")
        file.write(",no name,,,,\n")
    reasons = {
        "gone.jpg": "no such file",
        "words.jpg": "not a picture",
        "nothing.png": "empty",
        "bag-003.png": "line 5 already",
        "manifest.csv, line 26": "no filename",
    }

    given: list[str | Path] = [
        "import",
        "--jobs",
        "1",
        manifest,
        "--rejects",
        tmp_path / "rejects.csv",
    ]
    done = hashbag(given, tmp_path / "instance")

    assert done.returncode == 1
    assert done.stdout == f"added 20, updated 0, unchanged 0, rejected {len(reasons)}\n"
    assert "Traceback" not in done.stderr
    with (tmp_path / "rejects.csv").open(encoding="utf-8", newline="") as file:
        listed = [
            f"{row['file']}, line {row['line']}: {row['reason']}" for row in csv.DictReader(file)
        ]
    assert len(listed) == len(reasons)
    for name, reason in reasons.items():
        assert any(name in line and reason in line for line in listed), (name, listed)
        said = done.stderr.splitlines()
        assert any(name in line and reason in line for line in said), (name, said)
    assert hashbag(["verify", "--jobs", "1"], tmp_path / "instance").returncode == 0


def unusable(folder: Path, name: str) -> Path:
    """Write a manifest that cannot be used as a whole."""
    path = folder / f"{name}.csv"
    contents = {
        "no such path": None,
        "not UTF-8": b"filename,title\na.png,caf\x81\n",
        "no filename column": b"caption,title\na.png,A\n",
        "a column twice": b"filename,title,title\na.png,A,B\n",
        "broken quotes": b'filename,title\n"a.png"x,"never ends\nb.png,B\n',
        "empty": b"",
    }
    content = contents[name]
    if content is not None:
        path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no such path", "there is no such file or folder"),
        ("not UTF-8", "line 2 is not UTF-8"),
        ("no filename column", "`filename`"),
        ("a column twice", "named twice"),
        ("broken quotes", "line 2"),
        ("empty", "`filename`"),
    ],
)
def test_an_unusable_manifest_is_one_clear_line_and_exit_status_2(
    name: str, said: str, tmp_path: Path
) -> None:
    path = unusable(tmp_path, name)

    done = hashbag(["import", path], tmp_path / "instance")

    assert done.returncode == 2, done.stderr
    assert one_clear_line(done.stderr), done.stderr
    assert str(path) in done.stderr
    assert said in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["import", "demo", "index", "status", "verify", "serve"])
def test_an_instance_that_cannot_be_written_is_one_clear_line(command: str, tmp_path: Path) -> None:
    photos = draw_catalogue(tmp_path / "photos", 1, seed=3).parent
    (tmp_path / "file").touch()  # also root cannot make a folder below a file
    args: list[str | Path] = [command, photos] if command == "import" else [command]

    run = run_hashbag if command == "serve" else hashbag
    done = run(args, tmp_path / "file" / "instance")

    assert done.returncode in {1, 2}
    assert one_clear_line(done.stderr), done.stderr
    assert str(tmp_path / "file") in done.stderr


def test_rejects_that_cannot_be_written_are_said_before_the_import_not_after(
    tmp_path: Path,
) -> None:
    manifest = draw_catalogue(tmp_path / "photos", 3, seed=4)

    done = hashbag(
        ["import", manifest, "--rejects", tmp_path / "nowhere" / "rejects.csv"],
        tmp_path / "instance",
    )

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "rejects.csv" in done.stderr


def test_a_killed_worker_process_is_told_and_the_next_run_goes_on(
    manifest: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    with started([*IMPORT, manifest], tmp_path) as importing:
        eventually(lambda: count(tmp_path), "the first items were written")
        workers = [pid for pid, line in group_of(importing.pid).items() if "spawn_main" in line]
        os.kill(workers[0], signal.SIGKILL)
        _, err = importing.communicate(timeout=HANGS)

    assert importing.returncode == 1
    assert "run the same command again" in err
    assert "Traceback" not in err
    finished = run_hashbag([*IMPORT, manifest], tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert catalogue(tmp_path) == undisturbed.catalogue
