"""Whatever is killed, at whatever moment: what was acknowledged is there, and all is whole."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.applications import hashbag
from tests.desk import OWNER
from tests.pictures import bag
from tests.serving import Server, eventually, free_port, group_of, run_hashbag, started
from tests.test_live_catalogue import ADMIN, form_of

pytestmark = pytest.mark.slow

KILLS = 50  # one of each sort always, all in a soak
MAY_FOLLOW = ("index: it is older than the catalogue", "index: nothing is indexed yet")
SETTINGS = {"HASHBAG_ADMIN_TOKEN": OWNER, "HASHBAG_MAP": "off"}

Acknowledged = dict[int, float | None]
"""The price of each item that was added, as it was acknowledged last; None: it was removed."""


@pytest.fixture(scope="module")
def new_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new")
    for seed in range(100, 160):
        bag(seed, (400, 300)).save(folder / f"{seed}.png")
    return folder


@pytest.fixture(scope="module")
def backup(eight: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backup") / "all.zip"
    assert hashbag(["backup", file], eight).returncode == 0
    return file


@pytest.fixture(scope="module")
def took() -> dict[str, float]:
    """How long each sort of work takes when nobody disturbs it, in seconds, once it is known."""
    return {}


Rows = list[tuple[object, ...]]


def rows(instance: Path, query: str = "SELECT * FROM items ORDER BY id") -> Rows:
    with closing(sqlite3.connect(instance / "hashbag.db")) as database:
        return database.execute(query).fetchall()


def assert_whole(instance: Path) -> None:
    """Nothing is wrong but that an index must follow; and what can be mended then is."""
    said = hashbag(["verify", "--jobs", "1"], instance)
    wrong = said.stdout.splitlines() if said.returncode else []
    assert all(line.startswith(MAY_FOLLOW) for line in wrong), said.stdout + said.stderr
    assert rows(instance, "PRAGMA integrity_check") == [("ok",)]
    mended = hashbag(["verify", "--jobs", "1", "--repair"], instance)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert not list(instance.rglob(".building-*"))
    # The number of a process that was killed may be that of another program by now.
    left = [int(path.name.split("-")[1]) for path in instance.rglob(".writing-*")]
    assert not [pid for pid in left if not Path(f"/proc/{pid}").exists()]


@contextmanager
def killed(args: list[str | Path], instance: Path, delay: float) -> Iterator[bool]:
    """Run a command and kill it after a while; yields whether it was still at work."""
    with started(args, instance, {"HASHBAG_MAP": "off"}) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(delay)
        at_work = process.poll() is None
        if at_work:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        eventually(lambda: not group_of(process.pid), "all of it ended")
        yield at_work


def seconds_of(name: str, args: list[str | Path], instance: Path, took: dict[str, float]) -> float:
    """Return how long a command takes on a copy of an instance."""
    if name not in took:
        copy = instance.with_name(f"{name}-undisturbed")
        if instance.exists():
            shutil.copytree(instance, copy)
        began = time.monotonic()
        assert run_hashbag(args, copy, {"HASHBAG_MAP": "off"}).returncode == 0
        took[name] = time.monotonic() - began
    return took[name]


class Moment:
    """Where one of the kills happens: folders, photos, a chance, how long things take."""

    def __init__(
        self, instance: Path, photos: Path, backup: Path, number: int, took: dict[str, float]
    ) -> None:
        self.instance = instance
        self.photos = photos
        self.backup = backup
        self.chance = random.Random(number)
        self.took = took

    def kill(self, name: str, args: list[str | Path]) -> bool:
        """Run a command and kill it at some moment; says whether it was at work."""
        seconds = seconds_of(name, args, self.instance, self.took)
        # Half of the time goes by before there is any work: Python starts, modules are loaded.
        delay = seconds * self.chance.uniform(0.3, 1)
        with killed(args, self.instance, delay) as at_work:
            return at_work


def during_an_import(moment: Moment) -> None:
    before = rows(moment.instance)
    moment.kill("import", ["import", "--no-map", moment.photos])
    assert rows(moment.instance)[: len(before)] == before
    assert_whole(moment.instance)
    again = hashbag(["import", "--no-map", "--jobs", "1", moment.photos], moment.instance)
    assert again.returncode == 0, again.stderr
    assert len(rows(moment.instance)) == 68


def during_a_rebuild(moment: Moment) -> None:
    before = rows(moment.instance)
    moment.kill("index", ["index", "--no-map"])
    assert rows(moment.instance) == before
    assert_whole(moment.instance)


def during_a_backup(moment: Moment) -> None:
    file = moment.instance.with_name("all.zip")
    shutil.copy(moment.backup, file)
    moment.kill("backup", ["backup", file])
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
    assert_whole(moment.instance)
    assert hashbag(["backup", file], moment.instance).returncode == 0
    assert not list(file.parent.glob(".writing-*"))


def during_a_restore(moment: Moment) -> None:
    kept = rows(moment.instance)
    moment.instance.rename(moment.instance.with_name("original"))
    moment.kill("restore", ["restore", moment.backup])
    if not (moment.instance / "hashbag.db").exists():
        assert hashbag(["restore", moment.backup], moment.instance).returncode == 0
    assert_whole(moment.instance)
    assert rows(moment.instance) == kept


def during_a_migration(moment: Moment, first_version: Path) -> None:
    shutil.rmtree(moment.instance)
    shutil.copytree(first_version, moment.instance)
    columns = "SELECT id, path, title, price, digest FROM items ORDER BY id"
    before = rows(moment.instance, columns)
    moment.kill("status", ["status"])
    assert_whole(moment.instance)
    assert rows(moment.instance, columns) == before


def during_live_writes(moment: Moment) -> None:
    port = free_port()
    args: list[str | Path] = ["serve", "--workers", "2", "--bind", f"127.0.0.1:{port}"]
    with started(args, moment.instance, SETTINGS) as process:
        nowhere = moment.instance.with_name("log")
        server = Server(f"http://127.0.0.1:{port}", process.pid, nowhere, nowhere)
        eventually(lambda: answers(server), "a server")
        first = written(server, "add", 0, 1.0, moment.chance)
        delay = moment.chance.uniform(0.1, 3)
        killer = threading.Timer(delay, os.killpg, (process.pid, signal.SIGKILL))
        killer.start()
        acknowledged, unsure = write_until_killed(server, moment.chance)
        acknowledged = {**first, **acknowledged}
        killer.join()
        process.communicate()
        eventually(lambda: not group_of(process.pid), "all of it ended")
    assert first
    found = rows(moment.instance, "SELECT id, price FROM items")
    prices = {int(str(one)): price for one, price in found}
    for item, price in acknowledged.items():
        if item != unsure:
            assert prices.get(item) == price
    assert_whole(moment.instance)


def answers(server: Server) -> bool:
    try:
        return server.get("/readyz").status == 200
    except OSError:
        return False


def write_until_killed(server: Server, chance: random.Random) -> tuple[Acknowledged, int]:
    """Write until the server is gone; returns what it acknowledged.

    The second is the item of the request that it was killed at, which may be written or not.
    """
    acknowledged: Acknowledged = {}
    item = 0
    with suppress(OSError, HTTPException):
        while True:
            known = [one for one, price in acknowledged.items() if price is not None]
            do = chance.choice(("add", "change", "remove")) if known else "add"
            item = chance.choice(known) if do != "add" else 0
            price = float(chance.randrange(1, 9000))
            acknowledged |= written(server, do, item, price, chance)
    return acknowledged, item


def written(
    server: Server, do: str, item: int, price: float, chance: random.Random
) -> Mapping[int, float | None]:
    """Write once; returns the item with the price that was acknowledged."""
    if do == "add":
        body, headers = form_of(chance.randrange(10_000), {"title": "new", "price": price})
        answer = server.send("POST", "/api/v1/items", headers | ADMIN, body)
        return {answer.json["id"]: price} if answer.status == 201 else {}
    target = f"/api/v1/items/{item}"
    if do == "remove":
        return {item: None} if server.send("DELETE", target, ADMIN).status == 204 else {}
    change, kind = json.dumps({"price": price}).encode(), {"Content-Type": "application/json"}
    return {item: price} if server.send("PATCH", target, kind | ADMIN, change).status == 200 else {}


SORTS: tuple[Callable[..., None], ...] = (
    during_an_import,
    during_live_writes,
    during_a_rebuild,
    during_a_backup,
    during_a_restore,
    during_a_migration,
)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(
            n,
            id=f"{SORTS[n % len(SORTS)].__name__}-{n}",
            marks=() if n < len(SORTS) else pytest.mark.soak,
        )
        for n in range(KILLS)
    ],
)
def test_after_kill_9_all_is_whole_and_nothing_acknowledged_is_lost(
    number: int,
    eight: Path,
    first_version: Path,
    new_photos: Path,
    backup: Path,
    took: dict[str, float],
    tmp_path: Path,
) -> None:
    instance = Path(shutil.copytree(eight, tmp_path / "instance"))
    moment = Moment(instance, new_photos, backup, number, took)
    sort = SORTS[number % len(SORTS)]
    more = (first_version,) if sort is during_a_migration else ()
    sort(moment, *more)
