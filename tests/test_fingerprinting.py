"""From bytes to a fingerprint: in this process or another, one picture at a time in a server."""

import inspect
import io
import pickle
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile

from tests.pictures import bag, encoded
from webapp import exceptions
from webapp.exceptions import HashbagError
from webapp.hashing.fingerprinting import Crop, EncodedPicture, decode, hash_item, hash_query
from webapp.hashing.kinds import KINDS
from webapp.processes import pool

PHOTO = encoded(bag(3), "PNG")
KINDS_COMPARED = "&by=".join(("shape", "whash", "colorhash", "phash", "dhash"))
REFUSED = {
    "foreign": EncodedPicture(b"words " * 99),
    "damaged": EncodedPicture(PHOTO[: len(PHOTO) // 2]),
    "too many pixels": EncodedPicture(PHOTO, max_pixels=1000),
    "plain": EncodedPicture(encoded(Image.new("RGB", (60, 60), "red"), "PNG")),
}


def every_error(root: type[HashbagError] = HashbagError) -> Iterator[type[HashbagError]]:
    yield root
    for error in root.__subclasses__():
        yield from every_error(error)


def texts_for(error: type[HashbagError]) -> int:
    """Count the texts that an error is made of."""
    made_by = [*inspect.signature(error.__init__).parameters.values()][1:]
    return sum(one.kind is one.POSITIONAL_OR_KEYWORD for one in made_by) or 1


@pytest.mark.thorough
@given(st.data())
@pytest.mark.parametrize("error", [*every_error()], ids=lambda error: error.__name__)
def test_every_error_means_the_same_in_another_process(
    error: type[HashbagError], data: st.DataObject
) -> None:
    raised = error(*(data.draw(st.text()) for _ in range(texts_for(error))))
    arrived = pickle.loads(pickle.dumps(raised))
    assert type(arrived) is error
    assert (str(arrived), arrived.args, vars(arrived)) == (str(raised), raised.args, vars(raised))


def test_an_error_names_its_parameter() -> None:
    error = exceptions.BadParameter("k", "must be from 1 to 100")
    assert (str(error), error.name) == ("k: must be from 1 to 100", "k")


def test_an_item_gets_the_kinds_asked_for_and_its_picture_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = encoded(bag(3).transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)
    picture, codes = hash_item(EncodedPicture(sideways), ["dhash", "whash"])
    assert (picture.width, picture.height, picture.media_type) == (160, 120, "image/png")
    assert picture.image.tobytes() == bag(3).tobytes()
    assert codes == hash_item(EncodedPicture(PHOTO), ["dhash", "whash"])[1]
    assert list(codes) == ["dhash", "whash"]


def test_a_query_gets_every_kind_and_more_readings_than_an_item() -> None:
    of_item, of_query = hash_item(EncodedPicture(PHOTO))[1], hash_query(EncodedPicture(PHOTO))
    assert of_item.keys() == KINDS.keys()
    assert of_query.keys() == {*KINDS, "bag"}
    for name, code in ((name, of_query[name]) for name in KINDS):
        assert code.startswith(of_item[name])
        assert (len(code) > len(of_item[name])) == bool(KINDS[name].tries_harder)


def test_a_crop_is_what_is_hashed() -> None:
    crop = Crop(0.25, 0.5, 0.5, 0.25)
    cut = bag(3).crop((40, 60, 120, 90))
    assert decode(EncodedPicture(PHOTO, crop=crop)).image.tobytes() == cut.tobytes()
    assert hash_query(EncodedPicture(PHOTO, crop=crop)) == hash_query(
        EncodedPicture(encoded(cut, "PNG"))
    )


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF"])
def test_a_picture_of_any_format_can_be_handed_to_another_process(format_: str) -> None:
    picture, _ = hash_item(EncodedPicture(encoded(bag(3), format_)), [])
    arrived = pickle.loads(pickle.dumps(picture))
    assert arrived.image.tobytes() == picture.image.tobytes()
    assert (arrived.width, arrived.media_type) == (picture.width, picture.media_type)


def outcome(work: Callable[[], Any]) -> object:
    """Return what work comes to, its error in words."""
    try:
        return work()
    except HashbagError as error:
        return type(error), str(error)


@pytest.mark.slow
def test_in_another_process_the_outcome_is_the_same() -> None:
    asked = [EncodedPicture(PHOTO, crop=Crop(0, 0, 0.5, 0.5)), *REFUSED.values()]
    with pool(1) as workers:
        far = [workers.submit(hash_query, one) for one in asked]
        item = workers.submit(hash_item, asked[0], ["whash"])
        assert [outcome(one.result) for one in far] == [
            outcome(partial(hash_query, one)) for one in asked
        ]
        assert item.result() == hash_item(asked[0], ["whash"])


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_is_refused_alike_wherever_it_is_read(refused: EncodedPicture) -> None:
    there = pickle.loads(pickle.dumps(partial(hash_query, refused)))
    with pytest.raises(exceptions.UnreadableImage):
        there()
    assert outcome(there) == outcome(partial(hash_query, refused))


class Openings:
    """Counts the pictures that Pillow opens, and how many at once; each takes a while."""

    def __init__(self, seconds: float = 0) -> None:
        self.count = self.at_once = self._now = 0
        self._seconds = seconds
        self._lock = threading.Lock()
        self._open = ImageFile.ImageFile.__init__

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count from here on, whichever of its formats Pillow opens."""

        def opened(image: ImageFile.ImageFile, *args: Any, **kwargs: Any) -> None:
            self._opened(image, *args, **kwargs)

        monkeypatch.setattr(ImageFile.ImageFile, "__init__", opened)

    def _opened(self, *args: Any, **kwargs: Any) -> None:
        with self._lock:
            self.count += 1
            self._now += 1
            self.at_once = max(self.at_once, self._now)
        time.sleep(self._seconds)
        try:
            self._open(*args, **kwargs)
        finally:
            with self._lock:
                self._now -= 1


@pytest.mark.parametrize(
    "address",
    [
        f"/compare?item=4&harder=1&by={KINDS_COMPARED}",
        "/items/4?harder=1",
        "/api/v1/items/4/similar?harder=1&by=shape",
        "/why?item=4&to=9&harder=1&by=shape",
    ],
)
def test_an_items_photo_is_decoded_once_to_try_harder(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    openings = Openings()
    openings.watch(monkeypatch)
    hash_query(EncodedPicture(PHOTO))
    of_one = openings.count
    assert client.get(address).status_code == 200
    assert openings.count == 2 * of_one > 0


def test_a_comparison_that_tries_harder_finds_what_each_kind_finds_alone(
    client: FlaskClient,
) -> None:
    page = client.get(f"/compare?item=4&harder=1&by={KINDS_COMPARED}").get_data(as_text=True)
    for kind in KINDS_COMPARED.split("&by="):
        alone = client.get(f"/api/v1/items/4/similar?harder=1&fold=1&by={kind}").get_json()
        row = page.split(f'aria-labelledby="row-{kind}"')[1].split("</section>")[0]
        found = re.findall(r'<li[^>]*id="[a-z]+-(\d+)"', row)
        assert list(map(int, found)) == [hit["item"]["id"] for hit in alone["hits"]]


@pytest.mark.thorough
def test_of_requests_at_once_only_one_has_its_picture_decoded(
    filled: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    openings = Openings(seconds=0.1)
    openings.watch(monkeypatch)

    def status(address: str) -> int:
        client = filled.test_client()
        if address == "/api/v1/search":
            return client.post(address, data={"image": (io.BytesIO(PHOTO), "x.png")}).status_code
        return client.get(address).status_code

    addresses = [
        "/api/v1/search",
        "/items/3?harder=1",
        "/compare?item=4&harder=1&by=shape",
        "/why?item=5&to=9&by=look&parts=1",
    ]
    with ThreadPoolExecutor(len(addresses)) as threads:
        assert set(threads.map(status, addresses)) == {200}
    assert openings.count >= 3
    assert openings.at_once == 1
