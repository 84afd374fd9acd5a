"""Large pictures sent without pause: pages go on, and every sender is answered."""

import random
import shutil
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.pictures import bag, encoded
from tests.serving import Server, served

pytestmark = pytest.mark.slow

SENDERS, READERS = 16, 4
PAGES = ("/items/{}", "/items/{}?by=whash", "/browse")


class Crowd:
    """Senders of pictures and readers of pages, and what they were answered."""

    def __init__(self, server: Server, pictures: list[bytes]) -> None:
        self.server = server
        self.pictures = pictures
        self.over = threading.Event()
        self.answers: Counter[int] = Counter()
        self.without_advice = 0
        self.pages: Counter[int] = Counter()
        self.seconds: list[float] = []

    def send(self, number: int) -> None:
        chance = random.Random(number)
        while not self.over.is_set():
            answer = self.server.post_picture("/api/v1/search?k=3", chance.choice(self.pictures))
            self.answers[answer.status] += 1
            if answer.status == 503:
                self.without_advice += "Retry-After" not in answer.headers
                time.sleep(0.2)  # impatient: it should be some seconds

    def read(self, number: int) -> None:
        chance = random.Random(number)
        while not self.over.is_set():
            began = time.perf_counter()
            answer = self.server.get(chance.choice(PAGES).format(chance.randint(1, 8)))
            self.seconds.append(time.perf_counter() - began)
            self.pages[answer.status] += 1

    def run(self, senders: int, seconds: float) -> float:
        """Let them; return how long 99 of 100 pages took at most, in milliseconds."""
        self.over.clear()
        self.seconds.clear()
        work = [(self.send, one) for one in range(senders)]
        work += [(self.read, one) for one in range(READERS)]
        threads = [threading.Thread(target=one, args=(number,)) for one, number in work]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.over.set()
        for thread in threads:
            thread.join()
        return 1000 * sorted(self.seconds)[len(self.seconds) * 99 // 100]


def crowd(eight: Path, folder: Path, seconds: float, size: tuple[int, int]) -> None:
    instance = Path(shutil.copytree(eight, folder / "instance"))
    pictures = [encoded(bag(seed, size), "JPEG", quality=90) for seed in range(3)]
    with served(instance, 2) as server:
        one = Crowd(server, pictures)
        one.run(0, seconds / 10)
        idle = one.run(0, seconds / 3)
        busy = one.run(SENDERS, seconds)
        print(  # noqa: T201 - a figure that pytest -s shows
            f"\npages alone p99 {idle:.0f} ms, beside {SENDERS} senders {busy:.0f} ms, "
            f"{busy / idle:.2f} times; pictures answered {dict(one.answers)}"
        )
        assert set(one.pages) == {200}
        assert set(one.answers) <= {200, 503}
        assert one.answers[200]
        assert one.without_advice == 0
        assert "Traceback" not in server.errors.read_text()


def test_many_pictures_at_once_stop_no_page(eight: Path, tmp_path: Path) -> None:
    crowd(eight, tmp_path, 4, (1200, 900))


@pytest.mark.soak
def test_a_minute_of_large_pictures(eight: Path, tmp_path: Path) -> None:
    crowd(eight, tmp_path, 60, (4000, 3000))
