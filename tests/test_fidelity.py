"""Quicker ways to imagehash's bits lead to imagehash's bits, whatever the picture."""

import platform
from collections.abc import Callable
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.pictures import bag
from tests.test_hashing import ORACLES
from webapp.hashing import wavelets
from webapp.hashing.code_packing import to_hex
from webapp.hashing.colorhash import Colorhash
from webapp.hashing.fingerprinting import fingerprint
from webapp.hashing.grey import Grey, agrees_with_pillow
from webapp.hashing.kinds import KINDS
from webapp.pictures.opening import open_picture

Pixels = NDArray[np.integer]
Make = Callable[[np.random.Generator, int, int], Pixels]


def _on_white(random: np.random.Generator, height: int, width: int) -> Pixels:
    """A thing on plain white: most cells of a hash tie."""
    values = np.full((height, width, 3), 255)
    top, left = random.integers(0, height), random.integers(0, width)
    thing = values[top : top + height // 3 + 1, left : left + width // 3 + 1]
    thing[:] = random.integers(0, 256, thing.shape)
    return values


def _tiles(random: np.random.Generator, height: int, width: int) -> Pixels:
    few = random.integers(0, 256, (int(random.integers(1, 4)), 3))
    coarse = few[random.integers(0, len(few), (height // 8 + 1, width // 8 + 1))]
    return np.asarray(coarse.repeat(8, axis=0).repeat(8, axis=1)[:height, :width])


def _one_tone(random: np.random.Generator, height: int, width: int) -> Pixels:
    near = random.integers(0, 256, 3) + random.integers(-12, 13, (height, width, 3))
    return np.asarray(np.clip(near, 0, 255))


def _ramp(random: np.random.Generator, height: int, width: int) -> Pixels:
    """A slope that wraps: edges, and values that lie just at a half after a filter."""
    slope = np.add.outer(np.arange(height), np.arange(width)) * int(random.integers(1, 9))
    return np.stack([slope % 256] * 3, axis=-1)


MAKES: dict[str, Make] = {
    "noise": lambda random, height, width: random.integers(0, 256, (height, width, 3)),
    "black and white": lambda random, height, width: (
        random.integers(0, 2, (height, width, 1)) * np.full(3, 255)
    ),
    "flat": lambda random, height, width: np.broadcast_to(
        random.integers(0, 256, 3), (height, width, 3)
    ),
    "on white": _on_white,
    "tiles": _tiles,
    "one tone": _one_tone,
    "ramp": _ramp,
}


def drawn(make: str, seed: int, size: tuple[int, int]) -> Image.Image:
    values = MAKES[make](np.random.default_rng(seed), size[1], size[0])
    return Image.fromarray(np.ascontiguousarray(values).astype(np.uint8))


def lengths(most: int) -> st.SearchStrategy[int]:
    """Sides: tiny ones, those that a hash resizes to, and any."""
    return st.one_of(
        st.integers(1, 12), st.sampled_from([8, 9, 32, 64, 128, 256]), st.integers(1, most)
    )


pictures = st.builds(
    drawn,
    st.sampled_from(list(MAKES)),
    st.integers(0, 2**32 - 1),
    st.tuples(lengths(700), lengths(700)),
)


def assert_as_imagehash_makes_it(picture: Image.Image) -> None:
    # The one call of imagehash that differs: plainly, its length would depend on the picture.
    scale = 64 if min(picture.size) < 64 else None
    oracles = ORACLES | {
        "whash_db4": lambda image: imagehash.whash(image, image_scale=scale, mode="db4")
    }
    codes = fingerprint(picture, oracles.keys())
    for name, oracle in oracles.items():
        assert to_hex(KINDS[name], codes[name]) == str(oracle(picture)), (name, picture.size)
    assert np.array_equal(
        Colorhash(table_after_pixels=0).bits(picture), imagehash.colorhash(picture).hash
    )


@pytest.mark.thorough
@given(pictures)
@settings(max_examples=60)
def test_pictures_of_every_make_and_size(picture: Image.Image) -> None:
    assert_as_imagehash_makes_it(picture)


@pytest.mark.slow
@given(pictures)
@settings(max_examples=1000)
def test_thousands_of_pictures(picture: Image.Image) -> None:
    assert_as_imagehash_makes_it(picture)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1, 2, 3, 7, 8, 9, 31, 64, 65])
def test_every_tiny_picture(width: int) -> None:
    for height in range(1, 71, 4):
        for make in MAKES:
            assert_as_imagehash_makes_it(drawn(make, width * height, (width, height)))


@pytest.mark.thorough
@pytest.mark.parametrize("size", [(2300, 40), (40, 2300), (1, 9000), (9000, 1), (1500, 1100)])
def test_long_and_large_pictures(size: tuple[int, int]) -> None:
    assert_as_imagehash_makes_it(drawn("noise", 1, size))
    assert_as_imagehash_makes_it(bag(2, size) if min(size) > 1 else drawn("ramp", 1, size))


@pytest.mark.slow
@pytest.mark.photos
def test_real_photos(photos: Path) -> None:
    for path in sorted((photos / "images").glob("*.jpg"))[::8]:
        assert_as_imagehash_makes_it(open_picture(path.read_bytes()).image)


@pytest.mark.thorough
@given(
    st.sampled_from(list(MAKES)),
    st.integers(0, 2**32 - 1),
    st.tuples(lengths(400), lengths(400)),
    st.tuples(lengths(300), lengths(300)),
)
@example("ramp", 0, (20, 32), (8, 8))  # the passes' order changes between these two
@example("ramp", 0, (20, 33), (8, 8))
@settings(max_examples=300)
def test_a_resized_picture_is_pillows_in_every_pixel(
    make: str, seed: int, size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    grey = Grey(drawn(make, seed, size))
    pillows = grey.image.resize(wanted, Image.Resampling.LANCZOS)
    assert np.array_equal(grey.pixels_resized(*wanted), np.asarray(pillows))
    assert np.array_equal(np.asarray(grey.resized(*wanted)), np.asarray(pillows))


@given(st.tuples(*[st.integers(0, 255)] * 3))
@example((31, 31, 31))  # on either side of black
@example((32, 32, 32))
@example((255, 170, 170))  # the first of the faint, and one that is neither faint nor bright
@example((255, 85, 85))
@settings(max_examples=300)
def test_a_colour_is_in_the_class_that_imagehash_puts_it_in(
    colour: tuple[int, int, int],
) -> None:
    picture = Image.new("RGB", (2, 2), colour)
    ours = Colorhash(table_after_pixels=0).bits(picture)
    assert np.array_equal(ours, imagehash.colorhash(picture).hash)


@pytest.mark.skipif(
    platform.machine() != "x86_64", reason="elsewhere a product and a sum may round at once"
)
def test_the_quick_ways_are_taken_with_the_libraries_that_are_installed() -> None:
    """Where they do not fit, imagehash does all, as slowly as ever: that should be seen."""
    assert agrees_with_pillow()
    assert wavelets.rounds_like_pywavelets()
