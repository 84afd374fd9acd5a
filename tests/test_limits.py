"""One client may ask only so often for what is costly; others, and all else, go on."""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.applications import core_of
from tests.desk import OWNER, sign_in
from tests.nginx import behind_nginx, needed, recipe
from tests.pictures import bag, encoded
from tests.serving import Server, eventually, free_port, picture_form, served
from webapp import create_app
from webapp.catalog.sign_ins import MOST_TRIES
from webapp.catalog.tokens import Scope
from webapp.exceptions import ConfigError

FEW = {
    "limits": "on",
    "limit_uploads": "2 per minute",
    "limit_writes": "3 per hour",
    "limit_heavy": "2 per minute",
    "limit_bulk": "1 per minute",
    "admin_token": OWNER,
}
PHOTO = encoded(bag(3), "PNG")
BODY, HEADERS = picture_form(PHOTO, "bag.png")
AS_OWNER = {"Authorization": f"Bearer {OWNER}"}

Ask = Callable[[FlaskClient], Any]


def upload(client: FlaskClient, path: str = "/search", **more: Any) -> Any:
    return client.post(path, data=BODY, headers=HEADERS, **more)


def patch(client: FlaskClient) -> Any:
    return client.patch("/api/v1/items/1", json={"title": "Changed"}, headers=AS_OWNER)


GROUPS: Mapping[str, tuple[int, list[Ask]]] = {
    "pictures to search with": (
        2,
        [
            upload,
            lambda client: upload(client, "/api/v1/search"),
            lambda client: upload(client, "/api/v1/fingerprints"),
            lambda client: upload(client, "/embed/search"),
        ],
    ),
    "changes": (
        3,
        [
            patch,
            lambda client: client.delete("/api/v1/items/999", headers=AS_OWNER),
            lambda client: client.post("/admin/sign-in", data={"token": "guess"}),
            lambda client: client.post("/nowhere"),
        ],
    ),
    "pages that take long to make": (
        2,
        [
            lambda client: client.get("/compare?item=1"),
            lambda client: client.get("/why?item=1&to=2"),
            lambda client: client.get("/duplicates"),
            lambda client: client.get("/api/v1/duplicates"),
            lambda client: client.get("/map"),
            lambda client: client.get("/items/by/sku/1"),
            lambda client: client.get("/api/v1/items/by/sku/1"),
            lambda client: client.get("/embed/items/by/sku/1"),
        ],
    ),
    "files with many items": (
        1,
        [
            lambda client: client.get("/browse?format=csv"),
            lambda client: client.get("/api/v1/export", headers=AS_OWNER),
            lambda client: client.post("/api/v1/import", data=b"", headers=AS_OWNER),
            lambda client: upload(client, "/api/v1/search/batch"),
        ],
    ),
}


@pytest.fixture
def app(desk_instance: Path) -> Iterator[Flask]:
    app = create_app({"instance": desk_instance, **FEW, "embed_origins": "https://shop.example"})
    yield app
    core_of(app).catalog.engine.dispose()


@pytest.mark.thorough
@pytest.mark.parametrize("group", GROUPS)
def test_each_group_has_a_limit_of_its_own_that_all_of_it_shares(app: Flask, group: str) -> None:
    limit, asks = GROUPS[group]
    for ask in asks:
        client = app.test_client()
        app.extensions.pop("hashbag_limits")
        fresh = create_app({"instance": core_of(app).settings.instance, **FEW})
        app.extensions["hashbag_limits"] = fresh.extensions["hashbag_limits"]
        for number in range(limit):
            assert asks[number % len(asks)](client).status_code != 429
        assert ask(client).status_code == 429
        for others, (_, their_asks) in GROUPS.items():
            if others != group:
                assert their_asks[0](client).status_code != 429


@pytest.mark.thorough
def test_what_is_cheap_has_none(app: Flask) -> None:
    client = app.test_client()
    for _ in range(30):
        for page in ("/", "/browse", "/items/1", "/search", "/healthz", "/api/v1/items"):
            assert client.get(page).status_code == 200


def test_a_page_says_when_to_come_again_and_so_does_a_problem(app: Flask) -> None:
    client = app.test_client()
    for _ in range(2):
        upload(client)
    page, problem = upload(client), upload(client, "/api/v1/search")
    for answer in (page, problem):
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 61
        assert answer.headers["Cache-Control"] == "no-store"
    assert page.mimetype == "text/html"
    assert "too many pictures to search with: 2 in a minute are taken of one client" in page.text
    assert problem.mimetype == "application/problem+json"
    assert problem.json["detail"].startswith("these were too many pictures")


def test_the_api_document_names_it_where_it_can_happen(client: FlaskClient) -> None:
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]
    limited = {
        (path, method)
        for path, calls in paths.items()
        for method, call in calls.items()
        if "429" in call["responses"]
    }
    assert {path for path, method in limited if method == "get"} == {
        "/api/v1/duplicates",
        "/api/v1/export",
        "/api/v1/items/by/{column}/{value}",
    }
    written = {
        (path, method) for path, calls in paths.items() for method in calls if method != "get"
    }
    assert written <= limited


def test_the_limit_ends(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    for _ in range(2):
        upload(client)
    wait = int(upload(client).headers["Retry-After"])
    later = time.time() + wait + 60
    monkeypatch.setattr(time, "time", lambda: later)
    assert upload(client).status_code == 303


def test_nothing_of_a_refused_body_is_read(app: Flask) -> None:
    class Untouchable(BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("it was read")

        readline = read

    client = app.test_client()
    for path in ("/search", "/api/v1/search", "/api/v1/search/batch"):
        for _ in range(3):
            upload(client, path)
        given = {"wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(BODY))}
        answer = client.post(
            path, headers=HEADERS, input_stream=Untouchable(BODY), environ_overrides=given
        )
        assert answer.status_code == 429


@pytest.mark.thorough
def test_each_client_counts_by_itself_and_one_of_ipv6_by_its_network(app: Flask) -> None:
    client = app.test_client()

    def status(address: str) -> int:
        return int(upload(client, environ_base={"REMOTE_ADDR": address}).status_code)

    for first, second, third, other in (
        ("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3", "2001:db8:0:1::1"),
        ("::ffff:192.0.2.9", "192.0.2.9", "192.0.2.9", "::ffff:192.0.2.10"),
        ("", "", "", "192.0.2.4"),  # a socket of this machine
    ):
        assert [status(one) for one in (first, second, third, other)] == [303, 303, 429, 303]


@pytest.mark.thorough
def test_what_a_client_says_of_its_address_counts_only_behind_a_proxy(
    desk_instance: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bare = create_app({"instance": desk_instance, **FEW}).test_client()
    made_up = [{"X-Forwarded-For": f"192.0.2.{one}"} for one in range(3)]
    statuses = [
        bare.post("/search", data=BODY, headers=HEADERS | one).status_code for one in made_up
    ]
    assert statuses == [303, 303, 429]
    assert "HASHBAG_TRUSTED_PROXIES must say so" in caplog.text
    behind = create_app({"instance": desk_instance, **FEW, "trusted_proxies": 1}).test_client()
    # The last address is the one that the proxy wrote.
    told = [f"198.51.100.{one}, 192.0.2.1" for one in range(3)] + ["192.0.2.1, 192.0.2.2"]
    statuses = [
        behind.post("/search", data=BODY, headers=HEADERS | {"X-Forwarded-For": one}).status_code
        for one in told
    ]
    assert statuses == [303, 303, 429, 303]


@pytest.mark.thorough
def test_off_means_no_limit(desk_instance: Path) -> None:
    for off in ({"limits": "off"}, {"limit_uploads": "off"}):
        client = create_app({"instance": desk_instance, **FEW, **off}).test_client()
        assert {upload(client).status_code for _ in range(5)} == {303}


@pytest.mark.thorough
def test_several_limits_count_together(desk_instance: Path) -> None:
    settings = {**FEW, "limit_uploads": "100 per second, 3 per day"}
    client = create_app({"instance": desk_instance, **settings}).test_client()
    answers = [upload(client) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
    assert "3 in a day are taken" in answers[-1].text


@pytest.mark.thorough
@pytest.mark.parametrize("text", ["", "many", "0 per minute", "-3 per minute", "5 per blink"])
def test_what_is_no_limit_is_told_at_the_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="HASHBAG_LIMIT_UPLOADS must be a limit such as '60 per"):
        create_app({"instance": tmp_path, "limit_uploads": text})


@pytest.mark.parametrize("url", ["localhost", "http://127.0.0.1", "memory://", "redis://"])
def test_what_is_no_address_to_count_at_is_told_without_repeating_it(
    tmp_path: Path, url: str
) -> None:
    with pytest.raises(ConfigError, match="HASHBAG_LIMITS_URL must be the address of a") as told:
        create_app({"instance": tmp_path, "limits_url": f"{url}"})
    assert url not in str(told.value).replace("redis://127.0.0.1:6379/0", "")


@pytest.mark.thorough
@pytest.mark.parametrize("wrong", ["guess", "é", "of-the-owne"])
def test_wrong_bearer_tokens_lock_a_client_out_as_wrong_sign_ins_do(
    desk_instance: Path, wrong: str
) -> None:
    workers = [
        create_app({"instance": desk_instance, "admin_token": OWNER}).test_client()
        for _ in range(2)
    ]

    def status(number: int, token: str, address: str = "192.0.2.1") -> Any:
        return workers[number % 2].patch(
            "/api/v1/items/1",
            json={"title": "Changed"},
            headers={"Authorization": f"Bearer {token}"},
            environ_base={"REMOTE_ADDR": address},
        )

    for number in range(MOST_TRIES):
        assert status(number, wrong).status_code == 401
        assert status(number, OWNER).status_code == (200 if number < MOST_TRIES - 1 else 429)
    refused = status(0, OWNER)
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60
    assert "wrong tokens" in refused.json["detail"]
    assert status(0, OWNER, "192.0.2.2").status_code == 200
    # The desk's sign-in and the API count together.
    client = workers[0]
    asking = client.get("/admin/sign-in", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    client.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    assert asking.status_code == 200
    assert sign_in(client).status_code == 429


def test_no_address_of_who_sent_a_wrong_token_is_kept(desk_instance: Path) -> None:
    client = create_app({"instance": desk_instance, "admin_token": OWNER}).test_client()
    answer = client.delete(
        "/api/v1/items/1",
        headers={"Authorization": "Bearer guess"},
        environ_base={"REMOTE_ADDR": "192.0.2.77"},
    )
    assert answer.status_code == 401
    assert all(b"192.0.2.77" not in one.read_bytes() for one in desk_instance.glob("hashbag.db*"))


def test_a_wrong_token_is_refused_before_there_is_a_catalogue_too(tmp_path: Path) -> None:
    client = create_app({"instance": tmp_path / "new", "admin_token": OWNER}).test_client()
    wrong = {"Authorization": "Bearer guess"}
    statuses = [
        client.delete("/api/v1/items/1", headers=wrong).status_code for _ in range(MOST_TRIES + 1)
    ]
    assert statuses == [401] * MOST_TRIES + [429]


def test_a_token_that_may_too_little_is_no_guess(app: Flask) -> None:
    client = app.test_client()
    headers = {"Authorization": f"Bearer {core_of(app).tokens.create('reader', Scope.READ)}"}
    fresh = create_app({"instance": core_of(app).settings.instance, "admin_token": OWNER})
    client = fresh.test_client()
    for _ in range(MOST_TRIES + 2):
        assert client.delete("/api/v1/items/1", headers=headers).status_code == 403


@contextmanager
def redis(folder: Path, port: int) -> Iterator[str]:
    """Run a real Redis; returns its address."""
    command = [
        *(needed("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""),
        *("--appendonly", "no", "--dir", str(folder)),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    from redis import Redis  # noqa: PLC0415 - an extra

    try:
        with Redis(port=port) as client:

            def answers() -> bool:
                try:
                    return bool(client.ping())
                except ConnectionError:
                    return False
                except OSError:
                    return False

            eventually(answers, "Redis answered")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def environment(**settings: str) -> dict[str, str]:
    # A minute may end while a busy machine starts and answers.
    given = {**FEW, "limit_uploads": "2 per hour", **settings}
    return {f"HASHBAG_{name.upper()}": value for name, value in given.items()}


def statuses(server: Server, count: int) -> Counter[int]:
    return Counter(server.post_picture("/api/v1/search", PHOTO).status for _ in range(count))


@pytest.mark.slow
def test_with_redis_all_workers_count_together_and_without_it_each_goes_on(
    eight: Path, tmp_path: Path
) -> None:
    port = free_port()
    settings = environment(limits_url=f"redis://127.0.0.1:{port}/0", limit_uploads="5 per hour")
    with served(eight, 2, settings) as server:
        with redis(tmp_path, port):
            assert statuses(server, 30) == {200: 5, 429: 25}
        # It is gone: each worker counts by itself, and the log says so.
        assert statuses(server, 30)[200] in {5, 10}
        assert "the Redis of HASHBAG_LIMITS_URL cannot be reached" in server.errors.read_text()
        assert "Traceback" not in server.errors.read_text()


@pytest.mark.slow
def test_a_server_counts_and_a_sender_of_a_large_body_hears_why_it_is_refused(eight: Path) -> None:
    with served(eight, 1, environment()) as server:
        assert statuses(server, 2) == {200: 2}
        refused = server.post_picture("/api/v1/search", PHOTO + b"x" * 12_000_000)
        assert (refused.status, refused.headers["Content-Type"]) == (
            429,
            "application/problem+json",
        )
        assert server.get("/items/1").status == 200


@pytest.mark.slow
def test_behind_nginx_each_visitor_counts_and_a_forged_address_does_not(
    eight: Path, tmp_path: Path
) -> None:
    with (
        served(eight, 1, environment(trusted_proxies="1")) as server,
        behind_nginx(tmp_path / "nginx", recipe(server, "/help/nginx")) as proxy,
    ):

        def status(forged: str = "") -> int:
            more = {"X-Forwarded-For": forged} if forged else {}
            return proxy.send("POST", "/api/v1/search", {**HEADERS, **more}, BODY).status

        assert [status(), status("198.51.100.1"), status("198.51.100.2")] == [200, 200, 429]
        # Whoever comes by another address, as one beside the proxy does here, is not refused.
        direct = HEADERS | {"X-Forwarded-For": "192.0.2.5"}
        assert server.send("POST", "/api/v1/search", direct, BODY).status == 200
        assert json.loads(proxy.get("/api/v1/items").body)["total"] == 8
