"""TIFF files of every layout come out right, or are refused by name; never scrambled."""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser_corpus.scene import alpha, grey, scene
from tests.tiff_files import (
    BLACK_IS_ZERO,
    CLEARNESS,
    CMYK,
    DEFLATE,
    NONE,
    PACKBITS,
    PALETTE,
    PREMULTIPLIED,
    RGB,
    UNSPECIFIED,
    WHITE_IS_ZERO,
    Page,
    Tags,
    seen,
    tiff,
)
from webapp.exceptions import NotAnImage
from webapp.pictures.opening import open_picture

SHORT, LONG = 3, 4
SUBFILE, OLD_SUBFILE, BITS, METHOD, ORIENTATION, XMP, DNG = 254, 255, 258, 259, 274, 700, 50706
MAIN = Page(samples=scene())
GREY = grey()[..., None]
IN_GREY = np.repeat(GREY, 3, axis=2)


def pixels(data: bytes) -> NDArray[np.float64]:
    return np.asarray(open_picture(data).image).astype(np.float64)


def is_near(data: bytes, expected: NDArray[Any], levels: float = 2) -> bool:
    found = pixels(data)
    return found.shape == expected.shape and bool(np.abs(found - expected).max() <= levels)


def in_bits(levels: NDArray[np.uint8], bits: int) -> NDArray[Any]:
    if bits < 8:
        return np.right_shift(levels, 8 - bits)
    kind = {8: np.uint8, 16: np.uint16, 32: np.uint32}[bits]
    deep: NDArray[Any] = (levels.astype(np.int64) * (2**bits - 1) // 255).astype(kind)
    return deep


SORTS = {
    "white is zero": (WHITE_IS_ZERO, (1, 2, 4, 8, 16, 32)),
    "black is zero": (BLACK_IS_ZERO, (1, 2, 4, 8, 16, 32)),
    "rgb": (RGB, (8, 16, 32)),
    "palette": (PALETTE, (1, 2, 4, 8)),
    "inks": (CMYK, (8, 16)),
}
EXTRA: dict[str, tuple[int, ...]] = {
    "": (),
    "and more": (UNSPECIFIED,),
    "premultiplied": (PREMULTIPLIED,),
    "and clearness": (CLEARNESS,),
}
# These are read; all others may be refused, as long as it is by name.
READ = {
    *(("white is zero", bits, "") for bits in (1, 2, 4, 8, 16)),
    *(("black is zero", bits, "") for bits in (1, 2, 4, 8, 16)),
    *(("black is zero", 8, extra) for extra in EXTRA),
    *(("rgb", bits, extra) for bits in (8, 16) for extra in EXTRA),
    *(("palette", bits, "") for bits in (1, 2, 4, 8)),
    *(("inks", bits, "") for bits in (8, 16)),
}


def page_of(sort: str, bits: int, extra: str, **layout: Any) -> Page | None:
    """Draw the scene in a sort of samples; there is none of some."""
    photometric, _ = SORTS[sort]
    light = {WHITE_IS_ZERO: 255 - GREY, RGB: scene(), CMYK: _inks()}.get(photometric, GREY)
    if extra and (bits < 8 or photometric == PALETTE):
        return None
    if extra == "premultiplied":
        if photometric in {WHITE_IS_ZERO, CMYK}:
            return None
        light = (light.astype(int) * alpha()[..., None] // 255).astype(np.uint8)
    if extra:
        light = np.dstack([light, alpha()])
    steps = np.linspace(0, 65535, 2**bits if photometric == PALETTE else 1).astype(int)
    return Page(
        samples=in_bits(light, bits),
        photometric=photometric,
        bits=bits if bits < 8 else 0,
        extra=EXTRA[extra],
        palette=np.concatenate([steps, 65535 - steps, steps // 2]).tolist(),
        **layout,
    )


def _inks() -> NDArray[np.uint8]:
    return np.dstack([255 - scene(), scene()[..., 0] // 4])


def layouts() -> Iterator[dict[str, Any]]:
    for planes, compression, tiles in itertools.product(
        (False, True), (NONE, DEFLATE, PACKBITS), (0, 16)
    ):
        yield {"planes": planes, "compression": compression, "tiles": tiles, "strips": 3}
        if compression == DEFLATE:
            yield {"planes": planes, "compression": DEFLATE, "tiles": tiles, "predicted": True}


@pytest.mark.thorough
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("sort", SORTS)
def test_every_layout_is_right_or_refused_by_name(sort: str, order: str) -> None:
    """Byte by byte, in planes, tiles or strips, packed or not, small or Big."""
    read = set()
    for bits, extra, layout, big in itertools.product(
        SORTS[sort][1], EXTRA, layouts(), (False, True)
    ):
        page = page_of(sort, bits, extra, **layout)
        if page is None or (page.predicted and bits < 8):
            continue
        data = tiff(page, order=order, big=big)
        with suppress(NotAnImage):  # anything else is a failure, "damaged" among it
            assert is_near(data, seen(page), 3), (bits, extra, layout, big)
            read.add((sort, bits, extra))
    wanted = {one for one in READ if one[0] == sort}
    if order == ">":
        wanted.discard(("white is zero", 16, ""))
    assert wanted <= read


def test_planes_of_16_bits_are_as_the_same_mixed() -> None:
    deep = in_bits(scene(), 16)
    mixed, planes = (Page(samples=deep, planes=planes) for planes in (False, True))
    assert np.array_equal(pixels(tiff(mixed)), pixels(tiff(planes)))


def test_white_is_zero_is_no_negative_in_any_depth() -> None:
    for bits in (1, 2, 4, 8, 16):
        page = page_of("white is zero", bits, "")
        assert page
        assert is_near(tiff(page), seen(page)), bits


@pytest.mark.parametrize("extra", ["premultiplied", "and clearness"])
@pytest.mark.parametrize(("sort", "bits"), [("black is zero", 8), ("rgb", 8), ("rgb", 16)])
def test_premultiplied_and_plain_clearness_lie_on_white(sort: str, bits: int, extra: str) -> None:
    page = page_of(sort, bits, extra)
    assert page
    assert is_near(tiff(page), seen(page))


FLOATS = (np.float16, np.float32, np.float64)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_wide_grey_is_read_in_either_byte_order(kind: type, order: str) -> None:
    levels = GREY.astype(np.float32) / 255 if kind is np.float32 else GREY.astype(np.int32) * 257
    assert is_near(tiff(Page(samples=levels, photometric=BLACK_IS_ZERO), order=order), IN_GREY)


@pytest.mark.parametrize(
    ("samples", "photometric", "words"),
    [
        *((scene().astype(kind), RGB, "floating-point") for kind in FLOATS),
        *((GREY.astype(kind), BLACK_IS_ZERO, "floating-point") for kind in FLOATS[::2]),
        *((scene().astype(kind), RGB, "signed") for kind in (np.int8, np.int16, np.int32)),
        *((GREY.astype(kind), BLACK_IS_ZERO, "signed") for kind in (np.int8, np.int16)),
        (scene().astype(np.uint32), RGB, "32 .* bits of whole"),
        (scene(), 9, "bits of whole"),
        (scene(), 32845, "bits of whole"),
        (scene(), 32803, "raw photos"),
    ],
)
def test_sorts_of_samples_that_are_not_read_are_refused_by_name(
    samples: NDArray[Any], photometric: int, words: str
) -> None:
    with pytest.raises(NotAnImage, match=f"{words}.*not read"):
        open_picture(tiff(Page(samples=samples, photometric=photometric)))


@pytest.mark.parametrize("method", [34712, 34887, 50001, 50002, 12345])
def test_ways_of_packing_that_are_not_read_are_refused_by_name(method: int) -> None:
    with pytest.raises(NotAnImage, match=f"method {method} are not read"):
        open_picture(tiff(Page(samples=scene(), more={METHOD: (SHORT, [method])})))


def aside(tags: Tags, size: tuple[int, int] = (8, 6)) -> Page:
    return Page(samples=scene(*size), more=tags)


ASIDE = {
    "a thumbnail": {SUBFILE: (LONG, [1])},
    "a thumbnail, said in the old way": {OLD_SUBFILE: (SHORT, [2])},
    "a mask": {SUBFILE: (LONG, [4])},
    "a thumbnail of a mask": {SUBFILE: (LONG, [5])},
}


@pytest.mark.parametrize("what", ASIDE)
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_main_page_is_taken_wherever_it_is(what: str, order: str) -> None:
    small = aside(ASIDE[what])
    assert is_near(tiff(small, MAIN, order=order), scene(), 0)
    assert is_near(tiff(small, small, MAIN, order=order), scene(), 0)
    assert is_near(tiff(MAIN, small, order=order), scene(), 0)
    assert is_near(tiff(small, order=order, below=[MAIN]), scene(), 0)


def test_of_several_full_pages_the_first_counts_and_a_thumbnail_alone_too() -> None:
    page = {SUBFILE: (LONG, [2])}
    second = Page(samples=255 - scene(), more=page)
    assert is_near(tiff(Page(samples=scene(), more=page), second), scene(), 0)
    assert is_near(tiff(aside(ASIDE["a thumbnail"])), scene(8, 6), 0)
    assert is_near(tiff(aside(ASIDE["a thumbnail"]), MAIN, big=True), scene(), 0)


def test_a_raw_photo_is_refused_as_such_wherever_it_says_so() -> None:
    raw = Page(samples=scene(), more={DNG: (LONG, [1])})
    for data in (tiff(raw), tiff(MAIN, raw), tiff(aside(ASIDE["a thumbnail"]), below=[raw])):
        with pytest.raises(NotAnImage, match="raw photos"):
            open_picture(data)


ODD: dict[str, Tags] = {
    "a unit that is no number of 16 bits": {296: (LONG, [70_000])},
    "a resolution that lies outside": {282: (5, [2_000_000_000])},
    "an EXIF directory that lies outside": {34665: (LONG, [2_000_000_000])},
    "a directory below that lies outside": {330: (LONG, [2_000_000_000])},
    "an orientation that is none": {ORIENTATION: (SHORT, [77])},
    "XMP that is none": {XMP: (LONG, [6])},
    "a tag that nobody knows": {65000: (LONG, [1, 2, 3])},
}


@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("order", ["<", ">"])
def test_odd_tags_harm_nobody(what: str, order: str) -> None:
    assert is_near(tiff(Page(samples=scene(), more=ODD[what]), order=order), scene(), 0)


def test_a_chain_of_pages_that_bites_its_tail_ends() -> None:
    data = bytearray(tiff(MAIN, order="<"))
    data[-4:] = data[4:8]
    assert is_near(bytes(data), scene(), 0)


@pytest.mark.parametrize("order", ["<", ">"])
def test_it_is_turned_by_its_own_tag_and_not_by_xmp(order: str) -> None:
    turned = Page(samples=scene(), more={ORIENTATION: (SHORT, [6])})
    assert is_near(tiff(turned, order=order), np.rot90(scene(), -1), 0)
    page = Page(samples=scene(), more={XMP: (1, list(b'tiff:Orientation="6"'))})
    assert is_near(tiff(page, order=order), scene(), 0)
