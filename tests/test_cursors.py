"""Who follows cursors meets every item once, whatever comes and goes meanwhile."""

import random
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.applications import core_of
from tests.test_api import problem, valid
from tests.test_item_changes import ADMIN, add
from webapp import create_app


def pages(client: FlaskClient, query: str) -> Iterator[list[int]]:
    """Follow the cursors from the first page to the last."""
    cursor: str | None = ""
    asked = set[str]()
    while cursor is not None:
        assert cursor not in asked, "cursors lead in a circle"
        asked.add(cursor)
        told = valid(client, client.get(f"/api/v1/items?cursor={cursor}&{query}"), "Items")
        yield [item["id"] for item in told["items"]]
        cursor = told["next"]


@pytest.mark.thorough
@pytest.mark.parametrize("per_page", [1, 7, 60, 61, 200])
def test_all_pages_together_are_the_catalogue_newest_first(
    client: FlaskClient, per_page: int
) -> None:
    seen = list(pages(client, f"per_page={per_page}"))
    assert list(chain.from_iterable(seen)) == list(range(60, 0, -1))
    assert all(len(page) == per_page for page in seen[:-1])
    assert seen[-1]


def test_filters_narrow_every_page(client: FlaskClient) -> None:
    seen = list(chain.from_iterable(pages(client, "per_page=4&max_price=300&brand=Vell")))
    told = client.get("/api/v1/items?per_page=200&max_price=300&brand=Vell").get_json()
    assert seen == [item["id"] for item in told["items"]]
    assert len(seen) == told["total"] > 4


def test_a_page_by_its_number_tells_the_cursor_too_and_a_sample_has_none(
    client: FlaskClient,
) -> None:
    assert client.get("/api/v1/items?page=2&per_page=20").get_json()["next"] == "before-21"
    assert client.get("/api/v1/items?page=3&per_page=20").get_json()["next"] is None
    assert client.get("/api/v1/items?n=5").get_json()["next"] is None


@pytest.mark.thorough
def test_nothing_is_met_twice_or_missed_while_items_come_and_go(
    eight: Path, tmp_path: Path
) -> None:
    instance = shutil.copytree(eight, tmp_path / "instance")
    app: Flask = create_app({"instance": instance, "admin_token": "of-the-owner"})
    client, chance = app.test_client(), random.Random(5)
    for seed in range(20, 26):
        add(client, seed)
    gone, seen, there = set[int](), list[int](), set(range(1, 15))
    for page in pages(client, "per_page=3"):
        seen += page
        assert add(client, chance.randrange(100, 200)).status_code == 201
        # The last one met is where the cursor stands; it goes too.
        for item_id in (page[-1], chance.choice(sorted(there - gone - {page[-1]}))):
            client.delete(f"/api/v1/items/{item_id}", headers=ADMIN)
            gone.add(item_id)
    assert len(seen) == len(set(seen))
    assert there - gone <= set(seen) <= there
    assert seen == sorted(seen, reverse=True)
    core_of(app).catalog.engine.dispose()


def test_a_cursor_of_ones_own_is_refused(client: FlaskClient) -> None:
    for cursor in ("5", "before-", "before--5", "before-x", "after-5", f"before-{'9' * 30}"):
        detail = problem(client.get(f"/api/v1/items?cursor={cursor}"), 400)
        assert detail == "cursor: give what an answer had as `next`"
    assert "not both" in problem(client.get("/api/v1/items?cursor=before-5&page=2"), 400)
    assert len(client.get(f"/api/v1/items?cursor=before-{'9' * 19}").get_json()["items"]) == 60
    assert client.get("/api/v1/items?cursor=before-0").get_json()["items"] == []
