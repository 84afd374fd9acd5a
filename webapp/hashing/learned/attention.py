"""Which parts of a photo decide its learned code, found by hiding one part after another.

Occlusion sensitivity (Zeiler and Fergus, 2014). Approximate: parts that matter only together show
no effect when hidden one at a time, and the blur that hides a part is an image too.
"""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from webapp.hashing.bag_finder import WHOLE, Frame
from webapp.hashing.hash_kind import Attention, Bits
from webapp.hashing.learned import session
from webapp.hashing.learned.codes import encode
from webapp.hashing.learned.network import SIDE
from webapp.hashing.picture_features import PictureFeatures

CELLS = 7
"""Rows and columns of parts: those of the network's last map."""

SECONDS = 2.0
"""Time limit of an answer; the network takes some 10 ms for each part."""

_BLUR_RADIUS_PIXELS, _EDGE_RADIUS_PIXELS = 24, 6


def attention(
    image: Image.Image,
    own: Bits,
    compared: Bits,
    *,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Attention:
    """Hide each part of an upright RGB picture in turn and count the bits that change.

    `own`: the code of the view that is meant, the whole picture or the bag alone, (bits,).
    `compared`: the code of another picture, (bits,). `seconds`: the time limit; parts in the
    middle, which are most likely to matter, come first.

    Raises:
        LearnedUnusable: the weights or the runtime are not right.
    """
    end = clock() + seconds
    frame = _looked_at(image, own)
    pixels = session.seen(image if frame == WHOLE else image.crop(frame.box(*image.size)))
    blurred = np.asarray(
        Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(_BLUR_RADIUS_PIXELS))
    )
    original = encode(session.profile(pixels))
    flipped, added_distance = np.zeros((2, CELLS, CELLS), dtype=np.int64)
    measured = np.zeros((CELLS, CELLS), dtype=np.bool_)
    for row, column in _parts_from_the_middle():
        if clock() >= end:
            break
        hidden = encode(session.profile(_with_part_hidden(pixels, blurred, row, column)))
        flipped[row, column] = (hidden ^ original).sum()
        added_distance[row, column] = (hidden ^ compared).sum() - (original ^ compared).sum()
        measured[row, column] = True
    return Attention(flipped, added_distance, measured, frame)


def _looked_at(image: Image.Image, own: Bits) -> Frame:
    """Return the part of a picture that has a code, as nearly as this machine computes it."""
    features = PictureFeatures(image)
    whole = encode(features.profile)
    if np.array_equal(whole, own) or not features.frames:
        return WHOLE
    bag = encode(features.bag_profile)
    return features.frames[0] if (bag ^ own).sum() < (whole ^ own).sum() else WHOLE


def _parts_from_the_middle() -> list[tuple[int, int]]:
    middle = (CELLS - 1) / 2
    parts = [(row, column) for row in range(CELLS) for column in range(CELLS)]
    return sorted(parts, key=lambda part: (part[0] - middle) ** 2 + (part[1] - middle) ** 2)


def _with_part_hidden(
    pixels: NDArray[np.uint8], blurred: NDArray[np.uint8], row: int, column: int
) -> NDArray[np.uint8]:
    """Return the pixels with one part blurred, with a soft edge."""
    size = SIDE // CELLS
    left, top = column * size, row * size
    mask = Image.new("L", (SIDE, SIDE), 0)
    mask.paste(255, (left, top, left + size, top + size))
    soft_mask = mask.filter(ImageFilter.BoxBlur(_EDGE_RADIUS_PIXELS))
    pasted = Image.composite(Image.fromarray(blurred), Image.fromarray(pixels), soft_mask)
    return np.asarray(pasted)
