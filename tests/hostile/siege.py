"""Sends hostile files to a served catalogue, from several at once, while others read pages."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from tests.hostile import File
from tests.serving import Answer, Server, picture_form

SENDERS, READERS = 6, 2
ADMIN = {"Authorization": "Bearer of-the-owner"}
SETTINGS = {
    "HASHBAG_ADMIN_TOKEN": "of-the-owner",
    "HASHBAG_MAP": "off",
    # Each file comes from another client: what one client may is not what is asked here.
    "HASHBAG_TRUSTED_PROXIES": "1",
}
PAGES = ("/items/{}", "/items/{}?by=whash", "/api/v1/items/{}/similar?by=look")

_BUSY_SECONDS = 0.2  # before a file that found no place is sent again


class Siege:
    """What senders and readers share: the files, when to stop, and what was answered."""

    def __init__(self, server: Server, files: Iterator[File]) -> None:
        self._server = server
        self._files = files
        self._lock = threading.Lock()
        self._over = threading.Event()
        self.answers: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.slowest: list[tuple[float, str]] = []
        self.pages: Counter[int] = Counter()

    def run(self) -> float:
        """Send all files; return the seconds that 99 of 100 pages took at most meanwhile."""
        return self._beside(self._send_all, SENDERS)

    def idle(self, seconds: float) -> float:
        """Return the same for pages alone."""
        return self._beside(lambda _: time.sleep(seconds), 1)

    def _beside(self, work: Callable[[int], None], times: int) -> float:
        """Read pages while work is done; return how long 99 of 100 took at most, in seconds."""
        took: list[float] = []
        self._over.clear()
        workers = [threading.Thread(target=work, args=(number,)) for number in range(times)]
        readers = [threading.Thread(target=self._read, args=(took, n)) for n in range(READERS)]
        for one in (*workers, *readers):
            one.start()
        for one in workers:
            one.join()
        self._over.set()
        for one in readers:
            one.join()
        return sorted(took)[len(took) * 99 // 100]

    def _read(self, took: list[float], number: int) -> None:
        chance = random.Random(number)
        while not self._over.is_set():
            page = chance.choice(PAGES).format(chance.randint(1, 8))
            began = time.perf_counter()
            status = self._server.get(page).status
            took.append(time.perf_counter() - began)
            with self._lock:
                self.pages[status] += 1

    def _send_all(self, number: int) -> None:
        chance = random.Random(number)
        while True:
            with self._lock:
                name, data = next(self._files, ("", b""))
            if not name:
                return
            client = ".".join(str(chance.randrange(1, 255)) for _ in range(4))
            self._send(name, data, client, chance.randrange(100))

    def _send(self, name: str, data: bytes, client: str, which: int) -> None:
        """Send one file until there is a place for it; note what is answered, and how soon."""
        body, headers = picture_form(data, "photo.jpg")
        headers |= {"X-Forwarded-For": client}
        target, more = _TARGETS[0] if which else _TARGETS[1]
        target = "/search" if which % 5 == 1 else target
        while True:
            began = time.perf_counter()
            answer = self._server.send("POST", target, headers | more, body)
            took = time.perf_counter() - began
            with self._lock:
                self._note(name, target, answer, took)
            if answer.status not in {429, 503}:
                break
            time.sleep(_BUSY_SECONDS)
        if answer.status == 201:
            removed = self._server.send("DELETE", f"/api/v1/items/{answer.json['id']}", ADMIN)
            assert removed.status == 204

    def _note(self, name: str, target: str, answer: Answer, took: float) -> None:
        self.answers[answer.status] += 1
        self.slowest = sorted([*self.slowest, (took, name)], reverse=True)[:5]
        if answer.status >= 500 and answer.status != 503:
            self.wrong.append(f"{name}, sent to {target}: {answer.status} {answer.text[:200]}")
        if answer.status in {429, 503} and "Retry-After" not in answer.headers:
            self.wrong.append(f"{name}: {answer.status} without advice when to come again")


_TARGETS: Sequence[tuple[str, dict[str, str]]] = (
    ("/api/v1/search?k=1", {}),
    ("/api/v1/items", ADMIN),
)
