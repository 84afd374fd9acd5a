"""What else befalls a machine: it is told, nothing is lost, and service comes back by itself."""

import os
import resource
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.applications import core_of, hashbag
from tests.permissions import run_obeying
from tests.pictures import bag, encoded
from tests.serving import Server, eventually, run_hashbag, served
from tests.small_disk import SmallDisk
from tests.test_item_changes import ADMIN, add
from webapp import create_app
from webapp.catalog.sign_ins import LASTS_SECONDS, MOST_TRIES, TRIES_SECONDS
from webapp.maintenance.background import BackgroundCommand
from webapp.maintenance.import_slot import ImportSlot, Stage, State

PAGES = ("/?seed=1", "/items/3?by=whash", "/browse", "/readyz", "/api/v1/items/3/similar?by=look")
DAY = 24 * 3600


@pytest.fixture
def instance(eight: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(eight, tmp_path / "instance"))


def assert_whole(instance: Path) -> None:
    verified = hashbag(["verify", "--jobs", "1"], instance)
    assert verified.returncode == 0, verified.stdout + verified.stderr


# --- the disk may only be read ---


def fresh_with_a_log(disk: SmallDisk, instance: Path) -> Path:
    """Put on it a copy whose database has its log of changes still beside it, as a kill leaves."""
    with closing(sqlite3.connect(instance / "hashbag.db")) as changing:
        changing.execute("UPDATE items SET title = 'a bag' WHERE id = 1")
        changing.commit()
        copy = disk.fresh(instance)
    assert (copy / "hashbag.db-wal").stat().st_size
    return copy


@pytest.mark.slow
@pytest.mark.parametrize("log", [False, True], ids=["no-log", "log-beside"])
def test_a_disk_that_may_only_be_read_is_served_and_refuses_changes_in_words(
    instance: Path, small_disk: SmallDisk, tmp_path: Path, *, log: bool
) -> None:
    instance = fresh_with_a_log(small_disk, instance) if log else small_disk.fresh(instance)
    small_disk.read_only(on=True)
    assert run_hashbag(["verify"], instance).returncode == 0
    assert run_hashbag(["backup", tmp_path / "all.zip"], instance).returncode == 0
    picture = instance / "photos" / "000.png"
    for command in (["set", "3", "title=x"], ["add", str(picture)], ["index"]):
        done = run_hashbag(command, instance)
        assert done.returncode == 1
        assert "only be read" in done.stderr or "cannot be written" in done.stderr
        assert "Traceback" not in done.stderr
    settings = {"HASHBAG_ADMIN_TOKEN": "of-the-owner", "HASHBAG_COUNTS": "on"}
    with served(instance, 2, settings) as server:
        assert [server.get(page).status for page in PAGES] == [200] * len(PAGES)
        found = server.post_picture("/api/v1/search?k=1&by=learned", encoded(bag(3), "PNG"))
        assert found.json["hits"][0]["distance"] == 0
        kind = {"Content-Type": "application/json"}
        change = server.send("PATCH", "/api/v1/items/3", kind | ADMIN, b'{"price": 3}')
        assert (change.status, change.headers["Retry-After"]) == (503, "5")
        assert "may only be read" in change.text
        small_disk.read_only(on=False)
        for price in range(8):  # by each worker, with whatever connections it has
            body = b'{"price": %d}' % price
            change = server.send("PATCH", "/api/v1/items/3", kind | ADMIN, body)
            assert change.status == 200, change.text
            assert server.get("/api/v1/items/3").json["price"] == price
        assert "Traceback" not in server.errors.read_text()
    assert_whole(instance)


# --- no more files may be opened ---


def tries(server: Server, page: str) -> int:
    with suppress(OSError, HTTPException):
        return server.get(page).status
    return 0


@pytest.mark.slow
def test_without_file_descriptors_service_is_worse_and_comes_back(instance: Path) -> None:
    with served(instance, 2) as server:
        assert server.get("/items/3").status == 200
        for worker in server.workers():
            now = len([*Path(f"/proc/{worker}/fd").iterdir()])
            _, most = resource.prlimit(worker, resource.RLIMIT_NOFILE)
            resource.prlimit(worker, resource.RLIMIT_NOFILE, (now, most))
        assert {tries(server, page) for page in PAGES * 4} <= {0, 200, 503}
        # Workers that could take no connection were replaced; others are as they were started.
        for worker in server.workers():
            resource.prlimit(worker, resource.RLIMIT_NOFILE, (most, most))
        eventually(
            lambda: [tries(server, page) for page in PAGES] == [200] * len(PAGES), "all is well"
        )
    assert_whole(instance)


@pytest.mark.slow
def test_a_server_takes_as_many_open_files_as_it_may(instance: Path) -> None:
    with served(instance, 1) as server:
        for pid in (server.pid, *server.workers()):
            allowed, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            assert allowed == most


# --- clocks that are set back or forth ---


@pytest.mark.thorough
@pytest.mark.parametrize("jump", [-400 * DAY, -2 * DAY, -1, 2 * DAY, 400 * DAY])
def test_a_clock_that_jumps_hides_no_change(
    jump: float, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    app = create_app({"instance": instance, "admin_token": "of-the-owner", "map": "off"})
    client, other = app.test_client(), create_app({"instance": instance, "map": "off"})
    first = add(client, 50, title="before").get_json()["id"]
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    second = add(client, 51, title="after").get_json()["id"]
    client.patch(f"/api/v1/items/{first}", headers=ADMIN, json={"title": "changed"})
    seen = other.test_client().get("/api/v1/items?page=1&per_page=50&sort=id").get_json()["items"]
    titles = {item["id"]: item["title"] for item in seen}
    assert (titles[first], titles[second]) == ("changed", "after")
    assert hashbag(["index", "--no-map"], instance).returncode == 0
    monkeypatch.setattr(time, "time", real)
    client.delete(f"/api/v1/items/{second}", headers=ADMIN)
    assert other.test_client().get(f"/api/v1/items/{second}").status_code == 404
    for one in (app, other):
        core_of(one).catalog.engine.dispose()
    assert_whole(instance)
    assert hashbag(["backup", instance.with_name("all.zip")], instance).returncode == 0


def test_a_clock_that_is_set_back_lets_nobody_stay_longer_nor_locks_anybody_out(
    instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    sign_ins = core_of(create_app({"instance": instance})).sign_ins
    monkeypatch.setattr(time, "time", lambda: real() + 30 * DAY)
    one = sign_ins.begin("holder")
    for _ in range(MOST_TRIES + 5):
        locked = sign_ins.try_by("client")
    assert 0 < locked <= TRIES_SECONDS
    assert sign_ins.holder_of(one) == "holder"
    monkeypatch.setattr(time, "time", real)
    assert sign_ins.holder_of(one) is None
    assert sign_ins.try_by("client") == 0
    two = sign_ins.begin("holder")
    monkeypatch.setattr(time, "time", lambda: real() - 5)  # as by a server of the time
    assert sign_ins.holder_of(two) == "holder"
    monkeypatch.setattr(time, "time", lambda: real() + LASTS_SECONDS + 5)
    assert sign_ins.holder_of(two) is None


def test_an_import_that_was_killed_is_known_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    slot = ImportSlot(tmp_path)
    slot.folder.mkdir()
    monkeypatch.setattr(time, "time", lambda: real() + 30 * DAY)
    slot.tell(State(Stage.CHECKING))
    monkeypatch.setattr(time, "time", real)
    state = slot.state
    assert state
    assert state.stage is Stage.FAILED


def test_a_backup_takes_files_from_before_there_were_zips(instance: Path, tmp_path: Path) -> None:
    os.utime(instance / "photos" / "003.png", (0, 0))
    assert hashbag(["backup", tmp_path / "all.zip"], instance).returncode == 0
    assert hashbag(["restore", tmp_path / "all.zip"], tmp_path / "new").returncode == 0


# --- processes ---


@pytest.mark.slow
def test_what_the_master_opened_no_worker_shares(instance: Path) -> None:
    with served(instance, 2) as server:
        assert server.get("/items/3").status == 200
        held = [str(one.readlink()) for one in Path(f"/proc/{server.pid}/fd").iterdir()]
        assert not [name for name in held if "hashbag.db" in name]


@pytest.mark.thorough
def test_work_in_the_background_that_fails_is_not_begun_anew_at_once(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("trees = 'many'")
    settings = core_of(create_app({"instance": tmp_path / "instance"})).settings
    command = BackgroundCommand(settings, "remove", "no number")
    begun = []
    for _ in range(3):
        command.start_unless_failed()
        begun.append(command._process)  # noqa: SLF001 - which one it was
        eventually(lambda: not command.is_running, "it failed")
    assert begun[0] is begun[1] is begun[2]
    command.start()  # who asks for it is not kept waiting
    assert command._process is not begun[0]  # noqa: SLF001
    eventually(lambda: not command.is_running, "it failed")


# --- files: gone, of another user, for nobody else ---


@pytest.mark.thorough
def test_photos_that_are_gone_are_not_found_and_searches_go_on(instance: Path) -> None:
    client = create_app({"instance": instance}).test_client()
    shutil.move(instance / "photos", instance / "elsewhere")
    assert client.get("/images/3").status_code == 404
    assert client.get("/thumbs/3", buffered=True).status_code == 200
    for page in PAGES:
        assert client.get(page).status_code == 200
    shutil.move(instance / "elsewhere", instance / "photos")
    assert client.get("/images/3", buffered=True).status_code == 200


@pytest.mark.thorough
def test_an_instance_of_another_user_is_told(instance: Path) -> None:
    for path in (instance, *instance.rglob("*")):
        os.chown(path, 12345, 12345) if os.geteuid() == 0 else path.chmod(0o500)
        if path.is_file():
            path.chmod(0o444)
        elif os.geteuid() == 0:
            path.chmod(0o755)
    for command in (["set", "3", "title=x"], ["index"], ["add", str(instance / "photos/000.png")]):
        done = run_obeying(["-m", "webapp", *command], {"HASHBAG_INSTANCE": str(instance)})
        assert done.returncode == 1, done
        assert done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.startswith("hashbag: "), done.stderr
    for path in (instance, *instance.rglob("*")):
        path.chmod(0o755)


@pytest.mark.slow
def test_with_a_umask_for_nobody_else_all_works(tmp_path: Path) -> None:
    for seed in range(8):
        (tmp_path / "photos").mkdir(exist_ok=True)
        bag(seed).save(tmp_path / "photos" / f"{seed}.png")
    before = os.umask(0o077)
    try:
        instance = tmp_path / "instance"
        done = run_hashbag(["import", "--no-map", tmp_path / "photos"], instance)
        assert done.returncode == 0, done.stderr
        with served(instance, 2, {"HASHBAG_ADMIN_TOKEN": "of-the-owner"}) as server:
            assert [server.get(page).status for page in PAGES] == [200] * len(PAGES)
            found = server.post_picture("/api/v1/search?k=1&by=whash", encoded(bag(3), "PNG"))
            assert found.json["hits"][0]["distance"] == 0
    finally:
        os.umask(before)
    assert_whole(instance)
