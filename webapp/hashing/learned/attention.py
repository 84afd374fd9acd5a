"""Which parts of a photo its learned code hangs on, found by hiding one part after another.

Approximate: parts that only count together show nothing when hidden one at a time, and what is
put in a part's place is something to see as well.
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
"""Rows and columns of parts: as many as the network's own last map has."""

SECONDS = 2.0
"""What an answer may take; the network asks for some 10 ms a part."""

# Pixels: so much is blurred in what takes a part's place, and its edge.
_BLUR, _EDGE = 24, 6


def attention(
    image: Image.Image,
    compared: Bits,
    *,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Attention:
    """Hide each part of an upright RGB picture and see what becomes of its code.

    `compared`, shape (bits,), is the code of another picture. Parts are taken from the middle
    outward, so that what time allows is what most likely matters.

    Raises:
        LearnedUnusable: the network is not right.
    """
    end = clock() + seconds
    pixels = session.seen(image)
    behind = np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(_BLUR)))
    plain = encode(session.profile(pixels))
    turned, farther = np.zeros((2, CELLS, CELLS), dtype=np.int64)
    known = np.zeros((CELLS, CELLS), dtype=np.bool_)
    for row, column in _from_the_middle():
        if clock() >= end:
            break
        hidden = encode(session.profile(_hidden(pixels, behind, row, column)))
        turned[row, column] = (hidden ^ plain).sum()
        farther[row, column] = (hidden ^ compared).sum() - (plain ^ compared).sum()
        known[row, column] = True
    return Attention(turned, farther, known)


def _from_the_middle() -> list[tuple[int, int]]:
    middle = (CELLS - 1) / 2
    places = [(row, column) for row in range(CELLS) for column in range(CELLS)]
    return sorted(places, key=lambda at: (at[0] - middle) ** 2 + (at[1] - middle) ** 2)


def _hidden(
    pixels: NDArray[np.uint8], behind: NDArray[np.uint8], row: int, column: int
) -> NDArray[np.uint8]:
    """Put a blurred copy in a part's place, with a soft edge."""
    size = SIDE // CELLS
    left, top = column * size, row * size
    mask = Image.new("L", (SIDE, SIDE), 0)
    mask.paste(255, (left, top, left + size, top + size))
    soft = mask.filter(ImageFilter.BoxBlur(_EDGE))
    pasted = Image.composite(Image.fromarray(behind), Image.fromarray(pixels), soft)
    return np.asarray(pasted)
