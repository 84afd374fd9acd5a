"""Where an engine keeps the codes, answers are those of a host that has them all."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.applications import core_of
from tests.milvus_fixtures import WITH_MILVUS, Milvus
from tests.pictures import bag, encoded
from webapp import create_app
from webapp.hashing.kinds import KINDS
from webapp.index.engines.registry import engine_of
from webapp.lab.bench.stocked import stock
from webapp.models import Filters
from webapp.search.look import LOOK
from webapp.search.query import Query

pytestmark = WITH_MILVUS

ITEMS = 6000
"""More than are all measured when a filter lets them pass."""

ASKED = (5, 1234, ITEMS)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stock a catalogue of many codes, filters that let many pass, and nothing published."""
    instance = tmp_path_factory.mktemp("stocked") / "instance"
    stock(instance, ITEMS, seed=7, jobs=1).catalog.engine.dispose()
    return instance


@pytest.fixture(scope="module")
def apps(
    stocked: Path, milvus: Milvus, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, Flask]]:
    """Serve it twice: with all codes at hand, and with codes that are in a Milvus server alone."""
    made = []
    for settings in ({"engine": "exact"}, dict(milvus.settings)):
        copy = shutil.copytree(stocked, tmp_path_factory.mktemp("served") / "instance")
        app = create_app({"instance": copy, "admin_token": "secret", "map": "off", **settings})
        for _ in core_of(app).publisher.publish(jobs=1):
            pass
        made.append(app)
    yield made[0], made[1]
    engine_of(core_of(made[1]).settings).drop_others(())


QUESTIONS = (
    "by=whash",
    "by=look",
    "by=look&lean=colour&k=24",
    "by=learned&k=1",
    "by=look&category=tote&category=hobo&category=satchel",  # more pass than are all measured
    "by=whash&category=tote&category=hobo&category=satchel&min_price=100",
    "by=look&min_price=40&max_price=1500",
    "by=look&min_price=40&max_price=1500&colour=red&colour=blue&colour=navy&colour=black",
    "by=colour&min_price=2550",
    "by=look&brand=Brand+001",
    "by=look&text=clutch",
    "by=whash&text=bag",
    "by=look&text=brand&category=tote&category=hobo&category=satchel",
    "by=look&tint=red",
    "by=look&tint=blue&min_price=40&max_price=1500",
    "by=look&colour_of=item:77",
    "by=look&not=78",
    "by=whash&not=78&not=90&category=tote&category=hobo&category=satchel",
    "by=phash&fold=1",
    "by=look&fold=1&category=tote&category=hobo&category=satchel",
    "by=whash&fold=1&category=hobo",
    "by=shape&k=100",
)


def hits(client: FlaskClient, target: str) -> list[dict[str, Any]]:
    answer = client.get(target)
    assert answer.status_code == 200, answer.text
    assert answer.json
    assert answer.json["exact"], target
    found: list[dict[str, Any]] = answer.json["hits"]
    return found


def assert_same(apps: tuple[Flask, Flask], targets: list[str]) -> None:
    here, there = (app.test_client() for app in apps)
    for target in targets:
        wanted, found = hits(here, target), hits(there, target)
        assert [hit["item"]["id"] for hit in wanted] == [hit["item"]["id"] for hit in found], target
        assert wanted == found, target


def test_no_code_is_on_the_host(apps: tuple[Flask, Flask]) -> None:
    folder = core_of(apps[1]).generations.newest()
    assert not list(folder.glob("*.codes.npy"))
    assert list(core_of(apps[0]).generations.newest().glob("*.codes.npy"))


def test_every_question_about_an_item_is_answered_as_with_all_codes(
    apps: tuple[Flask, Flask],
) -> None:
    assert_same(
        apps, [f"/api/v1/items/{item}/similar?{more}" for item in ASKED for more in QUESTIONS]
    )


def test_a_photo_a_fingerprint_and_several_bags_are_answered_as_with_all_codes(
    apps: tuple[Flask, Flask],
) -> None:
    picture = encoded(bag(3), "PNG")
    answers = [
        app.test_client().post(
            "/api/v1/search?by=look&harder=1&category=tote&category=hobo&category=satchel",
            data={"image": (io.BytesIO(picture), "bag.png")},
        )
        for app in apps
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    first, second = (answer.json for answer in answers)
    assert first
    assert second
    assert first["hits"] == second["hits"]
    asked = quote(first["fingerprint"])
    assert_same(apps, [f"/api/v1/search?q={asked}&by={by}" for by in ("look", "dhash", "learned")])


def test_what_is_like_several_bags_is_found_as_with_all_codes(apps: tuple[Flask, Flask]) -> None:
    for query in (
        Query(LOOK),
        Query(KINDS["whash"], k=24),
        Query(LOOK, filters=Filters(min_price=40)),
    ):
        results = []
        for app in apps:
            searcher = core_of(app).searcher
            results.append(searcher.answer(searcher.of_items([5, 77, 90], query)))
        here, there = results
        assert here.exact
        assert there.exact
        assert [(hit.item.id, hit.distance) for hit in here.hits] == [
            (hit.item.id, hit.distance) for hit in there.hits
        ]


PAGES = (
    "/?seed=4",
    "/items/1234",
    "/items/1234?by=look&category=tote&category=hobo&category=satchel",
    "/list?ids=5,77,90",
    "/why?item=1234&to=77&by=look",
    "/compare?item=1234",
    "/browse?page=3",
    "/duplicates?by=phash&distance=2",
    "/readyz",
)


def test_every_page_is_there(apps: tuple[Flask, Flask]) -> None:
    here, there = (app.test_client() for app in apps)
    for page in PAGES:
        wanted, found = here.get(page), there.get(page)
        assert (page, found.status_code) == (page, wanted.status_code)
        assert (page, found.status_code) == (page, 200)


def change(app: Flask) -> list[int]:
    """Change what items are: their attributes, their photos; take some out, add some."""
    headers = {"Authorization": "Bearer secret"}
    client = app.test_client()

    def send(method: str, target: str, **data: object) -> Any:
        answer = client.open(f"/api/v1/items{target}", method=method, headers=headers, **data)  # type: ignore[arg-type]
        assert answer.status_code < 300, answer.text
        return answer.json

    nearest_ones = [hit["item"]["id"] for hit in hits(client, "/api/v1/items/1234/similar?k=12")]
    for place, item_id in enumerate(nearest_ones[:6]):
        send("PATCH", f"/{item_id}", json={"category": "tote", "price": 50 + place})
    for item_id in nearest_ones[6:9]:
        send("DELETE", f"/{item_id}")
    picture = (io.BytesIO(encoded(bag(5), "PNG")), "bag.png")
    send("PATCH", f"/{nearest_ones[9]}", data={"image": picture})
    added = []
    for _ in range(3):  # copies of one picture: those that are asked for fold the others
        picture = (io.BytesIO(encoded(bag(6), "PNG")), "bag.png")
        fields = {"image": picture, "category": "hobo", "price": "77"}
        added.append(int(send("POST", "", data=fields)["id"]))
    return added


def test_what_changed_since_is_answered_as_with_all_codes(apps: tuple[Flask, Flask]) -> None:
    """Attributes that the engine's filters do not know yet too, until the next index knows them."""
    added, *others = [change(app) for app in apps]
    assert others == [added]
    targets = [
        f"/api/v1/items/{item}/similar?{more}"
        for item in (1234, *added)
        for more in QUESTIONS
        if "not=" not in more
    ]
    assert_same(apps, targets)
    for app in apps:
        for _ in core_of(app).publisher.merge():
            pass
    assert_same(apps, targets)
