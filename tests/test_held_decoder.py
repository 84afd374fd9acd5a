"""A picture that holds its decoder costs a served catalogue one cage process, and nothing else."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.held_decoder import HELD, hold_decoders
from tests.pictures import bag, encoded
from tests.serving import Answer, Server, eventually, served
from webapp.processes import available_cores

MORE = available_cores() + 1

pytestmark = pytest.mark.slow

PAGES = ("/items/3?by=whash", "/?seed=1", "/browse", "/api/v1/items/5/similar?by=look")


def picture(seed: int, does: str = "") -> bytes:
    return encoded(bag(seed, (HELD.get(does, 160), 120)), "PNG")


@pytest.fixture(scope="module")
def server(eight: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("held")
    instance = Path(shutil.copytree(eight, folder / "instance"))
    hold_decoders(folder)
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    settings = {"PYTHONPATH": path, "HASHBAG_TRUSTED_PROXIES": "1"}
    with served(instance, 2, settings) as one:
        eventually(lambda: search(one, picture(1), "c").status == 200, "pictures are read")
        yield one
        assert "Traceback" not in one.errors.read_text()


def search(server: Server, data: bytes, client: str) -> Answer:
    return server.post_picture("/api/v1/search?k=1", data, forwarded_for=client)


@pytest.mark.parametrize("does", ["sleep", "spin", "eat", "die"])
def test_one_that_is_held_keeps_no_other_picture_and_no_page_waiting(
    does: str, server: Server
) -> None:
    workers, cage = server.workers(), server.cage()
    told: list[Answer] = []
    held = threading.Thread(
        target=lambda: told.append(search(server, picture(1, does), "10.0.0.1"))
    )
    held.start()
    others = [search(server, picture(seed), "10.0.0.2").status for seed in range(8)]
    pages = [server.get(page).status for page in PAGES]
    waits = held.is_alive()
    held.join()
    assert others == [200] * 8
    assert pages == [200] * len(PAGES)
    assert waits or does not in {"sleep", "spin"}
    assert told[0].status == 422
    assert server.workers() == workers
    eventually(lambda: len(server.cage()) == len(cage), "all that read pictures are there again")
    assert search(server, picture(2), "10.0.0.2").status == 200


def test_more_of_them_than_the_cage_has_processes_keep_no_page_waiting(server: Server) -> None:
    workers = server.workers()
    told: list[int] = []

    def send(number: int) -> None:
        told.append(search(server, picture(1, "sleep"), f"10.0.1.{number}").status)

    senders = [threading.Thread(target=send, args=(number,)) for number in range(MORE)]
    for one in senders:
        one.start()
    while any(one.is_alive() for one in senders):
        assert [server.get(page).status for page in PAGES] == [200] * len(PAGES)
    assert set(told) <= {422, 503}
    assert server.workers() == workers
    eventually(
        lambda: search(server, picture(2), "10.0.0.2").status == 200, "pictures are read again"
    )
