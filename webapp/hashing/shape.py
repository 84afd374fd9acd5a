"""The shape kind: signs and sizes of the low frequencies of a picture in grey.

A cosine transform as in phash and PDQ, with three changes that measurably help for objects before
a background: a window gives the middle more weight than the rim; the frequencies fill a disc
instead of a square; and the lowest frequencies are also compared with four thresholds, so that
similar silhouettes have a smaller distance than unlike ones.
"""

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.background import Floats
from webapp.hashing.hash_kind import Bits
from webapp.hashing.margins import Box
from webapp.hashing.preparation import Prepared

CELLS = 32
"""Width and height to which a view is averaged before the transform."""

# A disc of frequencies, unlike most other sets, stays the same when the axes are exchanged.
_MAX_SQUARED_FREQUENCY = 292
_FREQUENCIES = 20

SIGNS = 248
"""Coefficients in that disc, without the mean: each has a bit for its sign."""

SIZED = 34
"""The lowest of them, up to a squared frequency of 36: compared with `THRESHOLDS` too."""

THRESHOLDS = (-1.2, -0.5, 0.5, 1.2)
"""In units of the mean size of the lowest coefficients; `turned` needs them symmetric."""

# In the same unit: smaller coefficients count as 0, because in symmetric pictures they are noise.
_DEAD_ZONE = 0.003

# In levels: a plain picture's coefficients are rounding errors, a ten-thousandth of this.
_ROUNDING = 1e-6

BITS = SIGNS + SIZED * len(THRESHOLDS)

# Luma of ITU-R BT.601, as Pillow's mode L.
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)

_FLIPS = ((False, False), (True, False), (True, True), (False, True))


@cache
def _transform() -> Floats:
    """Return the matrix of a windowed cosine transform of one axis, (20 frequencies, `CELLS`)."""
    cell = np.arange(CELLS)
    frequency = np.arange(_FREQUENCIES)[:, None]
    cosines = np.cos(np.pi * (cell + 0.5) * frequency / CELLS) * np.where(frequency, 2**0.5, 1)
    window = 1 - ((cell - (CELLS - 1) / 2) / (CELLS / 2)) ** 2
    windowed: Floats = (cosines * window).astype(np.float32)
    return windowed


@cache
def frequencies() -> NDArray[np.int64]:
    """Return the frequencies of the coefficients, down and along, lowest first, (`SIGNS`, 2)."""
    down, along = np.mgrid[0:_FREQUENCIES, 0:_FREQUENCIES]
    squared = (down**2 + along**2).ravel()
    order = np.argsort(squared, kind="stable")[1:]
    order = order[squared[order] <= _MAX_SQUARED_FREQUENCY]
    return np.stack([down.ravel()[order], along.ravel()[order]], axis=1)


@lru_cache(maxsize=64)
def _cell_weights(start: float, end: float, size: int) -> Floats:
    """Return how much of each of the cells of start..end lies on each pixel, (`CELLS`, size)."""
    edges = np.linspace(start, end, CELLS + 1)
    covered = np.clip(edges[:, None] - np.arange(size), 0, 1)
    weights: Floats = (np.diff(covered, axis=0) * (CELLS / (end - start))).astype(np.float32)
    return weights


def patch(grey: Floats, box: Box) -> Floats:
    """Return the means of a box's cells, (`CELLS`, `CELLS`), from grey (h, w); outside it is 0."""
    height, width = grey.shape
    left, top, right, bottom = box
    rows, columns = _cell_weights(top, bottom, height), _cell_weights(left, right, width)
    return (rows @ grey @ columns.T).astype(np.float32)


def encode(patches: Floats) -> Bits:
    """Return the bits (n, `BITS`) of patches (n, `CELLS`, `CELLS`)."""
    centred = patches - patches.mean(axis=(1, 2), keepdims=True)
    spectrum = _transform() @ centred @ _transform().T
    down, along = frequencies().T
    coefficients = spectrum[:, down, along]
    coefficients[np.abs(coefficients).max(axis=1) < _ROUNDING] = 0
    sized = coefficients[:, :SIZED]
    unit = np.abs(sized).mean(axis=1, keepdims=True)
    levels = [sized > threshold * unit for threshold in THRESHOLDS]
    return np.concatenate([coefficients > _DEAD_ZONE * unit, *levels], axis=1)


def grey_above_background(prepared: Prepared) -> Floats:
    """Return the small copy in grey, (h, w), less the grey of its background."""
    grey: Floats = prepared.pixels @ _LUMA - np.float32(prepared.background @ _LUMA)
    return grey


def view_patches(prepared: Prepared) -> list[Floats]:
    """Return the patches of an item's three views, each (`CELLS`, `CELLS`).

    The whole picture, the box inside the first margin, the box inside all margins. If the object
    was guessed: the whole picture; the object on white, in the whole frame; and in its own box.
    If a bag was found, it takes the place of the view in the middle, on white and in its own box.
    """
    boxes, grey = prepared.boxes, grey_above_background(prepared)
    whole = patch(grey, boxes[0])
    on_white = prepared.pixels @ _LUMA - 255
    if prepared.guessed:
        cut_out = on_white * prepared.weight
        middle, inner = patch(cut_out, boxes[0]), patch(cut_out, boxes[-1])
    else:
        patches = {boxes[0]: whole}
        for box in boxes[1:2] + boxes[-1:]:
            patches.setdefault(box, patch(grey, box))
        middle, inner = patches[boxes[min(1, len(boxes) - 1)]], patches[boxes[-1]]
    if prepared.bag:
        middle = patch(on_white * prepared.bag.weight, prepared.bag.box)
    return [whole, middle, inner]


def codes(prepared: Prepared) -> Bits:
    """Return the bits of a prepared picture's three views, (3, `BITS`); views may be equal."""
    return encode(np.stack(view_patches(prepared)))


@cache
def _turning(mirror: bool, quarters: int) -> tuple[NDArray[np.int64], Bits]:
    """Return for each bit of a mirrored, then turned view its source bit, and whether to invert it.

    Both have shape (`BITS`,). A mirror changes the sign of odd frequencies; a quarter turn
    exchanges the axes and mirrors one. Of a changed sign, the comparison with t becomes that with
    -t, inverted.
    """
    down, along = frequencies().T
    exchanged = quarters % 2 == 1
    number = {(v, u): i for i, (v, u) in enumerate(frequencies().tolist())}
    source = np.array([number[(u, v) if exchanged else (v, u)] for v, u in frequencies().tolist()])
    flip_down, flip_along = _flips(mirror, quarters)
    inverted = ((down % 2 == 1) & flip_down) ^ ((along % 2 == 1) & flip_along)
    parts, inversions = [source], [inverted]
    for i in range(len(THRESHOLDS)):
        opposite = len(THRESHOLDS) - 1 - i
        low_inverted = inverted[:SIZED]
        start = np.where(low_inverted, SIGNS + SIZED * opposite, SIGNS + SIZED * i)
        parts.append(start + source[:SIZED])
        inversions.append(low_inverted)
    return np.concatenate(parts), np.concatenate(inversions)


def _flips(mirror: bool, quarters: int) -> tuple[bool, bool]:
    """Return whether the new axes, down and along, run backwards, after they are exchanged."""
    # Turned counter-clockwise, new[v, u] = old[u, -v]: the new vertical axis runs backwards.
    down, along = _FLIPS[quarters % 4]
    if mirror:  # of the old horizontal axis, which odd quarters make the new vertical one
        if quarters % 2 == 1:
            down = not down
        else:
            along = not along
    return down, along


def turned(bits: Bits, mirror: bool, quarters: int) -> Bits:
    """Return the bits of views, (n, `BITS`), mirrored, then turned counter-clockwise by quarters.

    No picture is needed, so a fingerprint holds all eight orientations of it. Exact, except for
    coefficients in the dead zone.
    """
    source, inverted = _turning(mirror, quarters)
    return bits[:, source] ^ inverted


def relief(bits: Bits) -> NDArray[np.floating]:
    """Return the sum of the cosine waves that a view's bits (`BITS`,) hold, (16, 16)."""
    signs = np.where(bits[:SIGNS], 1.0, -1.0)
    # The sizes of the lowest, from -2 to 2, by how many thresholds they pass.
    passed = bits[SIGNS:].reshape(len(THRESHOLDS), SIZED).sum(axis=0) - len(THRESHOLDS) / 2
    signs[:SIZED] = passed + 0.3 * signs[:SIZED]
    down, along = frequencies().T
    amplitudes = signs / (1 + np.hypot(down, along))
    place = (np.arange(16) + 0.5) / 16
    waves = np.cos(np.pi * np.outer(down, place)), np.cos(np.pi * np.outer(along, place))
    return np.asarray(np.einsum("f,fy,fx->yx", amplitudes, *waves))
