"""The page about the API: every call of the document, with a command that works as it stands."""

import shlex
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient

from tests.pictures import bag, encoded, multipart
from tests.test_pages import page
from webapp import create_app
from webapp.web import api_guide


def commands(app: Flask) -> list[list[str]]:
    with app.test_request_context("/api"):
        return [shlex.split(call.command) for call in api_guide.calls(7)]


def test_every_call_of_the_document_is_on_the_page(client: FlaskClient) -> None:
    shown = page(client, "/api").html
    document = client.get("/api/v1/openapi.json").get_json()
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            assert f"<small>{method.upper()}</small> {path}" in shown
            for parameter in call.get("parameters", ()):
                assert f'<th scope="row">{parameter["name"]}</th>' in shown


def test_every_command_on_the_page_works_as_it_stands(filled: Flask, client: FlaskClient) -> None:
    calls = commands(filled)
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


def test_values_are_told_in_words(client: FlaskClient) -> None:
    shown = page(client, "/api").html
    assert "a whole number from 1 to 100; 9 if left out" in shown
    assert "a number, 0 or more" in shown


def test_an_empty_catalogue_has_the_page_too(tmp_path: object) -> None:
    client = create_app({"instance": tmp_path}).test_client()
    assert "FINGERPRINT" in page(client, "/api").html
