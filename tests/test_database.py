"""Whatever the database does, the server says so in a sentence, and goes on when it is back."""

import os
import random
import shutil
import sqlite3
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import core_of, take_in
from tests.pictures import catalogue
from webapp import create_app
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import CatalogUnavailable, ConfigError

PAGES = ("/?seed=1", "/items/3", "/items/3?trail=1.2", "/compare?item=3", "/thumbs/3", "/images/3")
DATA = ("/api/v1/items", "/api/v1/items/3", "/api/v1/items/3/similar")
ALL = (*PAGES, *DATA, "/readyz")
SOME = ("/items/3", "/api/v1/items/3", "/readyz")


@pytest.fixture
def app(eight: Path, tmp_path: Path) -> Flask:
    return create_app({"instance": shutil.copytree(eight, tmp_path / "instance")})


def database_of(app: Flask) -> Path:
    return core_of(app).settings.instance / "hashbag.db"


@contextmanager
def moved_away(app: Flask) -> Iterator[None]:
    path = database_of(app)
    away = path.rename(path.with_name("away"))
    yield
    assert not path.exists()
    away.rename(path)


@contextmanager
def folder_gone(app: Flask) -> Iterator[None]:
    folder = core_of(app).settings.instance
    away = folder.rename(folder.with_name("away"))
    yield
    assert not folder.exists()
    away.rename(folder)


@contextmanager
def replaced_by_garbage(app: Flask) -> Iterator[None]:
    with moved_away(app):
        database_of(app).write_bytes(b"no database " * 1000)
        yield
        database_of(app).unlink()


@contextmanager
def replaced_by_an_empty_file(app: Flask) -> Iterator[None]:
    with moved_away(app):
        database_of(app).touch()
        yield
        database_of(app).unlink()


@contextmanager
def replaced_by_a_folder(app: Flask) -> Iterator[None]:
    with moved_away(app):
        database_of(app).mkdir()
        yield
        database_of(app).rmdir()


@contextmanager
def overwritten_in_place(app: Flask) -> Iterator[None]:
    path = database_of(app)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    path.write_bytes(b"\xa5" * len(whole))
    yield
    path.write_bytes(whole)


@contextmanager
def locked_by_another(app: Flask) -> Iterator[None]:
    core_of(app).catalog.engine.dispose()  # who serves holds a lock that keeps such a one out
    with closing(sqlite3.connect(database_of(app))) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def unreadable(app: Flask) -> Iterator[None]:
    core_of(app).catalog.engine.dispose()  # a file that is open goes on being read
    path = database_of(app)
    path.chmod(0)
    with as_nobody(path.parent):
        yield
    path.chmod(0o644)


@contextmanager
def in_a_read_only_folder(app: Flask) -> Iterator[None]:
    core_of(app).catalog.engine.dispose()
    with closing(sqlite3.connect(database_of(app))) as connection:
        connection.execute("SELECT 1 FROM items")  # a log that was copied too would do to read
    folder = core_of(app).settings.instance
    folder.chmod(0o555)
    with as_nobody(folder):
        yield
    folder.chmod(0o755)


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Give up the rights of root, who may read and write everything, but reach the folder."""
    if os.geteuid():
        yield
        return
    for one in (folder, *folder.parents):
        if not one.stat().st_mode & 1:
            one.chmod(one.stat().st_mode | 0o55)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


Trouble = Callable[[Flask], AbstractContextManager[None]]
TROUBLES: tuple[Trouble, ...] = (
    moved_away,
    folder_gone,
    replaced_by_garbage,
    replaced_by_an_empty_file,
    replaced_by_a_folder,
    overwritten_in_place,
    locked_by_another,
    unreadable,
    in_a_read_only_folder,  # a write-ahead log needs a file of its own beside the database
)

WAITED_FOR = (locked_by_another, in_a_read_only_folder)
"""Each request waits half a second, for the lock to be released."""


def assert_unavailable(client: FlaskClient, private: Path, paths: Sequence[str]) -> None:
    for path in paths:
        answer = client.get(path, buffered=True)
        assert (answer.status_code, path) == (503, path)
        assert int(answer.headers["Retry-After"]) > 0
        assert str(private) not in answer.get_data(as_text=True)
        assert "sqlite" not in answer.get_data(as_text=True).lower()
        if path in DATA:
            assert answer.mimetype == "application/problem+json"
    assert client.get("/healthz").status_code == 200
    assert client.get("/static/hashbag.css", buffered=True).status_code == 200


def assert_well(client: FlaskClient) -> None:
    for path in ALL:
        assert (client.get(path, buffered=True).status_code, path) == (200, path)


@pytest.mark.thorough
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_what_happens_to_the_database_while_serving_is_503_until_it_is_well_again(
    trouble: Trouble, app: Flask, tmp_path: Path
) -> None:
    client = app.test_client()
    assert_well(client)
    with trouble(app):
        assert_unavailable(client, tmp_path, SOME if trouble in WAITED_FOR else ALL)
    assert_well(client)


@pytest.mark.thorough
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_a_server_that_starts_without_its_database_recovers_without_a_restart(
    trouble: Trouble, app: Flask, tmp_path: Path
) -> None:
    with trouble(app):
        late = create_app({"instance": core_of(app).settings.instance})
        assert_unavailable(late.test_client(), tmp_path, SOME)
    assert_well(late.test_client())


@pytest.mark.thorough
def test_wherever_the_database_is_damaged_nothing_worse_than_503_is_answered(app: Flask) -> None:
    client, path = app.test_client(), database_of(app)
    whole = path.read_bytes()
    chance = random.Random(7)
    damaged = [
        whole.replace(b'"season"', b"'season'"),
        whole.replace(b"CREATE TABLE items", b"CREATE TABLE \xa5tems"),
        whole[: len(whole) // 2],
    ]
    for count in (1, 3, 20, 200) * 10:
        flipped = bytearray(whole)
        for place in chance.sample(range(len(whole)), count):
            flipped[place] ^= chance.randrange(1, 256)
        damaged.append(bytes(flipped))
    for data in damaged:
        (path.parent / "next").write_bytes(data)
        (path.parent / "next").replace(path)
        for page in ("/items/3", "/api/v1/items?page=1", "/readyz"):
            assert client.get(page).status_code in {200, 404, 503}
    path.write_bytes(whole)
    assert_well(client)


@pytest.mark.thorough
def test_a_writer_keeps_no_page_waiting(app: Flask) -> None:
    client = app.test_client()
    with closing(sqlite3.connect(database_of(app))) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("UPDATE items SET title = 'not yet'")
        assert_well(client)
        assert client.get("/api/v1/items/3").get_json()["title"] == "Bag 2"


def test_a_database_that_may_only_be_read_is_served(app: Flask) -> None:
    path = database_of(app)
    path.chmod(0o444)
    path.parent.chmod(0o777)
    with as_nobody(path.parent):
        for page in ("/?seed=1", "/items/3", *DATA, "/readyz"):
            assert app.test_client().get(page).status_code == 200
        with pytest.raises(CatalogUnavailable) as caught:
            CatalogWriter(core_of(app).catalog).remove([3])
    assert str(path) in caught.value.for_owner
    assert str(path) not in str(caught.value)


def test_another_database_in_its_place_is_the_one_that_answers(
    app: Flask, eight: Path, tmp_path: Path
) -> None:
    client = app.test_client()
    assert client.get("/api/v1/items/3").get_json()["title"] == "Bag 2"
    path = database_of(app)
    other = tmp_path / "other.db"
    with (
        closing(sqlite3.connect(eight / "hashbag.db")) as source,
        closing(sqlite3.connect(other)) as copy,
    ):
        source.backup(copy)
        copy.execute("UPDATE items SET title = 'restored'")
        copy.commit()
    core_of(app).catalog.engine.dispose()
    assert client.get("/api/v1/items/3").get_json()["title"] == "Bag 2"
    for left in path.parent.glob("hashbag.db?*"):
        left.unlink()
    other.replace(path)
    assert client.get("/api/v1/items/3").get_json()["title"] == "restored"


def test_who_only_reads_makes_no_database(tmp_path: Path) -> None:
    client = create_app({"instance": tmp_path / "instance"}).test_client()
    assert client.get("/").status_code == 200
    assert "hashbag import" in client.get("/readyz").get_json()["detail"]
    answer = client.get("/items/3", buffered=True)
    assert answer.status_code == 503
    told = answer.get_data(as_text=True).replace("&#39;", "'")
    assert "run `hashbag demo` or `hashbag import`" in told
    assert not (tmp_path / "instance").exists()


@pytest.mark.thorough
@pytest.mark.parametrize(
    "names",
    [("shop?a", "shop?b"), ("shop#a", "shop#b"), ("100%25", "100%"), ("a b", "a+b"), ("té", "t")],
)
def test_instance_folders_of_any_name_have_a_database_each(
    names: tuple[str, str], tmp_path: Path
) -> None:
    for count, name in enumerate(names, 2):
        app = create_app({"instance": tmp_path / name})
        take_in(app, catalogue(tmp_path / f"photos-{count}", count))
    for count, name in enumerate(names, 2):
        again = create_app({"instance": tmp_path / name})
        assert core_of(again).catalog.count() == count
        assert (tmp_path / name / "hashbag.db").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {*names, "photos-2", "photos-3"}


# --- passwords ---

SECRETS = (
    "postgresql://shop:s3cret@127.0.0.1:1/bags",
    "postgresql://127.0.0.1:1/bags?user=shop&password=s3cret",
    "postgresql+psycopg://shop:s3cret@127.0.0.1:1/bags",
    "mysql://shop:s3cret@127.0.0.1:1/bags",
)


@pytest.mark.thorough
@pytest.mark.parametrize("address", SECRETS)
def test_no_answer_and_no_log_has_the_database_password(
    address: str, eight: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    instance = shutil.copytree(eight, tmp_path / "instance")
    app = create_app({"instance": instance, "database": address})
    client = app.test_client()
    for path in ALL:
        answer = client.get(path, buffered=True)
        assert (answer.status_code, path) == (503, path)
        for private in ("s3cret", "127.0.0.1", "shop"):
            assert private not in answer.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200
    assert "127.0.0.1:1/bags" in caplog.text
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://shop:s3cret@127.0.0.1:port/bags",
        "postgresql://shop:my@s3cret@127.0.0.1/bags",
        "nosuch://shop:s3cret@127.0.0.1/bags",
        "s3cret",
        "sqlite://",
        "sqlite:///file:s3cret?mode=ro&uri=true",
    ],
)
def test_an_address_that_is_none_is_refused_at_the_start_and_not_repeated(
    address: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="HASHBAG_DATABASE") as caught:
        create_app({"instance": tmp_path, "database": address})
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
