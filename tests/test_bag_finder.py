"""Bags before a real background are found, cut out, and codes of studio photos stay as they are."""

import base64
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from tests.pictures import bag
from webapp.hashing import bag_finder, fingerprint_text
from webapp.hashing.background import Floats
from webapp.hashing.bag_finder import Frame, find_bags, frames_of
from webapp.hashing.code_packing import unpack
from webapp.hashing.fingerprinting import fingerprint, query_fingerprint
from webapp.hashing.kinds import KINDS
from webapp.hashing.picture_features import PictureFeatures
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.plan import plan
from webapp.lab.evaluation import scenes
from webapp.lab.evaluation.scenes import Scene, overlap


@pytest.fixture(scope="module")
def drawn() -> list[Image.Image]:
    """Bags that can be cut out of their pictures."""
    pictures = (draw(one) for one in plan(40)[::4])
    return [picture for picture in pictures if scenes.can_be_pasted(picture)][:6]


@pytest.fixture(scope="module")
def rooms(drawn: list[Image.Image]) -> list[Scene]:
    return [scenes.paste(one, (), np.random.default_rng(seed)) for seed, one in enumerate(drawn)]


def probabilities(*parts: tuple[slice, slice, float]) -> Floats:
    found = np.zeros((18, 18), dtype=np.float32)
    for rows, columns, value in parts:
        found[rows, columns] = value
    return found


def test_each_connected_part_is_a_frame_and_the_largest_comes_first() -> None:
    found = frames_of(
        probabilities((slice(1, 4), slice(1, 4), 1.0), (slice(9, 17), slice(8, 16), 0.8))
    )
    assert len(found) == 2
    wanted = (Frame(8 / 18, 9 / 18, 8 / 18, 8 / 18), Frame(1 / 18, 1 / 18, 3 / 18, 3 / 18))
    for frame, exact in zip(found, wanted, strict=True):
        assert overlap(frame, exact) > 0.5


def test_what_is_much_less_probable_than_the_bag_is_not_part_of_it() -> None:
    (found,) = frames_of(
        probabilities((slice(4, 9), slice(4, 9), 0.9), (slice(9, 18), slice(0, 18), 0.02))
    )
    assert overlap(found, Frame(4 / 18, 4 / 18, 5 / 18, 5 / 18)) > 0.6


def test_where_no_place_looks_like_a_bag_there_is_no_frame() -> None:
    assert frames_of(probabilities((slice(4, 9), slice(4, 9), 0.005))) == ()


def test_a_shelf_of_bags_gives_no_more_than_four_frames() -> None:
    many = [
        (slice(row, row + 2), slice(column, column + 2), 0.9)
        for row in (0, 6, 12)
        for column in (0, 6, 12)
    ]
    assert len(frames_of(probabilities(*many))) == bag_finder.MOST_FRAMES


def test_a_frame_inside_a_part_is_one_of_the_whole() -> None:
    inside = Frame(0.5, 0.0, 0.5, 0.5).inside(Frame(0.2, 0.4, 0.4, 0.2))
    assert overlap(inside, Frame(0.4, 0.4, 0.2, 0.1)) == pytest.approx(1)


@pytest.mark.thorough
def test_a_bag_in_a_room_is_found(rooms: list[Scene]) -> None:
    found = [PictureFeatures(scene.picture).frames for scene in rooms]
    overlaps = [
        max((overlap(frame, scene.frame) for frame in frames), default=0.0)
        for frames, scene in zip(found, rooms, strict=True)
    ]
    assert np.median(overlaps) > 0.25, overlaps  # a drawn bag before a blur is a hard one


@pytest.mark.thorough
def test_cut_out_of_a_room_a_bag_is_nearer_to_its_studio_photo(
    drawn: list[Image.Image], rooms: list[Scene]
) -> None:
    nearer = []
    for studio, scene in zip(drawn, rooms, strict=True):
        wanted = unpack(KINDS["learned"], fingerprint(studio, ["learned"])["learned"])[0]
        whole, cut = unpack(KINDS["learned"], fingerprint(scene.picture, ["learned"])["learned"])
        nearer.append(int((whole ^ wanted).sum()) - int((cut ^ wanted).sum()))
    assert sum(nearer) > 25 * len(nearer), nearer


def test_before_a_plain_background_nothing_is_cut_out(drawn: list[Image.Image]) -> None:
    for picture in (*drawn, *(bag(number) for number in range(6))):
        assert PictureFeatures(picture).frames == ()
        whole, cut = unpack(KINDS["learned"], fingerprint(picture, ["learned"])["learned"])
        assert np.array_equal(whole, cut)


def test_a_link_from_before_edits_counted_less_is_read_without_its_learned_code() -> None:
    now = dict(query_fingerprint(bag(3)))
    former = _with_tag(fingerprint_text.encode(now), KINDS["learned"].tag, 11)
    assert fingerprint_text.decode(former) == {
        name: code for name, code in now.items() if name != "learned"
    }


def _with_tag(text: str, tag: int, other: int) -> str:
    """Return a fingerprint's text in which one kind's code has another tag."""
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[:-4])
    at = 1
    while raw[at] != tag:
        at += 3 + int.from_bytes(raw[at + 1 : at + 3])
    raw[at] = other
    return base64.urlsafe_b64encode(raw + zlib.crc32(raw).to_bytes(4)).decode().rstrip("=")


@pytest.mark.thorough
def test_a_pale_brick_wall_is_no_studio(drawn: list[Image.Image]) -> None:
    wall = Image.new("RGB", (640, 480), (178, 176, 172))
    lines = ImageDraw.Draw(wall)
    for row in range(12):
        lines.line((0, 40 * row, 640, 40 * row), (150, 148, 146), 3)
        for column in range(9):
            x = 80 * column + 40 * (row % 2)
            lines.line((x, 40 * row, x, 40 * row + 40), (150, 148, 146), 3)
    grain = Image.effect_noise(wall.size, 20).convert("RGB")
    wall = Image.blend(wall, grain, 0.25).filter(ImageFilter.GaussianBlur(1))
    found = []
    for picture in drawn:
        small = picture.crop((90, 90, 510, 510)).resize((200, 200))
        scene = wall.copy()
        scene.paste(small, (330, 220))
        assert not PictureFeatures(scene).prepared.plain_background
        found.append(bool(PictureFeatures(scene).frames))
    assert sum(found) > len(found) / 2


def test_the_whole_picture_of_a_bag_looks_like_a_bag(drawn: list[Image.Image]) -> None:
    grass = Image.effect_noise((300, 300), 60).convert("RGB")
    assert np.median([bag_finder.probability(one) for one in drawn]) > bag_finder.probability(grass)


def test_noise_shows_no_bag_of_any_size() -> None:
    """Whatever is found in it lies inside the picture."""
    noise = Image.effect_noise((320, 200), 90).convert("RGB")
    for frame in find_bags(noise):
        left, top, right, bottom = frame.box(*noise.size)
        assert 0 <= left < right <= 320
        assert 0 <= top < bottom <= 200


def test_codes_say_where_the_bag_finder_made_them() -> None:
    shape = KINDS["shape"]
    without, _, finder = shape.versions().partition(", bag finder ")
    assert finder.startswith(f"{bag_finder.REVISION} by onnxruntime")
    assert shape.can_compare(shape.versions())
    assert shape.can_compare(without)
    assert shape.can_compare(f"{without}, bag finder 2 by onnxruntime 99")
    assert not shape.can_compare(f"{without}.1")
    assert "bag finder" not in KINDS["whash"].versions()
