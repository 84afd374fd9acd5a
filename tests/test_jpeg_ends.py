"""A JPEG picture without its end marker is read if all its pixels are there, and else refused."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser_corpus import jpeg
from tests.pictures import bag, encoded
from webapp.exceptions import DamagedImage
from webapp.pictures.opening import open_picture

END = 2
WAYS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "fine colours": {"quality": 95, "subsampling": 0},
    "progressive": {"progressive": True},
    "restarts each row": {"restart_marker_rows": 1},
    "restarts every 3 blocks": {"restart_marker_blocks": 3},
    "progressive, with restarts": {"progressive": True, "restart_marker_rows": 1},
}
MODES = ("RGB", "L", "CMYK")


def pixels(data: bytes) -> NDArray[np.int64]:
    return np.asarray(open_picture(data).image).astype(np.int64)


def pictures(mode: str, options: dict[str, Any]) -> list[bytes]:
    return [
        encoded(bag(seed, (120, 80)).convert(mode), "JPEG", **options) for seed in (2, 4, 11, 12)
    ]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("way", WAYS)
def test_without_the_end_marker_all_pixels_are_there(way: str, mode: str) -> None:
    for whole in pictures(mode, WAYS[way]):
        endless = whole[:-END]
        filled = [endless + bytes(500)] if endless[-1] or endless[-2] == 0xFF else []
        for data in (endless, whole[:-1], *filled):
            assert np.array_equal(pixels(data), pixels(whole))


@pytest.mark.thorough
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("way", WAYS)
def test_a_real_cut_is_refused_wherever_it_is(way: str, mode: str) -> None:
    """At the end of a row or a scan too, after which the decoder misses nothing by itself."""
    for whole in pictures(mode, WAYS[way]):
        scan = whole.index(b"\xff\xda")
        places = {*range(len(whole) - 60, len(whole) - END), *range(scan, len(whole) - END, 31)}
        markers = (at for at in range(scan + 1, len(whole) - END) if whole[at] == 0xFF)
        places |= {at for marker in markers for at in (marker, marker + 2)}
        for place in places:
            try:
                found = pixels(whole[:place])
            except DamagedImage as refusal:
                assert "damaged or cut short" in str(refusal)  # noqa: PT017
            else:  # the last bits may say nothing
                assert place >= len(whole) - 4
                assert np.array_equal(found, pixels(whole))


def test_a_cut_that_is_filled_up_with_zeros_is_refused() -> None:
    whole = encoded(bag(3, (120, 80)), "JPEG")
    for share in (0.4, 0.7, 0.95):
        cut = int(len(whole) * share)
        with pytest.raises(DamagedImage):
            open_picture(whole[:cut].ljust(len(whole), b"\0"))


def test_a_cut_within_the_head_is_refused() -> None:
    whole = jpeg.jpeg()
    for cut in range(3, whole.index(b"\xff\xda")):
        with pytest.raises(DamagedImage):
            open_picture(whole[:cut])
