"""Many change the catalogue while many read it: nobody meets an error, nor what was before."""

import json
import random
import shutil
import threading
import time
from pathlib import Path

import pytest

from tests.serving import Server, served
from tests.test_live_catalogue import ADMIN, form_of

pytestmark = pytest.mark.slow

WRITERS, READERS = 4, 8
PAGES = ("/?seed=3", "/browse", "/items/{}?by=whash", "/api/v1/items/{}/similar?by=look")


class Load:
    """What writers and readers share: the server, when to stop, and what went wrong."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.over = threading.Event()
        self.wrong: list[str] = []
        self.writes = 0
        self.seconds: list[float] = []

    def expect(self, good: object, told: str) -> None:
        if not good:
            self.wrong.append(told)
            self.over.set()

    def write(self, number: int) -> None:
        """Add, change and remove items, and look after each step whether it is so."""
        chance = random.Random(number)
        title = f"Writer{number}"
        while not self.over.is_set():
            body, headers = form_of(chance.randrange(1000), {"title": title, "price": 5})
            added = self.server.send("POST", "/api/v1/items", headers | ADMIN, body)
            self.expect(added.status == 201, f"add: {added.status} {added.text[:200]}")
            if added.status != 201:
                return
            target = f"/api/v1/items/{added.json['id']}"
            self.expect(self.server.get(target).status == 200, f"{target} was added")
            price = chance.randrange(1000, 9000)
            change = json.dumps({"price": price, "brand": f"{title}-{price}"}).encode()
            kind = {"Content-Type": "application/json"}
            changed = self.server.send("PATCH", target, kind | ADMIN, change)
            self.expect(changed.status == 200, f"change: {changed.status} {changed.text[:200]}")
            found = self.server.get(f"/api/v1/items?page=1&brand={title}-{price}")
            self.expect(
                found.status == 200 and [one["price"] for one in found.json["items"]] == [price],
                f"{target} costs {price}: {found.text[:300]}",
            )
            removed = self.server.send("DELETE", target, ADMIN)
            self.expect(removed.status == 204, f"remove: {removed.status} {removed.text[:200]}")
            self.expect(self.server.get(target).status == 404, f"{target} is gone")
            self.writes += 3

    def read(self, number: int) -> None:
        """Ask for pages of items that nobody changes."""
        chance = random.Random(number)
        while not self.over.is_set():
            page = chance.choice(PAGES).format(chance.randint(1, 8))
            began = time.perf_counter()
            answer = self.server.get(page)
            self.seconds.append(time.perf_counter() - began)
            self.expect(answer.status == 200, f"{page}: {answer.status} {answer.text[:200]}")

    def run(self, writers: int, seconds: float) -> None:
        """Have so many write, and the readers read, for a while."""
        self.seconds.clear()
        self.over.clear()
        work = [(self.write, number) for number in range(writers)]
        work += [(self.read, number) for number in range(READERS)]
        threads = [threading.Thread(target=one, args=(number,)) for one, number in work]
        for thread in threads:
            thread.start()
        self.over.wait(seconds)
        self.over.set()
        for thread in threads:
            thread.join()

    def p99(self) -> float:
        """Return how long 99 of 100 reads took at most, in milliseconds."""
        return 1000 * sorted(self.seconds)[len(self.seconds) * 99 // 100]


def load(eight: Path, folder: Path, seconds: float) -> None:
    instance = Path(shutil.copytree(eight, folder / "instance"))
    settings = {"HASHBAG_ADMIN_TOKEN": "of-the-owner", "HASHBAG_MAP": "off"}
    with served(instance, 2, settings) as server:
        one = Load(server)
        one.run(0, seconds / 4)
        idle, reads = one.p99(), len(one.seconds)
        one.run(WRITERS, seconds)
        print(  # noqa: T201 - a figure that pytest -s shows
            f"\nreads alone: {reads}, p99 {idle:.0f} ms; beside {one.writes} writes: "
            f"{len(one.seconds)}, p99 {one.p99():.0f} ms, {one.p99() / idle:.2f} times"
        )
        assert one.wrong == []
        assert one.writes
        assert len(server.get("/api/v1/items?page=1&per_page=200").json["items"]) == 8
        assert "Traceback" not in server.errors.read_text()
    assert not list(instance.glob("originals/*/*"))


def test_writers_and_readers_at_once_meet_no_error_and_nothing_stale(
    eight: Path, tmp_path: Path
) -> None:
    load(eight, tmp_path, 6)


@pytest.mark.soak
def test_a_minute_of_it(eight: Path, tmp_path: Path) -> None:
    load(eight, tmp_path, 60)
