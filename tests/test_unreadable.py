"""A folder that the server may not read any more: what was served is served on, and said why."""

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.applications import draw_map, take_in
from tests.permissions import run_obeying
from tests.pictures import catalogue
from webapp import create_app

SIMILAR = "/api/v1/items/3/similar?by=whash"


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """Take in six photos."""
    take_in(create_app({"instance": tmp_path / "instance"}), catalogue(tmp_path / "photos", 6))
    return tmp_path / "instance"


@pytest.fixture
def serving(instance: Path) -> Flask:
    """Serve them, from the first answer on."""
    app = create_app({"instance": instance})
    assert app.test_client().get(SIMILAR).status_code == 200
    return app


def put_a_file_in_the_place_of(folder: Path) -> Path:
    """Make a folder unreadable for root too; returns where it is now."""
    moved = folder.rename(folder.with_name(f"{folder.name}-moved"))
    folder.touch()
    return moved


def put_back(folder: Path, moved: Path) -> None:
    folder.unlink()
    moved.rename(folder)


def refused(client: FlaskClient, path: str, instance: Path) -> str:
    """Return why a request is refused; no answer names a folder of the server."""
    answer = client.get(path)
    assert answer.status_code == 503
    text = answer.get_data(as_text=True)
    assert str(instance) not in text
    return text


def test_the_generation_that_was_served_goes_on_and_the_problem_is_told(
    serving: Flask, instance: Path
) -> None:
    client, folder = serving.test_client(), instance / "generations"
    before = client.get(SIMILAR).get_json()

    moved = put_a_file_in_the_place_of(folder)

    assert client.get("/healthz").status_code == 200
    assert client.get(SIMILAR).get_json() == before
    assert client.get("/items/3?by=whash").status_code == 200
    ready = client.get("/readyz").get_json()
    assert ready["status"] == "ready"
    assert "generations/current cannot be read: Not a directory" in ready["detail"]
    assert str(instance) not in ready["detail"]

    put_back(folder, moved)

    assert "detail" not in client.get("/readyz").get_json()
    assert client.get(SIMILAR).get_json() == before


def test_where_none_was_served_searches_say_why(instance: Path) -> None:
    put_a_file_in_the_place_of(instance / "generations")
    client = create_app({"instance": instance}).test_client()
    assert client.get("/healthz").status_code == 200
    with client.get("/static/hashbag.css") as sheet:
        assert sheet.status_code == 200
    for path in ("/readyz", SIMILAR, "/items/3"):
        assert "Not a directory" in refused(client, path, instance)


@pytest.mark.parametrize("name", ["manifest.json", "whash.codes.npy", "brand.npy"])
def test_a_file_that_cannot_be_read_is_named_without_its_folder(instance: Path, name: str) -> None:
    (generation,) = (instance / "generations").glob("0*")
    path = next(path for path in generation.iterdir() if path.name.endswith(name))
    path.unlink()
    path.mkdir()
    client = create_app({"instance": instance}).test_client()
    assert path.name in refused(client, "/readyz", instance)


ASK = f"""
import json, os, sys
from webapp import create_app
app = create_app({{"instance": sys.argv[1]}})
client = app.test_client()
if sys.argv[2] == "served":
    assert client.get("{SIMILAR}").status_code == 200
for path in sys.argv[3:]:
    os.chmod(path, 0)
answers = [client.get(path) for path in ("/healthz", "{SIMILAR}", "/readyz", "/map")]
print(json.dumps([[answer.status_code, answer.get_data(as_text=True)] for answer in answers]))
"""


def ask_without_permission(instance: Path, state: str, *folders: Path) -> list[tuple[int, str]]:
    """Ask after folders were forbidden, by a server that had answered before, or a new one."""
    done = run_obeying(["-c", ASK, instance, state, *folders])
    for folder in folders:
        folder.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return [(status, text) for status, text in json.loads(done.stdout)]


@pytest.mark.slow
def test_a_folder_that_is_forbidden_later_stops_nothing(instance: Path) -> None:
    draw_map(create_app({"instance": instance}))
    folders = (instance / "generations", instance / "maps")
    alive, similar, ready, page = ask_without_permission(instance, "served", *folders)
    assert (alive[0], similar[0], ready[0], page[0]) == (200, 200, 200, 200)
    assert "generations/current cannot be read: Permission denied" in ready[1]
    assert "Maps/current cannot be read" in page[1]
    assert str(instance) not in ready[1] + page[1]


@pytest.mark.slow
@pytest.mark.parametrize("inner", [False, True], ids=["the folder", "a generation in it"])
def test_a_folder_that_is_forbidden_from_the_start_is_a_503_with_its_reason(
    instance: Path, inner: bool
) -> None:
    folder = instance / "generations"
    alive, similar, ready, _ = ask_without_permission(
        instance, "new", next(folder.glob("0*")) if inner else folder
    )
    assert (alive[0], similar[0], ready[0]) == (200, 503, 503)
    for text in (similar[1], ready[1]):
        assert "cannot be read" in text
        assert ("Permission denied" in text) != inner
        assert str(instance) not in text
