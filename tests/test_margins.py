"""Which part of a photo is meant: margins in percent say the same as a region."""

import io
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from tests.pictures import bag, encoded
from webapp.hashing import fingerprint_text
from webapp.hashing.fingerprinting import query_fingerprint

PHOTO = bag(21, (200, 100))
SIDES = ("left", "top", "right", "bottom")


def form(*photos: bytes, **fields: str) -> MultiDict[str, Any]:
    """Fill in the form; an empty photo is a field in which none was chosen."""
    filled: MultiDict[str, Any] = MultiDict(fields)
    for number, photo in enumerate(photos):
        filled.add("image", (io.BytesIO(photo), f"{number}.png" if photo else ""))
    return filled


def asked(client: FlaskClient, *photos: bytes, **fields: str) -> str:
    """Search as the page does; returns the fingerprint it leads to."""
    answer = client.post("/search", data=form(*photos, **fields))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return parse_qs(urlsplit(answer.headers["Location"]).query)["q"][0]


def refused(client: FlaskClient, *photos: bytes, **fields: str) -> str:
    """Ask what cannot be; returns the words of the answer."""
    answer = client.post("/api/v1/search?k=1", data=form(*photos, **fields))
    assert answer.status_code == 400
    words: str = answer.get_json()["detail"]
    return words


@pytest.fixture(scope="module")
def photo() -> bytes:
    return encoded(PHOTO, "PNG")


percents = st.tuples(st.integers(0, 480), st.integers(0, 480)).map(
    lambda pair: [n / 10 for n in pair]
)


@pytest.mark.thorough
@settings(max_examples=20)
@given(across=percents, down=percents)
@example(across=[29.0, 0.0], down=[0.0, 0.0])
@example(across=[0.1, 0.2], down=[0.3, 0.0])
def test_margins_mean_the_same_as_the_region_they_leave(
    filled: Flask, photo: bytes, across: list[float], down: list[float]
) -> None:
    (left, right), (top, bottom) = across, down
    cut = dict(zip(SIDES, (left, top, right, bottom), strict=True))
    margins = {f"cut_{side}": f"{percent:g}" for side, percent in cut.items()}
    shares = {side: Decimal(f"{percent:g}") / 100 for side, percent in cut.items()}
    width, height = 1 - shares["left"] - shares["right"], 1 - shares["top"] - shares["bottom"]
    region = f"{shares['left']},{shares['top']},{width},{height}"

    with filled.test_client() as client:
        # A part that is too plain to search with is so either way.
        one, other = (
            client.post("/api/v1/search?k=1&harder=0", data=form(photo, **fields)).get_json()
            for fields in (margins, {"crop": region})
        )
    assert one | {"request_id": ""} == other | {"request_id": ""}


def test_margins_cut_the_pixels_off(client: FlaskClient, photo: bytes) -> None:
    cut = PHOTO.crop((20, 5, 150, 90))
    found = asked(client, photo, cut_left="10", cut_top=" 5 ", cut_right="25.0", cut_bottom="10")
    assert found == fingerprint_text.encode(query_fingerprint(cut))
    assert found != asked(client, photo)


def test_margins_left_blank_cut_nothing(client: FlaskClient, photo: bytes) -> None:
    blank = dict.fromkeys((f"cut_{side}" for side in SIDES), "")
    assert asked(client, photo, **blank) == asked(client, photo)
    assert asked(client, photo, **blank, crop="0,0,0.5,1") == asked(client, photo, crop="0,0,0.5,1")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("text", ["x", "-1", "100", "1e1", "NaN", "12,5", "٣", "1" * 50, "1_0"])
def test_a_margin_that_is_no_percentage_is_refused_by_name(
    client: FlaskClient, photo: bytes, side: str, text: str
) -> None:
    words = refused(client, photo, **{f"cut_{side}": text})
    assert words.startswith(f"cut_{side}: '{text[:40]}' is no percentage")


def test_margins_that_leave_nothing_are_refused_by_name(client: FlaskClient, photo: bytes) -> None:
    words = refused(client, photo, cut_left="60", cut_right="40")
    assert words == "cut_left: 60 % and 40 % off left and right leave nothing"
    assert refused(client, photo, cut_top="1", cut_bottom="99").startswith("cut_top: ")


def test_a_region_and_margins_at_once_are_refused(client: FlaskClient, photo: bytes) -> None:
    assert refused(client, photo, crop="0,0,1,1", cut_left="1").startswith("crop: ")


def test_the_photo_may_come_in_either_of_two_fields(client: FlaskClient, photo: bytes) -> None:
    alone = asked(client, photo)
    assert asked(client, photo, b"") == alone
    assert asked(client, b"", photo) == alone


def test_of_two_photos_none_is_dropped_silently(client: FlaskClient, photo: bytes) -> None:
    assert refused(client, photo, photo) == "image: send one picture at a time, not 2"
    assert refused(client, b"", b"") == "image: choose a picture first"
