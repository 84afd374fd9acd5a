"""What is published by rename is on disk before its name is, and the name before the next step."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.conftest import core_of, draw_map, take_in
from tests.pictures import catalogue
from webapp import create_app
from webapp.atomic_files import UNFINISHED, write_atomically
from webapp.storage.local import LocalStorage


@dataclass
class Disk:
    """What the system was asked to flush and to rename, in order."""

    flushed: set[str] = field(default_factory=set)
    renamed: list[str] = field(default_factory=list)
    too_early: list[str] = field(default_factory=list)

    def fsync(self, handle: int) -> None:
        self.flushed.add(str(Path(f"/proc/self/fd/{handle}").readlink()))

    def rename(self, source: str, target: str) -> None:
        """Note what is not on disk yet at the moment of a rename."""
        inside = [source, *(str(path) for path in Path(source).rglob("*"))]
        self.too_early += [path for path in inside if path not in self.flushed]
        # The rename before must be on disk too, or this one could get there first.
        self.too_early += [name for name in self.renamed if self.lacks_the_name_of(name)]
        self.flushed.discard(str(Path(target).parent))
        self.renamed.append(target)

    def lacks_the_name_of(self, path: str) -> bool:
        return Path(path).parent.exists() and str(Path(path).parent) not in self.flushed


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Watch the system's calls, which do what they always do."""
    seen, calls = Disk(), (os.fsync, os.replace, os.rename)

    def fsync(handle: int) -> None:
        seen.fsync(handle)
        calls[0](handle)

    def replace(source: str, target: str) -> None:
        seen.rename(str(source), str(target))
        calls[1](source, target)

    def rename(source: str, target: str) -> None:
        seen.rename(str(source), str(target))
        calls[2](source, target)

    for name, watched in (("fsync", fsync), ("replace", replace), ("rename", rename)):
        monkeypatch.setattr(os, name, watched)
    yield seen
    assert seen.too_early == []
    assert [name for name in seen.renamed if seen.lacks_the_name_of(name)] == []


def test_a_file_is_on_disk_before_its_name_is(disk: Disk, tmp_path: Path) -> None:
    for data in (b"old", b"new"):
        write_atomically(tmp_path / "folder" / "file", data)
    assert (tmp_path / "folder" / "file").read_bytes() == b"new"
    assert len(disk.renamed) == 2


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.glob(f"{UNFINISHED}*")) == []


@pytest.fixture
def imported(tmp_path: Path) -> Flask:
    """Take in eight photos."""
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, catalogue(tmp_path / "photos", 8))
    return app


def test_an_index_is_on_disk_before_it_is_published(
    imported: Flask, request: pytest.FixtureRequest
) -> None:
    core = core_of(imported)
    disk: Disk = request.getfixturevalue("disk")
    final = core.generations.publish(core.catalog)
    assert disk.renamed[0] == str(final)
    assert disk.renamed[-1] == str(core.generations.folder / "current")


@pytest.mark.thorough
def test_a_map_is_on_disk_before_it_is_published(
    imported: Flask, request: pytest.FixtureRequest
) -> None:
    disk: Disk = request.getfixturevalue("disk")
    draw_map(imported)
    maps = core_of(imported).maps
    assert disk.renamed[-2:] == [
        str(maps.folder / maps.current().version),
        str(maps.folder / "current"),
    ]


def test_thumbnails_are_on_disk_before_the_catalogue_names_their_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, fsync = Disk(), os.fsync
    app = create_app({"instance": tmp_path / "instance"})
    folder = core_of(app).settings.instance / "thumbs"
    checked: list[Path] = []

    def watch(handle: int) -> None:
        seen.fsync(handle)
        fsync(handle)

    def check(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("INSERT INTO items"):
            checked.extend(folder.glob("*/*.webp"))
            seen.too_early += [str(path) for path in checked if str(path) not in seen.flushed]

    monkeypatch.setattr(os, "fsync", watch)
    sa.event.listen(core_of(app).catalog.engine, "before_cursor_execute", check)
    take_in(app, catalogue(tmp_path / "photos", 3))

    assert len(checked) >= 3
    assert seen.too_early == []
    assert {str(path) for path in folder.glob("*")} <= seen.flushed


def test_what_another_machine_writes_into_a_shared_folder_is_not_taken_for_left_over(
    tmp_path: Path,
) -> None:
    """No process here has the number that it is written under there."""
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    storage, shelf = LocalStorage(tmp_path), tmp_path / "thumbs" / "ab"
    shelf.mkdir(parents=True)
    before = {*shelf.iterdir()}
    as_kill_9_leaves_it = (
        patch.object(Path, "replace", side_effect=KeyboardInterrupt),
        patch.object(Path, "unlink"),
    )
    with as_kill_9_leaves_it[0], as_kill_9_leaves_it[1], suppress(KeyboardInterrupt):
        write_atomically(shelf / "whole", b"half")
    (ours,) = {*shelf.iterdir()} - before
    _, _, machine, _ = ours.name.split("-")
    for name in (machine, "@00000000"):
        ours = ours.rename(shelf / f"{UNFINISHED}{ended.pid}-{name}-abc")
        assert bool(storage.unfinished("thumbs")) == (name == machine)
