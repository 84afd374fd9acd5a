"""What is exported and imported elsewhere is the same there: items, codes and photos."""

import io
import json
import random
import shutil
import struct
import zipfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.applications import core_of, hashbag, take_in
from tests.importing import run_import
from tests.pictures import bag, encoded
from webapp import create_app
from webapp.catalog.sent_photos import SentPhoto
from webapp.hashing.kinds import KINDS
from webapp.models import ATTRIBUTES, Item

DRAWN = [encoded(bag(seed, (48, 36)), format_) for seed in range(4) for format_ in ("PNG", "WEBP")]

ODD = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = ODD.filter(lambda name: name.strip().lower() not in {*ATTRIBUTES, ""}).filter(
    lambda name: (
        name.strip().lower()
        not in {"id", "filename", "path", "width", "height", "media_type", "digest", "extra"}
        | {"occurrence", "source", "photo_count"}
    )
)
TEXTS = dict.fromkeys(("title", "brand", "colour", "category", "url", "currency"), ODD)
ITEM = st.tuples(
    st.lists(st.sampled_from(DRAWN), min_size=1, max_size=3),
    st.fixed_dictionaries(
        {}, optional={**TEXTS, "price": st.sampled_from(["0", "49.9", "1299.99", "0.1"])}
    ),
    st.dictionaries(NAMES, ODD, max_size=3),
    ODD,
)


def told(item: Item) -> dict[str, object]:
    """Say all of an item that is the same elsewhere; its number and place are not."""
    attributes = {name: getattr(item, name) for name in ATTRIBUTES}
    photos = [
        (one.filename, one.digest, one.width, one.height, one.media_type) for one in item.photos
    ]
    return {**attributes, "extra": dict(item.extra), "photos": photos}


def everything(app: Flask) -> list[tuple[Any, ...]]:
    """List all items with the codes and the bytes of each of their photos."""
    catalog = core_of(app).catalog
    items = list(catalog.all_items())
    codes = catalog.photo_fingerprints([item.id for item in items])
    return [
        (
            told(item),
            [codes[item.id, photo.number] for photo in item.photos],
            [catalog.photo(photo).read_bytes() for photo in item.photos],
        )
        for item in items
    ]


def archive_of(app: Flask, path: Path) -> Path:
    done = hashbag(["export", path, "--photos"], core_of(app).settings.instance)
    assert (done.returncode, done.stderr) == (0, "")
    return path


@pytest.fixture
def source(eight: Path, tmp_path: Path) -> Iterator[Flask]:
    """Open a copy of an instance with 8 items from a folder."""
    app = create_app({"instance": shutil.copytree(eight, tmp_path / "source")})
    yield app
    core_of(app).catalog.engine.dispose()


def taken(instance: Path, archive: Path, *options: str) -> Flask:
    """Import an archive with all kinds; nothing of it may be rejected."""
    done = hashbag(["import", archive, "--jobs", "1", "--no-map", *options], instance)
    assert done.returncode == 0, done.stderr
    return create_app({"instance": instance})


@pytest.mark.thorough
@settings(max_examples=6, derandomize=True, phases=[Phase.generate])
@given(items=st.lists(ITEM, min_size=1, max_size=6), order=st.randoms(use_true_random=False))
def test_the_round_trip_is_identical(once: Any, items: Sequence[Any], order: random.Random) -> None:
    folder = Path(once(f"round-trip-{order.randrange(10**12)}", lambda _: None))
    shutil.rmtree(folder)
    source = create_app({"instance": folder / "source"})
    listed, sent = items[::2], items[1::2]
    _import_list(source, folder / "photos", listed)
    live = core_of(source).live_items
    for photos, attributes, extra, filename in sent:
        read = [live.read(SentPhoto(filename, data)) for data in photos]
        live.add(read, {**extra, **attributes})
    archive = archive_of(source, folder / "all.zip")
    elsewhere = taken(folder / "elsewhere", archive)
    assert everything(elsewhere) == everything(source)
    assert archive_of(elsewhere, folder / "again.zip")
    assert _without_ids(folder / "again.zip") == _without_ids(archive)
    for app in (source, elsewhere):
        core_of(app).catalog.engine.dispose()


def _import_list(
    app: Flask, folder: Path, items: Sequence[Any], kinds: Collection[str] = KINDS.keys()
) -> None:
    """Import photos by a list, in folders, two of which may be of the same content."""
    folder.mkdir(parents=True)
    lines = []
    for number, (photos, attributes, extra, _) in enumerate(items):
        names = []
        for place, data in enumerate(photos):
            names.append(f"{number}/{place} ä'.bin")
            (folder / str(number)).mkdir(exist_ok=True)
            (folder / names[-1]).write_bytes(data)
        lines.append(json.dumps({**extra, **attributes, "filename": names}))
    path = folder / "list.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    take_in(app, path, kinds)


def _without_ids(archive: Path) -> list[Any]:
    with zipfile.ZipFile(archive) as opened, opened.open("items.jsonl") as lines:
        every = [json.loads(line) | {"id": 0} for line in lines]
        return [*every, sorted(opened.namelist())]


@pytest.mark.thorough
def test_items_whose_photos_are_each_others_stay_two_also_when_far_apart(tmp_path: Path) -> None:
    drawn = [encoded(bag(seed, (48, 36)), "PNG") for seed in range(40)]
    one_way, other_way = ([drawn[0], drawn[1]], [drawn[1], drawn[0]])
    every = (one_way, *([one] for one in drawn[2:]), other_way)
    items: list[Any] = [(photos, {}, {}, "") for photos in every]
    source = create_app({"instance": tmp_path / "source"})
    _import_list(source, tmp_path / "photos", items, ["whash"])
    archive = archive_of(source, tmp_path / "all.zip")
    elsewhere = create_app({"instance": tmp_path / "elsewhere"})
    done = run_import(elsewhere, archive, "--no-map")
    assert done.stdout.endswith("added 40, updated 0, unchanged 0, rejected 0\n")
    assert everything(elsewhere) == everything(source)


@pytest.mark.thorough
def test_importing_it_twice_changes_nothing_and_brings_back_no_removed_item(
    source: Flask, tmp_path: Path
) -> None:
    archive = archive_of(source, tmp_path / "all.zip")
    instance = tmp_path / "elsewhere"
    app = taken(instance, archive)
    before = everything(app)
    again = hashbag(["import", archive, "--jobs", "1", "--no-map"], instance)
    assert again.stdout.endswith("added 0, updated 0, unchanged 8, rejected 0\n")
    assert everything(app) == before
    core_of(app).live_items.change(3, {"title": "Mine", "season": ""})
    hashbag(["remove", "5", "--no-map"], instance)
    third = hashbag(["import", archive, "--jobs", "1", "--no-map"], instance)
    assert third.stdout.endswith("added 0, updated 1, unchanged 6, rejected 0\n")
    assert everything(app) == [*before[:4], *before[5:]]
    assert hashbag(["verify"], instance).returncode == 0


@pytest.mark.thorough
def test_lines_alone_say_where_photos_are_and_these_stay_there(
    source: Flask, tmp_path: Path
) -> None:
    done = hashbag(["export", tmp_path / "all.jsonl"], core_of(source).settings.instance)
    assert done.returncode == 0
    app = taken(tmp_path / "elsewhere", tmp_path / "all.jsonl")
    assert everything(app) == everything(source)
    photo = next(iter(core_of(app).catalog.all_items())).path
    assert Path(photo).is_relative_to(core_of(source).settings.instance)


@pytest.mark.thorough
def test_an_unpacked_archive_is_taken_in_by_its_lines(source: Flask, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive_of(source, tmp_path / "all.zip")) as archive:
        archive.extractall(tmp_path / "unpacked")
    app = taken(tmp_path / "elsewhere", tmp_path / "unpacked" / "items.jsonl")
    assert everything(app) == everything(source)


def test_an_export_is_of_one_moment(source: Flask) -> None:
    core = core_of(source)
    with core.catalog.at_one_moment() as frozen:
        from webapp.catalog.export.items import exported_items  # noqa: PLC0415

        lines = exported_items(frozen, lambda _: {})
        first = next(lines)
        core.live_items.change(8, {"title": "Changed meanwhile"})
        core.live_items.remove([7])
        titles = [first["title"], *(line["title"] for line in lines)]
    assert titles == [f"Bag {number}" for number in range(8)]


@pytest.mark.thorough
def test_a_photo_that_is_missing_or_changed_is_told_and_the_rest_is_written(
    source: Flask, tmp_path: Path
) -> None:
    instance = core_of(source).settings.instance
    (instance / "photos" / "000.png").unlink()
    (instance / "photos" / "001.png").write_bytes(DRAWN[0])
    done = hashbag(["export", tmp_path / "all.zip", "--photos"], instance)
    assert done.returncode == 1
    assert "000.png: cannot be read" in done.stderr
    assert "001.png: was changed since" in done.stderr
    rest = run_import(create_app({"instance": tmp_path / "elsewhere"}), tmp_path / "all.zip")
    assert rest.exit_code == 1
    assert rest.stdout.endswith("added 6, updated 0, unchanged 0, rejected 2\n")
    assert "the archive does not have this photo" in rest.stderr


def test_an_attribute_that_was_taken_away_goes_elsewhere_too(source: Flask, tmp_path: Path) -> None:
    core = core_of(source)
    core.live_items.change(1, {"lining": "silk"})
    elsewhere = taken(tmp_path / "elsewhere", archive_of(source, tmp_path / "all.zip"))
    assert core_of(elsewhere).catalog.item(1).extra["lining"] == "silk"
    core.live_items.change(1, {"lining": ""})
    taken(tmp_path / "elsewhere", archive_of(source, tmp_path / "all.zip"))
    assert "lining" not in core_of(elsewhere).catalog.item(1).extra


def test_lines_that_are_followed_are_taken_in_as_others_are(
    source: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchfiles.watch", lambda *_, **__: iter([set()]))  # nothing changes
    core_of(source).live_items.change(1, {"lining": "silk"})
    lines = tmp_path / "all.jsonl"
    hashbag(["export", lines], core_of(source).settings.instance)
    elsewhere = create_app({"instance": tmp_path / "elsewhere"})
    assert run_import(elsewhere, lines, "--watch", "--no-map").exit_code == 0
    found = [told(item) for item in core_of(elsewhere).catalog.all_items()]
    assert found == [told(item) for item in core_of(source).catalog.all_items()]


def test_where_the_export_cannot_be_written_nothing_is_left(source: Flask, tmp_path: Path) -> None:
    instance = core_of(source).settings.instance
    assert hashbag(["export", tmp_path / "no" / "all.zip"], instance).returncode == 2
    wrong = hashbag(["export", tmp_path / "all.tar", "--photos"], instance)
    assert (wrong.returncode, "end in .zip" in wrong.stderr) == (2, True)
    empty = hashbag(["export", tmp_path / "all.jsonl"], tmp_path / "nothing")
    assert empty.returncode == 1
    assert not list(tmp_path.glob("all.*")) + list(tmp_path.glob(".writing*"))


def _line(**changes: Any) -> dict[str, Any]:
    texts = dict.fromkeys(("title", "brand", "currency", "colour", "category", "url"), "")
    digest = "ab" + "0" * 62
    photo = {"filename": "x.png", "file": f"photos/ab/{digest}.png", "digest": digest}
    return {**texts, "price": None, "extra": {}, "photos": [photo], **changes}


def _archive(path: Path, members: dict[str, bytes], **options: Any) -> Path:
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


LINE = json.dumps(_line()).encode()
REFUSED: dict[str, tuple[dict[str, bytes], str]] = {
    "a path that leads out": ({"items.jsonl": LINE, "../../evil.png": b"x"}, "../../evil.png"),
    "a path from the root": ({"items.jsonl": LINE, "/etc/passwd": b"x"}, "/etc/passwd"),
    "a path below photos that leads out": (
        {"items.jsonl": LINE, "photos/../../evil.png": b"x"},
        "photos/../../evil.png",
    ),
    "something else": ({"items.jsonl": LINE, "run.sh": b"x"}, "run.sh"),
    "no items": ({"photos/": b""}, "it has no items.jsonl"),
    "a bomb": ({"items.jsonl": LINE + b"\n" + b" " * 20_000_000}, "100 times as large"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_archive_that_is_no_export_is_refused_before_anything_is_written(
    tmp_path: Path, name: str
) -> None:
    members, reason = REFUSED[name]
    path = _archive(tmp_path / "evil.zip", members, compression=zipfile.ZIP_DEFLATED)
    done = run_import(create_app({"instance": tmp_path / "deep" / "instance"}), path)
    assert done.exit_code == 2
    assert reason in done.stderr
    assert not list(tmp_path.rglob("originals"))
    assert not list(tmp_path.rglob("evil.png"))


def test_a_damaged_or_locked_archive_is_refused(source: Flask, tmp_path: Path) -> None:
    whole = archive_of(source, tmp_path / "all.zip").read_bytes()
    lines = whole[:100] + b"\xff" * 300 + whole[400:]  # what is compressed is compressed no more
    for number, data in enumerate((b"", b"hello", whole[: len(whole) // 2], whole[:-30], lines)):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(data)
        done = run_import(create_app({"instance": tmp_path / "elsewhere"}), path)
        assert (done.exit_code, "cannot be read" in done.stderr) == (2, True)


BAD_LINES: dict[str, Any] = {
    "not JSON": "{",
    "a list": [],
    "deep": "[" * 100_000,
    "no photos": _line(photos=[]),
    "photos as text": _line(photos="x"),
    "a price as text": _line(price="5"),
    "a price below zero": _line(price=-5),
    "an endless price": '{"price": 1e999}',
    "half a character": _line(title="\ud800"),
    "extra as list": _line(extra=[1]),
    "a number as title": _line(title=5),
    "no digest": _line(photos=[{"filename": "x.png", "file": "x.png"}]),
    "a photo that leads out": _line(
        photos=[{"filename": "x", "file": "photos/../../../etc/passwd", "digest": "a" * 64}]
    ),
    "a photo that is not there": _line(),
}


def test_a_bad_line_is_rejected_by_its_number_and_the_others_are_taken_in(
    source: Flask, tmp_path: Path
) -> None:
    with zipfile.ZipFile(archive_of(source, tmp_path / "all.zip")) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    bad = [one if isinstance(one, str) else json.dumps(one) for one in BAD_LINES.values()]
    members["items.jsonl"] = "\n".join(bad).encode() + b"\n" + members["items.jsonl"]
    app = create_app({"instance": tmp_path / "elsewhere"})
    done = run_import(app, _archive(tmp_path / "some.zip", members))
    assert done.stdout.endswith(f"added 8, updated 0, unchanged 0, rejected {len(bad)}\n")
    for number in range(1, len(bad) + 1):
        assert f"line {number}: " in done.stderr
    assert len(list((tmp_path / "elsewhere").glob("originals/*/*"))) == 8


def test_a_photo_that_is_not_what_it_says_or_no_picture_leaves_no_file(
    source: Flask, tmp_path: Path
) -> None:
    with zipfile.ZipFile(archive_of(source, tmp_path / "all.zip")) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = sorted(name for name in members if name.startswith("photos/"))
    members[names[0]] = members[names[1]]
    import hashlib  # noqa: PLC0415

    text = b"no picture at all"
    digest = hashlib.sha256(text).hexdigest()
    file = f"photos/{digest[:2]}/{digest}.png"
    photo = {"filename": "x.png", "file": file, "digest": digest}
    members[file] = text
    members["items.jsonl"] += json.dumps(_line(photos=[photo])).encode()
    app = create_app({"instance": tmp_path / "elsewhere"})
    done = run_import(app, _archive(tmp_path / "some.zip", members))
    assert done.stdout.endswith("added 7, updated 0, unchanged 0, rejected 2\n")
    assert "another photo than it says" in done.stderr
    assert "not a picture" in done.stderr
    assert len(list((tmp_path / "elsewhere").glob("originals/*/*"))) == 7


def test_a_member_that_lies_about_its_size_ends_in_a_line(source: Flask, tmp_path: Path) -> None:
    path = archive_of(source, tmp_path / "all.zip")
    data = bytearray(path.read_bytes())
    last = data.rindex(b"PK\x01\x02")  # of a photo, in the archive's list of contents
    struct.pack_into("<I", data, last + 24, 7)
    path.write_bytes(data)
    done = run_import(create_app({"instance": tmp_path / "elsewhere"}), path)
    assert done.stdout.endswith("added 7, updated 0, unchanged 0, rejected 1\n")


@pytest.mark.thorough
def test_an_archive_is_written_to_a_pipe_as_to_a_file(source: Flask) -> None:
    import subprocess  # noqa: PLC0415

    from tests.serving import _command, _environ  # noqa: PLC0415

    instance = core_of(source).settings.instance
    done = subprocess.run(
        _command(["export", "--photos"]), env=_environ(instance), capture_output=True, check=True
    )
    with zipfile.ZipFile(io.BytesIO(done.stdout)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 9
