"""A catalogue that is changed while it is served, by real workers some of which are killed.

After every step all workers answer as an index would that was built anew of what was acknowledged.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.applications import hashbag
from tests.pictures import bag, encoded
from tests.serving import Answer, Server, picture_form, served
from webapp.config import load
from webapp.context import Hashbag
from webapp.exceptions import IndexNotReady
from webapp.index.engines.registry import engine_of
from webapp.index.generation import build, manifest_digest, open_generation
from webapp.index.snapshot import Snapshot
from webapp.models import Filters, Item
from webapp.search.query import RANKINGS, Query
from webapp.search.searcher import Searcher

pytestmark = pytest.mark.slow

BRANDS = ("Ora", "Vell", "Tund")
RANKED = ("look", "whash", "shape", "learned", "colorhash")
ADMIN = {"Authorization": "Bearer of-the-owner"}
ASKS_PER_WORKER = 2

seeds = st.integers(0, 40)
prices = st.integers(0, 9).map(lambda tens: tens * 10)
brands = st.sampled_from(BRANDS)
places = st.integers(0, 1000)


class Shop:
    """A served instance, and what it must hold: of each item its picture, brand and price."""

    def __init__(self, instance: Path, server: Server) -> None:
        self.instance = instance
        self.server = server
        self.core = Hashbag(load({}, {"instance": instance}))
        self.items: dict[int, dict[str, Any]] = {
            item["id"]: {"brand": item["brand"], "price": item["price"]}
            for item in server.get("/api/v1/items?page=1&per_page=200").json["items"]
        }
        self.removed: set[int] = set()
        self._builds = 0

    def send(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> Answer:
        return self.server.send(method, target, headers | ADMIN, body)

    def oracle(self) -> Searcher:
        """Build an index anew of what the database holds now, in a folder of its own.

        What a look distance means is set when an index is built that is published, by its random
        pairs of items: those are the same here.
        """
        folder = self.instance.with_name(f"oracle-{self._builds}")
        self._builds += 1
        folder.mkdir()
        engine = engine_of(self.core.settings)
        with self.core.catalog.at_one_moment() as frozen:
            build(folder, frozen, engine)
        built = open_generation(folder, engine, manifest_digest(folder))
        shutil.rmtree(folder)  # what is mapped stays
        live = self.core.newest().published
        assert not isinstance(live, IndexNotReady)
        kinds = {
            name: replace(kind, pairs=live.kinds[name].pairs) for name, kind in built.kinds.items()
        }
        return Searcher(Snapshot(self.core.catalog, built.facets, replace(built, kinds=kinds)))


def form_of(seed: int, fields: dict[str, object]) -> tuple[bytes, dict[str, str]]:
    """Write a form with a picture and some fields."""
    body, headers = picture_form(encoded(bag(seed), "PNG"), f"{seed}.png")
    edge = headers["Content-Type"].rpartition("=")[2]
    parts = "".join(
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return parts.encode() + body, headers


class LiveCatalogue(RuleBasedStateMachine):
    """The steps, on a shop that is served once for all of an example."""

    shop: Shop

    def some_item(self, place: int) -> int:
        return sorted(self.shop.items)[place % len(self.shop.items)]

    @rule(seed=seeds, brand=brands, price=prices)
    def add(self, seed: int, brand: str, price: int) -> None:
        body, headers = form_of(seed, {"brand": brand, "price": price, "title": f"Seed {seed}"})
        answer = self.shop.send("POST", "/api/v1/items", body, headers)
        assert answer.status == 201, answer.text
        assert answer.json["id"] not in self.shop.removed
        self.shop.items[answer.json["id"]] = {"brand": brand, "price": float(price)}
        self.check(answer.json["id"])

    @precondition(lambda self: len(self.shop.items) > 2)
    @rule(place=places, brand=brands, price=prices)
    def describe(self, place: int, brand: str, price: int) -> None:
        item_id = self.some_item(place)
        body = json.dumps({"brand": brand, "price": price}).encode()
        answer = self.shop.send(
            "PATCH", f"/api/v1/items/{item_id}", body, {"Content-Type": "application/json"}
        )
        assert answer.status == 200, answer.text
        self.shop.items[item_id] = {"brand": brand, "price": float(price)}
        self.check(item_id)

    @precondition(lambda self: len(self.shop.items) > 2)
    @rule(place=places, seed=seeds)
    def take_another_photo(self, place: int, seed: int) -> None:
        item_id = self.some_item(place)
        body, headers = form_of(seed, {})
        answer = self.shop.send("PATCH", f"/api/v1/items/{item_id}", body, headers)
        assert answer.status == 200, answer.text
        self.check(item_id)

    @precondition(lambda self: len(self.shop.items) > 4)
    @rule(place=places)
    def remove(self, place: int) -> None:
        item_id = self.some_item(place)
        answer = self.shop.send("DELETE", f"/api/v1/items/{item_id}", b"", {})
        assert answer.status == 204, answer.text
        del self.shop.items[item_id]
        self.shop.removed.add(item_id)
        self.check(self.some_item(place))

    @rule()
    def rebuild(self) -> None:
        done = hashbag(["index", "--changes"], self.shop.instance)
        assert done.returncode == 0, done.stderr
        self.check(self.some_item(0))

    @rule(milliseconds=st.integers(0, 1500))
    def kill_a_builder(self, milliseconds: int) -> None:
        command = [sys.executable, "-m", "webapp", "index", "--changes"]
        environ = os.environ | {"HASHBAG_INSTANCE": str(self.shop.instance)}
        with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as builder:
            time.sleep(milliseconds / 1000)
            builder.kill()
        self.check(self.some_item(1))

    @rule(place=places)
    def kill_a_worker(self, place: int) -> None:
        workers = sorted(self.shop.server.workers())
        if workers:
            os.kill(workers[place % len(workers)], signal.SIGKILL)
        self.check(self.some_item(place))

    def check(self, asked: int) -> None:
        """Compare what every page that lists says with what it must say."""
        shop = self.shop
        assert stored(shop) == shop.items
        chance = random.Random(asked)
        oracle = shop.oracle()
        for _ in range(2 * ASKS_PER_WORKER):  # whichever worker is asked
            listed = get(shop, "/api/v1/items?page=1&per_page=200").json
            assert [one["id"] for one in listed["items"]] == sorted(shop.items, reverse=True)
            self.check_search(oracle, asked, chance)
        brand = shop.items[asked]["brand"]
        wanted = sorted(one for one, known in shop.items.items() if known["brand"] == brand)
        found = get(shop, f"/api/v1/items?page=1&per_page=200&brand={brand}").json
        assert sorted(one["id"] for one in found["items"]) == wanted
        for page in pages_of(asked, chance.choice(sorted(shop.items))):
            answer = get(shop, page)
            for gone in shop.removed:
                assert f'/items/{gone}"' not in answer.text, (page, gone)
                assert f"/items/{gone}?" not in answer.text, (page, gone)
        for gone in list(shop.removed)[-3:]:
            assert shop.server.get(f"/items/{gone}").status == 404
            assert shop.server.get(f"/api/v1/items/{gone}/similar").status == 404

    def check_search(self, oracle: Searcher, asked: int, chance: random.Random) -> None:
        by, k = chance.choice(RANKED), chance.choice((1, 5, 100))
        brand = chance.choice([None, self.shop.items[asked]["brand"]])
        filters = Filters(brand=(brand,)) if brand else Filters()
        truth = oracle.similar_to_item(asked, Query(RANKINGS[by], k, filters))
        query = f"by={by}&k={k}" + (f"&brand={brand}" if brand else "")
        told = get(self.shop, f"/api/v1/items/{asked}/similar?{query}").json
        assert told["exact"]
        assert [(hit["item"]["id"], hit["distance"]) for hit in told["hits"]] == [
            (hit.item.id, hit.distance) for hit in truth.hits
        ]


def stored(shop: Shop) -> dict[int, dict[str, Any]]:
    """Return what the database holds of every item."""
    found: list[Item] = list(shop.core.catalog.all_items())
    return {item.id: {"brand": item.brand, "price": item.price} for item in found}


def get(shop: Shop, target: str) -> Answer:
    answer = shop.server.get(target)
    assert answer.status == 200, (target, answer.text)
    return answer


def pages_of(one: int, other: int) -> list[str]:
    """Name every page that lists items."""
    return [
        "/?seed=7",
        "/browse",
        f"/items/{one}",
        f"/compare?item={one}",
        "/duplicates",
        f"/list?ids={one},{other}",
        f"/why?item={one}&to={other}" if one != other else f"/items/{one}?by=whash",
        "/browse?text=seed",
        "/api/v1/duplicates",
    ]


@contextmanager
def shop_of(eight: Path, folder: Path) -> Iterator[Shop]:
    instance = Path(shutil.copytree(eight, folder / "instance"))
    with served(instance, 2, {"HASHBAG_ADMIN_TOKEN": "of-the-owner", "HASHBAG_MAP": "off"}) as one:
        shop = Shop(instance, one)
        yield shop
        shop.core.catalog.engine.dispose()


def run(eight: Path, folder: Path, steps: int) -> None:
    """Take so many steps, then look at all that is left."""
    with shop_of(eight, folder) as shop:
        machine = type("OnThisShop", (LiveCatalogue,), {"shop": shop})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=1,
                stateful_step_count=steps,
                deadline=None,
                phases=[Phase.generate],  # the shop of a failed run is not as it was at its start
                suppress_health_check=list(HealthCheck),
            ),
        )
        verified = hashbag(["verify"], shop.instance)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        left_over = [path for path in shop.instance.rglob(".*") if path.name.startswith(".w")]
        assert left_over == []
        assert "Traceback" not in shop.server.errors.read_text()


def test_every_worker_answers_as_an_index_built_anew_whoever_is_killed(
    eight: Path, tmp_path: Path
) -> None:
    run(eight, tmp_path, 40)


@pytest.mark.soak
def test_a_thousand_steps(eight: Path, tmp_path: Path) -> None:
    run(eight, tmp_path, 1000)
