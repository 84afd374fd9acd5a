"""The desk lets in whoever has a token that may write, and nobody else."""

import os
import re
import stat
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client

from tests.applications import core_of, kept_in
from tests.desk import OWNER, photo, send, sign_in, told
from webapp import create_app
from webapp.catalog.sign_ins import MOST_TRIES, TRIES_SECONDS
from webapp.catalog.tokens import Scope


@pytest.fixture
def instance(desk_instance: Path) -> Path:
    return desk_instance


@pytest.fixture
def app(desk_app: Flask) -> Flask:
    return desk_app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def is_in(client: FlaskClient) -> bool:
    answer = client.get("/admin")
    assert answer.status_code in {200, 303}
    return answer.status_code == 200


def test_whoever_has_the_owners_token_is_let_in_and_out(client: FlaskClient) -> None:
    assert not is_in(client)
    assert sign_in(client).headers["Location"] == "/admin"
    assert is_in(client)
    assert send(client, client.get("/admin"), "/admin/sign-out").status_code == 303
    assert not is_in(client)


def test_a_copy_of_the_cookie_is_worth_nothing_once_its_owner_signed_out(
    app: Flask, client: FlaskClient
) -> None:
    sign_in(client)
    cookie = client.get_cookie("hashbag_desk", path="/admin")
    assert cookie
    copied = app.test_client()
    copied.set_cookie("hashbag_desk", cookie.value, path="/admin")
    assert is_in(copied)
    send(client, client.get("/admin"), "/admin/sign-out")
    assert not is_in(copied)


@pytest.mark.parametrize(
    "token", ["", "wrong", "of-the-owne", "of-the-owner2", "\udc80", "é" * 400]
)
def test_no_other_token_is_taken(client: FlaskClient, token: str) -> None:
    asking = client.get("/admin/sign-in")
    answer = send(client, asking, "/admin/sign-in", token=token.encode("utf-8", "replace"))
    assert answer.status_code == 403
    assert told(answer) == "This is no token that may change the catalogue."
    assert not is_in(client)


@pytest.mark.parametrize("scope", [Scope.WRITE, Scope.ADMIN])
def test_a_named_token_lets_in_until_it_is_revoked(
    app: Flask, client: FlaskClient, instance: Path, scope: Scope
) -> None:
    sign_in(client, core_of(app).tokens.create("desk", scope))
    another = create_app({"instance": instance})  # another worker
    assert is_in(client)
    core_of(another).tokens.revoke("desk")
    assert not is_in(client)
    core_of(another).tokens.create("desk", scope)  # of the same name, and yet another
    assert not is_in(client)


def test_a_token_that_may_only_read_is_not_let_in(app: Flask, client: FlaskClient) -> None:
    assert sign_in(client, core_of(app).tokens.create("reader", Scope.READ)).status_code == 403
    assert not is_in(client)


def test_when_the_owners_token_changes_its_sign_ins_end(
    client: FlaskClient, instance: Path
) -> None:
    sign_in(client)
    cookie = client.get_cookie("hashbag_desk", path="/admin")
    assert cookie
    changed = create_app({"instance": instance, "admin_token": "another"}).test_client()
    changed.set_cookie("hashbag_desk", cookie.value, path="/admin")
    assert not is_in(changed)


def test_the_sign_in_leads_on_to_the_page_that_one_came_for(client: FlaskClient) -> None:
    asking = client.get("/admin?a=1", follow_redirects=True)
    answer = send(client, asking, "/admin/sign-in", token=OWNER)
    assert answer.headers["Location"] == "/admin?a=1"


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://evil.example/", "//evil.example", "/admin//evil.example/..", "/adminx"),
        *("\\\\evil", "/items/3", "/admin\\@evil", "/admin:80@evil/", "javascript:evil()"),
    ],
)
def test_it_leads_nowhere_else(client: FlaskClient, elsewhere: str) -> None:
    asking = client.get("/admin/sign-in", query_string={"to": elsewhere})
    answer = send(client, asking, "/admin/sign-in", token=OWNER)
    assert answer.headers["Location"] == "/admin"


def test_without_any_token_it_says_how_to_make_one(instance: Path) -> None:
    client = create_app({"instance": instance}).test_client()
    answer = client.get("/admin", follow_redirects=True)
    assert answer.status_code == 200
    assert "hashbag token create desk --scope write" in answer.text
    assert 'name="token"' not in answer.text


def test_the_desk_of_an_empty_instance_can_be_entered(tmp_path: Path) -> None:
    client = create_app({"instance": tmp_path / "new", "admin_token": OWNER}).test_client()
    sign_in(client)
    assert is_in(client)


def test_after_many_wrong_tokens_one_is_locked_out_of_every_worker(
    client: FlaskClient, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    another = create_app({"instance": instance, "admin_token": OWNER}).test_client()
    for number in range(MOST_TRIES):
        assert sign_in((client, another)[number % 2], "guess").status_code == 403
    for one in (client, another):
        answer = sign_in(one)  # the right one
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= TRIES_SECONDS
        assert "too many tries: try again in 15 minutes" in told(answer)
        assert not is_in(one)
    # Somebody else is not.
    asking = client.get("/admin/sign-in")
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    token = re.search(r'name="csrf_token" value="([^"]+)', asking.text)
    assert token
    fields = {"csrf_token": token[1], "token": OWNER}
    answer = client.post("/admin/sign-in", data=fields, environ_base=elsewhere)
    assert answer.status_code == 303
    # And the lock ends.
    later = time.time() + TRIES_SECONDS + 1
    monkeypatch.setattr("webapp.catalog.sign_ins.time", SimpleNamespace(time=lambda: later))
    assert sign_in(another).status_code == 303


def test_right_tokens_do_not_lock_out(client: FlaskClient) -> None:
    for _ in range(MOST_TRIES + 2):
        assert sign_in(client).status_code == 303
        send(client, client.get("/admin"), "/admin/sign-out")


def test_no_address_of_a_client_is_kept(client: FlaskClient, instance: Path) -> None:
    sign_in(client, "guess")
    assert "127.0.0.1" not in kept_in(instance)


def test_a_form_that_does_not_come_from_the_desk_changes_nothing(client: FlaskClient) -> None:
    sign_in(client)
    for fields in ({}, {"csrf_token": "made-up"}):
        answer = client.post("/admin/sign-out", data=fields)
        assert answer.status_code == 400
        assert "Nothing was changed" in answer.text
    assert is_in(client)


def test_what_was_written_is_not_lost_where_the_sign_in_ended_meanwhile(
    app: Flask, client: FlaskClient
) -> None:
    sign_in(client)
    page = client.get("/admin/items/3")
    send(client, client.get("/admin"), "/admin/sign-out")
    written = {"title": "Long title", "new_name": "lining", "new_value": "silk"}
    refused = send(client, page, "/admin/items/3", **written)
    assert refused.status_code == 403
    assert "Set-Cookie" not in refused.headers
    assert send(client, refused, "/admin/items/3").status_code == 403  # too soon
    sign_in(client)  # in another tab
    shown = send(client, refused, "/admin/items/3")
    assert (shown.status_code, shown.text.count("Nothing is saved yet")) == (400, 1)
    assert core_of(app).catalog.item(3).title != "Long title"
    assert send(client, shown, "/admin/items/3").status_code == 303
    changed = core_of(app).catalog.item(3)
    assert (changed.title, changed.brand) == ("Long title", "Tund")
    assert changed.extra["lining"] == "silk"


def test_what_another_site_sent_is_shown_to_nobody_as_written_by_him(client: FlaskClient) -> None:
    def answer_to(origin: str) -> str:
        sent = {"title": "Planted"}
        refused = client.post("/admin/items/3", data=sent, headers={"Origin": origin})
        assert refused.status_code in {400, 403}
        return refused.text

    def check() -> None:
        assert "Planted" in answer_to("http://localhost")
        for origin in ("https://elsewhere.example", "null"):
            assert "Planted" not in answer_to(origin)

    check()
    sign_in(client)
    check()


def test_a_new_bag_is_not_lost_where_one_signed_in_anew(client: FlaskClient) -> None:
    sign_in(client)
    page = client.get("/admin/add")
    send(client, page, "/admin/sign-out")
    sign_in(client)
    shown = send(client, page, "/admin/add", title="Long title", image=photo(50))
    assert (shown.status_code, "Long title" in shown.text) == (400, True)
    assert send(client, shown, "/admin/add", image=photo(50)).status_code == 303


def test_the_cookie_is_the_desks_alone(client: FlaskClient) -> None:
    asking = client.get("/admin/sign-in")
    answer = send(client, asking, "/admin/sign-in", token=OWNER)
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/admin"):
        assert part in cookie
    assert "Secure" not in cookie
    assert OWNER not in cookie
    for page in ("/", "/items/3", "/healthz"):
        assert "Set-Cookie" not in client.get(page).headers


@pytest.mark.thorough
def test_behind_tls_and_under_a_path_the_cookie_is_secure(instance: Path) -> None:
    settings = {"admin_token": OWNER, "prefix": "/bags", "trusted_proxies": 1}
    client = Client(create_app({"instance": instance, **settings}))
    secure = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"}
    answer = client.get("/bags/admin/sign-in", headers=secure)
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Path=/bags/admin" in answer.headers["Set-Cookie"]


def test_its_pages_are_kept_nowhere_and_found_by_no_search_engine(client: FlaskClient) -> None:
    sign_in(client)
    for page in ("/admin", "/admin/sign-in?to=x", "/admin/nowhere"):
        answer = client.get(page)
        if answer.status_code != 404:
            assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Disallow: /admin" in client.get("/robots.txt").text
    assert "/admin" not in client.get("/sitemap.xml").text


def test_the_key_is_drawn_once_for_all_workers_and_only_its_owner_reads_it(
    app: Flask, client: FlaskClient, instance: Path
) -> None:
    before = os.umask(0)
    try:
        sign_in(client)
    finally:
        os.umask(before)
    key = instance / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    another = create_app({"instance": instance, "admin_token": OWNER}).test_client()
    cookie = client.get_cookie("hashbag_desk", path="/admin")
    assert cookie
    another.set_cookie("hashbag_desk", cookie.value, path="/admin")
    assert is_in(another)
    assert list(instance.glob(".secret*")) == []
    forged = app.test_client()
    forged.set_cookie("hashbag_desk", cookie.value[:-4] + "aaaa", path="/admin")
    assert not is_in(forged)


def test_no_key_is_drawn_where_one_is_set(instance: Path) -> None:
    settings = {"admin_token": OWNER, "secret_key": "long and secret"}
    client = create_app({"instance": instance, **settings}).test_client()
    sign_in(client)
    assert is_in(client)
    assert not (instance / "secret.key").exists()


def test_where_no_key_can_be_kept_the_desk_says_so(instance: Path) -> None:
    (instance / "secret.key").mkdir()
    client = create_app({"instance": instance, "admin_token": OWNER}).test_client()
    answer = client.get("/admin")
    assert answer.status_code == 503
    assert "key" in answer.text
    assert str(instance) not in answer.text
    assert client.get("/").status_code == 200
