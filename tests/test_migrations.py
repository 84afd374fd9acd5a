"""A catalogue of any earlier version opens and keeps everything; one of a later is left alone."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from tests.conftest import core_of, take_in
from tests.first_version import LAYOUT_1, database_of
from tests.pictures import catalogue
from webapp import create_app
from webapp.catalog.database import connect_to
from webapp.catalog.schema import LAYOUT, metadata
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import CatalogTooNew
from webapp.maintenance import checks

COUNT = 8

# What later layouts added to items, and what it says of those of before.
NEW = (("source", ""), ("occurrence", 0), ("photo_count", 1))


@pytest.fixture
def instance(first_version: Path, tmp_path: Path) -> Path:
    return shutil.copytree(first_version, tmp_path / "instance")


def rows(database: Path) -> dict[str, list[object]]:
    """Read all that a catalogue must keep."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        found: dict[str, list[object]] = {
            table: [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]
            for table in ("items", "makers", "codes", "sqlite_sequence")
        }
        for item in found["items"]:
            assert isinstance(item, dict)
            assert [item.pop(name, default) for name, default in NEW] == [value for _, value in NEW]
        for code in found["codes"]:
            assert isinstance(code, dict)
            assert code.pop("photo", 1) == 1
        query = "SELECT value FROM facts WHERE name = 'revision'"
        return found | {"revision": list(connection.execute(query).fetchone())}


def layout(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT value FROM facts WHERE name = 'schema'"
        return int(connection.execute(query).fetchone()[0])


def assert_whole(app: Flask) -> None:
    """Ask for everything: it answers, and verifies clean."""
    client, core = app.test_client(), core_of(app)
    assert client.get("/readyz").get_json()["items"] == COUNT
    listed = client.get("/api/v1/items?page=1").get_json()["items"]
    assert sorted(item["title"] for item in listed) == [f"Bag {number}" for number in range(COUNT)]
    assert {item["extra"]["season"] for item in listed} == {"Summer"}
    assert len(client.get("/api/v1/items/3/similar").get_json()["hits"]) == COUNT - 1
    assert client.get("/items/3").status_code == 200
    assert [*checks.check_items(core.catalog, core.thumbs, 1)] == [None] * COUNT
    assert [*checks.check_index(core.catalog, core.generations, thoroughly=True)] == []


@pytest.mark.thorough
def test_an_instance_of_the_first_version_opens_and_keeps_everything(instance: Path) -> None:
    before = rows(database_of(instance))
    app = create_app({"instance": instance})
    assert_whole(app)
    assert layout(database_of(instance)) == LAYOUT
    assert rows(database_of(instance)) == before
    # Ids that were given before are not given again, and it can be written.
    more = catalogue(instance.parent / "more", COUNT + 1)
    take_in(app, more)
    assert max(item.id for item in core_of(app).catalog.all_items()) > 40


@pytest.mark.thorough
def test_an_instance_of_layout_3_goes_on_with_the_index_that_it_has(instance: Path) -> None:
    engine = connect_to(sa.make_url(f"sqlite:///{database_of(instance)}"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "webapp.catalog:migrations")
        config.attributes["connection"] = connection
        command.stamp(config, "1")
        command.upgrade(config, "3")
        connection.execute(sa.text("UPDATE facts SET value = 3 WHERE name = 'schema'"))
    engine.dispose()
    before = rows(database_of(instance))
    generations = sorted((instance / "generations").iterdir())
    app = create_app({"instance": instance})
    assert_whole(app)
    assert layout(database_of(instance)) == LAYOUT
    assert rows(database_of(instance)) == before
    assert sorted((instance / "generations").iterdir()) == generations
    (item, *_) = app.test_client().get("/api/v1/items?page=1").get_json()["items"]
    assert item["images"] == [item["image"]]


def test_an_old_and_a_new_database_have_the_tables_that_the_code_knows(
    instance: Path, empty: Flask
) -> None:
    CatalogWriter(core_of(empty).catalog).make_catalog()
    for app in (create_app({"instance": instance}), empty):
        with core_of(app).catalog.engine.connect() as connection:
            found = compare_metadata(MigrationContext.configure(connection), metadata)
            assert found == []


def test_the_newest_migration_makes_the_layout_that_the_code_knows() -> None:
    config = Config()
    config.set_main_option("script_location", "webapp.catalog:migrations")
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [str(LAYOUT)]
    names = [one.revision for one in script.walk_revisions()]
    assert names == [str(number) for number in range(LAYOUT, 0, -1)]


@pytest.mark.thorough
def test_tables_that_the_first_version_had_only_begun_to_make_are_completed(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    instance.mkdir()
    with closing(sqlite3.connect(database_of(instance))) as connection:
        connection.executescript(LAYOUT_1.partition("CREATE TABLE codes")[0])
    app = create_app({"instance": instance})
    take_in(app, catalogue(tmp_path / "photos", COUNT))
    assert_whole(app)


def test_a_database_of_a_later_version_is_refused_and_left_as_it_is(instance: Path) -> None:
    path = database_of(instance)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE facts SET value = ? WHERE name = 'schema'", [LAYOUT + 1])
        connection.commit()
        connection.execute("PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    app = create_app({"instance": instance})
    for page in ("/items/3", "/api/v1/items/3", "/readyz"):
        answer = app.test_client().get(page)
        assert answer.status_code == 503
        assert "later version of Hashbag made this catalogue" in answer.get_data(as_text=True)
    with pytest.raises(CatalogTooNew, match="install that version or a later one"):
        CatalogWriter(core_of(app).catalog).make_catalog()
    core_of(app).catalog.engine.dispose()
    assert path.read_bytes() == before


@pytest.mark.thorough
def test_while_another_process_brings_it_up_to_date_pages_say_503(instance: Path) -> None:
    client = create_app({"instance": instance}).test_client()
    with closing(sqlite3.connect(database_of(instance))) as connection:
        connection.execute("BEGIN IMMEDIATE")
        answer = client.get("/items/3")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert client.get("/items/3").status_code == 200


# --- processes that end, or run at the same time ---

OPEN = """
import os, signal, sys
import sqlalchemy as sa
from webapp import config
from webapp.catalog.database import PATIENCE, connect_to
from webapp.catalog.layout import check_connections, make_catalog

@sa.event.listens_for(sa.Engine, "after_cursor_execute")
def end(connection, cursor, statement, *more):
    if len(sys.argv) > 2 and " ".join(statement.split()).startswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

url = config.load({}, {"instance": sys.argv[1]}).database_url
engine = connect_to(url, execution_options={PATIENCE: 600})
check_connections(engine)
make_catalog(engine)
with engine.connect() as connection:
    print(connection.scalar(sa.text("SELECT count(*) FROM items")), "alembic" in sys.modules)
"""


def opening(instance: Path, *moment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OPEN, str(instance), *moment]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(processes: list[subprocess.Popen[str]]) -> Iterator[tuple[int, str, str]]:
    for process in processes:
        out, error = process.communicate()
        yield process.returncode, out, error


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        "BEGIN IMMEDIATE",
        "CREATE TABLE alembic_version",
        "DROP INDEX ix_items_colour",
        "DROP TABLE items",
        "ALTER TABLE new_items",
        "UPDATE facts",
    ],
)
def test_a_migration_that_is_killed_has_changed_nothing(moment: str, instance: Path) -> None:
    before = rows(database_of(instance))
    ((code, _, _),) = ended([opening(instance, moment)])
    assert code == -9
    assert layout(database_of(instance)) == 1
    assert rows(database_of(instance)) == before
    assert_whole(create_app({"instance": instance}))


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment", ["BEGIN IMMEDIATE", "CREATE TABLE IF NOT EXISTS codes", "UPDATE facts"]
)
def test_a_database_whose_making_is_killed_is_made_by_the_next(moment: str, tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    ((code, _, _),) = ended([opening(instance, moment)])
    assert code == -9
    assert [*ended([opening(instance)])] == [(0, "0 True\n", "")]


@pytest.mark.slow
def test_processes_that_open_it_at_the_same_time_bring_it_up_to_date_once(
    instance: Path, tmp_path: Path
) -> None:
    done = [*ended([opening(instance) for _ in range(4)])]
    assert [(code, out.split()[0]) for code, out, _ in done] == [(0, str(COUNT))] * 4
    told = [error for _, _, error in done if error]
    assert told == [f"the catalogue's tables were brought from layout 1 to {LAYOUT}\n"]
    assert_whole(create_app({"instance": instance}))
    # And none of them needs Alembic any more; nor has a new one made twice.
    assert [*ended([opening(instance)])] == [(0, f"{COUNT} False\n", "")]
    new = [*ended([opening(tmp_path / "new") for _ in range(4)])]
    assert [(code, out.split()[0], error) for code, out, error in new] == [(0, "0", "")] * 4
