"""All items are read as lines, and attributes of many are changed at once, or of none."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.applications import core_of
from tests.test_api import problem
from tests.test_item_changes import ADMIN
from webapp import create_app
from webapp.catalog.schema import items
from webapp.catalog.tokens import Scope

LINES = "application/x-ndjson"


@pytest.fixture
def app(eight: Path, tmp_path: Path) -> Iterator[Flask]:
    instance = shutil.copytree(eight, tmp_path / "instance")
    app = create_app({"instance": instance, "admin_token": "of-the-owner"})
    yield app
    core_of(app).catalog.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def change(client: FlaskClient, *lines: object, headers: Any = ADMIN) -> Any:
    body = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines)
    return client.post("/api/v1/import", data=body, content_type=LINES, headers=headers)


def exported(client: FlaskClient) -> list[Any]:
    answer = client.get("/api/v1/export", headers=ADMIN)
    assert (answer.status_code, answer.mimetype) == (200, LINES)
    return [json.loads(line) for line in answer.text.splitlines()]


def test_every_item_is_a_line_as_the_document_says(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    lines = exported(client)
    assert [line["id"] for line in lines] == list(range(1, 9))
    for line in lines:
        jsonschema.validate(line, document | {"$ref": "#/components/schemas/ExportedItem"})
        shown = client.get(f"/api/v1/items/{line['id']}?fields=hashes").get_json()
        assert line["photos"][0]["hashes"] == shown["hashes"]
        assert "file" not in line["photos"][0]  # where photos lie is nobody's affair
        assert {name: shown[name] for name in line if name in shown} == {
            name: line[name] for name in line if name in shown
        }


def test_what_is_changed_while_the_lines_are_sent_is_not_in_them(app: Flask) -> None:
    core, client = core_of(app), app.test_client()
    with core.catalog.engine.begin() as connection:
        row = dict(connection.execute(sa.select(items).limit(1)).mappings().one())
        copies = [row | {"id": 100 + n, "occurrence": 1 + n} for n in range(1500)]
        connection.execute(items.insert(), copies)
    with client.get("/api/v1/export", headers=ADMIN, buffered=False) as answer:
        chunks = answer.iter_encoded()
        lines = next(chunks).splitlines()
        core.live_items.change(1500, {"title": "Changed meanwhile"})
        core.live_items.remove([1400])
        told = [json.loads(one) for one in [*lines, *b"".join(chunks).splitlines()]]
    assert [one["id"] for one in told] == [*range(1, 9), *range(100, 1600)]
    assert "Changed meanwhile" not in {one["title"] for one in told}
    assert "Changed meanwhile" in {one["title"] for one in exported(client)}


def test_a_token_that_reads_is_enough_to_read_and_not_to_change(app: Flask) -> None:
    secret = core_of(app).tokens.create("reader", Scope.READ)
    reader = {"Authorization": f"Bearer {secret}"}
    client = app.test_client()
    assert client.get("/api/v1/export", headers=reader).status_code == 200
    problem(change(client, {"id": 1, "price": 5}, headers=reader), 403)
    problem(change(client, {"id": 1, "price": 5}, headers={}), 401)
    problem(client.get("/api/v1/export"), 401)
    problem(client.get("/api/v1/export", headers={"Authorization": "Bearer no"}), 401)


def test_many_items_are_changed_at_once_and_found_at_once(client: FlaskClient) -> None:
    answer = change(
        client,
        *({"id": number, "price": 500 + number, "season": "Winter"} for number in range(1, 6)),
        {"id": 6, "title": "Bag 5"},  # as it is
        {"id": 7, "brand": None},
    )
    assert (answer.status_code, answer.get_json()) == (200, {"changed": 6})
    found = client.get("/api/v1/items?page=1&min_price=500").get_json()["items"]
    assert [(item["id"], item["price"]) for item in found] == [
        (number, 500 + number) for number in range(5, 0, -1)
    ]
    assert client.get("/api/v1/items/7").get_json()["brand"] == ""


WRONG = {
    "not JSON": ("{", "line 2: is not JSON"),
    "a list": ([1], "line 2: must be an object with an id"),
    "no id": ({"price": 4}, "line 2: must be an object with an id"),
    "true as id": ({"id": True}, "line 2: must be an object with an id"),
    "an id that is not there": ({"id": 4711, "price": 4}, "line 2: there is no item 4711"),
    "an id beyond all": ({"id": 10**30, "price": 4}, "line 2: there is no item"),
    "an id below all": ({"id": -(10**30), "price": 4}, "line 2: there is no item"),
    "no price": ({"id": 2, "price": "cheap"}, "line 2: price: "),
    "fixed": ({"id": 2, "width": 4}, "line 2: width: cannot be set"),
    "nested": ({"id": 2, "title": {}}, "line 2: title: must be a text"),
    "deep": ("[" * 100_000, "line 2: is not JSON"),
    "blank": (" ", "line 2: is not JSON"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_line_is_named_and_nothing_is_changed(client: FlaskClient, name: str) -> None:
    line, detail = WRONG[name]
    before = exported(client)
    answer = change(client, {"id": 1, "price": 4}, line, {"id": 3, "price": 4})
    assert problem(answer, 400).startswith(detail)
    assert exported(client) == before


def test_too_many_lines_or_another_type_are_refused(client: FlaskClient) -> None:
    assert "at most 2,000 lines" in problem(change(client, *[{"id": 1}] * 2001), 400)
    json_body = client.post("/api/v1/import", json={"id": 1}, headers=ADMIN)
    assert problem(json_body, 415) == "send application/x-ndjson, not 'application/json'"
    assert change(client, " ").get_json() == {"changed": 0}


def test_before_there_is_a_catalogue_it_is_told(tmp_path: Path) -> None:
    client = create_app({"instance": tmp_path, "admin_token": "of-the-owner"}).test_client()
    assert "hashbag import" in problem(client.get("/api/v1/export", headers=ADMIN), 503)
