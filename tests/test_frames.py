"""Where bags were found in an upload: in the API, in the address and on the page of its result."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from tests.pictures import bag, encoded, multipart
from webapp.hashing.bag_finder import Frame
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.plan import plan
from webapp.lab.evaluation import other_things, scenes
from webapp.lab.evaluation.scenes import Scene, overlap
from webapp.web.frames import shown


@pytest.fixture(scope="module")
def room() -> Scene:
    return scenes.paste(draw(plan(40)[8]), (), np.random.default_rng(2))


def frames_in(client: FlaskClient, picture: Image.Image, **fields: str) -> list[Frame]:
    sent = multipart(encoded(picture, "PNG"))
    answer = client.post("/api/v1/fingerprints", query_string=fields, **sent)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [Frame(*sides) for sides in answer.get_json()["frame"]]


@pytest.mark.thorough
def test_an_upload_tells_where_the_bag_is(client: FlaskClient, room: Scene) -> None:
    found = frames_in(client, room.picture)
    assert overlap(found[0], room.frame) > 0.25
    assert [one.area for one in found] == sorted((one.area for one in found), reverse=True)


def test_before_a_plain_background_there_is_no_frame(client: FlaskClient) -> None:
    assert frames_in(client, bag(3)) == []


@pytest.mark.thorough
def test_of_a_cropped_upload_frames_are_parts_of_the_whole_photo(
    client: FlaskClient, room: Scene
) -> None:
    around = "0.25,0.2,0.7,0.75"
    for frame in frames_in(client, room.picture, crop=around):
        assert 0.25 <= frame.x < frame.x + frame.width <= 0.951
        assert 0.2 <= frame.y < frame.y + frame.height <= 0.951


@pytest.mark.thorough
def test_a_frame_can_be_sent_back_as_crop(client: FlaskClient, room: Scene) -> None:
    first = frames_in(client, room.picture)[0]
    sides = (first.x, first.y, first.width, first.height)
    frames_in(client, room.picture, crop=",".join(map(str, sides)))


@pytest.mark.thorough
def test_the_result_of_an_upload_says_what_was_taken_as_the_bag(
    client: FlaskClient, room: Scene
) -> None:
    sent = client.post("/search", **multipart(encoded(room.picture, "PNG")))
    assert sent.status_code == 303
    address = sent.headers["Location"]
    assert len(address) < 2000
    frames = parse_qs(urlsplit(address).query)["frame"]
    (first, *_) = shown([Frame(*(float(one) for one in frames[0].split(",")))])
    page = client.get(address).get_data(as_text=True)
    across = f"the part from {first.left} to {first.left + first.width} % of the photo’s width"
    assert across in page
    # The page cannot know whether a part was sent: it says nothing of the whole photo.
    assert "looked at alone and with what is around it" in page
    # Every way on from here keeps it.
    assert page.count("frame=") > 5
    assert 'name="frame"' in page


def test_the_link_of_an_upload_tells_the_frames_that_it_carries(client: FlaskClient) -> None:
    q = client.post("/api/v1/fingerprints", **multipart(encoded(bag(3), "PNG"))).get_json()
    asked = {"q": q["fingerprint"], "frame": ["0.25,0.5,0.5,0.25", "0,0,0.1,0.2"]}
    found = client.get("/api/v1/search", query_string=asked).get_json()
    assert found["frame"] == [[0.25, 0.5, 0.5, 0.25], [0, 0, 0.1, 0.2]]


def test_the_part_that_was_found_fills_in_the_form(client: FlaskClient) -> None:
    (one,) = shown([Frame(0.25, 0.5, 0.5, 0.25)])
    assert one.cuts == {"cut_left": 25, "cut_top": 50, "cut_right": 25, "cut_bottom": 25}
    form = client.get("/search", query_string=one.cuts).get_data(as_text=True)
    assert 'name="cut_top" min="0" max="99.9" step="any" inputmode="decimal" value="50"' in form
    assert '<details class="margins" open>' in form
    assert '<details class="margins">' in client.get("/search").get_data(as_text=True)


def test_of_several_bags_the_page_says_in_words_where_the_others_are(client: FlaskClient) -> None:
    q = client.post("/search", **multipart(encoded(bag(3), "PNG"))).headers["Location"]
    frames = ("0.1,0.3,0.4,0.7", "0.7,0,0.3,0.3", "0,0.7,0.3,0.3", "0.05,0.05,0.9,0.9")
    page = client.get(q + "".join(f"&frame={one}" for one in frames)).get_data(as_text=True)
    names = re.findall(r'cut_[^"]*">([^<]*)</a>', page)
    assert names == ["this part", "part 2 at the top right", "part 3 at the bottom left", "part 4"]


@pytest.mark.thorough
def test_what_seems_to_show_no_bag_has_no_part_taken_as_the_bag(client: FlaskClient) -> None:
    face = encoded(other_things.draw(2, 3), "PNG")
    found = client.post("/api/v1/fingerprints", **multipart(face)).get_json()
    assert found["bag"] is False
    asked = {"q": found["fingerprint"], "frame": "0,0,0.15,0.15"}
    page = client.get("/search", query_string=asked).get_data(as_text=True)
    assert "seems to show no bag" in page
    assert "Taken as the bag" not in page
    assert "Most like a bag: " in page


def test_a_part_is_asked_for_by_the_same_kind_and_filters(client: FlaskClient) -> None:
    q = client.post("/search", **multipart(encoded(bag(3), "PNG"))).headers["Location"]
    chosen = "&by=colour&tint=red&not=5&brand=Ora&max_price=400"
    page = client.get(f"{q}&frame=0.1,0.3,0.4,0.7{chosen}").get_data(as_text=True)
    link = re.search(r'href="([^"]*cut_[^"]*)"', page)
    assert link
    form = client.get(html.unescape(link[1])).get_data(as_text=True)
    action = re.search(r'class="upload" method="post" action="([^"]*)"', form)
    assert action
    kept = parse_qs(urlsplit(html.unescape(action[1])).query)
    assert kept == parse_qs(chosen)
    assert 'value="30"' in form


@pytest.mark.parametrize("frame", ["", "1,2", "a,b,c,d", "0,0,0,0", "0.5,0,0.6,1", "nan,0,1,1"])
def test_a_frame_that_is_none_is_named(client: FlaskClient, frame: str) -> None:
    q = client.post("/search", **multipart(encoded(bag(3), "PNG"))).headers["Location"]
    answer = client.get(f"{q}&frame={frame}")
    assert answer.status_code == 400
    assert "frame" in answer.get_data(as_text=True)


def test_more_frames_than_are_ever_found_are_refused(client: FlaskClient) -> None:
    q = client.post("/search", **multipart(encoded(bag(3), "PNG"))).headers["Location"]
    assert client.get(q + "&frame=0,0,1,1" * 4).status_code == 200
    assert client.get(q + "&frame=0,0,1,1" * 5).status_code == 400
