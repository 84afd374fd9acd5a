"""JPEG XL is read where the extra `jxl` is installed, and refused by its name elsewhere."""

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from numpy.typing import NDArray
from PIL import Image

from tests.browser_corpus import exif, jpeg
from tests.conftest import take_in
from tests.pictures import bag, encoded, multipart
from webapp.exceptions import DamagedImage, NotAnImage, TooManyPixels, UnreadableImage
from webapp.pictures import jxl
from webapp.pictures.opening import open_picture

BARE = b"\xff\x0a\x7f\x00" + bytes(60)
BOXED = b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0\0\0\x14ftypjxl \0\0\0\0jxl \0\0\0\x40jxlc" + BARE


@pytest.fixture
def plugin() -> None:
    """Want the plugin; continuous integration must have it."""
    if not jxl.INSTALLED:
        missing = "no JPEG XL: pip install 'hashbag[jxl]'"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    import pillow_jxl  # noqa: F401, PLC0415 - tells Pillow how to write it


def seen(data: bytes) -> NDArray[np.int64]:
    return np.asarray(open_picture(data).image).astype(np.int64)


def written(image: Image.Image, **options: Any) -> bytes:
    return encoded(image, "JXL", **options)


@pytest.mark.parametrize("data", [BARE, BOXED], ids=["bare", "in boxes"])
def test_without_the_extra_it_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(jxl, "INSTALLED", False)
    with pytest.raises(NotAnImage, match=r"JPEG XL .* not read .*hashbag\[jxl\]"):
        open_picture(data)


def test_without_the_extra_an_upload_is_415_and_an_import_goes_on(
    monkeypatch: pytest.MonkeyPatch, empty: Flask, tmp_path: Path
) -> None:
    monkeypatch.setattr(jxl, "INSTALLED", False)
    photos = tmp_path / "photos"
    photos.mkdir()
    bag(1).save(photos / "1.png")
    (photos / "2.jxl").write_bytes(BARE)
    _, refused = take_in(empty, photos)
    assert "JPEG XL pictures are not read here" in str(refused)
    answer = empty.test_client().post("/api/v1/search", **multipart(BARE))
    assert answer.status_code == 415
    assert "hashbag[jxl]" in answer.get_json()["detail"]


def test_a_bomb_is_refused_by_its_first_bits() -> None:
    """Height and width of 30 bits each, all of them set: a billion pixels across."""
    bits = 0 | 3 << 1 | (2**30 - 1) << 3 | 3 << 36 | (2**30 - 1) << 38
    with pytest.raises(TooManyPixels, match="1073741824 x 1073741824"):
        open_picture(b"\xff\x0a" + bits.to_bytes(20, "little"))


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize("options", [{}, {"use_container": True}], ids=["bare", "in boxes"])
def test_its_pixels_are_read(options: dict[str, Any]) -> None:
    image = bag(1)
    data = written(image, lossless=True, **options)
    assert np.array_equal(seen(data), np.asarray(image))
    assert open_picture(data).media_type == "image/jxl"


@pytest.mark.usefixtures("plugin")
def test_a_jpeg_packed_in_it_is_the_same_picture(tmp_path: Path) -> None:
    path = tmp_path / "packed.jpg"
    path.write_bytes(jpeg.with_exif(exif.note(6)))
    with Image.open(path) as image:
        data = written(image, lossless_jpeg=True)
    assert np.array_equal(seen(data), seen(path.read_bytes()))
    assert seen(data).shape == (40, 24, 3)


@pytest.mark.usefixtures("plugin")
def test_an_exif_note_does_not_turn_it() -> None:
    """The codestream says how it is held; its decoder did turn it by that."""
    data = written(bag(3), lossless=True, exif=exif.note(6))
    assert np.array_equal(seen(data), np.asarray(bag(3)))


@pytest.mark.usefixtures("plugin")
def test_clear_parts_lie_on_white() -> None:
    clear = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    assert seen(written(clear, lossless=True)).min() == 255


@pytest.mark.usefixtures("plugin")
def test_deep_grey_is_read_in_the_colours_that_it_declares() -> None:
    """The plugin writes samples of 16 bits as linear light."""
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    linear = np.arange(256) / 255
    expected = 255 * np.where(
        linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    found = seen(written(Image.fromarray(ramp), lossless=True))[..., 0].ravel()
    assert np.abs(found - expected).max() <= 2


@pytest.mark.usefixtures("plugin")
def test_floating_point_numbers_are_refused_by_name() -> None:
    image = Image.fromarray(np.linspace(0, 1, 256).astype(np.float32).reshape(16, 16))
    with pytest.raises(NotAnImage, match="floating-point"):
        open_picture(written(image, lossless=True))


@pytest.mark.usefixtures("plugin")
def test_damage_is_refused_in_words() -> None:
    whole = written(bag(4, (64, 48)))
    with pytest.raises(DamagedImage, match="cut short"):
        open_picture(whole[: len(whole) // 2])
    chance, refused = random.Random(5), 0
    for _ in range(120):
        data = bytearray(whole)
        data[chance.randrange(2, len(data))] ^= 1 << chance.randrange(8)
        try:
            open_picture(bytes(data), max_pixels=1_000_000)
        except UnreadableImage:
            refused += 1
    assert refused
