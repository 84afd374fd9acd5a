"""What pages show of a photo is what was hashed, in every size, also where browsers differ."""

import io
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from numpy.typing import NDArray
from PIL import Image

from tests.browser_corpus import exif, icc, jpeg, png, webp
from tests.conftest import core_of, take_in
from tests.pictures import bag, encoded
from webapp import create_app, maintenance
from webapp.catalog import import_list
from webapp.catalog.import_outcome import Outcome
from webapp.maintenance import checks
from webapp.pictures.opening import open_picture

LARGE = (1000, 700)


def turned_webp() -> bytes:
    """Browsers differ in whether they turn it."""
    pixels = webp.pixels_of(encoded(bag(1, LARGE), "WEBP", quality=95))
    return webp.riff(webp.extended(webp.EXIF, LARGE), *pixels, (b"EXIF", exif.note(6)))


def turned_by_an_old_note() -> bytes:
    return next(data for name, data in png.samples() if name == "orientation in an old note")


def animated() -> bytes:
    frames = [bag(seed) for seed in (3, 4)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


def without_end() -> bytes:
    return encoded(bag(5, LARGE), "JPEG")[:-2]


def of_inks() -> bytes:
    return jpeg.with_profile(jpeg.jpeg("CMYK", LARGE), icc.table(b"CMYK", 4, 7, icc.ink))


OTHERWISE = {
    "turned.webp": turned_webp,
    "old-note.png": turned_by_an_old_note,
    "animated.gif": animated,
    "no-end.jpg": without_end,
    "inks.jpg": of_inks,
}


def as_it_is(data: bytes) -> NDArray[np.int64]:
    """Decode as somebody does who knows no notes."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB")).astype(np.int64)


def offered(client: FlaskClient, item: int) -> list[str]:
    """List all addresses at which an item's page offers its photo."""
    page = client.get(f"/items/{item}").text
    found = re.findall(rf"/(?:images|thumbs)/{item}\?[^\s\"]+", page)
    return sorted({unescape(address) for address in found})


@pytest.mark.thorough
@pytest.mark.parametrize("name", OTHERWISE)
def test_every_size_shows_what_was_hashed(empty: Flask, tmp_path: Path, name: str) -> None:
    path = tmp_path / "photos" / name
    path.parent.mkdir()
    path.write_bytes(OTHERWISE[name]())
    take_in(empty, path.parent)
    hashed = open_picture(path.read_bytes()).image
    client = empty.test_client()
    item = client.get("/api/v1/items/1").get_json()
    addresses = [*offered(client, 1), item["image"], item["thumb"]]
    assert len(addresses) > 3
    for address in addresses:
        with client.get(address) as answer:
            assert (answer.status_code, answer.mimetype) == (200, "image/webp")
            shown = as_it_is(answer.data)
        expected = np.asarray(hashed.resize(shown.shape[1::-1], Image.Resampling.HAMMING))
        assert np.abs(shown - expected).mean() < 6, address
        assert shown.shape[1] / shown.shape[0] == pytest.approx(hashed.width / hashed.height, 0.02)
    with client.get("/images/1") as full:
        assert as_it_is(full.data).shape == (hashed.height, hashed.width, 3)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_original_is_served_where_browsers_show_it_so(
    empty: Flask, tmp_path: Path, format_: str
) -> None:
    path = tmp_path / "photos" / "photo"
    path.parent.mkdir()
    path.write_bytes(encoded(bag(6), format_))
    take_in(empty, path.parent)
    with empty.test_client().get("/images/1") as answer:
        assert answer.data == path.read_bytes()
        assert answer.mimetype == f"image/{format_.lower()}"


def test_a_very_large_photo_has_a_copy_for_the_largest_screens(
    empty: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "photos" / "long.jpg"
    path.parent.mkdir()
    path.write_bytes(encoded(bag(7, (4000, 50)), "JPEG")[:-2])
    take_in(empty, path.parent)
    with empty.test_client().get("/images/1") as answer:
        assert as_it_is(answer.data).shape == (48, 3840, 3)


@pytest.mark.thorough
def test_the_copy_is_checked_made_again_and_removed(tmp_path: Path) -> None:
    app = create_app({"instance": tmp_path / "instance"})
    path = tmp_path / "photos" / "turned.webp"
    path.parent.mkdir()
    path.write_bytes(turned_webp())
    take_in(app, path.parent)
    core = core_of(app)
    (copy,) = (core.settings.instance / "thumbs").glob("*/*-3840.webp")
    copy.unlink()
    problems = [*checks.check_items(core.catalog, core.thumbs, 1)]
    assert "thumbnail is missing" in str(problems[0])
    with app.test_client().get("/images/1") as answer:
        assert answer.status_code == 404
        assert b"import its photo again" in answer.data
    again = list(core.importer.take(import_list.read(path.parent), 1, ["whash"]))
    assert (again, copy.is_file()) == ([Outcome.UNCHANGED], True)
    maintenance.remove(core.catalog, core.thumbs, [1])
    assert list((core.settings.instance / "thumbs").glob("*/*.webp")) == []
