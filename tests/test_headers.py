"""Every answer of every address says what browsers may not do with it."""

import re
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.applications import core_of, draw_map
from tests.desk import OWNER, sign_in
from tests.pictures import bag, encoded
from webapp import create_app

SHOP = "https://shop.example"
SECURE = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"}

PICTURES = {"image/png", "image/jpeg", "image/webp", "image/svg+xml", "image/x-icon"}
OTHER_TYPES = {
    *("text/html", "text/css", "text/javascript", "text/plain", "text/csv"),
    *("application/json", "application/problem+json", "application/x-ndjson", "application/xml"),
    *("application/manifest+json", "application/speculationrules+json", "application/rss+xml"),
}


@pytest.fixture(scope="module")
def app(eight: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    instance = Path(shutil.copytree(eight, tmp_path_factory.mktemp("headers") / "instance"))
    settings = {"admin_token": OWNER, "trusted_proxies": 1, "embed_origins": SHOP}
    app = create_app({"instance": instance, **settings})
    draw_map(app)
    yield app
    core_of(app).catalog.engine.dispose()


@pytest.fixture(scope="module")
def owner(app: Flask) -> FlaskClient:
    client = app.test_client()
    sign_in(client)
    return client


def targets(app: Flask, rule: Rule) -> list[str]:
    """Write addresses for a route: one that has something, and one that has not."""
    version = core_of(app).maps.current().version
    found = {
        "filename": ("hashbag.css", "nothing.css"),
        "version": (version, "none"),
        "column": ("filename", "none"),
        "value": ("bag-1.png", "none"),
        "topic": ("nginx", "none"),
        "ids": ("1-2", "x"),
        "size": ("180", "7"),
    }
    every = []
    for number, other in ((0, "1"), (1, "4711")):
        values = {name: found.get(name, (other, other))[number] for name in rule.arguments}
        adapter = app.url_map.bind("localhost")
        every.append(str(adapter.build(rule.endpoint, values)))
    return every


def every_answer(app: Flask, client: FlaskClient) -> Iterator[tuple[str, Rule, Any]]:
    for rule in app.url_map.iter_rules():
        for target in targets(app, rule):
            for method in sorted(rule.methods or ()):
                if rule.endpoint != "desk.sign_out":
                    with client.open(target, method=method, headers=SECURE) as answer:
                        yield f"{method} {target}", rule, answer


@pytest.mark.thorough
def test_every_answer_of_every_route_has_every_header(app: Flask, owner: FlaskClient) -> None:
    seen: set[str] = set()
    for told, rule, answer in every_answer(app, owner):
        seen.add(rule.endpoint)
        headers = answer.headers
        embedded = rule.endpoint.startswith("embed.")
        policy = headers["Content-Security-Policy"]
        ancestors = f"'self' {SHOP}" if embedded else "'none'"
        assert policy.startswith("default-src 'none'; "), told
        assert policy.endswith(f"; frame-ancestors {ancestors}"), told
        assert "unsafe" not in policy, told
        assert headers.get("X-Frame-Options") == (None if embedded else "DENY"), told
        assert headers["X-Content-Type-Options"] == "nosniff", told
        assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, told
        assert "camera=()" in headers["Permissions-Policy"], told
        assert "=(self)" not in headers["Permissions-Policy"], told
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", told
        shared = embedded or rule.endpoint.startswith("media.")
        wanted = "cross-origin" if shared else "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == wanted, told
        assert headers["Strict-Transport-Security"] == "max-age=31536000", told
        for name in set(headers.keys()):
            if name not in {"Set-Cookie", "Vary"}:
                assert len(headers.getlist(name)) == 1, (told, name)
    assert seen == {rule.endpoint for rule in app.url_map.iter_rules()} - {"desk.sign_out"}


@pytest.mark.thorough
def test_every_answer_has_a_type_of_ours_and_no_name_but_ours(
    app: Flask, owner: FlaskClient
) -> None:
    for told, rule, answer in every_answer(app, owner):
        if answer.data:
            assert answer.mimetype in PICTURES | OTHER_TYPES, told
        if answer.status_code == 200 and rule.endpoint.startswith("media.") and answer.data:
            assert answer.mimetype in PICTURES - {"image/svg+xml"}, told
        name = None if rule.endpoint == "static" else answer.headers.get("Content-Disposition")
        assert name is None or re.fullmatch(r"(attachment|inline); filename=[a-z0-9.-]+", name), (
            told
        )
        assert not (name and re.search(r"=\d+\.", name)), told  # photos here are called so
        cookies = answer.headers.getlist("Set-Cookie")
        assert all(flag in one for one in cookies for flag in ("Secure", "HttpOnly", "SameSite"))
        assert not cookies or rule.endpoint.startswith(("desk", "shortlist")), told


def test_files_to_save_have_names_of_ours(owner: FlaskClient) -> None:
    found = owner.post("/search", data={"image": (encoded_file(), "..\\..\\evil;.html")})
    for page in ("/browse", "/items/1", found.headers["Location"], "/duplicates?by=whash"):
        joined = f"{page}{'&' if '?' in page else '?'}format=csv"
        for one in (joined, f"{joined}&text=%22%0d%0aX-Evil:1"):
            answer = owner.get(one)
            if answer.status_code == 200:
                name = answer.headers["Content-Disposition"]
                assert re.fullmatch(r"attachment; filename=[a-z0-9-]+\.csv", name)
            assert "X-Evil" not in answer.headers


def encoded_file() -> BytesIO:
    return BytesIO(encoded(bag(3), "PNG"))


def test_without_tls_nothing_is_promised_for_later(app: Flask) -> None:
    assert "Strict-Transport-Security" not in app.test_client().get("/").headers


def test_a_stranger_cannot_say_that_it_came_over_tls(eight: Path) -> None:
    client = create_app({"instance": eight}).test_client()
    assert "Strict-Transport-Security" not in client.get("/", headers=SECURE).headers
