"""A server that the app stands on ends and comes back, while many visitors ask and somebody writes.

Searches, or all, say when to come again; nobody hangs, pages that need not wait go on, service
resumes by itself, and what was acknowledged is there.
"""

import itertools
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.milvus_fixtures import WITH_MILVUS, Milvus
from tests.pictures import bag, encoded
from tests.postgresql import PostgresServer
from tests.serving import Answer, Server, eventually, picture_form, run_hashbag, served

pytestmark = WITH_MILVUS

SEARCHES = (
    "/api/v1/items/3/similar?by=whash",
    "/api/v1/items/5/similar",
    "/items/2",
    "/list?ids=2,3",
    "/compare?item=4",
)
PAGES = ("/?seed=1", "/browse", "/api/v1/items/3", "/thumbs/3")
OWNER = {"Authorization": "Bearer of-the-owner"}
_LOOKS_SECONDS = 0.1
# A tenth of what a visitor would call hanging; the time limit of the engine is 3.
_LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class Seen:
    """What one visitor got of one address."""

    target: str
    status: int
    retry_after: str
    seconds: float


@contextmanager
def visitors(server: Server, targets: Sequence[str], count: int = 6) -> Iterator[list[Seen]]:
    """Have visitors ask for these addresses, each all the time, one after another."""
    seen: list[Seen] = []
    stop = threading.Event()

    def visit(first: int) -> None:
        for target in itertools.islice(itertools.cycle(targets), first, None):
            if stop.is_set():
                return
            began = time.monotonic()
            answer = server.get(target)
            took = time.monotonic() - began
            seen.append(Seen(target, answer.status, answer.headers.get("Retry-After", ""), took))
            stop.wait(_LOOKS_SECONDS)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def some_more(seen: list[Seen], targets: Sequence[str], status: int) -> None:
    """Wait until each of these addresses was answered so, from now on."""
    after = len(seen)

    def answered() -> bool:
        return set(targets) <= {one.target for one in seen[after:] if one.status == status}

    eventually(answered, f"{status} of all of {targets}")


def assert_nobody_hung_or_was_failed(seen: list[Seen]) -> None:
    assert {one.status for one in seen} == {200, 503}
    assert all(one.retry_after == "5" for one in seen if one.status == 503)
    assert max(one.seconds for one in seen) < _LONGEST_SECONDS


def settings_of(milvus: Milvus, **more: str) -> Mapping[str, str]:
    settings = {f"HASHBAG_{name.upper()}": value for name, value in milvus.settings.items()}
    ours = {
        "HASHBAG_MAP": "off",
        "HASHBAG_ENGINE_TIMEOUT": "3",
        "HASHBAG_ADMIN_TOKEN": "of-the-owner",
    }
    return settings | ours | more


@pytest.fixture
def instance(milvus: Milvus, eight: Path, tmp_path: Path) -> Path:
    """Eight items, indexed in Milvus."""
    instance = shutil.copytree(eight, tmp_path / "instance")
    done = run_hashbag(["index"], instance, settings_of(milvus))
    assert done.returncode == 0, done.stderr
    return instance


def add(server: Server, number: int) -> int:
    """Add an item; returns its id once that was acknowledged."""
    body, headers = picture_form(encoded(bag(number), "PNG"), "new.png")
    answer = server.send("POST", "/api/v1/items", headers | OWNER, body)
    assert answer.status == 201, answer.text
    return int(answer.json["id"])


def set_price(server: Server, number: int, price: int) -> None:
    headers = OWNER | {"Content-Type": "application/json"}
    answer = server.send("PATCH", f"/api/v1/items/{number}", headers, json.dumps({"price": price}))
    assert answer.status == 200, answer.text


def answered(ask: Callable[[], Answer]) -> Answer:
    """Ask until it is answered: each worker finds out for itself that a server is back."""

    def asked() -> Answer | None:
        answer = ask()
        assert answer.status in {200, 503}, answer.text
        return answer if answer.status == 200 else None

    found = eventually(asked, "an answer")
    assert found
    return found


def found_by_its_picture(server: Server, number: int) -> set[int]:
    """Return which items are nearest to a picture that is sent: those that have it."""

    def asked() -> Answer:
        return server.post_picture("/api/v1/search?by=whash&k=5", encoded(bag(number), "PNG"))

    answer = answered(asked)
    return {hit["item"]["id"] for hit in answer.json["hits"] if not hit["distance"]}


def nearest(server: Server) -> list[tuple[int, int]]:
    """Return the nearest of an item, and how far they are."""
    answer = answered(lambda: server.get(SEARCHES[0]))
    return [(hit["item"]["id"], hit["distance"]) for hit in answer.json["hits"]]


@pytest.mark.parametrize("ending", [Milvus.stop, Milvus.kill], ids=["stopped", "killed"])
def test_milvus_ends_under_load_and_comes_back(
    milvus: Milvus, instance: Path, ending: Callable[[Milvus], None]
) -> None:
    settings = settings_of(milvus)
    with served(instance, settings=settings) as server:
        before = nearest(server)
        with visitors(server, SEARCHES) as searches, visitors(server, PAGES, 2) as pages:
            some_more(searches, SEARCHES, 200)
            ending(milvus)
            try:
                some_more(searches, SEARCHES, 503)
                some_more(pages, PAGES, 200)
                added = add(server, 90)  # changes go on as well
                set_price(server, 2, 77)
            finally:
                milvus.start()
            some_more(searches, SEARCHES, 200)
        assert_nobody_hung_or_was_failed(searches)
        assert {one.status for one in pages} == {200}
        assert [one for one in nearest(server) if one[0] != added] == before
        assert added in found_by_its_picture(server, 90)
        assert server.get("/api/v1/items/2").json["price"] == 77
    verified = run_hashbag(["verify"], instance, settings)
    assert verified.returncode == 0, verified.stdout


def test_postgresql_is_killed_under_load_and_comes_back(
    milvus: Milvus, eight: Path, postgresql: PostgresServer, tmp_path: Path
) -> None:
    """With it go all pages; what it acknowledged it has."""
    del milvus  # its tests and this one must not run at once: both want the machine
    address = postgresql.new_database("outages")
    settings = {"HASHBAG_DATABASE": address, "HASHBAG_ADMIN_TOKEN": "of-the-owner"}
    assert run_hashbag(["copy", "--to", address], eight).returncode == 0
    instance = shutil.copytree(eight, tmp_path / "instance")
    everything = (*SEARCHES, *PAGES)
    with served(instance, settings=settings) as server:
        with visitors(server, everything) as seen:
            for price in (5, 6):
                some_more(seen, everything, 200)
                set_price(server, 3, price)
                added = add(server, 90 + price)
                postgresql.kill()
                try:
                    some_more(seen, ("/browse", "/items/2"), 503)
                    assert server.get("/healthz").status == 200
                finally:
                    postgresql.start()
                eventually(lambda: server.get("/readyz").status == 200, "it was ready again")
                assert server.get("/api/v1/items/3").json["price"] == price
                assert added in found_by_its_picture(server, 90 + price)
            some_more(seen, everything, 200)
        assert_nobody_hung_or_was_failed(seen)


def test_both_are_killed_and_what_was_acknowledged_is_there_and_as_the_catalogue_says(
    milvus: Milvus, eight: Path, postgresql: PostgresServer, tmp_path: Path
) -> None:
    address = postgresql.new_database("both_outages")
    assert run_hashbag(["copy", "--to", address], eight).returncode == 0
    settings = settings_of(milvus, HASHBAG_DATABASE=address)
    instance = shutil.copytree(eight, tmp_path / "instance")
    assert run_hashbag(["index"], instance, settings).returncode == 0
    with served(instance, settings=settings) as server:
        first = add(server, 90)
        assert run_hashbag(["index"], instance, settings).returncode == 0  # this one is in Milvus
        second = add(server, 91)  # this one is not yet
        postgresql.kill()
        milvus.kill()
        assert server.get(SEARCHES[0]).status == 503
        postgresql.start()
        milvus.start()
        eventually(lambda: server.get("/readyz").status == 200, "it was ready again")
        assert first in found_by_its_picture(server, 90)
        assert second in found_by_its_picture(server, 91)
    verified = run_hashbag(["verify"], instance, settings)
    assert verified.returncode == 0, verified.stdout
    assert verified.stdout == "10 items and their index are as they should be\n"
