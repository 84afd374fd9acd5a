"""The disk fills up at any write: it is said in words, and nothing is lost nor left over."""

import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from PIL import Image

from tests.applications import core_of, hashbag
from tests.desk import OWNER, send, sign_in
from tests.pictures import bag, encoded
from tests.serving import Server, picture_form, run_hashbag, served
from tests.small_disk import SmallDisk
from tests.test_desk_import import waited, zipped
from webapp import create_app

pytestmark = pytest.mark.slow

ROOM = (0, 8, 24, 48, 90, 200, 1000)  # kilobytes that are left
FULL = "the disk is full"


@pytest.fixture(scope="module")
def new_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of photos that the catalogue does not have."""
    folder = tmp_path_factory.mktemp("new")
    for seed in range(50, 58):
        bag(seed, (600, 450)).save(folder / f"{seed}.png")
    return folder


def facts_of(instance: Path) -> list[object]:
    """Return all that the catalogue says of its items."""
    with closing(sqlite3.connect(instance / "hashbag.db")) as database:
        queries = ("SELECT * FROM items ORDER BY id", "SELECT * FROM codes ORDER BY 1, 2, 3")
        return [row for query in queries for row in database.execute(query)]


def files_of(instance: Path) -> set[str]:
    """List the files that belong to photos, finished or not."""
    return {
        str(path.relative_to(instance))
        for folder in ("originals", "thumbs")
        for path in instance.glob(f"{folder}/**/*")
        if path.is_file()
    }


def assert_whole(instance: Path) -> None:
    verified = hashbag(["verify", "--jobs", "1"], instance)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def assert_told(done: CompletedProcess[str]) -> None:
    said = done.stderr.splitlines()
    assert done.returncode == 1, done
    assert sum(line.startswith("hashbag: ") for line in said) == 1, said
    assert FULL in said[-1], said
    assert "Traceback" not in done.stderr


COMMANDS: dict[str, Callable[[Path], list[str | Path]]] = {
    "import": lambda photos: ["import", "--jobs", "1", "--no-map", photos],
    "add": lambda photos: ["add", "--no-map", photos / "50.png"],
    "set": lambda _: ["set", "3", "title=Another"],
    "remove": lambda _: ["remove", "--no-map", "3"],
    "index": lambda _: ["index", "--jobs", "1"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_fills_the_disk_says_so_and_works_once_there_is_room(
    command: str, eight: Path, new_photos: Path, small_disk: SmallDisk
) -> None:
    failed = 0
    for room in ROOM:
        instance = small_disk.fresh(eight)
        before = facts_of(instance)
        small_disk.leave(room * 1024)
        # In a process of its own: what writes to a mapped file on a full disk is killed.
        done = run_hashbag(COMMANDS[command](new_photos), instance)
        small_disk.empty()
        if done.returncode:
            failed += 1
            assert_told(done)
            if command != "import":
                assert command == "index" or facts_of(instance) == before
                assert_whole(instance)
            again = hashbag(COMMANDS[command](new_photos), instance)
            assert again.returncode == 0, again.stderr
        assert_whole(instance)
    assert failed >= 2


def test_a_full_disk_takes_no_backup_and_keeps_the_one_before(
    eight: Path, small_disk: SmallDisk
) -> None:
    instance = small_disk.fresh(eight)
    file = small_disk.folder / "all.zip"
    assert hashbag(["backup", file], instance).returncode == 0
    before = file.read_bytes()
    for room in ROOM[:-1]:
        small_disk.leave(room * 1024)
        done = hashbag(["backup", file], instance)
        small_disk.empty()
        if done.returncode:
            assert_told(done)
            assert file.read_bytes() == before
        assert {one.name for one in small_disk.folder.iterdir()} == {"instance", "all.zip"}


def test_a_restore_that_fills_the_disk_leaves_no_catalogue_and_can_be_begun_again(
    eight: Path, small_disk: SmallDisk, tmp_path: Path
) -> None:
    assert hashbag(["backup", tmp_path / "all.zip"], eight).returncode == 0
    half = False
    for room in ROOM:
        instance = small_disk.folder / "instance"
        shutil.rmtree(instance, ignore_errors=True)
        small_disk.leave(room * 1024)
        done = hashbag(["restore", tmp_path / "all.zip"], instance)
        small_disk.empty()
        if not done.returncode:
            assert_whole(instance)
            continue
        assert_told(done)
        if not (instance / "hashbag.db").exists():
            half = True
            again = hashbag(["restore", tmp_path / "all.zip"], instance)
            assert again.returncode == 0, again.stderr
        else:  # all of it is there, but for the index
            assert hashbag(["index"], instance).returncode == 0
        assert facts_of(instance) == facts_of(eight)
    assert half


def test_a_migration_that_fills_the_disk_changes_nothing(
    first_version: Path, small_disk: SmallDisk
) -> None:
    failed = 0
    for room in ROOM:
        instance = small_disk.fresh(first_version)
        small_disk.leave(room * 1024)
        done = hashbag(["status"], instance)
        small_disk.empty()
        if done.returncode:
            failed += 1
            assert_told(done)
        assert hashbag(["index", "--jobs", "1"], instance).returncode == 0
        assert_whole(instance)
    assert failed


ADMIN = {"Authorization": "Bearer of-the-owner"}


def add(server: Server, seed: int) -> tuple[int, str]:
    body, headers = picture_form(encoded(bag(seed, (600, 450)), "PNG"), f"{seed}.png")
    answer = server.send("POST", "/api/v1/items", headers | ADMIN, body)
    return answer.status, answer.text


def test_a_served_catalogue_on_a_full_disk_goes_on_and_takes_changes_once_there_is_room(
    eight: Path, small_disk: SmallDisk
) -> None:
    instance = small_disk.fresh(eight)
    settings = {"HASHBAG_ADMIN_TOKEN": "of-the-owner", "HASHBAG_MAP": "off"}
    refused, seed = 0, 50
    with served(instance, 2, settings) as server:
        for room in ROOM:
            before = files_of(instance)
            items = server.get("/api/v1/items?page=1").json["total"]
            small_disk.leave(room * 1024)
            status, text = add(server, seed)
            page = server.get("/items/3?by=whash")
            search = server.post_picture("/api/v1/search?k=1", encoded(bag(3), "PNG"))
            ready = server.get("/readyz").status
            small_disk.empty()
            assert (page.status, search.status, ready) == (200, 200, 200)
            after = server.get("/api/v1/items?page=1").json["total"]
            if status == 503:
                refused += 1
                assert FULL in text
                assert (files_of(instance), after) == (before, items)
            else:
                assert (status, after) == (201, items + 1)
            seed += 1
            assert add(server, seed)[0] == 201
            seed += 1
        assert "Traceback" not in server.errors.read_text()
    assert refused >= 2
    assert hashbag(["index"], instance).returncode == 0
    assert_whole(instance)


def test_a_removal_that_does_not_fit_on_the_disk_loses_no_photo(
    eight: Path, small_disk: SmallDisk
) -> None:
    instance = small_disk.fresh(eight)
    app = create_app({"instance": instance, "admin_token": "of-the-owner", "map": "off"})
    client = app.test_client()
    kept = 0
    for seed, room in enumerate(ROOM, 50):
        photo = (BytesIO(encoded(bag(seed), "PNG")), "bag.png")
        added = client.post("/api/v1/items", headers=ADMIN, data={"image": photo}).get_json()
        # What reads at a moment of before keeps the log from being begun anew: it must grow.
        with core_of(app).catalog.at_one_moment() as before:
            before.count()
            small_disk.leave(room * 1024)
            removed = client.delete(f"/api/v1/items/{added['id']}", headers=ADMIN)
            small_disk.empty()
        assert removed.status_code in {204, 503}
        if removed.status_code == 503:
            kept += 1
            assert client.get(added["image"], buffered=True).status_code == 200
            assert client.get(added["thumb"], buffered=True).status_code == 200
    core_of(app).catalog.engine.dispose()
    assert kept
    assert_whole(instance)


def test_a_list_sent_to_the_desk_that_does_not_fit_is_refused_and_leaves_nothing(
    eight: Path, small_disk: SmallDisk
) -> None:
    instance = small_disk.fresh(eight)
    app = create_app({"instance": instance, "admin_token": OWNER, "map": "off"})
    client = app.test_client()
    sign_in(client)
    large = {f"{seed}.png": encoded(noise(seed), "PNG") for seed in range(3)}
    archive = zipped(large, zipfile.ZIP_STORED)
    lines = "filename,title\n" + "".join(f"{name},New\n" for name in large)
    refused = 0
    for room in (0, 300, 1000, 2500, 6000):
        page = client.get("/admin/import")
        small_disk.leave(room * 1024)
        fields = {
            "list": (BytesIO(lines.encode()), "list.csv"),
            "photos": (BytesIO(archive), "photos.zip"),
        }
        answer = send(client, page, "/admin/import", **fields)
        answer.request.environ["wsgi.input"].close()  # a file of the client's own, as it is large
        if answer.status_code == 503:
            refused += 1
            assert FULL in answer.text.lower()
            assert {path.name for path in instance.glob("desk-import/*")} <= {".lock"}
            assert not list(instance.glob("listed/*"))
        else:  # what unpacks it says that it does not fit, or it does
            assert answer.status_code == 303
            told = waited(client).text
            assert "too little room" in told or FULL in told.lower() or "New" in told, told
        small_disk.empty()
    assert refused >= 2
    core_of(app).catalog.engine.dispose()
    assert_whole(instance)


def noise(seed: int) -> Image.Image:
    """Draw what no format makes small."""
    pixels = np.random.default_rng(seed).integers(0, 256, (600, 500, 3), dtype=np.uint8)
    return Image.fromarray(pixels)
