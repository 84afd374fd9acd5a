"""Answers given before are the answers that would be given now."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.conftest import core_of, take_in
from tests.pictures import catalogue
from webapp import create_app, maintenance
from webapp.answers import Answer, Answers, State
from webapp.catalog import import_list
from webapp.catalog.importer import Outcome

ITEM = "/api/v1/items/3"
SIMILAR = "/api/v1/items/3/similar?by=phash"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """Build an application with 15 pictures that a test may change."""
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, catalogue(tmp_path / "photos", 15))
    return app


def retitle(app: Flask, folder: Path, title: str, *, publish: bool = True) -> None:
    """Import again with another title for the third item."""
    path = folder / "photos" / "manifest.csv"
    path.write_text(path.read_text("utf-8").replace("Bag 2,", f"{title},"), "utf-8")
    core = core_of(app)
    assert Outcome.UPDATED in list(core.importer.take(import_list.read(path), jobs=1))
    if publish:
        core.generations.publish(core.catalog)


addresses = st.builds(
    "{}?{}".format,
    st.sampled_from(
        [f"/items/{one}" for one in (1, 7, 61)]
        + [f"/api/v1/items/{one}" for one in (1, 7, 61)]
        + [f"/api/v1/items/{one}/similar" for one in (1, 7)]
        + ["/browse"]
    ),
    st.lists(
        st.sampled_from(
            ["by=whash", "by=nope", "k=3", "brand=Ora", "page=1", "seed=5", "sort=price", "lean=1"]
        ),
        unique=True,
        max_size=3,
    ).map("&".join),
)


@pytest.fixture(scope="module")
def keeping_none(filled: Flask) -> FlaskClient:
    return create_app(
        {"instance": core_of(filled).settings.instance, "answers_mb": 0}
    ).test_client()


@given(st.lists(addresses, min_size=1, max_size=4))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_answer_given_again_is_the_same(
    client: FlaskClient, keeping_none: FlaskClient, asked: list[str]
) -> None:
    for address in asked * 2:
        again, anew = client.get(address), keeping_none.get(address)
        assert (again.status_code, again.data) == (anew.status_code, anew.data)
        assert lasting(again) == lasting(anew)


def test_answers_are_kept(app: Flask) -> None:
    """Searches are counted: an answer given again is none, but it is a request."""
    client = app.test_client()

    def counted(what: str) -> float:
        lines = client.get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(what))

    searches = 'hashbag_searches_total{exact="True",kind="phash"}'
    requests = 'hashbag_requests_total{method="GET",route="/api/v1/items/<int:item_id>/similar"'
    for path, made in ((SIMILAR, 1), (SIMILAR, 0), (SIMILAR, 0), (f"{SIMILAR}&k=8", 1)):
        before = counted(searches), counted(requests)
        client.get(path)
        assert (counted(searches), counted(requests)) == (before[0] + made, before[1] + 1)


def lasting(response: TestResponse) -> dict[str, str]:
    """Return the headers; an answer given again leaves the date to the server."""
    return {name: value for name, value in response.headers if name != "Date"}


def unpacked(response: TestResponse) -> bytes:
    packed = response.headers.get("Content-Encoding") == "gzip"
    return gzip.decompress(response.data) if packed else response.data


@pytest.mark.parametrize(
    "other",
    [
        {"base_url": "http://elsewhere"},
        {"headers": {"Accept-Encoding": "gzip"}},
        {"method": "HEAD"},
        {"headers": {"If-None-Match": "*"}},
    ],
)
def test_who_asks_otherwise_is_answered_otherwise(app: Flask, other: dict[str, Any]) -> None:
    first, second = (
        app.test_client(),
        create_app({"instance": core_of(app).settings.instance, "answers_mb": 0}).test_client(),
    )
    path = "/items/3"
    first.get(path)
    for _ in range(2):
        again, anew = first.open(path, **other), second.open(path, **other)
        # A compressed body tells when it was compressed.
        assert (again.status_code, unpacked(again)) == (anew.status_code, unpacked(anew))
        assert lasting(again) == lasting(anew)


def test_a_new_generation_is_never_answered_from_the_one_before(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    before = client.get(ITEM).json
    page = client.get("/items/3").text
    retitle(app, tmp_path, "Quite another")
    assert before is not None
    assert client.get(ITEM).json == {**before, "title": "Quite another"}
    assert "Bag 2" in page
    assert "Quite another" in client.get("/items/3").text


def test_what_was_answered_while_an_import_ran_is_not_what_is_answered_after(
    app: Flask, tmp_path: Path
) -> None:
    """The catalogue is the same before and after publishing; the generation is not."""
    core, client = core_of(app), app.test_client()
    list(core.importer.take(import_list.read(catalogue(tmp_path / "more", 2)), jobs=1))
    assert "15 bags" in client.get("/browse").text
    core.generations.publish(core.catalog)
    assert "17 bags" in client.get("/browse").text


def test_what_an_import_wrote_is_told_before_it_is_published(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    client.get(ITEM)
    retitle(app, tmp_path, "Quite another", publish=False)
    told = client.get(ITEM).json
    assert told is not None
    assert told["title"] == "Quite another"


def test_a_removed_item_is_in_no_answer_that_follows(app: Flask) -> None:
    """Though the generation that it is in is still served."""
    client = app.test_client()
    paths = [SIMILAR, "/items/3", "/browse", "/items/4", "/api/v1/items/4"]
    shown = client.get(SIMILAR).json
    assert shown is not None
    gone = shown["hits"][0]["item"]["id"]
    paths += [f"/items/{gone}", f"/api/v1/items/{gone}"]
    for path in paths:
        assert client.get(path).status_code == 200
    core = core_of(app)
    generation = core.generations.current()
    maintenance.remove(core.catalog, core.thumbs, [gone])
    assert core.generations.current() is generation
    after = client.get(SIMILAR).json
    assert after is not None
    assert gone not in [hit["item"]["id"] for hit in after["hits"]]
    for path in ("/browse", "/items/3", "/items/4"):
        assert f'href="/items/{gone}"' not in client.get(path).text
        assert f'href="/items/{gone}?' not in client.get(path).text
    assert client.get(f"/items/{gone}").status_code == 404
    assert client.get(f"/api/v1/items/{gone}").status_code == 404


def test_the_last_used_are_kept_within_the_limit(app: Flask) -> None:
    core = core_of(app)
    state = State(core.generations.current(), 1)

    def answer(size: int) -> Answer:
        return Answer("200 OK", (), bytes(size), "/")

    answers = Answers(most_bytes=3 * answer(10).bytes + 5)
    for name in ("a", "b", "c"):
        answers.keep(state, name, answer(10))
    assert answers.find(state, "a")
    answers.keep(state, "d", answer(10))
    left = [name for name in "abcd" if answers.find(state, name)]
    assert left == ["a", "c", "d"]
    answers.keep(state, "d", answer(10))  # again: it takes no more than before
    assert [name for name in "abcd" if answers.find(state, name)] == ["a", "c", "d"]
    answers.keep(state, "large", answer(10_000))
    assert not any(answers.find(state, name) for name in ("a", "c", "d", "large"))


@pytest.mark.parametrize(
    "path",
    ["/items/3", "/browse", "/about", "/?seed=4", ITEM, "/api/v1/items/4/similar?by=phash&k=14"],
)
def test_a_page_asked_for_again_is_validated_until_it_changes(
    app: Flask, tmp_path: Path, path: str
) -> None:
    client = app.test_client()
    first = client.get(path)
    assert "no-cache" in first.headers["Cache-Control"]
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    if path == "/about":
        return
    retitle(app, tmp_path, "Quite another")
    changed = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]
    assert "Quite another" in changed.text


def test_an_error_has_no_validator(client: FlaskClient) -> None:
    for path in ("/items/4711", "/api/v1/items/1/similar?by=nope", "/browse?page=99"):
        assert "ETag" not in client.get(path).headers
