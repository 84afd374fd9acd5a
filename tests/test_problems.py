"""Whatever is wrong with a request to the API, the answer is a problem, and never a page."""

import http.client
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from tests.serving import HANGS, served

FORM = "multipart/form-data; boundary=edge"
TAKES_BODIES = ("/api/v1/search", "/api/v1/fingerprints")


def problem(answer: Any, status: int) -> str:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    told = answer.get_json()
    assert (told["status"], told["type"]) == (status, "about:blank")
    return str(told["detail"])


@pytest.mark.parametrize("method", ["PUT", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/api/v1/items", "/api/v1/kinds", "/api/v1/items/1/similar"])
def test_a_wrong_method_is_told_the_right_ones(client: FlaskClient, path: str, method: str) -> None:
    answer = client.open(path, method=method)
    detail = problem(answer, 405)
    assert "GET" in answer.headers["Allow"]
    assert answer.headers["Allow"] in detail


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1", "/api/v2/items", "/api/v1/items/", "/api/v1/%ff", "/api/v1/..%2f"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_a_problem(client: FlaskClient, path: str, method: str) -> None:
    assert problem(client.open(path, method=method), 404) == "there is nothing at this address"


def test_a_path_with_a_slash_too_much_is_led_on_without_a_page(client: FlaskClient) -> None:
    answer = client.get("/api/v1/items//1")
    assert problem(answer, 308).endswith("/api/v1/items/1")
    assert answer.headers["Location"].endswith("/api/v1/items/1")


@pytest.mark.parametrize("path", TAKES_BODIES)
def test_a_body_of_another_type_is_415_and_told_which_is_read(
    client: FlaskClient, path: str
) -> None:
    for kind in ("text/plain", "application/json", "application/x-www-form-urlencoded"):
        detail = problem(client.post(path, data=b"image=x", content_type=kind), 415)
        assert detail == f"send multipart/form-data, not '{kind}'"


def test_what_has_a_problem_with_braces_in_it_is_told_as_it_is(client: FlaskClient) -> None:
    detail = problem(client.get("/api/v1/items?seed={0}{x}"), 400)
    assert detail == "seed: '{0}{x}' is not a whole number"


@pytest.mark.slow
def test_a_server_tells_problems_of_bodies_that_never_come_or_do_not_end(eight: Path) -> None:
    settings = {"HASHBAG_MAX_UPLOAD_MB": "0.1"}
    with served(eight, 1, settings) as server:
        for path in TAKES_BODIES:
            no_length = _sent(server.url, path, {}, [])
            assert no_length[:2] == (411, "application/problem+json"), no_length
            endless = _sent(server.url, path, {"Transfer-Encoding": "chunked"}, [b"x" * 65536] * 64)
            assert endless[:2] == (413, "application/problem+json"), endless
            assert b"0.1 MB" in endless[2]


def _sent(
    url: str, path: str, headers: dict[str, str], chunks: list[bytes]
) -> tuple[int, str | None, bytes]:
    """Send a form in chunks, or without a body and its length."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=HANGS)
    try:
        connection.putrequest("POST", path)
        for name, value in ({"Content-Type": FORM} | headers).items():
            connection.putheader(name, value)
        connection.endheaders()
        for chunk in chunks:
            connection.send(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        if chunks:
            connection.send(b"0\r\n\r\n")
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        connection.close()
