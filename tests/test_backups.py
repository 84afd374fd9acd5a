"""A backup is taken while items change, and put back as it was at one moment."""

import json
import shutil
import sqlite3
import threading
import tracemalloc
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.applications import core_of, hashbag
from tests.serving import run_hashbag
from tests.test_item_changes import ADMIN, add, photo
from webapp import create_app
from webapp.catalog.database import connect_to
from webapp.catalog.schema import SHARING, facts, set_fact
from webapp.config import load
from webapp.maintenance import restoration

LARGE_BYTES = 96 << 20


@pytest.fixture
def instance(eight: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(eight, tmp_path / "instance"))


def everything(instance: Path) -> list[Any]:
    """Return all items with their codes, and the bytes of their photos and thumbnails."""
    app = create_app({"instance": instance})
    client = app.test_client()
    listed = client.get("/api/v1/items?page=1&per_page=200&fields=hashes").get_json()["items"]
    files = [
        client.get(one[name], buffered=True).data for one in listed for name in ("image", "thumb")
    ]
    core_of(app).catalog.engine.dispose()
    return [listed, files]


def restored(file: Path, folder: Path) -> Path:
    done = hashbag(["restore", file], folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.thorough
def test_what_was_backed_up_is_put_back_as_it_was(instance: Path, tmp_path: Path) -> None:
    client = create_app({"instance": instance, "admin_token": "of-the-owner"}).test_client()
    client.post(
        "/api/v1/items",
        headers=ADMIN,
        data={"image": [photo(50), photo(51)], "title": "Étui", "lining": "silk"},
    )
    client.patch("/api/v1/items/2", headers=ADMIN, json={"price": 3})
    client.delete("/api/v1/items/4", headers=ADMIN)
    before = everything(instance)
    done = hashbag(["backup", tmp_path / "all.zip"], instance)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("wrote 8 items to ")
    elsewhere = restored(tmp_path / "all.zip", tmp_path / "elsewhere")
    shutil.move(instance, tmp_path / "gone")  # nothing of it is needed
    assert everything(elsewhere) == before
    verified = hashbag(["verify"], elsewhere)
    assert verified.returncode == 0, verified.stdout


@pytest.mark.thorough
def test_it_is_of_one_moment_while_items_come_and_go(instance: Path, tmp_path: Path) -> None:
    client = create_app({"instance": instance, "admin_token": "of-the-owner"}).test_client()
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            added = add(client, 50, title="new").get_json()["id"]
            client.delete(f"/api/v1/items/{added}", headers=ADMIN)

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for number in range(4):
            # Of its own: an application must not be made in one thread while another answers.
            done = run_hashbag(["backup", tmp_path / f"{number}.zip"], instance)
            assert done.returncode == 0, done.stderr
    finally:
        over.set()
        changing.join()
    for number in range(4):
        elsewhere = restored(tmp_path / f"{number}.zip", tmp_path / f"elsewhere-{number}")
        verified = hashbag(["verify"], elsewhere)
        assert verified.returncode == 0, verified.stdout
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("command", ["backup", "export"])
def test_a_folder_that_is_not_there_is_named(eight: Path, tmp_path: Path, command: str) -> None:
    folder = tmp_path / "mistyped"
    done = hashbag([command, folder / "all.zip"], eight)
    assert (done.returncode, f"there is no folder {folder}" in done.stderr) == (2, True)


def test_a_catalogue_is_never_written_over(instance: Path, tmp_path: Path) -> None:
    hashbag(["backup", tmp_path / "all.zip"], instance)
    before = everything(instance)
    done = hashbag(["restore", tmp_path / "all.zip"], instance)
    assert done.returncode == 1
    assert "there is a catalogue" in done.stderr
    assert everything(instance) == before


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "thumbs/../../outside.txt"])
def test_a_backup_that_would_write_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("backup.json", json.dumps({"format": 1, "items": 0}))
        archive.writestr(name, "x")
        archive.writestr("hashbag.db", b"")
    done = hashbag(["restore", tmp_path / "evil.zip"], tmp_path / "new")
    assert done.returncode == 1
    assert "no file of an instance" in done.stderr
    assert not list(tmp_path.rglob("outside.txt"))
    assert not (tmp_path / "new" / "hashbag.db").exists()


@pytest.mark.thorough
def test_a_cut_backup_leaves_no_catalogue(instance: Path, tmp_path: Path) -> None:
    hashbag(["backup", tmp_path / "all.zip"], instance)
    data = (tmp_path / "all.zip").read_bytes()
    for part in (0, 10, len(data) // 2, len(data) - 5):
        (tmp_path / "cut.zip").write_bytes(data[:part])
        done = hashbag(["restore", tmp_path / "cut.zip"], tmp_path / "new")
        assert done.returncode == 1
        assert "no backup, or it is damaged" in done.stderr
        assert not (tmp_path / "new" / "hashbag.db").exists()
    restored(tmp_path / "all.zip", tmp_path / "new")


@pytest.mark.parametrize("about", [b"x", b"[1]", b'{"format": 1}', b'{"items": 8}'])
def test_what_is_no_backup_by_its_own_words_is_refused_in_a_sentence(
    tmp_path: Path, about: bytes
) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("backup.json", about)
        archive.writestr("hashbag.db", b"")
    done = hashbag(["restore", tmp_path / "other.zip"], tmp_path / "new")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert not (tmp_path / "new" / "hashbag.db").exists()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_backup_that_was_packed_again_and_damaged_is_refused_in_a_sentence(
    instance: Path, tmp_path: Path, method: int
) -> None:
    hashbag(["backup", tmp_path / "all.zip"], instance)
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(tmp_path / "all.zip") as whole, zipfile.ZipFile(packed, "w", method) as to:
        for name in whole.namelist():
            to.writestr(name, whole.read(name))
        start = to.getinfo("hashbag.db").header_offset + 300
    data = bytearray(packed.read_bytes())
    data[start : start + 2000] = b"\xff" * 2000
    packed.write_bytes(data)
    done = hashbag(["restore", packed], tmp_path / "new")
    assert (done.returncode, "no backup, or it is damaged" in done.stderr) == (1, True)
    assert not (tmp_path / "new" / "hashbag.db").exists()


@pytest.mark.thorough
def test_what_waits_in_the_bin_can_be_brought_back_from_a_backup(
    instance: Path, tmp_path: Path
) -> None:
    app = create_app({"instance": instance, "admin_token": "of-the-owner"})
    added = add(app.test_client(), 50, title="binned").get_json()["id"]
    before = everything(instance)
    batch = core_of(app).item_bin.remove([added])
    assert hashbag(["backup", tmp_path / "all.zip"], instance).returncode == 0
    elsewhere = restored(tmp_path / "all.zip", tmp_path / "elsewhere")
    core_of(create_app({"instance": elsewhere})).item_bin.restore(batch)
    assert everything(elsewhere) == before


@pytest.mark.thorough
def test_a_photo_that_is_missing_is_named_and_the_rest_is_backed_up(
    instance: Path, tmp_path: Path
) -> None:
    (instance / "photos" / "003.png").unlink()
    done = hashbag(["backup", tmp_path / "all.zip"], instance)
    assert done.returncode == 1
    assert "missing 003.png" in done.stderr
    assert zipfile.ZipFile(tmp_path / "all.zip").testzip() is None
    restored(tmp_path / "all.zip", tmp_path / "elsewhere")


def packed(file: Path, database: Path) -> Path:
    """Pack a database as a backup that has a thumbnail too."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("backup.json", json.dumps({"format": 1, "items": 0}))
        archive.writestr("thumbs/ab/abc-192.webp", b"RIFF")
        archive.write(database, "hashbag.db")
    return file


@pytest.mark.sqlite
@pytest.mark.parametrize("content", [b"", b"no database" * 1000])
def test_a_database_that_cannot_be_used_is_noticed_before_photos_are_put_back(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "some.db").write_bytes(content)
    done = hashbag(["restore", packed(tmp_path / "a.zip", tmp_path / "some.db")], tmp_path / "new")
    assert done.returncode == 1
    assert "the database in this backup cannot be used" in done.stderr
    assert {path.name for path in (tmp_path / "new").iterdir()} <= {".lock", "secret.key"}


@pytest.mark.sqlite
def test_a_large_database_is_put_back_without_being_held_in_memory(
    instance: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(instance / "hashbag.db")) as database, database:
        database.execute("CREATE TABLE padding (bytes BLOB)")
        database.execute(f"INSERT INTO padding VALUES (zeroblob({LARGE_BYTES}))")
    file = packed(tmp_path / "large.zip", instance / "hashbag.db")
    core = core_of(create_app({"instance": tmp_path / "new"}))
    tracemalloc.start()
    try:
        for _ in restoration.restore(core.settings, core.storage, file):
            pass
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < LARGE_BYTES / 2
    assert (tmp_path / "new" / "hashbag.db").stat().st_size > LARGE_BYTES
    assert core.catalog.count() == 8
    core.catalog.engine.dispose()


def test_what_machines_told_each_other_of_their_storage_is_not_put_back(
    instance: Path, tmp_path: Path
) -> None:
    """Their bundles are not in the storage that is used from now on."""
    before = facts_of(instance, {f"{SHARING}generation": 7, f"{SHARING}generation 7 {'a' * 64}": 3})
    assert hashbag(["backup", tmp_path / "all.zip"], instance).returncode == 0
    elsewhere = restored(tmp_path / "all.zip", tmp_path / "elsewhere")
    after = facts_of(elsewhere)
    assert not [name for name in after if name.startswith(SHARING)]
    assert after["schema"] == before["schema"]
    assert after["revision"] >= before["revision"]


def facts_of(instance: Path, more: Mapping[str, int] | None = None) -> dict[str, int]:
    """Read what a database says of itself, after having it say more."""
    engine = connect_to(load({}, {"instance": instance}).database_url)
    with engine.begin() as connection:
        for name, value in (more or {}).items():
            set_fact(connection, name, value)
        found: dict[str, int] = dict(
            connection.execute(sa.select(facts.c.name, facts.c.value)).all()
        )
    engine.dispose()
    return found
