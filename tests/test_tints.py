"""The colours that can be asked for by name are those that people see."""

import re
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from PIL import Image, ImageDraw

from tests import oracle
from webapp.hashing.fingerprinting import fingerprint
from webapp.search.colour_wish import TINTS, tinted

STYLES = Path(__file__).resolve().parents[1] / "static" / "hashbag.css"

# What shops call bags of these colours.
SHOP_NAMES = {
    "black": {"Black"},
    "brown": {"Brown", "Coffee Brown", "Tan"},
    "red": {"Red", "Maroon"},
    "green": {"Green", "Olive", "Lime Green"},
    "blue": {"Blue", "Navy Blue"},
    "purple": {"Purple", "Lavender"},
    "pink": {"Pink", "Magenta", "Peach"},
}


def lit(rgb: str, darkest: float) -> Image.Image:
    """Draw a bag of one colour before a background; its lower parts are darker."""
    picture = Image.new("RGB", (160, 120), "#b7cbb9" if rgb == TINTS["white"] else "white")
    draw = ImageDraw.Draw(picture)
    even = np.array([int(rgb[place : place + 2], 16) for place in (1, 3, 5)])
    for row in range(30, 100):
        light = 1 - (1 - darkest) * (row - 30) / 70
        draw.line((30, row, 130, row), fill=tuple(int(one) for one in even * light))
    return picture


@pytest.mark.parametrize("darkest", [1.0, 0.6])
@pytest.mark.parametrize("name", TINTS)
def test_a_bag_of_one_colour_is_nearest_to_its_name(name: str, darkest: float) -> None:
    (code,) = fingerprint(lit(TINTS[name], darkest), ("colour",)).values()
    apart = {tint: min(oracle.distance(code, one) for one in tinted(tint).codes) for tint in TINTS}
    assert min(apart, key=apart.__getitem__) == name, apart


def test_swatches_are_painted_in_the_colours_that_are_asked_for() -> None:
    painted = re.findall(r"\.(\w+) \{ --tint: (#\w{6}); \}", STYLES.read_text("utf-8"))
    assert dict(painted) == TINTS


@pytest.mark.photos
@pytest.mark.slow
@pytest.mark.parametrize("name", SHOP_NAMES)
def test_most_of_the_first_nine_have_that_colour_in_the_shop_too(
    large_photos: Flask, name: str
) -> None:
    client = large_photos.test_client()
    found = client.get("/api/v1/items/1/similar", query_string={"by": "colour", "tint": name})
    colours = [hit["item"]["colour"] for hit in found.get_json()["hits"]]
    assert sum(one in SHOP_NAMES[name] for one in colours) >= 7, colours
