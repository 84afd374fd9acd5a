"""What a catalogue lists twice, with one picture in two files, is known by its pixels."""

import io
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from PIL import Image, ImageOps

from tests.conftest import core_of, take_in
from tests.pictures import bag, encoded
from webapp import create_app
from webapp.hashing.kinds import KINDS
from webapp.lab.evaluation.asked_pictures import LEFT_OUT, Asked
from webapp.lab.evaluation.gallery import Gallery, build
from webapp.lab.evaluation.listed_twice import are_one_picture, number_pictures, pictures_in
from webapp.lab.evaluation.nearest_by_size import ask

pytestmark = pytest.mark.thorough


def otherwise_saved(image: Image.Image) -> Image.Image:
    """Make it smaller, put it off the centre of a canvas, and save it as JPEG."""
    small = image.resize((image.width * 4 // 5, image.height * 4 // 5), Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(small, (5, 14))
    with Image.open(io.BytesIO(encoded(canvas, "JPEG", quality=95))) as again:
        return again.convert("RGB")


def dyed(image: Image.Image) -> Image.Image:
    """Make its red stronger, by less than one sees at a glance, and leave the white as it is."""
    red, green, blue = image.split()
    red = red.point([min(level + 10, 255) for level in range(256)])
    return Image.merge("RGB", (red, green, blue))


def changed_within(image: Image.Image) -> Image.Image:
    """Turn its middle into the negative, and leave the rest as it is."""
    image = image.copy()
    width, height = image.width // 4, image.height // 4
    middle = (width, height, 3 * width, 3 * height)
    image.paste(ImageOps.invert(image.crop(middle)), middle)
    return image


@pytest.mark.parametrize("seed", range(6))
def test_a_picture_of_another_size_and_place_is_one_and_another_bag_or_colour_is_not(
    seed: int,
) -> None:
    picture = bag(seed, (320, 240))
    assert are_one_picture(picture, otherwise_saved(picture))
    assert are_one_picture(otherwise_saved(picture), picture)
    assert not are_one_picture(picture, dyed(picture))
    grey = ImageOps.grayscale(picture).convert("RGB")
    assert not are_one_picture(grey, changed_within(grey))
    assert not are_one_picture(picture, ImageOps.mirror(picture))
    assert not are_one_picture(picture, bag(seed + 6, (320, 240)))


@pytest.fixture
def twice(tmp_path: Path) -> Flask:
    """Import a bag in two files, and others."""
    folder = tmp_path / "photos"
    folder.mkdir()
    bag(3).save(folder / "0.png")
    otherwise_saved(bag(3)).save(folder / "1.png")
    for seed in range(4, 40):
        bag(seed).save(folder / f"{seed}.png")
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, folder)
    return app


def test_a_photo_that_is_left_out_is_not_asked_of_what_lists_its_picture_too(
    twice: Flask, tmp_path: Path
) -> None:
    folder = tmp_path / "gallery"
    folder.mkdir()
    *_, gallery = build(core_of(twice).catalog, folder, (), jobs=1, kinds=KINDS)
    assert isinstance(gallery, Gallery)
    *_, last = number_pictures(gallery, jobs=1)
    assert last.done == last.total == len(gallery.items)
    position = {Path(item.filename).name: at for at, item in enumerate(gallery.items)}
    pictures = pictures_in(folder)
    assert pictures[position["0.png"]] == pictures[position["1.png"]]
    assert len(np.unique(pictures)) == len(gallery.items) - 1

    photo = gallery.photos[position["0.png"]]
    answers = ask(folder, Asked(LEFT_OUT, 0, 0, "all", photo=photo))
    assert answers is not None
    assert answers.nearest["look balanced"].min() > 800  # its picture in the other file is at 600
