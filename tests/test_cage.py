"""Strangers' pictures are read in processes of their own, which a picture can kill, and no more."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.applications import core_of
from tests.desk import photo, send
from tests.held_decoder import HELD, hold_decoders
from tests.pictures import bag, encoded, multipart
from tests.serving import children_of, eventually, is_cage, served
from webapp import create_app
from webapp.cage import limits
from webapp.cage.client import Cage
from webapp.cage.keeper import CageKeeper
from webapp.exceptions import (
    DamagedImage,
    HashbagError,
    NotAnImage,
    PicturesBusy,
    TooManyPixels,
    TooPlain,
    UnreadableImage,
)
from webapp.hashing.fingerprinting import Crop, EncodedPicture
from webapp.hashing.picture_work import Here
from webapp.heap import resident_bytes
from webapp.web.guards import upload_slots
from webapp.web.guards.upload_slots import UploadSlots

SECONDS = 3  # for one picture, in these tests


class Caged:
    """A running cage, and the folder in which it would write."""

    def __init__(self, keeper: CageKeeper, cage: Cage, folder: Path) -> None:
        self.keeper = keeper
        self.cage = cage
        self.folder = folder

    def processes(self) -> set[int]:
        """List the pids of those that read; servers of other tests have cages of their own."""
        masters = {child for child in children_of(os.getpid()) if is_cage(child)}
        return {one for master in masters for one in children_of(master)}


@pytest.fixture(scope="module")
def caged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caged]:
    folder = tmp_path_factory.mktemp("cage")
    hold_decoders(folder)
    short = Path(tempfile.mkdtemp(prefix="cage-"))  # the path of a socket may not be long
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        patch.setenv("HELD_FILE", str(folder / "held.txt"))
        keeper = CageKeeper(short / "socket", 2, folder, SECONDS)
    keeper.start()
    yield Caged(keeper, Cage(short / "socket"), folder)
    keeper.stop()
    shutil.rmtree(short)


def picture(seed: int, does: str = "") -> EncodedPicture:
    return EncodedPicture(encoded(bag(seed, (HELD.get(does, 160), 120)), "PNG"))


pytestmark = pytest.mark.slow


def test_the_cage_reads_what_is_read_here(caged: Caged) -> None:
    here = Here()
    for seed in range(6):
        plain = picture(seed)
        cut = EncodedPicture(plain.data, crop=Crop(0.1, 0.2, 0.5, 0.6))
        for one in (plain, cut):
            assert caged.cage.upload(one) == here.upload(one)
        assert caged.cage.item(plain) == here.item(plain)
    photo = EncodedPicture(encoded(bag(3, (900, 700)), "JPEG"))
    assert caged.cage.item(photo) == here.item(photo)


WRONG: tuple[tuple[EncodedPicture, type[HashbagError]], ...] = (
    (EncodedPicture(b"hello"), NotAnImage),
    (EncodedPicture(picture(1).data[:200]), DamagedImage),
    (EncodedPicture(picture(1).data, max_pixels=100), TooManyPixels),
    (EncodedPicture(encoded(Image.new("RGB", (80, 80), "white"), "PNG")), TooPlain),
)


def test_what_is_wrong_with_a_picture_is_told_as_it_is_here(caged: Caged) -> None:
    for one, kind in WRONG:
        with pytest.raises(kind) as here:
            Here().upload(one)
        with pytest.raises(kind) as there:
            caged.cage.upload(one)
        assert type(there.value) is type(here.value)
        assert str(there.value) == str(here.value)


@pytest.mark.parametrize("does", ["sleep", "spin", "eat", "die"])
def test_a_picture_that_holds_its_decoder_costs_a_process_and_nothing_else(
    caged: Caged, does: str
) -> None:
    with pytest.raises(UnreadableImage, match=r"save it smaller|MemoryError"):
        caged.cage.upload(picture(1, does))
    for seed in range(4):
        assert caged.cage.upload(picture(seed)) == Here().upload(picture(seed))
    eventually(lambda: len(caged.processes()) == 2, "both processes are there again")


def test_a_picture_can_have_nothing_written(caged: Caged) -> None:
    with pytest.raises((RuntimeError, UnreadableImage)):
        caged.cage.upload(picture(1, "write"))
    file = caged.folder / "held.txt"
    assert not file.exists() or file.read_bytes() == b""


def test_a_large_picture_leaves_little_memory_taken(caged: Caged) -> None:
    large = EncodedPicture(encoded(bag(1, (4500, 4000)), "JPEG"))
    for _ in range(4):
        caged.cage.upload(large)
    eventually(
        lambda: max(map(resident_bytes, caged.processes())) <= limits.KEPT_BYTES,
        "what was freed is given back",
    )


def test_a_process_that_is_killed_is_not_missed(caged: Caged) -> None:
    for _ in range(3):
        for one in caged.processes():
            os.kill(one, signal.SIGKILL)
        assert caged.cage.upload(picture(2)) == Here().upload(picture(2))


def test_without_a_cage_the_answer_is_to_come_again(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(PicturesBusy):
        Cage(tmp_path / "none").upload(picture(1))
    assert time.monotonic() > began


def test_places_are_few_and_no_client_has_all() -> None:
    slots = UploadSlots(most=3, most_of_one=2)
    with slots.place("a"), slots.place("a"):
        with pytest.raises(PicturesBusy), slots.place("a"):
            pass
        with slots.place("b"), pytest.raises(PicturesBusy), slots.place("c"):
            pass
        with slots.place("c"):
            pass
    with slots.place("a"), slots.place("a"):
        pass


def test_who_finds_no_place_is_told_when_to_come_again(
    client: FlaskClient, desk: FlaskClient, filled: Flask
) -> None:
    settings = core_of(filled).settings
    framing = {"instance": settings.instance, "embed_origins": "https://shop.example"}
    frame = create_app(framing).test_client()
    asked = [(client, one) for one in ("/api/v1/search", "/api/v1/fingerprints", "/search")]
    asked.append((frame, "/embed/search"))
    places = [upload_slots.the_slots.place(f"client-{one}") for one in range(upload_slots.MOST)]
    with ExitStack() as full:
        for one in places:
            full.enter_context(one)
        for visitor, address in asked:
            answer = visitor.post(address, **multipart(encoded(bag(3), "PNG")))
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), address
            assert "try again" in answer.text
        adding = desk.get("/admin/add")
        assert send(desk, adding, "/admin/add", image=photo(3)).status_code == 503
        assert client.get("/items/3").status_code == 200
    assert client.post("/search", **multipart(encoded(bag(3), "PNG"))).status_code == 303


def test_a_server_has_a_cage_that_comes_again_and_ends_with_it(eight: Path, tmp_path: Path) -> None:
    instance = Path(shutil.copytree(eight, tmp_path / "instance"))
    data = encoded(bag(3), "PNG")
    with served(instance, 2) as server:
        assert server.post_picture("/api/v1/search?k=1", data).status == 200
        first = server.cage()
        assert first
        for one in first:
            os.kill(one, signal.SIGKILL)
        assert server.post_picture("/api/v1/search?k=1", data).status == 200
        (master,) = children_of(server.pid) - server.workers()
        os.kill(master, signal.SIGKILL)
        answer = server.post_picture("/api/v1/search?k=1", data)
        assert answer.status in {200, 503}
        eventually(
            lambda: server.post_picture("/api/v1/search?k=1", data).status == 200,
            "pictures are read again",
        )
        left = server.cage()
    eventually(lambda: not any(Path(f"/proc/{one}").exists() for one in left), "the cage ended")
