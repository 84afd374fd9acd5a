"""Every kind is imagehash's own value, bit for bit, whatever happens around it."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.pictures import bag, encoded
from webapp.exceptions import BadParameter, TooPlain
from webapp.hashing import fingerprint_text
from webapp.hashing.code_packing import pack, to_hex, unpack
from webapp.hashing.fingerprinting import fingerprint, query_fingerprint
from webapp.hashing.kinds import KINDS, KNOWN_KINDS
from webapp.pictures.opening import open_picture
from webapp.search.query import ranking_named

ORACLES: dict[str, Callable[[Image.Image], imagehash.ImageHash]] = {
    "whash": imagehash.whash,
    "colorhash": imagehash.colorhash,
    "ahash": imagehash.average_hash,
    "phash": imagehash.phash,
    "phash_simple": imagehash.phash_simple,
    "dhash": imagehash.dhash,
    "dhash_vertical": imagehash.dhash_vertical,
    "whash_db4": lambda image: imagehash.whash(image, mode="db4"),
}


@st.composite
def images(draw: st.DrawFn, least: int = 1) -> Image.Image:
    """Pictures of any size and make: noise, flat colour, few tones, drawn shapes."""
    width, height = draw(st.tuples(*[st.integers(least, 200)] * 2))
    seed = draw(st.integers(0, 2**32 - 1))
    make = draw(st.sampled_from(["noise", "flat", "few", "shapes"]))
    random = np.random.default_rng(seed)
    if make == "shapes" and min(width, height) > 1:
        return bag(seed, (width, height))
    if make == "flat":
        return Image.new("RGB", (width, height), tuple(random.integers(0, 256, 3).tolist()))
    tones = 256 if make == "noise" else 3
    values = random.integers(0, tones, (height, width, 3)) * (255 // (tones - 1))
    return Image.fromarray(values.astype(np.uint8))


@pytest.mark.thorough
@given(images(least=64))
@settings(max_examples=120, deadline=None)
def test_each_kind_is_imagehashs_own_value(image: Image.Image) -> None:
    codes = fingerprint(image)
    assert set(codes) == {*ORACLES, "shape", "colour", *({"learned"} & KINDS.keys())}
    for name, oracle in ORACLES.items():
        expected = oracle(image)
        assert np.array_equal(unpack(KINDS[name], codes[name])[0], expected.hash.ravel()), name
        assert to_hex(KINDS[name], codes[name]) == str(expected), name


@pytest.mark.thorough
@given(images())
@settings(max_examples=120, deadline=None)
def test_tiny_pictures_have_codes_of_full_length(image: Image.Image) -> None:
    """Only whash_db4 differs from its plain call there, whose length would vary."""
    codes = fingerprint(image)
    for kind in KINDS.values():
        assert unpack(kind, codes[kind.name]).shape == (kind.views, kind.bits)
    for name, oracle in ORACLES.items():
        if name != "whash_db4":
            assert to_hex(KINDS[name], codes[name]) == str(oracle(image)), name


@pytest.mark.photos
@pytest.mark.parametrize("name", ["whash", "colorhash"])
def test_real_photos_hash_as_the_plain_recipe_does(photos: Path, name: str) -> None:
    for path in sorted((photos / "images").glob("*.jpg"))[::150]:
        code = fingerprint(open_picture(path.read_bytes()).image, [name])[name]
        with Image.open(path) as image:
            assert to_hex(KINDS[name], code) == str(ORACLES[name](image)), path.name


@pytest.mark.parametrize(
    ("format_", "options"),
    [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True}), ("BMP", {})],
)
def test_a_lossless_copy_has_the_same_fingerprint(format_: str, options: dict[str, object]) -> None:
    image = bag(21)
    copy = open_picture(encoded(image, format_, **options)).image
    assert fingerprint(copy) == fingerprint(image)


def test_an_unknown_kind_is_named_with_the_known_ones() -> None:
    with pytest.raises(BadParameter, match=r"'nope'.*whash"):
        ranking_named("nope")


def test_kinds_never_share_a_tag() -> None:
    """A fingerprint's link names kinds by tag: two with one would be mixed up."""
    assert len({kind.tag for kind in KNOWN_KINDS.values()}) == len(KNOWN_KINDS)


codes_of_all_kinds = st.fixed_dictionaries(
    {
        kind.name: st.integers(0, 2**32).map(
            lambda seed, kind=kind: pack(  # type: ignore[misc]
                np.random.default_rng(seed).random((kind.views, kind.bits)) < 0.5
            )
        )
        for kind in KINDS.values()
    }
)


@given(codes_of_all_kinds)
def test_a_fingerprint_survives_its_link(codes: dict[str, bytes]) -> None:
    text = fingerprint_text.encode(codes)
    assert fingerprint_text.decode(text) == codes
    assert len(text) < 1000
    assert text.replace("-", "").replace("_", "").isalnum()


@given(codes_of_all_kinds, st.data())
def test_a_changed_link_is_refused(codes: dict[str, bytes], data: st.DataObject) -> None:
    text = fingerprint_text.encode(codes)
    # The last character has bits that stand for nothing.
    place = data.draw(st.integers(0, len(text) - 2))
    other = data.draw(st.sampled_from("ABCabc123-_").filter(lambda char: char != text[place]))
    for changed in (text[:place] + other + text[place + 1 :], text[:place]):
        with pytest.raises(BadParameter):
            fingerprint_text.decode(changed)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(BadParameter):
        fingerprint_text.decode(text)


def _link(body: bytes) -> str:
    import base64  # noqa: PLC0415

    raw = body + struct.pack(">I", zlib.crc32(body))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "body",
    [
        b"\x01\x01\x00\x08short",
        b"\x01\x01\x00\x04four",
        b"\x01\x02\x00\x06" + b"\xff" * 6,  # colorhash has 42 bits: six more are set
        b"\x01\x01",
        b"\x02\x01\x00\x08eight...",
    ],
)
def test_a_forged_link_with_a_right_checksum_is_refused_all_the_same(body: bytes) -> None:
    with pytest.raises(BadParameter):
        fingerprint_text.decode(_link(body))


def test_a_link_from_a_later_version_keeps_the_kinds_known_here() -> None:
    body = b"\x01\xfa\x00\x03new\x01\x00\x08eight..."
    assert fingerprint_text.decode(_link(body)) == {"whash": b"eight..."}


def test_a_querys_link_carries_more_readings_and_stays_short() -> None:
    codes = query_fingerprint(bag(1))
    text = fingerprint_text.encode(codes)
    assert fingerprint_text.decode(text) == codes
    assert len(text) < 1700
    plain = fingerprint(bag(1))
    assert codes["shape"].startswith(plain["shape"])
    assert {k: v for k, v in codes.items() if k not in {"shape", "bag"}} == {
        k: v for k, v in plain.items() if k != "shape"
    }


@pytest.mark.parametrize("colour", ["white", "black", "tomato"])
def test_a_picture_of_one_colour_is_too_plain_to_ask_with(colour: str) -> None:
    with pytest.raises(TooPlain, match="nothing in it to compare"):
        query_fingerprint(Image.new("RGB", (120, 90), colour))
