"""For ten minutes: everything at once, while processes are killed and indexes built anew."""

import json
import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from pathlib import Path

import numpy as np
import pytest

from tests.desk import OWNER
from tests.pictures import bag, encoded
from tests.serving import Answer, Server, children_of, eventually, picture_form, run_hashbag, served
from tests.test_live_catalogue import ADMIN, form_of

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
SETTINGS = {"HASHBAG_ADMIN_TOKEN": OWNER, "HASHBAG_MAP": "off", "HASHBAG_TRUSTED_PROXIES": "1"}

# Sixteen connections, by what they do.
BROWSERS, SEARCHERS, SENDERS, WRITERS = 6, 4, 3, 3

WORKER_EVERY, CAGE_EVERY, INDEX_EVERY, MEMORY_EVERY = 20, 15, 10, 2  # seconds

PAGES = (
    "/?seed={0}",
    "/browse",
    "/items/{1}",
    "/items/{1}?by=whash",
    "/compare?item={1}",
    "/duplicates",
)
ITEMS = range(1, 9)  # of the catalogue as it was drawn: nobody changes these
MOST_GROWTH = 0.2  # of memory, from the first third to the last, with room for what is noise


class Soak:
    """What all share: the server, when to stop, what was answered and what was wrong."""

    def __init__(self, server: Server, instance: Path) -> None:
        self.server = server
        self.instance = instance
        self.over = threading.Event()
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.memory: list[float] = []
        self.killed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def ask(
        self, what: str, method: str, target: str, headers: dict[str, str], body: bytes | None
    ) -> Answer | None:
        """Ask; None where the connection broke, as it may when a worker is killed."""
        try:
            answer = self.server.send(method, target, headers, body)
        except (OSError, HTTPException):
            answer = None
        with self._lock:
            self.answers[f"{what} {answer.status if answer else 'cut off'}"] += 1
        if answer and answer.status >= 500:
            deliberate = answer.status == 503 and "Retry-After" in answer.headers
            self.expect(deliberate, f"{method} {target}: {answer.status} {answer.text[:200]}")
            self.over.wait(0.1)
        return answer

    def expect(self, good: object, told: str) -> None:
        if not good:
            with self._lock:
                self.wrong.append(told)

    def browse(self, chance: random.Random) -> None:
        page = chance.choice(PAGES).format(chance.randrange(1000), chance.choice(ITEMS))
        answer = self.ask("page", "GET", page, {}, None)
        self.expect(answer is None or answer.status in {200, 503}, f"{page}: {answer}")

    def search(self, chance: random.Random) -> None:
        """Ask what is nearest to an item: the nearest first, and itself not among them."""
        item = chance.choice(ITEMS)
        target = f"/api/v1/items/{item}/similar?by={chance.choice(('whash', 'look'))}&k=5"
        answer = self.ask("similar", "GET", target, {}, None)
        if answer and answer.status == 200:
            hits = answer.json["hits"]
            order = [(one["distance"], one["item"]["id"]) for one in hits]
            self.expect(len(hits) == 5 and order == sorted(order), f"{target}: {order}")
            self.expect(item not in [one["item"]["id"] for one in hits], f"{target}: itself")

    def send(self, chance: random.Random) -> None:
        """Search with the photo of an item: it comes first."""
        number = chance.choice(ITEMS)
        body, headers = picture_form(encoded(bag(number - 1), "PNG"), "photo.png")
        headers |= _from_anywhere(chance)
        answer = self.ask("upload", "POST", "/api/v1/search?by=whash&k=1", headers, body)
        if answer and answer.status == 200:
            (hit,) = answer.json["hits"]
            found = (hit["distance"], hit["item"]["id"])
            self.expect(found == (0, number), f"photo of item {number}: {found}")

    def write(self, chance: random.Random) -> None:
        """Add an item, change it, find it changed, remove it, and find it gone."""
        seed = chance.randrange(1000, 2000)
        body, headers = form_of(seed, {"title": "soaked", "price": 5})
        headers |= ADMIN | _from_anywhere(chance)
        headers["Idempotency-Key"] = f"{chance.random()}"
        adding = partial(self.ask, "add", "POST", "/api/v1/items", headers, body)
        added = self._until(adding, {201, 200})
        if not added:
            return
        target, price = f"/api/v1/items/{added.json['id']}", float(chance.randrange(10, 9000))
        change, kind = json.dumps({"price": price}).encode(), {"Content-Type": "application/json"}
        self._until(lambda: self.ask("change", "PATCH", target, kind | ADMIN, change), {200})
        now = self._until(lambda: self.ask("look", "GET", target, {}, None), {200})
        self.expect(not now or now.json["price"] == price, f"{target} costs {price}: {now}")
        # Sent again after an answer that was lost, it is gone already.
        self._until(lambda: self.ask("remove", "DELETE", target, ADMIN, None), {204, 404})
        self._until(lambda: self.ask("look", "GET", target, {}, None), {404})

    def _until(self, ask: Callable[[], Answer | None], good: set[int]) -> Answer | None:
        """Ask until it is answered well; what breaks or is refused for now is sent again."""
        while True:
            answer = ask()
            if answer and answer.status in good:
                return answer
            if answer and answer.status not in {429, 503}:
                self.expect(False, f"not one of {good}: {answer.status} {answer.text[:200]}")
                return None

    def kill(self, what: str, of: Callable[[], set[int]], chance: random.Random) -> None:
        some = sorted(of())
        if some:
            os.kill(chance.choice(some), signal.SIGKILL)
            self.killed[what] += 1

    def build(self) -> None:
        done = run_hashbag(["index", "--no-map", "--kinds", "whash"], self.instance)
        self.expect(done.returncode == 0, f"index: {done.stderr}")
        self.killed["index built"] += 1

    def measure(self) -> None:
        self.memory.append(memory_of(self.server.pid))


def _from_anywhere(chance: random.Random) -> dict[str, str]:
    return {"X-Forwarded-For": ".".join(str(chance.randrange(1, 255)) for _ in range(4))}


def all_below(pid: int) -> set[int]:
    """List the pids of a process and of all that came of it."""
    found = {pid}
    for child in children_of(pid):
        try:
            found |= all_below(child)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended just now
    return found


def memory_of(pid: int) -> float:
    """Return the memory of a process and of all that came of it, in MB, shared parts once."""
    total = 0
    for one in all_below(pid):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def zombies_of(pid: int) -> list[int]:
    def state(one: int) -> str:
        try:
            return Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return ""

    return [one for one in all_below(pid) if state(one) == "Z"]


def run(soak: Soak, seconds: float) -> None:
    """Have all of it happen for a while."""
    chances = (random.Random(number) for number in range(100))
    work: list[tuple[Callable[[], object], float]] = []
    for times, do in (
        (BROWSERS, soak.browse),
        (SEARCHERS, soak.search),
        (SENDERS, soak.send),
        (WRITERS, soak.write),
    ):
        work += [(partial(do, next(chances)), 0) for _ in range(times)]
    chance = next(chances)
    work += [
        (lambda: soak.kill("worker killed", soak.server.workers, chance), WORKER_EVERY),
        (lambda: soak.kill("cage process killed", soak.server.cage, chance), CAGE_EVERY),
        (soak.build, INDEX_EVERY),
        (soak.measure, MEMORY_EVERY),
    ]

    def repeat(do: Callable[[], object], every: float) -> None:
        while not (soak.over.wait(every) if every else soak.over.is_set()):
            do()

    threads = [threading.Thread(target=repeat, args=one) for one in work]
    for one in threads:
        one.start()
    time.sleep(seconds)
    soak.over.set()
    for one in threads:
        one.join()


def soak(eight: Path, folder: Path, seconds: float) -> Soak:
    instance = Path(shutil.copytree(eight, folder / "instance"))
    with served(instance, 2, SETTINGS) as server:
        one = Soak(server, instance)
        run(one, seconds)
        eventually(lambda: len(server.workers()) == 2, "both workers are there")
        eventually(lambda: not zombies_of(server.pid), "no process is left in the table")
        ready = server.get("/readyz")
        log = server.errors.read_text()
    memory = np.array(one.memory)
    thirds = [part.mean() for part in np.array_split(memory, 3)] if len(memory) > 2 else [0, 0, 0]
    print(  # noqa: T201 - figures that pytest -s shows
        f"\n{seconds:.0f} s: {dict(sorted(one.answers.items()))}; {dict(one.killed)}; memory in MB "
        f"by thirds {', '.join(f'{part:.0f}' for part in thirds)}"
    )
    assert one.wrong == []
    assert ready.status == 200
    assert "Traceback" not in log
    assert run_hashbag(["index"], instance).returncode == 0  # it clears up what kills left
    verified = run_hashbag(["verify"], instance)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "of no use" not in verified.stderr, verified.stderr
    assert not [*instance.glob("originals/*/*"), *instance.rglob(".writing-*")]
    return one


def test_a_moment_of_it(eight: Path, tmp_path: Path) -> None:
    one = soak(eight, tmp_path, 25)
    assert one.killed.keys() == {"worker killed", "cage process killed", "index built"}


@pytest.mark.soak
def test_ten_minutes_of_it(eight: Path, tmp_path: Path) -> None:
    one = soak(eight, tmp_path, SECONDS)
    _, middle, last = (part.mean() for part in np.array_split(np.array(one.memory), 3))
    assert last < middle * (1 + MOST_GROWTH)
