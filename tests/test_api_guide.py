"""The page about the API: every call of the document, with a command that works as it stands."""

import json
import shlex
import shutil
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient

from tests.pictures import bag, encoded, multipart
from tests.test_pages import page
from webapp import create_app
from webapp.web.api import guide


def commands(app: Flask) -> list[list[str]]:
    with app.test_request_context("/api"):
        return [shlex.split(call.command) for call in guide.calls(7)]


def test_every_call_of_the_document_is_on_the_page(client: FlaskClient) -> None:
    shown = page(client, "/api").html
    document = client.get("/api/v1/openapi.json").get_json()
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            assert f"<small>{method.upper()}</small> {path}" in shown
            for parameter in call.get("parameters", ()):
                assert f'<th scope="row">{parameter["name"]}</th>' in shown


def test_every_command_on_the_page_works_as_it_stands(filled: Flask, client: FlaskClient) -> None:
    calls = [command for command in commands(filled) if "-H" not in command]
    assert len(calls) >= 8
    for command in calls:
        assert command[0] == "curl"
        target = urlsplit(command[-1])
        address = f"{target.path}?{target.query}"
        if "-F" in command:
            answer = client.post(address, **multipart(encoded(bag(3), "JPEG")))
        else:
            answer = client.get(address)
        assert answer.status_code == 200, (command, answer.data)
        assert answer.is_json


def test_every_command_that_changes_something_works_with_a_token(
    eight: Path, tmp_path: Path
) -> None:
    instance = shutil.copytree(eight, tmp_path / "instance")
    app = create_app({"instance": instance, "admin_token": "TOKEN"})
    done = []
    for command in (one for one in commands(app) if "-H" in one):
        headers = dict(word.split(": ", 1) for word in _after(command, "-H"))
        has_body = bool({"-F", "--data-binary"} & set(command))
        method = [*_after(command, "-X"), "POST" if has_body else "GET"][0]
        form: dict[str, Any] = dict(part.split("=", 1) for part in _after(command, "-F"))
        sent: dict[str, Any] = {}
        for word in _after(command, "--json"):
            sent["json"] = json.loads(word)
        for word in _after(command, "--data-binary"):
            sent["data"] = word
        if form:
            form["image"] = (BytesIO(encoded(bag(50), "JPEG")), form["image"])
            sent = {"data": form}
        address = urlsplit(command[-1]).path
        answer = app.test_client().open(address, method=method, headers=headers, **sent)
        done.append(answer.status_code)
    assert sorted(done) == [200, 200, 200, 201, 204]


def _after(command: list[str], option: str) -> list[str]:
    return [word for before, word in pairwise(command) if before == option]


def test_values_are_told_in_words(client: FlaskClient) -> None:
    shown = page(client, "/api").html
    assert "a whole number from 1 to 100; 9 if left out" in shown
    assert "a number, 0 or more" in shown


def test_an_empty_catalogue_has_the_page_too(tmp_path: object) -> None:
    client = create_app({"instance": tmp_path}).test_client()
    assert "FINGERPRINT" in page(client, "/api").html
