"""What a real machine does sooner or later: odd files, upgrades, moved photos, tiny catalogues."""

import json
import os
from pathlib import Path

import pytest
from flask import Flask

from tests.applications import hashbag
from tests.conftest import core_of, take_in
from tests.pictures import bag, catalogue, encoded
from webapp import create_app
from webapp.catalog import import_list
from webapp.catalog.import_entries import ListedPhoto, Rejected
from webapp.catalog.import_outcome import Outcome
from webapp.exceptions import ConfigError
from webapp.hashing.fingerprinting import query_fingerprint
from webapp.pictures.opening import open_picture
from webapp.search.look import LOOK
from webapp.search.query import Query


def test_a_folder_of_odd_files_is_imported_all_the_same(empty: Flask, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    bag(1).save(photos / "a.png")
    (photos / "b.png").symlink_to(photos / "a.png")
    (photos / "c.png").symlink_to(photos / "c.png")
    os.mkfifo(photos / "d.png")
    (photos / os.fsdecode(b"e\xff.png")).write_bytes(encoded(bag(2), "PNG"))
    (photos / "f.txt").write_text("no picture")
    outcomes = take_in(empty, photos)
    reasons = {one.source: one.reason for one in outcomes if isinstance(one, Rejected)}
    assert outcomes.count(Outcome.ADDED) == 1
    assert len(reasons) == 4
    assert "the same file as a.png" in reasons["b.png"]
    assert reasons["d.png"] == "not a regular file"
    assert "not UTF-8" in next(reason for name, reason in reasons.items() if name == "e\\xff.png")


def test_json_lines_end_at_line_feeds_only(tmp_path: Path) -> None:
    """Other separators are legal inside a JSON text."""
    path = tmp_path / "bags.jsonl"
    path.write_text('{"filename": "a.jpg", "title": "one\u2028two"}\n', "utf-8")
    (one,) = import_list.read(path)
    assert isinstance(one, ListedPhoto)
    assert one.attributes["title"] == "one\u2028two"


@pytest.mark.parametrize("line", ['{"filename": "a.jpg", "title": "\\ud800"}', "[" * 100_000])
def test_json_that_cannot_be_kept_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bags.jsonl"
    path.write_text(line + "\n", "utf-8")
    (one,) = import_list.read(path)
    assert isinstance(one, Rejected)
    assert one.line == 1


@pytest.mark.thorough
@pytest.mark.sqlite
def test_a_catalogue_begun_anew_is_not_taken_for_the_one_that_was_indexed(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    for start in (0, 20):
        for path in instance.glob("hashbag.db*"):
            path.unlink()
        photos = tmp_path / f"from-{start}"
        photos.mkdir()
        for number in range(3):
            bag(start + number).save(photos / f"{number}.png")
        done = hashbag(["import", photos, "--kinds", "whash", "--no-map"], instance)
        assert done.returncode == 0, done.stderr
    found = hashbag(["search", photos / "2.png", "--by", "whash", "-k", "1", "--json"], instance)
    (hit,) = json.loads(found.stdout)["hits"]
    assert (hit["filename"], hit["distance"]) == ("2.png", 0)


@pytest.mark.thorough
def test_a_replaced_photo_leaves_no_thumbnails_behind(empty: Flask, tmp_path: Path) -> None:
    source = catalogue(tmp_path / "photos", 3)
    take_in(empty, source)
    thumbs = core_of(empty).settings.instance / "thumbs"
    before = {path.name for path in thumbs.glob("*/*.webp")}
    bag(50).save(tmp_path / "photos" / "001.png")
    assert take_in(empty, source) == [Outcome.UNCHANGED, Outcome.UPDATED, Outcome.UNCHANGED]
    after = {path.name for path in thumbs.glob("*/*.webp")}
    assert len(after) == len(before)
    assert after != before


def test_a_catalogue_of_one_knows_near_from_far(empty: Flask, tmp_path: Path) -> None:
    take_in(empty, catalogue(tmp_path / "photos", 1))
    copy = open_picture(encoded(bag(0), "JPEG", quality=85)).image
    found = core_of(empty).searcher.similar_to(query_fingerprint(copy), Query(LOOK))
    assert found.hits[0].distance < 500
    assert not found.weak


@pytest.mark.thorough
def test_a_moved_photo_is_a_404_that_says_so(empty: Flask, tmp_path: Path) -> None:
    take_in(empty, catalogue(tmp_path / "photos", 12))
    (tmp_path / "photos").rename(tmp_path / "elsewhere")
    client = empty.test_client()
    assert client.get("/items/3").status_code == 200
    for path in ("/items/3?harder=1", "/images/3", "/api/v1/items/3/similar?harder=1"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "not where it was imported from" in answer.get_data(as_text=True)


def test_settings_that_cannot_be_are_refused_at_the_start(tmp_path: Path) -> None:
    for name, value in (
        ("engine", "bogus"),
        ("default_kind", "bogus"),
        ("trees", "0"),
        ("max_upload_mb", "inf"),
        ("max_pixels", "many"),
        ("no_such", "1"),
    ):
        with pytest.raises(ConfigError, match=f"(?i){name}"):
            create_app({"instance": tmp_path, name: value})


def test_settings_come_from_a_file_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text('trees = 7\nmax_pixels = 2e6\nengine = "exact"\n')
    monkeypatch.setenv("HASHBAG_TREES", "11")
    settings = core_of(create_app({"instance": tmp_path})).settings
    assert (settings.trees, settings.max_pixels, settings.engine) == (11, 2_000_000, "exact")
    (tmp_path / "config.toml").write_text("trees =\n")
    with pytest.raises(ConfigError, match=r"config\.toml"):
        create_app({"instance": tmp_path})


def test_a_setting_that_an_earlier_version_had_is_ignored_with_a_note(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "config.toml").write_text("answers_mb = 32\ntrees = 7\n")
    assert core_of(create_app({"instance": tmp_path})).settings.trees == 7
    assert "the setting answers_mb is ignored: answers are no longer kept" in caplog.text
