"""Damaged files are read or refused in words, whatever their sort; nothing else ever happens."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.browser_corpus import gif
from tests.browser_corpus.scene import scene
from tests.hostile.whole import files
from tests.tiff_files import DEFLATE, Page, tiff
from webapp.exceptions import DamagedImage, TooManyPixels, UnreadableImage
from webapp.pictures.opening import open_picture

MOST_PIXELS = 1_000_000
_BYTES = st.binary(min_size=1, max_size=12) | st.sampled_from(
    [bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0\0\1\0", b"\x80\0\0\0"]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Take a file and overwrite, leave out, put in or cut off some of it."""
    data = bytearray(draw(st.sampled_from(files())))
    # What decides most is near the start.
    for near in draw(st.lists(st.booleans(), min_size=1, max_size=5)):
        if not data:
            break
        place = draw(st.integers(0, min(len(data), 160 if near else len(data)) - 1))
        new = draw(_BYTES)
        match draw(st.sampled_from(["overwrite", "leave out", "put in", "cut"])):
            case "overwrite":
                data[place : place + len(new)] = new
            case "leave out":
                del data[place : place + len(new)]
            case "put in":
                data[place:place] = new
            case "cut":
                del data[max(place, 4) :]
    return bytes(data)


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore")  # Pillow warns of some damage before it raises
@given(damaged())
@settings(max_examples=max(600, settings().max_examples))
def test_damage_is_read_or_refused_in_words(data: bytes) -> None:
    try:
        picture = open_picture(data, MOST_PIXELS)
    except UnreadableImage as refusal:
        assert len(str(refusal).split()) > 3  # noqa: PT017
        assert "\n" not in str(refusal)  # noqa: PT017
    else:
        assert picture.image.mode == "RGB"
        assert 0 < picture.width * picture.height <= MOST_PIXELS


def test_a_gif_of_a_vast_canvas_is_refused_by_its_header_alone() -> None:
    """Its decoder would fill the canvas just to look for a second frame."""
    with pytest.raises(TooManyPixels, match="60000 x 50000"):
        open_picture(gif.start(4, (60_000, 50_000)), MOST_PIXELS)


def test_a_bmp_of_a_vast_picture_in_few_runs_is_refused_by_its_header_alone() -> None:
    header = struct.pack("<IiiHHIIiiII", 40, 60_000, 50_000, 1, 8, 1, 4, 0, 0, 0, 0)
    file = struct.pack("<2sIHHI", b"BM", 60, 0, 0, 54) + header + b"\4\1\0\1"
    with pytest.raises(TooManyPixels, match="60000 x 50000"):
        open_picture(file, MOST_PIXELS)


def test_a_tiff_of_vast_tiles_is_refused_before_there_is_room_for_one() -> None:
    data = tiff(Page(samples=scene(), tiles=16, compression=DEFLATE))
    side = struct.pack("<HHII", 322, 4, 1, 16), struct.pack("<HHII", 322, 4, 1, 1_000_000)
    assert data.count(side[0]) == 1
    with pytest.raises(DamagedImage, match="tiles are much larger"):
        open_picture(data.replace(*side), MOST_PIXELS)
