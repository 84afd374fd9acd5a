"""A folder as people keep it: its photos once each, what is none left out and counted."""

import csv
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import core_of
from tests.importing import draw_photos, run_import
from tests.pictures import bag, encoded
from webapp import create_app
from webapp.catalog import import_list
from webapp.catalog.import_entries import ListedPhoto, Rejected, Remark, UnreadPart
from webapp.exceptions import ImportListError


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def taken(folder: Path, instance: Path | None = None) -> list[str]:
    entries = import_list.read(folder, instance=instance)
    return [one.filename for one in entries if isinstance(one, ListedPhoto)]


def test_photos_come_in_order_and_hidden_files_do_not(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.jpg", "a/1.jpg", "3.jpg", ".hidden/4.jpg", "a/.5.jpg")
    assert taken(tmp_path) == ["3.jpg", "a/1.jpg", "b/2.jpg"]


def test_what_is_no_photo_is_left_out_and_counted_and_is_no_rejection(
    empty: Flask, tmp_path: Path
) -> None:
    folder = draw_photos(tmp_path / "photos", "0.png", "1.PNG")
    touch(folder, "Thumbs.db", "desktop.ini", ".DS_Store", "notes.txt", "._0.png", "README")
    touch(folder, "@eaDir/0.png/SYNOPHOTO_THUMB_M.jpg", ".thumbnails/0.png", "#recycle/9.png")
    touch(folder, "__MACOSX/._0.png", "$RECYCLE.BIN/1.png", "sub/@eaDir/2.png")
    done = run_import(empty, folder, "--rejects", tmp_path / "rejects.csv")
    assert (done.stdout, done.exit_code) == ("added 2, updated 0, unchanged 0, rejected 0\n", 0)
    said = "left out 12: 6 other files, 6 system folders (.png, .db, .ini, .txt)"
    assert f"remark {folder}: {said}\n" in done.stderr
    with (tmp_path / "rejects.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["file"], row["line"], row["kind"]) == (str(folder), "", "remark")


def test_a_file_named_like_a_picture_that_is_none_is_rejected(empty: Flask, tmp_path: Path) -> None:
    folder = draw_photos(tmp_path / "photos", "0.png")
    (folder / "words.jpg").write_text("no picture")
    done = run_import(empty, folder)
    assert done.exit_code == 1
    assert "rejected words.jpg: this is not a picture" in done.stderr


def test_a_name_without_an_ending_says_nothing_so_the_content_does(
    empty: Flask, tmp_path: Path
) -> None:
    folder = touch(tmp_path / "photos", "Makefile")
    for seed, format_ in enumerate(("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")):
        (folder / f"{seed:02d}c5f3").write_bytes(encoded(bag(seed, (48, 36)), format_))
    os.mkfifo(folder / "pipe")
    done = run_import(empty, folder)
    assert done.stdout == "added 7, updated 0, unchanged 0, rejected 0\n"
    assert "left out 2: 2 other files\n" in done.stderr


@pytest.mark.parametrize("inside", ["instance", "a/b/state", "."])
def test_the_instance_folder_among_the_photos_is_left_out_at_every_run(
    tmp_path: Path, inside: str
) -> None:
    folder = draw_photos(tmp_path / "photos", "0.png", "1.png")
    app = create_app({"instance": folder / inside})
    first, again = run_import(app, folder), run_import(app, folder)
    assert first.stdout == "added 2, updated 0, unchanged 0, rejected 0\n"
    assert again.stdout == "added 0, updated 0, unchanged 2, rejected 0\n"


def test_a_link_to_the_instance_folder_is_left_out_too(tmp_path: Path) -> None:
    folder = draw_photos(tmp_path / "photos", "0.png")
    app = create_app({"instance": tmp_path / "instance"})
    run_import(app, folder)
    (folder / "state").symlink_to(tmp_path / "instance")
    (folder / "small").symlink_to(tmp_path / "instance" / "thumbs")
    assert taken(folder, instance=tmp_path / "instance") == ["0.png"]


def test_photos_kept_inside_the_instance_folder_are_taken_when_asked_for(tmp_path: Path) -> None:
    folder = touch(tmp_path / "instance" / "my photos", "0.png", "old/1.png")
    assert taken(folder, instance=tmp_path / "instance") == ["0.png", "old/1.png"]


def test_a_linked_folder_is_walked_once_however_often_it_is_linked(tmp_path: Path) -> None:
    elsewhere = touch(tmp_path / "elsewhere", "1.jpg", "deep/2.jpg")
    folder = touch(tmp_path / "photos", "0.jpg", "real/3.jpg")
    (folder / "a").symlink_to(elsewhere)
    (folder / "b").symlink_to(elsewhere / "deep")
    (folder / "c").symlink_to(folder / "real")
    (folder / "real" / "d").symlink_to(elsewhere)
    assert taken(folder) == ["0.jpg", "real/3.jpg", "a/1.jpg", "a/deep/2.jpg"]


def test_links_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    outer = touch(tmp_path / "outer", "1.jpg")
    folder = touch(outer / "photos", "0.jpg", "sub/2.jpg")
    (folder / "sub" / "up").symlink_to(folder)
    (folder / "self").symlink_to(folder)
    (folder / "out").symlink_to(outer)
    other = touch(tmp_path / "other", "3.jpg")
    (other / "back").symlink_to(folder)
    (folder / "other").symlink_to(other)
    entries = list(import_list.read(folder))
    assert [one.filename for one in entries if isinstance(one, ListedPhoto)] == [
        "0.jpg",
        "sub/2.jpg",
        "other/3.jpg",
    ]
    assert Remark("out", "a link to a folder above it: not followed") in entries


def test_links_to_one_photo_are_taken_once_and_the_photo_itself_before_them(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "bags", tmp_path / "elsewhere.jpg"
    touch(folder, "b.jpg")
    elsewhere.touch()
    (folder / "a.jpg").symlink_to("b.jpg")
    (folder / "c.jpg").symlink_to(elsewhere)
    (folder / "d.jpg").symlink_to("c.jpg")
    assert list(import_list.read(folder)) == [
        Rejected("a.jpg", "the same file as b.jpg"),
        ListedPhoto(folder / "b.jpg", "b.jpg", {}),
        ListedPhoto(elsewhere, "c.jpg", {}),
        Rejected("d.jpg", "the same file as c.jpg"),
    ]


def test_a_photo_in_reach_by_a_linked_file_and_a_linked_folder_is_taken_once(
    tmp_path: Path,
) -> None:
    elsewhere = touch(tmp_path / "elsewhere", "1.jpg", "2.jpg")
    folder = touch(tmp_path / "photos", "0.jpg")
    (folder / "one.jpg").symlink_to(elsewhere / "1.jpg")
    (folder / "all").symlink_to(elsewhere)
    (elsewhere / "zero.jpg").symlink_to(folder / "0.jpg")
    entries = list(import_list.read(folder))
    assert [one.filename for one in entries if isinstance(one, ListedPhoto)] == [
        "0.jpg",
        "all/1.jpg",
        "all/2.jpg",
    ]
    assert [str(one) for one in entries if isinstance(one, Rejected)] == [
        "one.jpg: the same file as all/1.jpg",
        "all/zero.jpg: the same file as 0.jpg",
    ]


def test_a_link_into_what_a_walk_leaves_out_is_a_photo_of_its_own(tmp_path: Path) -> None:
    folder = touch(tmp_path / "photos", "@eaDir/small.jpg", "data.bin")
    (folder / "a.jpg").symlink_to(folder / "@eaDir" / "small.jpg")
    (folder / "b.jpg").symlink_to(folder / "data.bin")
    thumb = touch(folder / "instance" / "thumbs", "c.webp") / "c.webp"
    (folder / "c.jpg").symlink_to(thumb)
    assert taken(folder, folder / "instance") == ["a.jpg", "b.jpg", "c.jpg"]


def test_names_that_are_not_utf8_are_refused_in_words_and_the_rest_is_taken(
    empty: Flask, tmp_path: Path
) -> None:
    folder = draw_photos(tmp_path / "photos", "0.png")
    for name in (b"caf\xe9.png", b"\xff/1.png", b"half\xe2\x82.png"):
        path = folder / os.fsdecode(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encoded(bag(1), "PNG"))
    (folder / "link.png").symlink_to(os.fsdecode(b"caf\xe9.png"))
    (folder / os.fsdecode(b"link\xe9.png")).symlink_to(folder / "0.png")
    done = run_import(empty, folder, "--rejects", tmp_path / "rejects.csv")
    assert done.stdout == "added 1, updated 0, unchanged 0, rejected 5\n"
    assert core_of(empty).generations.current().kinds
    rows = list(csv.reader((tmp_path / "rejects.csv").read_text("utf-8").splitlines()))
    refused = {file: reason for file, _, kind, reason in rows if kind == "rejected"}
    not_utf8 = "its path is not UTF-8: rename it"
    assert refused == {
        r"caf\xe9.png": not_utf8,
        r"\xff/1.png": not_utf8,
        r"half\xe2\x82.png": not_utf8,
        "link.png": not_utf8,
        r"link\xe9.png": "the same file as 0.png",
    }
    assert all(f"rejected {file}: {reason}" in done.stderr for file, reason in refused.items())


def test_a_link_with_such_a_name_to_a_photo_that_can_be_kept_is_shown_by_escapes(
    empty: Flask, tmp_path: Path
) -> None:
    elsewhere = draw_photos(tmp_path / "elsewhere", "0.png")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / os.fsdecode(b"caf\xe9.png")).symlink_to(elsewhere / "0.png")
    assert run_import(empty, tmp_path / "photos").exit_code == 0
    assert core_of(empty).catalog.item(1).filename == r"caf\xe9.png"


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be someone to whom a folder may be closed: to root none is."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Make a folder that every user can come to; pytest closes its own to others."""
    with tempfile.TemporaryDirectory(prefix="photos-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_folder_that_cannot_be_read_is_named_and_the_rest_is_taken(open_folder: Path) -> None:
    folder = touch(open_folder, "0.jpg", "closed/1.jpg", "z/2.jpg")
    odd = touch(folder, os.fsdecode(b"\xe9/3.jpg")) / os.fsdecode(b"\xe9")
    listed = touch(folder, "listed/4.jpg", "listed/noending") / "listed"
    for closed in (folder / "closed", odd):
        closed.chmod(0)
    listed.chmod(0o444)  # its names can be read, and no more
    try:
        with as_nobody():
            entries = list(import_list.read(folder))
    finally:
        listed.chmod(0o755)
        for closed in (folder / "closed", odd):
            closed.chmod(0o755)
    assert [one.filename for one in entries if isinstance(one, ListedPhoto)] == [
        "0.jpg",
        "listed/4.jpg",
        "z/2.jpg",
    ]
    reason = "the folder cannot be read: Permission denied"
    assert [one for one in entries if isinstance(one, Rejected)] == [
        UnreadPart("closed", reason),
        UnreadPart(r"\xe9", reason),
    ]


def test_a_folder_has_no_columns_to_map(tmp_path: Path) -> None:
    with pytest.raises(ImportListError, match="no columns"):
        import_list.read(tmp_path, {"Bild": "filename"})
