"""What a server writes down: one line for each request, in two styles, and nobody in it."""

import json
import re
import shutil
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from tests.pictures import bag, encoded
from tests.serving import Answer, Server, eventually, run_hashbag, served
from webapp import create_app

pytestmark = pytest.mark.slow

ID = "X-Request-ID"
TOKEN = "a-token-of-the-tests"
VISITOR = "203.0.113.9"
NEVER = (VISITOR, "127.0.0.1", "secret", "holiday", TOKEN, "wrong-token", "Mozilla")
"""What no line may have: addresses, words, names of files, tokens, browsers."""


@pytest.fixture
def instance(eight: Path, tmp_path: Path) -> Path:
    return shutil.copytree(eight, tmp_path / "instance")


def json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def ask_for_all_sorts(server: Server) -> Sequence[Answer]:
    """Send requests with all that tells of a visitor."""
    own = {"X-Forwarded-For": VISITOR, "User-Agent": "Mozilla", "Referer": "https://x/?q=secret"}
    fingerprint = server.post_picture("/search", encoded(bag(2), "PNG"), "holiday.png")
    there = fingerprint.headers["Location"]
    answers = [fingerprint, server.get(there, own)]
    targets = ("/?text=secret", "/secret%0A%22?secret", "/browse?brand=secret", "/metrics")
    answers += [server.get(one, own) for one in targets]
    for token in (TOKEN, "wrong-token"):
        bearing = own | {"Authorization": f"Bearer {token}"}
        answers.append(server.send("DELETE", "/api/v1/items/999", bearing))
    answers.append(server.post_picture("/api/v1/search", b"no picture", "holiday.png"))
    return answers


def send_nonsense(server: Server) -> None:
    """Send what is no HTTP, with a visitor's words in it."""
    for line in (b"GET /?text=secret HTTP/9.9 holiday\r\n\r\n", b"secret\r\n\r\n"):
        with socket.create_connection(
            (urlsplit(server.url).hostname, urlsplit(server.url).port)
        ) as to:
            to.sendall(line)
            while to.recv(4096):
                """The server says that it is no request, and hangs up."""


@pytest.fixture
def logged(instance: Path) -> Iterator[Server]:
    settings = {"HASHBAG_LOG": "json", "HASHBAG_ADMIN_TOKEN": TOKEN}
    with served(instance, 2, settings) as server:
        yield server


def test_as_json_each_line_of_the_server_is_an_object_and_has_nothing_of_a_visitor(
    logged: Server, instance: Path
) -> None:
    answers = ask_for_all_sorts(logged)
    send_nonsense(logged)
    (instance / "hashbag.db").rename(instance / "away.db")
    assert logged.get("/items/3").status == 503
    (instance / "away.db").rename(instance / "hashbag.db")
    named = {one.headers[ID] for one in answers}
    assert len(named) == len(answers)
    eventually(
        lambda: named <= {line["request"] for line in json_lines(logged.log)},
        "each request has its line",
    )
    eventually(lambda: "Invalid request" in logged.errors.read_text(), "nonsense was told")
    for line in (*json_lines(logged.log), *json_lines(logged.errors)):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", line["time"])
        assert line["level"] in {"info", "warning", "error"}
    whole = logged.log.read_text() + logged.errors.read_text()
    bound = f"Hashbag is on {logged.url}"  # its own address is no visitor's
    assert bound in whole
    own = re.sub(r"http://127\.0\.0\.1", "", whole)
    assert [word for word in NEVER if word in own] == []


def test_a_line_says_route_status_and_milliseconds(logged: Server) -> None:
    answers = [logged.get(f"/items/{number}?k={number}") for number in range(1, 9)]
    lost = logged.get("/nowhere")
    asked = {one.headers[ID]: one for one in (*answers, lost)}

    def lines() -> list[dict[str, Any]]:
        return [line for line in json_lines(logged.log) if line["request"] in asked]

    eventually(lambda: len(lines()) == 9, "each request has its line")
    for line in lines():
        answer = asked[line["request"]]
        assert (line["method"], line["status"]) == ("GET", answer.status)
        assert line["bytes"] > 0
        assert line["milliseconds"] >= 0
        assert line["worker"] in logged.workers()
        found = answer.status == 200
        assert line["route"] == ("/items/<int:item_id>" if found else "none")
        assert bool(re.fullmatch(r"/items/\d", line["path"])) == found


def test_lines_for_people_are_the_default_and_have_nobody_in_them_either(instance: Path) -> None:
    with served(instance, 1, {"HASHBAG_ADMIN_TOKEN": TOKEN}) as server:
        answers = ask_for_all_sorts(server)
        send_nonsense(server)
        last = server.get("/items/3?text=secret").headers[ID]
        eventually(lambda: f"[{last}]" in server.log.read_text(), "each request has its line")
        lines = server.log.read_text().splitlines()
        for answer in answers:
            (line,) = (one for one in lines if one.endswith(f"[{answer.headers[ID]}]"))
            assert f" {answer.status} " in line
        assert re.search(r"^\S+ \S+ INFO GET /items/3 200 [\d.]+ ms \[\w+\]$", lines[-1])
        whole = re.sub(r"http://127\.0\.0\.1", "", "\n".join(lines) + server.errors.read_text())
        assert "Invalid request" in whole
        assert [word for word in NEVER if word in whole] == []


def test_what_goes_wrong_is_logged_with_the_request_that_a_visitor_can_name(
    logged: Server, instance: Path
) -> None:
    (instance / "hashbag.db").rename(instance / "away.db")
    page, problem = logged.get("/items/3"), logged.get("/api/v1/items/3")
    for answer in (page, problem):
        request = answer.headers[ID]
        assert request in answer.text
        said = [line for line in json_lines(logged.errors) if line["request"] == request]
        assert [line["level"] for line in said] == ["error"]
        assert str(instance) in said[0]["message"]
    assert problem.json["request_id"] == problem.headers[ID]
    assert f"<code>{page.headers[ID]}</code>" in page.text


def test_another_style_is_refused_in_a_line(instance: Path) -> None:
    refused = run_hashbag(["serve"], instance, {"HASHBAG_LOG": "xml"})
    assert refused.returncode == 2
    assert refused.stderr == "hashbag: HASHBAG_LOG must be lines or json, not 'xml'\n"


@pytest.mark.parametrize(
    ("proxies", "sent", "taken"),
    [
        (1, "from-the-proxy_7", True),
        (1, "a" * 64, True),
        (1, "a" * 65, False),
        (1, "short", False),
        (1, 'quoted"and more', False),
        (1, "<b>marked-up</b>", False),
        (1, "", False),
        (0, "from-a-visitor-7", False),
    ],
)
def test_a_request_has_the_id_that_a_trusted_proxy_gave_it_or_a_new_one(
    eight: Path, proxies: int, sent: str, taken: bool
) -> None:
    client = create_app({"instance": eight, "trusted_proxies": proxies}).test_client()
    answers = [client.get("/nowhere", headers={ID: sent}) for _ in range(2)]
    names = {answer.headers[ID] for answer in answers}
    if taken:
        assert names == {sent}
    else:
        assert len(names) == 2
        assert all(re.fullmatch(r"[0-9a-f]{16}", one) for one in names)
    for answer in answers:
        assert answer.headers.getlist(ID) == [answer.headers[ID]]
        assert answer.headers[ID] in answer.text


@pytest.mark.parametrize(
    "target", ["/", "/items/3", "/thumbs/3", "/static/hashbag.css", "/healthz"]
)
def test_every_answer_names_its_request(client: FlaskClient, target: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", client.get(target, buffered=True).headers[ID])
