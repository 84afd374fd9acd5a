"""Margins of a picture, such as plain borders, frames and screens, and what is inside them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.background import SOFT_LEVELS, Floats, difference_from_background

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels of the small copy; it may reach beyond the picture."""

MIN_SIDE_PIXELS = 8
"""Smaller objects are noise."""

# A border is a margin if at least this share of it is one soft background.
_MIN_BACKGROUND_SHARE = 0.55

# Screen, message bubble, photo, object.
_MAX_MARGINS = 4

# Empty rows or columns divide two objects if there are more of them than 1/45 of all.
_SIDES_PER_GAP = 45

# A row or column with a smaller share of object pixels counts as empty.
_EMPTY_SHARE = 0.012


@dataclass(frozen=True)
class Margins:
    """What is inside the margins of a picture of (h, w) pixels.

    `boxes`: what each margin encloses, from outside inwards. `weight`: 1 for each pixel of the
    object in the innermost box, else 0, (h, w); None without a margin. `difference`: of the whole
    picture from its background, in levels, (h, w). `noise`: of that background, in levels.
    `background_share`: of the border, how much is that background, 0 to 1.
    """

    boxes: list[Box]
    weight: Floats | None
    difference: Floats
    noise: float
    background_share: float


def find_margins(pixels: Floats) -> Margins:
    """Cut off one margin after another of a picture (h, w, 3) in levels of 0..255."""
    height, width = pixels.shape[:2]
    channels = np.ascontiguousarray(np.moveaxis(pixels, 2, 0))
    left, top, right, bottom = 0, 0, width, height
    boxes: list[Box] = []
    differences: list[tuple[Floats, float, float]] = []
    weight = None
    for _ in range(_MAX_MARGINS):
        inside = (slice(top, bottom), slice(left, right))
        difference, background_share, noise = difference_from_background(
            pixels[inside], channels[:, *inside]
        )
        differences.append((difference, noise, background_share))
        if background_share < _MIN_BACKGROUND_SHARE:
            break
        is_object = difference > max(SOFT_LEVELS, 4 * noise)
        x0, y0, x1, y1 = largest_object(is_object)
        if x1 - x0 < MIN_SIDE_PIXELS or y1 - y0 < MIN_SIDE_PIXELS:
            break
        left, top, right, bottom = left + x0, top + y0, left + x1, top + y1
        weight = np.zeros((height, width), dtype=np.float32)
        weight[top:bottom, left:right] = is_object[y0:y1, x0:x1]
        if (x1 - x0) * (y1 - y0) > 0.97 * is_object.size:
            break
        boxes.append((float(left), float(top), float(right), float(bottom)))
    return Margins(boxes, weight, *differences[0])


def largest_object(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return the box of the largest object in a mask (h, w): left, top, right, bottom.

    It cuts along empty rows and columns in turn, which removes a watermark beside the bag, or the
    status bar of a phone. The box of an empty mask has no area.
    """
    share = mask.astype(np.float32)
    left, top, right, bottom = 0, 0, mask.shape[1], mask.shape[0]
    for _ in range(3):
        before = left, top, right, bottom
        rows = share[top:bottom, left:right].mean(axis=1)
        start, end = _largest_run(rows, max(2, rows.size // _SIDES_PER_GAP))
        top, bottom = top + start, top + end
        if top == bottom:
            break
        columns = share[top:bottom, left:right].mean(axis=0)
        start, end = _largest_run(columns, max(2, columns.size // _SIDES_PER_GAP))
        left, right = left + start, left + end
        if left == right or (left, top, right, bottom) == before:
            break
    return left, top, right, bottom


def _largest_run(shares: Floats, gap: int) -> tuple[int, int]:
    """Return start and end of the run of rows that holds most, from the share of each, (n,).

    Gaps of up to `gap` empty rows do not end a run.
    """
    filled = np.flatnonzero(shares > _EMPTY_SHARE)
    if filled.size == 0:
        return 0, 0
    first, last = int(filled[0]), int(filled[-1])
    if last - first < filled.size + gap - 1:  # all empty rows together are too few to divide it
        return first, last + 1
    breaks = np.flatnonzero(np.diff(filled) > gap)
    starts = filled[np.concatenate([[0], breaks + 1])]
    ends = filled[np.concatenate([breaks, [filled.size - 1]])] + 1
    total = np.concatenate([[0], np.cumsum(shares)])
    best = int(np.argmax(total[ends] - total[starts]))
    return int(starts[best]), int(ends[best])
