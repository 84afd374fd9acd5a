"""Which parts of a photo decide its learned code, found by hiding one part after another.

This is approximate. Two parts of which either is enough show nothing when one of them is hidden,
and the network also sees what is drawn over a hidden part.
"""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from webapp.hashing.hash_kind import Attention, Bits
from webapp.hashing.learned import session
from webapp.hashing.learned.codes import encode
from webapp.hashing.learned.network import SIDE

CELLS = 7
"""Rows and columns of parts, as in the network's last map."""

SECONDS = 2.0
"""The longest that the measuring may take; the network needs some 10 ms for each part."""

# A hidden part is replaced by a blurred copy, and its edge is softened.
_BLUR_PIXELS, _EDGE_PIXELS = 24, 6


def attention(
    image: Image.Image,
    compared: Bits,
    *,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Attention:
    """Hide each part of an upright RGB picture and measure how its code changes.

    `compared`, shape (bits,), is the code of another picture. The parts in the middle come first,
    because they matter most if the time is not enough for all.

    Raises:
        LearnedUnusable: the network is not right.
    """
    end = clock() + seconds
    pixels = session.seen(image)
    behind = np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(_BLUR_PIXELS)))
    plain = encode(session.profile(pixels))
    flipped, added_distance = np.zeros((2, CELLS, CELLS), dtype=np.int64)
    measured = np.zeros((CELLS, CELLS), dtype=np.bool_)
    for row, column in _from_the_middle():
        if clock() >= end:
            break
        hidden = encode(session.profile(_hidden(pixels, behind, row, column)))
        flipped[row, column] = (hidden ^ plain).sum()
        added_distance[row, column] = (hidden ^ compared).sum() - (plain ^ compared).sum()
        measured[row, column] = True
    return Attention(flipped, added_distance, measured)


def _from_the_middle() -> list[tuple[int, int]]:
    middle = (CELLS - 1) / 2
    places = [(row, column) for row in range(CELLS) for column in range(CELLS)]
    return sorted(places, key=lambda at: (at[0] - middle) ** 2 + (at[1] - middle) ** 2)


def _hidden(
    pixels: NDArray[np.uint8], behind: NDArray[np.uint8], row: int, column: int
) -> NDArray[np.uint8]:
    """Return the pixels with one part replaced by a blurred copy of it, with a soft edge."""
    size = SIDE // CELLS
    left, top = column * size, row * size
    mask = Image.new("L", (SIDE, SIDE), 0)
    mask.paste(255, (left, top, left + size, top + size))
    soft = mask.filter(ImageFilter.BoxBlur(_EDGE_PIXELS))
    pasted = Image.composite(Image.fromarray(behind), Image.fromarray(pixels), soft)
    return np.asarray(pasted)
