"""Paths that are not UTF-8, and an instance folder among the photos: a sentence, no traceback."""

import os
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.applications import hashbag
from tests.permissions import forbidden, run_obeying
from tests.pictures import bag
from tests.serving import run_hashbag

ODD = os.fsdecode(b"caf\xe9")
"""A name in Latin-1, which is no UTF-8."""


def photos_in(folder: Path, count: int = 2) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        bag(number).save(folder / f"{number}.png")
    return folder


def in_a_sentence(done: CompletedProcess[str], status: int = 1) -> str:
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def published(instance: Path) -> bool:
    return (instance / "generations" / "current").exists()


def test_a_list_in_a_folder_that_is_not_utf_8_is_refused_photo_by_photo(tmp_path: Path) -> None:
    photos, good = photos_in(tmp_path / ODD), photos_in(tmp_path / "good", 1)
    listed = photos / "bags.csv"
    listed.write_text(f"filename\n0.png\n1.png\n{good / '0.png'}\n")
    args: list[str | Path] = ["import", listed, "--rejects", tmp_path / "rejects.csv", "--no-map"]

    done = hashbag([*args, "--kinds", "whash"], tmp_path / "instance")

    assert "not UTF-8" in in_a_sentence(done)
    assert done.stdout == "added 1, updated 0, unchanged 0, rejected 2\n"
    assert (tmp_path / "rejects.csv").read_text("utf-8").count("not UTF-8") == 2
    assert published(tmp_path / "instance")


def test_a_list_whose_own_name_is_not_utf_8_is_taken_in(tmp_path: Path) -> None:
    listed = photos_in(tmp_path / "photos") / f"{ODD}.csv"
    listed.write_text("filename,title\n0.png,One\n,Two\n")
    args: list[str | Path] = ["import", listed, "--rejects", tmp_path / "rejects.csv", "--no-map"]

    done = hashbag([*args, "--kinds", "whash"], tmp_path / "instance")

    in_a_sentence(done)
    assert done.stdout == "added 1, updated 0, unchanged 0, rejected 1\n"
    assert "caf" in (tmp_path / "rejects.csv").read_text("utf-8")
    assert published(tmp_path / "instance")


@pytest.mark.slow
def test_a_folder_that_cannot_be_read_is_named_whatever_its_bytes(tmp_path: Path) -> None:
    photos, rejects = photos_in(tmp_path / "photos"), tmp_path / "rejects.csv"
    locked = photos / ODD
    locked.mkdir()
    args: list[str | Path] = ["import", photos, "--rejects", rejects, "--no-map"]

    with forbidden(locked):
        done = run_obeying(
            ["-c", "from webapp.cli import main; main()", *args, "--kinds", "whash"],
            {"HASHBAG_INSTANCE": str(tmp_path / "instance")},
        )

    assert "cannot be read: Permission denied" in in_a_sentence(done)
    assert done.stdout == "added 2, updated 0, unchanged 0, rejected 1\n"
    assert "Permission denied" in rejects.read_text("utf-8")
    assert published(tmp_path / "instance")


@pytest.mark.parametrize(
    "args", [["import", "."], ["index"], ["status"], ["verify"], ["demo"], ["remove", "1"]]
)
def test_an_instance_whose_path_is_not_utf_8_is_refused_at_once(
    args: list[str], tmp_path: Path
) -> None:
    done = hashbag(args, tmp_path / ODD)
    assert "is not UTF-8" in in_a_sentence(done)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.slow
def test_such_an_instance_is_not_served_either(tmp_path: Path) -> None:
    assert "is not UTF-8" in in_a_sentence(run_hashbag(["serve"], tmp_path / ODD))


@pytest.mark.thorough
def test_the_instance_folder_among_the_photos_is_left_out(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "photos")
    instance = photos / "instance"
    args: list[str | Path] = ["import", photos, "--kinds", "whash"]
    for outcome in ("added 2, updated 0, unchanged 0", "added 0, updated 0, unchanged 2"):
        assert hashbag(args, instance).stdout == f"{outcome}, rejected 0\n"
    inner = photos_in(instance / "photos", 1)
    more = hashbag(["import", inner, "--kinds", "whash"], instance)
    assert more.stdout == "added 1, updated 0, unchanged 0, rejected 0\n"
