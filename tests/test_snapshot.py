"""A request is answered from one generation and one state of the catalogue, whatever happens."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, before_render_template
from flask.testing import FlaskClient

from tests.conftest import core_of, take_in
from tests.pictures import catalogue
from webapp import create_app, maintenance


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """Build an application with 12 pictures that a test may change."""
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, catalogue(tmp_path / "photos", 12))
    return app


@contextmanager
def once_at(app: Flask, moment: str, happen: Callable[[], object]) -> Iterator[list[str]]:
    """Let something happen inside a request: before its page is made, or before its first SQL."""
    happened: list[str] = []

    def listener(*_: object, **__: object) -> None:
        if not happened:
            happened.append(moment)
            happen()

    if moment == "page":
        with before_render_template.connected_to(listener, app):
            yield happened
        return
    engine = core_of(app).catalog.engine
    sa.event.listen(engine, "before_cursor_execute", listener)
    try:
        yield happened
    finally:
        sa.event.remove(engine, "before_cursor_execute", listener)


def totals(client: FlaskClient, path: str) -> set[int]:
    """Return all that an answer says of how many items there are."""
    answer = client.get(path)
    assert answer.status_code == 200
    if answer.is_json:
        counted = answer.get_json()["facets"]["category"]
        return {answer.get_json()["total"], sum(one["count"] for one in counted)}
    box = r'name="category" value="\w+"[^>]*> <span>\w+</span> <small>(\d+)'
    boxes = re.findall(box, answer.text)
    told = re.findall(r"(?:of |^\s*)(\d+)(?: bags)?</p>", answer.text, re.MULTILINE)
    return {sum(map(int, boxes)), *map(int, told)}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("path", "moment"),
    [
        ("/?seed=4", "page"),
        ("/browse", "page"),
        ("/?seed=4", "SQL"),
        ("/items/3", "page"),
        ("/api/v1/items?seed=4", "SQL"),
        ("/api/v1/items?page=1", "SQL"),
    ],
)
def test_a_generation_published_meanwhile_is_for_the_next_request(
    app: Flask, tmp_path: Path, path: str, moment: str
) -> None:
    more = catalogue(tmp_path / "more", 5)
    client = app.test_client()
    with once_at(app, moment, lambda: take_in(app, more)) as happened:
        assert totals(client, path) == {12}
        assert happened
        assert totals(client, path) == {17}


def test_an_item_removed_meanwhile_is_all_over_the_page_or_nowhere(app: Flask) -> None:
    client, core = app.test_client(), core_of(app)

    def shown() -> tuple[bool, bool]:
        page = client.get("/items/3?by=phash&k=11&trail=5").text
        trail = re.search(r'<nav class="trail".*?</nav>', page, re.DOTALL)
        return "/items/5?" in (trail[0] if trail else ""), 'data-item="5"' in page

    with once_at(app, "page", lambda: maintenance.remove(core.catalog, core.thumbs, [5])) as done:
        assert shown() == (True, True)
        assert done
        assert shown() == (False, False)
