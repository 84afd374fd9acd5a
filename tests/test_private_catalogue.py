"""A private catalogue shows nothing to strangers, and all to who has a token that may read."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from tests.applications import core_of, draw_map
from tests.browsing import Look, looking
from tests.desk import OWNER, send, sign_in, told
from tests.pictures import bag, encoded
from tests.serving import picture_form, served
from tests.test_headers import targets
from webapp import create_app
from webapp.catalog.sign_ins import MOST_TRIES
from webapp.catalog.tokens import Scope

OPEN = {
    *("static", "scripts.script", "health.alive", "health.ready", "desk.sign_in"),
    *("desk.sign_in_form", "branding.logo", "branding.style", "branding.mark"),
    *("site_files.manifest", "site_files.icon", "site_files.apple_touch_icon"),
    *("site_files.favicon", "site_files.prefetch", "site_files.robots"),
}
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SECRETS = (b"Bag 3", b"Ora", b"Vell", b"Tote", b"Summer")
"""Of the catalogue."""

BODY, FORM = picture_form(encoded(bag(3), "PNG"), "bag.png")


@pytest.fixture
def app(eight: Path, tmp_path: Path) -> Iterator[Flask]:
    instance = Path(shutil.copytree(eight, tmp_path / "instance"))
    settings = {"private": "on", "admin_token": OWNER, "embed_origins": "https://shop.example"}
    app = create_app({"instance": instance, **settings})
    draw_map(app)
    yield app
    core_of(app).catalog.engine.dispose()


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def token(app: Flask) -> str:
    return core_of(app).tokens.create("reader", Scope.READ)


@pytest.fixture
def reader(app: Flask, token: str) -> FlaskClient:
    client = app.test_client()
    assert sign_in(client, token, "/admin/sign-in?to=/").status_code == 303
    return client


@pytest.mark.thorough
def test_nothing_but_what_is_named_is_answered_without_a_token(
    app: Flask, stranger: FlaskClient
) -> None:
    seen = set()
    for rule in app.url_map.iter_rules():
        for target in targets(app, rule):
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                for headers in ({}, PAGE, {"Authorization": ""}):
                    with stranger.open(target, method=method, headers=headers) as answer:
                        if answer.status_code not in {401, 303, 403}:
                            seen.add(rule.endpoint)
                        elif answer.status_code == 303:
                            assert answer.headers["Location"].startswith("/admin/sign-in?to=")
                        assert not any(secret in answer.data for secret in SECRETS), target
    assert seen <= OPEN
    for target in ("/nowhere", "/items/3/", "/api/v1/nowhere"):
        assert stranger.get(target).status_code == 401


@pytest.mark.thorough
def test_no_answer_is_kept_for_others(app: Flask, reader: FlaskClient) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN or "GET" not in (rule.methods or ()):
            continue
        for target in targets(app, rule):
            with reader.get(target) as answer:
                assert "public" not in answer.headers["Cache-Control"], target
                assert "private" in answer.headers["Cache-Control"], target
                assert {"Cookie", "Authorization"} <= set(answer.vary), target


@pytest.mark.thorough
def test_a_program_reads_with_its_token(stranger: FlaskClient, token: str) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    for target in ("/", "/items/3", "/images/3", "/api/v1/items", "/metrics", "/newest.xml"):
        assert stranger.get(target, headers=bearer, buffered=True).status_code == 200
    found = stranger.post("/api/v1/search", data=BODY, headers=FORM | bearer)
    assert found.status_code == 200
    refused = stranger.patch("/api/v1/items/3", json={"title": "x"}, headers=bearer)
    assert refused.status_code == 403
    assert stranger.get("/items/3").status_code == 401


def test_a_wrong_token_is_refused_and_many_lock_out(stranger: FlaskClient, token: str) -> None:
    for _ in range(MOST_TRIES):
        answer = stranger.get("/api/v1/items", headers={"Authorization": "Bearer guess"})
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
    right = {"Authorization": f"Bearer {token}"}
    assert stranger.get("/api/v1/items", headers=right).status_code == 429


@pytest.mark.thorough
def test_people_sign_in_and_come_to_the_page_that_they_wanted(
    stranger: FlaskClient, token: str
) -> None:
    asking = stranger.get("/items/3?by=whash", headers=PAGE, follow_redirects=True)
    assert "This catalogue is private" in asking.text
    answer = send(stranger, asking, "/admin/sign-in", token=token)
    assert answer.headers["Location"] == "/items/3?by=whash"
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/;"))
    shown = stranger.get("/items/3?by=whash")
    assert (shown.status_code, "Bag 3" in shown.text) == (200, True)
    for target in ("/", "/browse", "/images/3", "/api/v1/items/3", "/compare?item=3", "/map"):
        assert stranger.get(target, buffered=True).status_code == 200
    assert stranger.post("/search", data=BODY, headers=FORM).status_code == 303


def test_who_may_only_look_changes_nothing(reader: FlaskClient) -> None:
    asking = reader.get("/admin", headers=PAGE)
    assert asking.headers["Location"].startswith("/admin/sign-in?to=/admin")
    asked = reader.get(asking.headers["Location"])
    assert "Whoever runs this catalogue changes it here" in asked.text
    for target in ("/admin/add", "/admin/items/3", "/admin/many", "/admin/rebuild"):
        assert reader.post(target).status_code == 403
    # A cookie is no token: what changes by the API asks for one.
    assert reader.patch("/api/v1/items/3", json={"title": "x"}).status_code == 401
    assert reader.delete("/api/v1/items/3").status_code == 401
    assert reader.get("/api/v1/items/3").json["title"] == "Bag 2"  # type: ignore[index]


def test_a_token_that_may_only_read_does_not_open_the_desk(
    stranger: FlaskClient, token: str
) -> None:
    answer = sign_in(stranger, token, "/admin")
    assert answer.status_code == 403
    assert told(answer) == "This is no token that may change the catalogue."


@pytest.mark.thorough
def test_the_owner_signs_in_once_for_all(stranger: FlaskClient) -> None:
    assert sign_in(stranger, OWNER, "/admin").headers["Location"] == "/admin"
    assert stranger.get("/items/3").status_code == 200
    assert stranger.get("/admin").status_code == 200


def test_signing_out_and_a_revoked_token_end_it(
    app: Flask, reader: FlaskClient, token: str
) -> None:
    another = app.test_client()
    sign_in(another, token, "/admin/sign-in?to=/")
    assert "Sign out" in reader.get("/").text
    send(reader, reader.get("/admin/sign-out"), "/admin/sign-out")
    assert reader.get("/").status_code == 401
    assert another.get("/").status_code == 200
    core_of(app).tokens.revoke("reader")
    assert another.get("/").status_code == 401


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example"),
        *("/items//evil", "\\\\evil", "javascript:alert(1)", "/a\r\nSet-Cookie:x=1", "/ /evil"),
        *("/\t/evil.example", "http:evil.example", "/%0a/\n/evil", "evil.example", "?x", "/a#b"),
    ],
)
def test_the_sign_in_leads_to_pages_of_ours_alone(
    stranger: FlaskClient, token: str, elsewhere: str
) -> None:
    asking = stranger.get("/admin/sign-in", query_string={"to": elsewhere})
    answer = send(stranger, asking, "/admin/sign-in", token=token)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"
    assert "x=1" not in str(answer.headers)


def test_a_form_of_another_site_signs_nobody_in(stranger: FlaskClient, token: str) -> None:
    assert stranger.post("/admin/sign-in", data={"token": token}).status_code == 400
    assert stranger.get("/").status_code == 401


def test_the_document_says_that_every_call_asks_for_a_token(
    stranger: FlaskClient, token: str
) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    answer = stranger.get("/api/v1/openapi.json", headers=bearer)
    for calls in answer.get_json()["paths"].values():
        for call in calls.values():
            assert call["security"][0]["token"]
            assert {"401", "403", "429"} <= set(call["responses"])


def test_a_browser_may_ask_what_it_may_send(desk_instance: Path) -> None:
    settings = {"private": "on", "admin_token": OWNER, "cors_origins": "https://shop.example"}
    client = create_app({"instance": desk_instance, **settings}).test_client()
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    answer = client.options("/api/v1/items", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_search_engines_are_told_to_stay_away(stranger: FlaskClient) -> None:
    assert stranger.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"


def test_without_any_token_it_says_how_to_make_one(desk_instance: Path) -> None:
    client = create_app({"instance": desk_instance, "private": "on"}).test_client()
    assert client.get("/items/3").status_code == 401
    asking = client.get("/", headers=PAGE, follow_redirects=True)
    assert "hashbag token create look --scope read" in asking.text


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
def test_people_look_at_a_private_catalogue_in_a_browser(
    chromium: Browser, eight: Path, tmp_path: Path, scripts: bool
) -> None:
    instance = Path(shutil.copytree(eight, tmp_path / "instance"))
    token = core_of(create_app({"instance": instance})).tokens.create("reader", Scope.READ)
    with (
        served(instance, 1, {"HASHBAG_PRIVATE": "on"}) as server,
        looking(chromium, server, Look(390, scripts=scripts)) as tab,
    ):
        tab.goto("/items/3")
        assert tab.title().startswith("Sign in")
        tab.get_by_label("Token").fill(token)
        tab.get_by_role("button", name="Sign in").click()
        tab.wait_for_url("**/items/3")
        assert tab.locator(".grid .card").count() > 3
        tab.get_by_role("link", name="Sign out").click()
        tab.get_by_role("button", name="Sign out").click()
        tab.wait_for_url("**/admin/sign-in")
        tab.goto("/items/3")
        assert tab.title().startswith("Sign in")
