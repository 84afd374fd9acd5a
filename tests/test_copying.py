"""The catalogue moves to another database and back: nothing is lost, and answers stay the same."""

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.applications import core_of, hashbag
from tests.pictures import bag, encoded
from tests.postgresql import PostgresServer, run_at
from webapp import create_app
from webapp.catalog import catalog_copy, catalog_file
from webapp.catalog.daily_counts import today
from webapp.catalog.database import connect_to
from webapp.catalog.schema import facts, metadata
from webapp.config import load

OWNER = {"Authorization": "Bearer of-the-owner"}


@pytest.fixture
def instance(eight: Path, tmp_path: Path) -> Path:
    """An instance of which every table has rows, and the largest number is of an item gone."""
    instance = Path(shutil.copytree(eight, tmp_path / "instance"))
    app = create_app({"instance": instance, "admin_token": "of-the-owner", "counts": "on"})
    client, core = app.test_client(), core_of(app)
    assert hashbag(["token", "create", "shop"], instance).returncode == 0
    changed = client.patch(
        "/api/v1/items/3", headers=OWNER, json={"title": "Ünïcode 包 ☂", "x": "1"}
    )
    assert changed.status_code == 200, changed.text
    for key in ("a", "B"):  # databases sort these in different ways
        photos = [(io.BytesIO(encoded(bag(seed), "PNG")), "more.png") for seed in (70, 71)]
        sent = {"image": photos, "title": "More"}
        headers = OWNER | {"Idempotency-Key": key}
        assert client.post("/api/v1/items", headers=headers, data=sent).status_code == 201
    core.item_bin.remove([10])
    core.kept_apart.add([1, 2])
    core.daily_counts.add({(today(), "opened", 3): 2, (today(), "Searched", 0): 1})
    core.sign_ins.begin("somebody")
    core.sign_ins.try_by("a client")
    core.catalog.engine.dispose()
    return instance


@pytest.fixture
def elsewhere(postgresql: PostgresServer, tmp_path: Path) -> str:
    """An empty database."""
    return postgresql.new_database(re.sub(r"\W", "_", tmp_path.name))


def at(instance: Path, address: str) -> Iterator[Flask]:
    app = create_app({"instance": instance, "database": address, "admin_token": "of-the-owner"})
    yield app
    core_of(app).catalog.engine.dispose()


def rows_in(address: str) -> dict[str, list[Any]]:
    """Read all tables, but what a database says of itself."""
    with connect_to(sa.make_url(address)).connect() as connection:
        found = {
            table.name: sorted(map(repr, connection.execute(sa.select(table)).all()))
            for table in metadata.sorted_tables
        }
        told: dict[str, int] = dict(connection.execute(sa.select(facts)).all())
        return found | {"facts": [told["revision"], told["unlogged"]]}


def own(instance: Path) -> str:
    return load({}, {"instance": instance}).database_url.render_as_string(hide_password=False)


def answers(app: Flask) -> list[object]:
    client = app.test_client()
    paths = [
        f"/api/v1/items/{number}/similar?by={by}"
        for number in (1, 3, 9)
        for by in ("look", "whash")
    ]
    paths += ["/api/v1/items?page=1", "/api/v1/items?seed=5&n=4", "/api/v1/items?page=1&text=bag"]
    return [client.get(path).get_json() for path in paths]


def copied(instance: Path, to: str, more: dict[str, str] | None = None) -> str:
    done = hashbag(["copy", "--to", to], instance, more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_catalogue_goes_to_postgresql_and_back_and_nothing_is_another(
    instance: Path, elsewhere: str, tmp_path: Path
) -> None:
    before = rows_in(own(instance))
    assert [name for name, rows in before.items() if not rows] == []
    (app,) = at(instance, own(instance))
    expected = answers(app)
    told = copied(instance, elsewhere)
    assert re.search(r"^items +9 rows +[0-9a-f]{16}$", told, re.MULTILINE)
    assert told.endswith(", 0 were there; all are equal\n")
    assert rows_in(elsewhere) == before

    there = {"HASHBAG_DATABASE": elsewhere}
    verified = hashbag(["verify"], instance, there)
    assert (verified.returncode, verified.stderr) == (0, "")
    for app in at(instance, elsewhere):
        assert answers(app) == expected

    back = f"sqlite:///{tmp_path / 'back.db'}"
    assert copied(instance, back, there).splitlines()[:-1] == told.splitlines()[:-1]
    assert rows_in(back) == before
    assert hashbag(["verify"], instance, {"HASHBAG_DATABASE": back}).returncode == 0
    for app in at(instance, back):
        assert answers(app) == expected


@pytest.mark.thorough
def test_the_next_number_is_one_that_was_never_given(instance: Path, elsewhere: str) -> None:
    copied(instance, elsewhere)
    for app in at(instance, elsewhere):
        sent = {"image": (io.BytesIO(encoded(bag(80), "PNG")), "new.png")}
        added = app.test_client().post("/api/v1/items", headers=OWNER, data=sent)
        assert added.get_json()["id"] == 11  # 10 is in the bin
        core_of(app).sign_ins.try_by("another client")


KILLED = """
import os, signal, sys
import sqlalchemy as sa
from webapp import cli

@sa.event.listens_for(sa.Engine, "after_cursor_execute")
def end(connection, cursor, statement, *more):
    if connection.dialect.name == "postgresql" and statement.strip().startswith(moment):
        os.kill(os.getpid(), signal.SIGKILL)

moment = sys.argv.pop()
cli.main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "there"),
    [
        ("CREATE TABLE IF NOT EXISTS codes", 0),
        ("INSERT INTO items", 0),
        ("INSERT INTO codes", 9),
        ("SELECT setval", 90),
        ("INSERT INTO facts", 0),  # with which it begins
    ],
)
def test_a_copy_that_was_killed_goes_on_where_it_was(
    moment: str, there: int, instance: Path, elsewhere: str
) -> None:
    command = [sys.executable, "-c", KILLED, "copy", "--to", elsewhere, moment]
    environ = os.environ | {"HASHBAG_INSTANCE": str(instance), "HASHBAG_DATABASE": own(instance)}
    ended = subprocess.run(command, env=environ, capture_output=True, check=False)
    assert ended.returncode == -9, ended.stderr
    told = copied(instance, elsewhere)
    found = re.search(r", ([0-9,]+) were there;", told)
    assert found
    assert int(found[1].replace(",", "")) >= there
    assert rows_in(elsewhere) == rows_in(own(instance))
    assert ", 0 rows" not in told


@pytest.mark.thorough
def test_what_is_changed_live_meanwhile_is_copied_too(instance: Path, elsewhere: str) -> None:
    for app in at(instance, own(instance)):
        copying = catalog_copy.copy(core_of(app).catalog, sa.make_url(elsewhere))
        while "codes" not in next(copying).doing:
            pass
        client = app.test_client()
        assert client.delete("/api/v1/items/4", headers=OWNER).status_code == 204
        sent = {"title": "Said meanwhile"}
        assert client.patch("/api/v1/items/5", headers=OWNER, json=sent).status_code == 200
        assert [*copying]
    assert rows_in(elsewhere) == rows_in(own(instance))


@pytest.mark.thorough
def test_items_that_changed_places_since_a_copy_are_copied_right(
    instance: Path, elsewhere: str
) -> None:
    copied(instance, elsewhere)
    run_at(
        own(instance),
        "UPDATE items SET path = 'nowhere' WHERE id = 2",
        "UPDATE items SET path = 'photos/001.png' WHERE id = 1",
        "UPDATE items SET path = 'photos/000.png' WHERE id = 2",
    )
    copied(instance, elsewhere)
    assert rows_in(elsewhere) == rows_in(own(instance))


@pytest.mark.thorough
def test_another_catalogue_is_never_written_over(instance: Path, elsewhere: str) -> None:
    copied(instance, elsewhere)
    assert "wrote 0 rows" in copied(instance, elsewhere)
    for app in at(instance, elsewhere):
        sent = {"title": "Said in the copy"}
        assert (
            app.test_client().patch("/api/v1/items/5", headers=OWNER, json=sent).status_code == 200
        )
    before = rows_in(elsewhere)
    refused = hashbag(["copy", "--to", elsewhere], instance)
    assert refused.returncode == 1
    assert "name an empty database" in refused.stderr
    assert rows_in(elsewhere) == before


def test_there_must_be_another_place_to_copy_to(instance: Path) -> None:
    refused = hashbag(["copy", "--to", own(instance)], instance)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "in this database already" in refused.stderr


def restored(file: Path, instance: Path, more: dict[str, str] | None = None) -> Path:
    done = hashbag(["restore", file], instance, more)
    assert done.returncode == 0, done.stderr
    return instance


def backed_up(instance: Path, file: Path, more: dict[str, str] | None = None) -> Path:
    done = hashbag(["backup", file], instance, more)
    assert (done.returncode, done.stdout[:14]) == (0, "wrote 9 items "), done.stderr
    return file


def kept(address: str) -> dict[str, list[Any]]:
    """Read all tables but the log of live changes, which a new index empties."""
    return {name: rows for name, rows in rows_in(address).items() if name != "changes"}


def pictures(app: Flask) -> list[bytes]:
    client = app.test_client()
    listed = client.get("/api/v1/items?page=1").get_json()["items"]
    return [
        client.get(one[name], buffered=True).data for one in listed for name in ("image", "thumb")
    ]


@pytest.mark.slow
def test_a_backup_of_either_database_is_put_back_into_the_other(
    instance: Path, elsewhere: str, tmp_path: Path
) -> None:
    there = {"HASHBAG_DATABASE": elsewhere}
    before = kept(own(instance))
    assert [name for name, rows in before.items() if not rows] == []
    (app,) = at(instance, own(instance))
    expected, shown = answers(app), pictures(app)

    file = backed_up(instance, tmp_path / "of-sqlite.zip")
    shutil.move(instance, tmp_path / "gone")  # nothing of it is needed
    second = restored(file, tmp_path / "second", there)
    assert kept(elsewhere) == before
    for app in at(second, elsewhere):
        assert (answers(app), pictures(app)) == (expected, shown)

    file = backed_up(second, tmp_path / "of-postgresql.zip", there)
    shutil.move(second, tmp_path / "gone too")
    third = restored(file, tmp_path / "third")
    assert kept(own(third)) == before
    for app in at(third, own(third)):
        assert (answers(app), pictures(app)) == (expected, shown)
        sent = {"image": (io.BytesIO(encoded(bag(80), "PNG")), "new.png")}
        added = app.test_client().post("/api/v1/items", headers=OWNER, data=sent)
        assert added.get_json()["id"] == 11  # 10 is in the bin
    assert not [*tmp_path.rglob(".writing-*")]


@pytest.mark.thorough
def test_a_backup_is_put_into_no_database_that_has_a_catalogue(
    instance: Path, elsewhere: str, tmp_path: Path
) -> None:
    copied(instance, elsewhere)
    before = rows_in(elsewhere)
    file = backed_up(instance, tmp_path / "all.zip")
    refused = hashbag(["restore", file], tmp_path / "new", {"HASHBAG_DATABASE": elsewhere})
    assert refused.returncode == 1
    assert "name an empty one in HASHBAG_DATABASE" in refused.stderr
    assert rows_in(elsewhere) == before


@pytest.mark.thorough
def test_a_backup_of_a_server_is_of_one_moment(instance: Path, elsewhere: str) -> None:
    copied(instance, elsewhere)
    expected = {name: rows for name, rows in rows_in(elsewhere).items() if name != "facts"}
    file = instance / "taken.db"
    for app in at(instance, elsewhere):
        saving = catalog_file.save(core_of(app).catalog, file)
        while "items" not in next(saving).doing:
            pass
        client = app.test_client()
        assert client.delete("/api/v1/items/4", headers=OWNER).status_code == 204
        sent = {"title": "Said meanwhile"}
        assert client.patch("/api/v1/items/5", headers=OWNER, json=sent).status_code == 200
        assert [*saving]
    saved = rows_in(f"sqlite:///{file}")
    assert {name: rows for name, rows in saved.items() if name != "facts"} == expected


@pytest.mark.thorough
def test_a_restore_that_is_stopped_leaves_nothing_in_the_database(
    instance: Path, elsewhere: str, tmp_path: Path
) -> None:
    file = tmp_path / "taken.db"
    for app in at(instance, own(instance)):
        assert [*catalog_file.save(core_of(app).catalog, file)] == []
    loading = catalog_file.load(file, sa.make_url(elsewhere))
    while "codes" not in next(loading).doing:
        pass
    loading.close()
    assert not catalog_file.is_filled(sa.make_url(elsewhere))
    assert [*catalog_file.load(file, sa.make_url(elsewhere))]
    assert rows_in(elsewhere) == rows_in(own(instance))
