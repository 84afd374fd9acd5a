"""Many pictures are searched with in one request; each has its answer, or its problem."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.applications import core_of
from tests.pictures import bag, encoded
from tests.test_api import problem, valid
from webapp import create_app

BATCH = "/api/v1/search/batch"


def sent(*pictures: bytes, **fields: str) -> dict[str, Any]:
    return {"image": [(io.BytesIO(data), f"{n}.png") for n, data in enumerate(pictures)], **fields}


def test_each_picture_has_the_answer_of_a_search_of_its_own_in_order(client: FlaskClient) -> None:
    pictures = [encoded(bag(seed), "PNG") for seed in (3, 40, 3, 17)]
    found = valid(client, client.post(f"{BATCH}?by=look&k=4", data=sent(*pictures)), "Results")
    alone = [
        client.post("/api/v1/search?by=look&k=4", data=sent(picture)).get_json()
        for picture in pictures
    ]
    assert found["results"] == alone
    assert [one["hits"][0]["item"]["id"] for one in alone] == [4, 41, 4, 18]


def test_what_cannot_be_searched_with_has_its_problem_in_its_place(client: FlaskClient) -> None:
    good = encoded(bag(3), "PNG")
    plain = encoded(Image.new("RGB", (50, 50), "red"), "PNG")
    answer = client.post(BATCH, data=sent(b"hello", good, plain, good[:300], b"", k="2"))
    results = valid(client, answer, "Results")["results"]
    assert [one.get("status") for one in results] == [415, None, 422, 422, 415]
    assert [len(one.get("hits", ())) for one in results] == [0, 2, 0, 0, 0]
    assert results[0]["type"] == "about:blank"
    assert "not a picture" in results[0]["detail"]


@pytest.mark.thorough
def test_a_crop_and_filters_are_meant_for_every_picture(client: FlaskClient) -> None:
    pictures = [encoded(bag(seed), "PNG") for seed in (3, 40)]
    fields = {"crop": "0.1,0.1,0.5,0.5", "max_price": "300", "fields": "hashes"}
    found = client.post(BATCH, data=sent(*pictures, **fields)).get_json()["results"]
    for picture, one in zip(pictures, found, strict=True):
        assert one == client.post("/api/v1/search", data=sent(picture, **fields)).get_json()


@pytest.mark.parametrize("count", [0, 101])
def test_one_to_a_hundred_may_be_sent(client: FlaskClient, count: int) -> None:
    answer = client.post(BATCH, data=sent(*[b"x"] * count, crop="0,0,1,1", by="look"))
    if not count:  # a form without files is of another type
        answer = client.post(BATCH, data={"other": (io.BytesIO(b"x"), "x")})
    assert problem(answer, 400) == f"image: send 1 to 100 pictures as files, not {count}"
    all_bad = client.post(BATCH, data=sent(*[b"x"] * 100)).get_json()["results"]
    assert [one["status"] for one in all_bad] == [415] * 100


def test_nonsense_is_named_before_any_picture_is_looked_at(client: FlaskClient) -> None:
    assert problem(client.post(BATCH, data=sent(b"x", k="0")), 400).startswith("k: ")
    assert problem(client.post(BATCH, data=sent(b"x", crop="9")), 400).startswith("crop: ")


def test_the_whole_is_limited_and_so_is_each(filled: Flask) -> None:
    limit: dict[str, object] = {"max_upload_mb": 0.05}
    client = create_app({"instance": core_of(filled).settings.instance} | limit).test_client()
    picture = encoded(bag(3), "PNG")
    answer = client.post(BATCH, data=sent(bytes(60_000), picture))
    assert [one.get("status") for one in answer.get_json()["results"]] == [413, None]
    assert "0.05 MB" in answer.get_json()["results"][0]["detail"]
    assert "0.2 MB" in problem(client.post(BATCH, data=sent(*[bytes(45_000)] * 5)), 413)
