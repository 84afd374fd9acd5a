"""Plain pictures are no duplicates of each other, though most kinds see no difference."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageDraw

from tests.applications import Once
from tests.conftest import core_of, take_in
from tests.pictures import bag, encoded
from webapp import create_app
from webapp.hashing.code_packing import packed_views
from webapp.hashing.fingerprinting import fingerprint
from webapp.hashing.kinds import KINDS
from webapp.index.blank_codes import blank_photos
from webapp.index.code_table import CodeTable, make_table

SWATCHES = {
    "01-navy.png": (10, 20, 90),
    "02-red.png": (200, 20, 20),
    "03-white.png": (255, 255, 255),
    "04-black.png": (0, 0, 0),
    "05-grey.png": (128, 128, 128),
    "06-red-like-it.png": (202, 22, 22),
}
RED_AGAIN, WHITE_AGAIN, BAG, BAG_AGAIN = 7, 8, 9, 10
"""The items that follow: copies of the file of item 2 and 3; a bag, and its picture saved anew."""


def swatch(colour: tuple[int, ...], size: tuple[int, int] = (200, 200)) -> bytes:
    return encoded(Image.new("RGB", size, colour), "PNG")


def swatches(folder: Path) -> Path:
    folder.mkdir()
    for name, colour in SWATCHES.items():
        (folder / name).write_bytes(swatch(colour))
    (folder / "07-red-again.png").write_bytes(swatch(SWATCHES["02-red.png"]))
    (folder / "08-white-again.png").write_bytes(swatch(SWATCHES["03-white.png"]))
    bag(1).save(folder / "09-bag.png")
    bag(1).save(folder / "10-bag-again.bmp")
    return folder


@pytest.fixture(scope="module")
def shop(once: Once) -> Flask:
    """Open an application with the swatches; tests must not change it."""

    def take(folder: Path) -> None:
        take_in(create_app({"instance": folder / "instance"}), swatches(folder / "photos"))

    return create_app({"instance": once("swatches", take) / "instance"})


def groups(client: FlaskClient, query: str) -> list[list[int]]:
    found = client.get(f"/api/v1/duplicates?{query}").get_json()
    return [[item["id"] for item in group["items"]] for group in found["groups"]]


COPIES = [[2, RED_AGAIN], [3, WHITE_AGAIN], [BAG, BAG_AGAIN]]


@pytest.mark.parametrize("kind", KINDS)
def test_only_equal_files_and_equal_bags_are_duplicates(shop: Flask, kind: str) -> None:
    client = shop.test_client()
    assert groups(client, f"by={kind}&distance=0") == COPIES
    assert groups(client, f"by={kind}") == COPIES
    assert groups(client, f"by={kind}&distance=2") == COPIES


def test_swatches_fold_only_where_their_files_are_equal(shop: Flask) -> None:
    client = shop.test_client()
    hits = client.get("/api/v1/items/1/similar?by=whash&k=20&fold=1").get_json()["hits"]
    assert [hit["item"]["id"] for hit in hits if hit["distance"] == 0] == [2, 3, 4, 5, 6]
    counts = {hit["item"]["id"]: hit.get("copies", 1) for hit in hits}
    assert counts == {2: 2, 3: 2, 4: 1, 5: 1, 6: 1, BAG: 2}


@pytest.mark.parametrize("kinds", [("whash",), ("colorhash",), ("dhash", "colour")])
def test_swatches_stay_apart_with_few_kinds(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, swatches(tmp_path / "photos"), kinds)
    client = app.test_client()
    asked = f"/api/v1/items/{BAG}/similar?by={kinds[0]}&k=20&fold=1"
    hits = client.get(asked).get_json()["hits"]
    assert {hit["item"]["id"] for hit in hits} >= {1, 2, 3, 4, 5, 6}
    if kinds[0] != "colorhash":  # colours alone cannot tell that a picture is plain
        assert groups(client, f"by={kinds[0]}") == COPIES


PLAIN = 2


@pytest.mark.thorough
def test_a_picture_with_hardly_anything_on_it_is_no_copy_of_a_plain_one(tmp_path: Path) -> None:
    """In near-duplicates a few bits may differ: from a code that proves nothing, none do."""
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "2-plain.png").write_bytes(swatch((255, 255, 255)))
    for name, place in (("1-left", 20), ("3-right", 150)):
        image = Image.new("RGB", (200, 200), "white")
        ImageDraw.Draw(image).rectangle((place, 90, place + 20, 110), fill="black")
        image.save(photos / f"{name}.png")
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, photos)
    assert core_of(app).snapshot.item(PLAIN).filename == "2-plain.png"
    for kind in KINDS:
        most = min(10, KINDS[kind].bits // 10)
        for group in groups(app.test_client(), f"by={kind}&distance={most}"):
            assert PLAIN not in group, kind


LIGHT = [name for name, kind in KINDS.items() if not kind.sees_colour]
COLOURED = [name for name, kind in KINDS.items() if kind.sees_colour]
COLOURS = ["black", "white", "navy", "red", "lime", "teal", "#808080", "#fdfdfd", "#123456"]


@pytest.mark.parametrize("size", [(64, 64), (300, 41), (1, 1)])
@pytest.mark.parametrize("kind", LIGHT)
def test_all_plain_pictures_have_blank_codes_and_bags_have_none(
    kind: str, size: tuple[int, int]
) -> None:
    table = table_of(kind, [Image.new("RGB", size, colour) for colour in COLOURS])
    assert blank_photos(table, kind).all()
    assert not blank_photos(table_of(kind, [bag(seed) for seed in range(20)]), kind).any()


@pytest.mark.parametrize("kind", COLOURED)
def test_kinds_that_see_colour_tell_plain_pictures_apart(kind: str) -> None:
    colours = ("black", "white", "red", "lime")
    assert table_of(kind, [Image.new("RGB", (64, 64), colour) for colour in colours]).row_count == 4


def table_of(kind: str, images: Sequence[Image.Image]) -> CodeTable:
    codes = [packed_views(KINDS[kind], fingerprint(image, [kind])[kind]) for image in images]
    return make_table(KINDS[kind].bits, np.arange(len(images)), np.stack(codes))
