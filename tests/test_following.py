"""A catalogue follows its source: what moved keeps its item, what went can go, and no more."""

import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import core_of
from tests.importing import draw_photos, run_import
from tests.pictures import bag, encoded
from tests.serving import eventually, started
from webapp import create_app
from webapp.catalog.sent_photos import SentPhoto
from webapp.cli.items import add, remove, set_
from webapp.models import Item


def run(app: Flask, command: object, *args: str | int | Path) -> Result:
    info = ScriptInfo(create_app=lambda: app)
    done = CliRunner().invoke(command, [*map(str, args)], obj=info)  # type: ignore[arg-type]
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def items(app: Flask) -> dict[str, Item]:
    return {item.filename: item for item in core_of(app).catalog.all_items()}


def ids(app: Flask) -> dict[str, int]:
    return {name: item.id for name, item in items(app).items()}


def closing(done: Result) -> str:
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return draw_photos(tmp_path / "photos", *(f"{number}.png" for number in range(8)))


@pytest.fixture
def app(empty: Flask, photos: Path) -> Flask:
    run_import(empty, photos, "--no-map")
    return empty


def test_a_renamed_photo_keeps_its_item_and_its_attributes(app: Flask, photos: Path) -> None:
    before = ids(app)
    assert "changed" in run(app, set_, before["0.png"], "title=Mine", "--no-map").stdout
    (photos / "sub").mkdir()
    (photos / "0.png").rename(photos / "sub" / "new.png")
    (photos / "1.png").rename(photos / "one.png")
    done = run_import(app, photos, "--no-map")
    assert closing(done) == "added 0, updated 0, unchanged 6, rejected 0"
    assert "moved 2, gone 0" in done.stderr
    after = items(app)
    assert after["sub/new.png"].id == before["0.png"]
    assert after["sub/new.png"].title == "Mine"
    assert after["one.png"].id == before["1.png"]
    assert core_of(app).catalog.photo(after["one.png"]).is_file()
    again = run_import(app, photos, "--no-map")
    assert closing(again) == "added 0, updated 0, unchanged 8, rejected 0"


def test_a_copy_is_an_item_of_its_own(app: Flask, photos: Path) -> None:
    shutil.copy(photos / "0.png", photos / "copy.png")
    assert closing(run_import(app, photos, "--no-map")).startswith("added 1, ")
    assert len(ids(app)) == 9


def test_pruning_takes_out_what_is_gone_and_nothing_of_other_sources(
    app: Flask, photos: Path, tmp_path: Path
) -> None:
    other = draw_photos(tmp_path / "other", *(f"x{number}.png" for number in range(9, 12)))
    for path in other.iterdir():
        bag(int(path.stem[1:]), (48, 36)).save(path)
    run_import(app, other, "--no-map")
    (other / "x9.png").unlink()
    (photos / "2.png").unlink()
    kept = run_import(app, photos, "--no-map")
    assert "gone" not in kept.stderr
    assert "2.png" in ids(app)
    done = run_import(app, photos, "--prune", "--no-map")
    assert closing(done) == "added 0, updated 0, unchanged 7, rejected 0"
    assert "moved 0, gone 1" in done.stderr
    assert {"x9.png", "x10.png"} <= ids(app).keys()
    assert "2.png" not in ids(app)
    assert app.test_client().get("/api/v1/items?n=20").get_json()["total"] == 10
    # It was not taken out by hand: if it comes back, it is taken in.
    bag(2, (48, 36)).save(photos / "2.png")
    assert closing(run_import(app, photos, "--prune", "--no-map")).startswith("added 1, ")


def test_a_bag_that_was_given_another_photo_by_hand_is_not_of_the_folder_any_more(
    app: Flask, photos: Path
) -> None:
    live = core_of(app).live_items
    another = live.read(SentPhoto("mine.png", encoded(bag(77), "PNG")))
    changed = live.change(ids(app)["2.png"], {"title": "Mine"}, [another])
    done = run_import(app, photos, "--prune", "--no-map")
    assert "gone 1" not in done.stderr
    assert core_of(app).catalog.item(changed.id).title == "Mine"


def test_a_dry_run_where_nothing_is_yet_tells_what_would_be_new_and_begins_nothing(
    photos: Path, tmp_path: Path
) -> None:
    (photos / "=cmd.png").write_text("no picture")
    nowhere = create_app({"instance": tmp_path / "nowhere"})
    before = sorted(tmp_path.rglob("*"))
    done = run_import(nowhere, photos, "--dry-run", "--rejects", tmp_path / "rejects.csv")
    assert "there is no catalogue in" in done.stderr
    assert closing(done).startswith("added 9, updated 0, unchanged 0"), "pictures are not read"
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "rejects.csv"])
    real = run_import(nowhere, photos, "--no-map", "--rejects", tmp_path / "rejects.csv")
    assert closing(real) == "added 8, updated 0, unchanged 0, rejected 1"
    cells = [
        row[0] for row in csv.reader((tmp_path / "rejects.csv").read_text("utf-8").splitlines())
    ]
    assert cells == ["file", "'=cmd.png"], "a spreadsheet takes it as text"


@pytest.mark.parametrize(
    ("options", "named"), [(["--force"], "--prune"), (["--watch", "--dry-run"], "--dry-run")]
)
def test_options_that_say_nothing_together_are_refused(
    app: Flask, photos: Path, options: list[str], named: str
) -> None:
    done = run_import(app, photos, *options, "--no-map")
    assert done.exit_code == 2
    assert named in done.output


def test_a_dry_run_tells_it_all_and_changes_nothing(app: Flask, photos: Path) -> None:
    (photos / "0.png").rename(photos / "new.png")
    (photos / "1.png").unlink()
    bag(99, (48, 36)).save(photos / "2.png")
    bag(98, (48, 36)).save(photos / "added.png")
    core = core_of(app)
    before, revision = items(app), core.catalog.revision
    thumbs = sorted((core.settings.instance / "thumbs").rglob("*"))
    done = run_import(app, photos, "--prune", "--dry-run")
    told = done.stdout.splitlines()
    assert told == [
        f"moved {photos}/0.png -> {photos}/new.png",
        f"gone 1.png (item {before['1.png'].id})",
        "added 1, updated 1, unchanged 5, rejected 0",
    ]
    assert (items(app), core.catalog.revision) == (before, revision)
    assert sorted((core.settings.instance / "thumbs").rglob("*")) == thumbs
    real = run_import(app, photos, "--prune", "--no-map")
    assert closing(real) == told[-1]
    assert "moved 1, gone 1" in real.stderr


def test_nothing_goes_when_more_than_half_would_unless_forced(app: Flask, photos: Path) -> None:
    for number in range(5):
        (photos / f"{number}.png").unlink()
    done = run_import(app, photos, "--prune", "--no-map")
    assert done.exit_code == 1
    assert "5 of 8 items would go, more than half; is a disk not there?" in done.stderr
    assert len(ids(app)) == 8
    assert run_import(app, photos, "--prune", "--force", "--no-map").exit_code == 0
    assert len(ids(app)) == 3


def test_nothing_goes_while_a_part_of_the_list_cannot_be_read(app: Flask, photos: Path) -> None:
    rows = [json.dumps({"filename": f"{number}.png"}) for number in range(8)]
    path = photos / "bags.jsonl"
    path.write_text("\n".join(rows))
    run_import(app, path, "--no-map")
    path.write_text("\n".join([*rows[:6], '{"filename": "6.pn', rows[7]]))
    done = run_import(app, path, "--prune", "--no-map")
    assert done.exit_code == 1
    assert "a part could not be read (bags.jsonl, line 7: not JSON" in done.stderr
    assert len(ids(app)) == 8


def test_a_photo_that_cannot_be_read_today_keeps_its_item(app: Flask, photos: Path) -> None:
    (photos / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n cut")
    done = run_import(app, photos, "--prune", "--no-map")
    assert closing(done) == "added 0, updated 0, unchanged 7, rejected 1"
    assert len(ids(app)) == 8


def test_what_was_removed_stays_out_until_it_is_asked_for(app: Flask, photos: Path) -> None:
    number = ids(app)["4.png"]
    assert run(app, remove, number, "--file", photos / "5.png", "--no-map").exit_code == 0
    (photos / "4.png").rename(photos / "elsewhere.png")
    done = run_import(app, photos, "--no-map")
    assert closing(done) == "added 0, updated 0, unchanged 6, rejected 0"
    assert "left out 2, whose items were removed by hand" in done.stderr
    again = run_import(app, photos, "--again", "--no-map")
    assert closing(again) == "added 2, updated 0, unchanged 6, rejected 0"
    assert closing(run_import(app, photos, "--no-map")).endswith("unchanged 8, rejected 0")


def test_no_item_has_the_photo_that_is_to_be_removed(app: Flask, photos: Path) -> None:
    done = run(app, remove, "--file", photos / "nothing.png")
    assert done.exit_code == 2
    assert "no item has the photo" in done.stderr
    assert run(app, remove).exit_code == 2


def test_what_a_list_does_not_name_stays_as_somebody_wrote_it(empty: Flask, photos: Path) -> None:
    (photos / "list.csv").write_text("filename,title,season\n1.png,Étui,summer\n", "utf-8")
    run_import(empty, photos / "list.csv", "--no-map")
    run(empty, set_, 1, "lining=silk", "brand=Zork", "--no-map")
    again = run_import(empty, photos / "list.csv", "--no-map")
    assert closing(again) == "added 0, updated 0, unchanged 1, rejected 0"
    (photos / "list.csv").write_text("filename,season\n1.png,winter\n", "utf-8")
    run_import(empty, photos / "list.csv", "--no-map")
    item = core_of(empty).catalog.item(1)
    assert (item.title, item.brand) == ("Étui", "Zork")
    assert item.extra == {"season": "winter", "lining": "silk"}


def test_rows_that_share_a_photo_are_items_of_their_own(empty: Flask, photos: Path) -> None:
    def write(*rows: tuple[str, str]) -> Path:
        with (photos / "bags.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("filename", "title"), *rows])
        return photos / "bags.csv"

    red, blue, other = ("0.png", "Red"), ("0.png", "Blue"), ("1.png", "Other")
    run_import(empty, write(red, blue, other), "--no-map")
    titles = {item.title: item.id for item in core_of(empty).catalog.all_items()}
    assert titles.keys() == {"Red", "Blue", "Other"}
    page = (
        empty.test_client().get(f"/api/v1/items/{titles['Red']}/similar?by=whash&fold=0").get_json()
    )
    assert page["hits"][0]["item"]["title"] == "Blue"
    assert page["hits"][0]["distance"] == 0
    # The photo moves, and both items with it; then one row goes.
    (photos / "0.png").rename(photos / "zero.png")
    red, blue = ("zero.png", "Red"), ("zero.png", "Blue")
    run_import(empty, write(red, blue, other), "--prune", "--no-map")
    assert {item.title: item.id for item in core_of(empty).catalog.all_items()} == titles
    run_import(empty, write(red, other), "--prune", "--no-map")
    assert [item.title for item in core_of(empty).catalog.all_items()] == ["Red", "Other"]


def test_one_photo_is_added_changed_and_removed_by_commands(app: Flask, tmp_path: Path) -> None:
    file = draw_photos(tmp_path / "desk", "bag.png") / "bag.png"
    bag(50, (48, 36)).save(file)
    done = run(
        app,
        add,
        file,
        "--title",
        "Tote",
        "--price",
        "1.299,00 €",
        "--extra",
        "season=May",
        "--no-map",
    )
    assert done.exit_code == 0, done.stderr
    item = items(app)["bag.png"]
    assert done.stdout == f"added item {item.id}\n"
    assert (item.title, item.price, item.currency) == ("Tote", 1299.0, "EUR")
    assert item.extra == {"season": "May"}
    args = ("price=45", "Brand=Nobody", "season=", "size=big", "--no-map")
    changed = run(app, set_, item.id, *args)
    assert changed.stdout == f"item {item.id}: changed brand, extra, price\n"
    item = items(app)["bag.png"]
    assert (item.price, item.brand, item.extra) == (45.0, "Nobody", {"size": "big"})
    shown = app.test_client().get(f"/api/v1/items/{item.id}").get_json()
    assert shown["price"] == 45.0
    facets = app.test_client().get("/api/v1/items").get_json()["facets"]
    assert [one["value"] for one in facets["brand"]] == ["Nobody"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("price=cheap", "price: "),
        ("width=3", "width: cannot be set"),
        ("id=3", "id: cannot be set"),
        ("nothing", "NAME=VALUE"),
    ],
)
def test_what_cannot_be_set_is_said_and_nothing_changes(app: Flask, given: str, said: str) -> None:
    before = items(app)
    done = run(app, set_, 1, "title=New", given, "--no-map")
    assert done.exit_code == 2
    assert said in done.stderr
    assert items(app) == before


def test_a_photo_that_cannot_be_added_is_named(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "no.jpg").write_text("no picture")
    for name in ("no.jpg", "nowhere.jpg"):
        done = run(app, add, tmp_path / name, "--no-map")
        assert done.exit_code == 1
        assert name in done.stderr
    assert len(ids(app)) == 8


def test_each_run_leaves_a_report(app: Flask, photos: Path) -> None:
    folder = core_of(app).settings.instance / "imports"
    (before,) = folder.iterdir()
    (photos / "0.png").rename(photos / "new.png")
    (photos / "1.png").unlink()
    (photos / "2.png").write_text("no picture")
    done = run_import(app, photos, "--prune", "--no-map")
    (path,) = set(folder.iterdir()) - {before}
    assert f"report: {path}" in done.stderr
    told = json.loads(path.read_text())
    assert told["source"] == str(photos)
    counts = {name: told[name] for name in ("added", "unchanged", "moved", "rejected")}
    assert counts["added"] == 0
    assert counts["unchanged"] == 5
    assert told["moves"] == [{"from": f"{photos}/0.png", "to": f"{photos}/new.png"}]
    assert [one["file"] for one in told["gone"]] == ["1.png"]
    assert [(one["kind"], one["file"]) for one in told["notes"]] == [("rejected", "2.png")]
    assert told["without_price"] == 7


# What may happen to one of a few photos between two runs.
CHANGES = st.lists(
    st.tuples(st.sampled_from(["rename", "change", "delete", "copy"]), st.integers(0, 7)),
    max_size=8,
)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(CHANGES)
def test_whatever_happens_to_files_the_catalogue_follows(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("follow")
    app = create_app({"instance": folder / "instance"})
    photos = draw_photos(folder / "photos", *(f"{number}.png" for number in range(6)))
    run_import(app, photos, "--no-map")
    before = items(app)
    for number, (what, which) in enumerate(changes):
        if there := sorted(photos.iterdir()):
            change_file(there[which % len(there)], what, number)
    expected = followed_ids(before, photos)
    run_import(app, photos, "--prune", "--force", "--no-map")
    after = items(app)
    highest = max(item.id for item in before.values())
    known = {name: item.id if item.id <= highest else None for name, item in after.items()}
    assert known == expected
    assert {name: item.digest for name, item in after.items()} == digests(photos)
    again = run_import(app, photos, "--prune", "--no-map")
    assert closing(again) == f"added 0, updated 0, unchanged {len(after)}, rejected 0"


def change_file(path: Path, what: str, number: int) -> None:
    if what == "rename":
        path.rename(path.with_name(f"new-{number}.png"))
    elif what == "copy":
        shutil.copy(path, path.with_name(f"copy-{number}.png"))
    elif what == "delete":
        path.unlink()
    else:
        bag(100 + number, (48, 36)).save(path)


def digests(photos: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in photos.iterdir()}


def followed_ids(before: dict[str, Item], photos: Path) -> dict[str, int | None]:
    """Say which item each file is, None for a new one: a known path first, then the content."""
    files = digests(photos)
    gone = sorted((item.id, item.digest) for name, item in before.items() if name not in files)
    expected: dict[str, int | None] = {}
    for name, digest in sorted(files.items()):
        found = next((one for one in gone if one[1] == digest), None)
        if name in before:
            expected[name] = before[name].id
        elif found:
            expected[name] = found[0]
            gone.remove(found)
        else:
            expected[name] = None
    return expected


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[tuple[Flask, Path, "subprocess.Popen[str]"]]:
    pytest.importorskip("watchfiles")
    photos = draw_photos(tmp_path / "photos", *(f"{number}.png" for number in range(6)))
    args: list[str | Path] = [
        "import",
        photos,
        "--watch",
        "--no-map",
        "--jobs",
        "1",
        "--kinds",
        "whash",
    ]
    with started(args, tmp_path / "instance") as process:
        yield create_app({"instance": tmp_path / "instance"}), photos, process


@pytest.mark.slow
def test_a_folder_is_followed_while_it_is_searched(
    followed: tuple[Flask, Path, "subprocess.Popen[str]"],
) -> None:
    app, photos, process = followed
    client = app.test_client()

    def shown() -> set[str]:
        answer = client.get("/api/v1/items?n=50")
        return {item["filename"] for item in answer.get_json().get("items", [])}

    names = {f"{number}.png" for number in range(6)}
    eventually(lambda: shown() == names, "the folder was taken in")
    number = ids(app)["0.png"]
    (photos / "0.png").rename(photos / "zero.png")
    bag(60, (48, 36)).save(photos / "more.png")
    (photos / "1.png").unlink()
    wanted = (names | {"zero.png", "more.png"}) - {"0.png", "1.png"}
    eventually(lambda: shown() == wanted, "it was followed")
    assert ids(app)["zero.png"] == number
    digest = items(app)["more.png"].digest
    bag(61, (48, 36)).save(photos / "more.png")
    eventually(lambda: items(app)["more.png"].digest != digest, "a changed photo was read again")
    os.kill(process.pid, signal.SIGINT)
    out, error = process.communicate()
    assert process.returncode == 0, error
    assert "following" in error
    assert out.splitlines()[0] == "added 6, updated 0, unchanged 0, rejected 0"
