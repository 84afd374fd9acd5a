"""What is worth hashing of a picture: a small copy, and the boxes where the object may be.

A box is (left, top, right, bottom) in pixels of the small copy. Boxes may reach beyond it.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.hashing.foreground import colour_cells, foreground

Box = tuple[float, float, float, float]
Floats = NDArray[np.float32]

# Pixels of the small copy: a bag in a phone's screenshot still gets some 50 across.
AREA = 160 * 160

# A margin is a border of which this share is one soft colour, give or take some levels.
UNIFORM = 0.55
TOLERANCE = 14.0

# Screen, bubble, photo, object.
LEVELS = 4

# Pixels: a smaller thing is noise. Empty stretches shorter than a side divided by GAP do not part
# two things.
LEAST = 8
GAP = 45

# What differs less from a soft background everywhere, in levels, shows nothing.
PLAIN = 6.0


@dataclass(frozen=True)
class Prepared:
    """A small copy and what was found in it.

    pixels (h, w, 3) in 0..255; cells (h, w), their colours, see `colour_cells`; boxes from the
    whole inwards, one at least; weight (h, w) in 0..1, how much each pixel is the object; guessed,
    whether that is a guess before a real background; background, the colour (3,) to imagine outside
    the frame; difference (h, w) of each pixel from a soft background, in levels, and its noise.
    """

    pixels: Floats
    cells: NDArray[np.intp]
    boxes: tuple[Box, ...]
    weight: Floats
    guessed: bool
    background: Floats
    difference: Floats
    noise: float

    @cached_property
    def contrast(self) -> float:
        """The largest difference from the background, in levels."""
        return float(np.percentile(self.difference, 99.5)) - 3 * self.noise

    @property
    def too_plain(self) -> bool:
        """Whether the picture shows one soft colour and nothing else."""
        return self.contrast < PLAIN


def small_copy(picture: Image.Image) -> Image.Image:
    """The picture with its sides' ratio kept and at most `AREA` pixels; never enlarged."""
    width, height = picture.size
    scale = (AREA / (width * height)) ** 0.5
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return picture.resize(size, Image.Resampling.BOX, reducing_gap=2.0)


def border(pixels: Floats) -> Floats:
    """The outermost pixels, (n, 3)."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


@lru_cache(maxsize=64)
def _places(size: int) -> Floats:
    """-1..1 for each of a row of pixels."""
    return np.linspace(-1, 1, size, dtype=np.float32)


@lru_cache(maxsize=64)
def _border_terms(height: int, width: int) -> Floats:
    """1, x, y in -1..1 for each pixel of `border`, (n, 3)."""
    terms = np.ones((2 * (height + width), 3), dtype=np.float32)
    top, bottom, left = terms[:width], terms[width : 2 * width], terms[2 * width : -height]
    top[:, 1] = bottom[:, 1] = _places(width)
    left[:, 2] = terms[-height:, 2] = _places(height)
    top[:, 2] = left[:, 1] = -1
    return terms


def _median(values: Floats) -> Floats:
    """`np.median(values, axis=0)`, for a few numbers sooner."""
    ordered, half = np.sort(values, axis=0), len(values) // 2
    odd = len(values) % 2 == 1
    middle: Floats = ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2
    return middle


def _background_plane(colours: Floats, terms: Floats) -> Floats:
    """The plane (3 terms, 3 channels) through the border's colours, whatever touches the border.

    A plane, so that a soft gradient is one background; outliers weigh less each round (Cauchy).
    """
    plane = np.zeros((3, 3), dtype=np.float32)
    plane[0] = _median(colours)
    ridge = 1e-3 * np.eye(3, dtype=np.float32)
    for scale in (32.0, 16.0, 8.0, 8.0):
        miss = np.abs(colours - terms @ plane).mean(axis=1)
        weighted = terms / (1 + (miss / scale) ** 2)[:, None]
        plane = np.linalg.solve(weighted.T @ terms + ridge, weighted.T @ colours)
    return plane


def _difference(pixels: Floats, planes: Floats) -> tuple[Floats, float, float]:
    """Return how far pixels are from the background, (h, w), its share of the border, its noise.

    `planes` (3, h, w) are the channels of `pixels`, each by itself.
    """
    height, width = pixels.shape[:2]
    colours, terms = border(pixels), _border_terms(height, width)
    plane = _background_plane(colours, terms)
    miss = np.abs(colours - terms @ plane).mean(axis=1)
    close = miss[miss < 2 * TOLERANCE]
    noise = float(_median(close)) if close.size else 0.0
    x, y = _places(width)[None, :], _places(height)[:, None]
    total = np.zeros((height, width), dtype=np.float32)
    for channel, values in enumerate(planes):
        level, along, down = (float(term) for term in plane[:, channel])
        total += np.abs(values - (level + along * x + down * y))
    total /= 3
    return total, float(close.size / miss.size), noise


def _largest_run(profile: Floats, gap: int) -> tuple[int, int]:
    """Start and end of the heaviest stretch of a profile (shares of a row), small gaps bridged."""
    filled = np.flatnonzero(profile > 0.012)
    if filled.size == 0:
        return 0, 0
    first, last = int(filled[0]), int(filled[-1])
    if last - first < filled.size + gap - 1:  # not even all that is empty together parts it
        return first, last + 1
    breaks = np.flatnonzero(np.diff(filled) > gap)
    starts = filled[np.concatenate([[0], breaks + 1])]
    ends = filled[np.concatenate([breaks, [filled.size - 1]])] + 1
    total = np.concatenate([[0], np.cumsum(profile)])
    best = int(np.argmax(total[ends] - total[starts]))
    return int(starts[best]), int(ends[best])


def _largest_thing(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """The box of the largest thing in a mask, by cutting along empty rows and columns in turn.

    So a watermark beside the bag, or a phone's status bar, falls away. Nothing: a box without area.
    """
    share = mask.astype(np.float32)
    left, top, right, bottom = 0, 0, mask.shape[1], mask.shape[0]
    for _ in range(3):
        before = left, top, right, bottom
        rows = share[top:bottom, left:right].mean(axis=1)
        start, end = _largest_run(rows, max(2, rows.size // GAP))
        top, bottom = top + start, top + end
        if top == bottom:
            break
        columns = share[top:bottom, left:right].mean(axis=0)
        start, end = _largest_run(columns, max(2, columns.size // GAP))
        left, right = left + start, left + end
        if left == right or (left, top, right, bottom) == before:
            break
    return left, top, right, bottom


def _centre_weight(height: int, width: int) -> Floats:
    """1 in the middle falling to 0 at the border, (h, w)."""
    x = np.linspace(-1, 1, width, dtype=np.float32)
    y = np.linspace(-1, 1, height, dtype=np.float32)
    return np.outer(1 - y * y, 1 - x * x).astype(np.float32) + np.float32(1e-3)


@dataclass(frozen=True)
class _Margins:
    """What is left when margins are taken off: boxes, the last one's foreground.

    And the whole's difference from its background, with its noise.
    """

    boxes: list[Box]
    weight: Floats | None
    difference: Floats
    noise: float


def _margins(pixels: Floats) -> _Margins:
    """Take off one margin after another, a margin being a border of one soft colour."""
    height, width = pixels.shape[:2]
    planes = np.ascontiguousarray(np.moveaxis(pixels, 2, 0))
    left, top, right, bottom = 0, 0, width, height
    boxes: list[Box] = []
    differences: list[tuple[Floats, float]] = []
    weight = None
    for _ in range(LEVELS):
        inside = (slice(top, bottom), slice(left, right))
        difference, uniform, noise = _difference(pixels[inside], planes[:, *inside])
        differences.append((difference, noise))
        if uniform < UNIFORM:
            break
        standing_out = difference > max(TOLERANCE, 4 * noise)
        x0, y0, x1, y1 = _largest_thing(standing_out)
        if x1 - x0 < LEAST or y1 - y0 < LEAST:
            break
        left, top, right, bottom = left + x0, top + y0, left + x1, top + y1
        weight = np.zeros((height, width), dtype=np.float32)
        weight[top:bottom, left:right] = standing_out[y0:y1, x0:x1]
        if (x1 - x0) * (y1 - y0) > 0.97 * standing_out.size:
            break
        boxes.append((float(left), float(top), float(right), float(bottom)))
    return _Margins(boxes, weight, *differences[0])


def prepare(picture: Image.Image) -> Prepared:
    """Find what an RGB picture shows: by its margins, else by its colours, else all of it."""
    levels = np.asarray(small_copy(picture))
    pixels, cells = levels.astype(np.float32), colour_cells(levels)
    margins = _margins(pixels)
    boxes, weight, guessed = _object(cells, margins)
    background = _median(border(pixels))
    return Prepared(
        pixels, cells, boxes, weight, guessed, background, margins.difference, margins.noise
    )


def _object(cells: NDArray[np.intp], margins: _Margins) -> tuple[tuple[Box, ...], Floats, bool]:
    """Return boxes, weight, and whether that is a guess."""
    height, width = cells.shape
    whole = (0.0, 0.0, float(width), float(height))
    if margins.weight is not None:
        return (whole, *margins.boxes), margins.weight, False
    guess = foreground(cells)
    if guess is None:
        return (whole,), _centre_weight(height, width), False
    left, top, right, bottom = _largest_thing(guess > 0.5)
    thing = (float(left), float(top), float(right), float(bottom))
    boxes = (whole, thing) if right - left >= LEAST and bottom - top >= LEAST else (whole,)
    return boxes, guess + np.float32(1e-4), True
