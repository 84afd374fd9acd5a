"""The shape kind: signs and sizes of the low frequencies of a picture in grey.

Close kin of phash and PDQ (a cosine transform), with three changes that measurably help on
objects before a background: a window that lets the middle count more than the rim; frequencies in
a disc instead of a square; and the lowest ones at four thresholds more, so that two silhouettes
that are a little alike are a little near.
"""

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.preparation import Box, Floats, Prepared

Code = NDArray[np.bool_]

# A view is averaged to as many cells each way before the transform.
CELLS = 32

# Squared frequencies up to the first are kept by their sign, up to the second also compared with
# thresholds. Discs, for they are closed under an exchange of the axes.
SIGN_DISC, SIZE_DISC = 292, 36
SIGNS, SIZED = 248, 34

# Of the mean size of the lowest frequencies; symmetric, see `turned`.
THRESHOLDS = (-1.2, -0.5, 0.5, 1.2)

# Of the same: smaller coefficients are 0, or symmetric drawings would code rounding noise.
DEAD = 0.003

BITS = SIGNS + SIZED * len(THRESHOLDS)

# ITU-R 601, as Pillow's mode L.
GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)

_FLIPS = ((False, False), (True, False), (True, True), (False, True))


@cache
def _transform() -> Floats:
    """Return the window times the cosine transform of one axis, (20 frequencies, `CELLS`)."""
    at = np.arange(CELLS)
    frequency = np.arange(20)[:, None]
    cosines = np.cos(np.pi * (at + 0.5) * frequency / CELLS) * np.where(frequency, 2**0.5, 1)
    window = 1 - ((at - (CELLS - 1) / 2) / (CELLS / 2)) ** 2
    windowed: Floats = (cosines * window).astype(np.float32)
    return windowed


@cache
def frequencies() -> NDArray[np.int64]:
    """Return the frequencies, down and along, of what is kept, lowest first, (`SIGNS`, 2)."""
    down, along = np.mgrid[0:20, 0:20]
    squared = (down**2 + along**2).ravel()
    order = np.argsort(squared, kind="stable")[1:]
    order = order[squared[order] <= SIGN_DISC]
    return np.stack([down.ravel()[order], along.ravel()[order]], axis=1)


@lru_cache(maxsize=64)
def _cell_weights(start: float, end: float, size: int) -> Floats:
    """Return which share of each cell of start..end lies on each pixel, (`CELLS`, size)."""
    edges = np.linspace(start, end, CELLS + 1)
    covered = np.clip(edges[:, None] - np.arange(size), 0, 1)
    weights: Floats = (np.diff(covered, axis=0) * (CELLS / (end - start))).astype(np.float32)
    return weights


def patch(grey: Floats, box: Box) -> Floats:
    """Return area means of a box stretched to a square, (`CELLS`, `CELLS`); outside is 0."""
    height, width = grey.shape
    left, top, right, bottom = box
    rows, columns = _cell_weights(top, bottom, height), _cell_weights(left, right, width)
    return (rows @ grey @ columns.T).astype(np.float32)


def encode(patches: Floats) -> Code:
    """Return codes (n, `BITS`) of patches (n, `CELLS`, `CELLS`)."""
    centred = patches - patches.mean(axis=(1, 2), keepdims=True)
    spectrum = _transform() @ centred @ _transform().T
    down, along = frequencies().T
    kept = spectrum[:, down, along]
    sized = kept[:, :SIZED]
    unit = np.abs(sized).mean(axis=1, keepdims=True)
    levels = [sized > threshold * unit for threshold in THRESHOLDS]
    return np.concatenate([kept > DEAD * unit, *levels], axis=1)


def grey_above_background(prepared: Prepared) -> Floats:
    """Return the small copy in grey, (h, w), with 0 for background and all beyond the frame."""
    grey: Floats = prepared.pixels @ GREY - np.float32(prepared.background @ GREY)
    return grey


def view_patches(prepared: Prepared) -> list[Floats]:
    """Return the three views an item is known by: whole, first margin off, all margins off.

    Before a real background the second is the whole and the third the object, cut out on white.
    """
    boxes = prepared.boxes
    grey = grey_above_background(prepared)
    if prepared.guessed:
        cut_out = (prepared.pixels @ GREY - 255) * prepared.weight
        return [patch(grey, boxes[0]), patch(cut_out, boxes[0]), patch(cut_out, boxes[-1])]
    views = (boxes[0], boxes[min(1, len(boxes) - 1)], boxes[-1])
    patches = {box: patch(grey, box) for box in set(views)}
    return [patches[box] for box in views]


def codes(prepared: Prepared) -> Code:
    """Return codes (3, `BITS`) of a prepared picture's three views; the views may be equal."""
    return encode(np.stack(view_patches(prepared)))


@cache
def _turning(mirror: bool, quarters: int) -> tuple[NDArray[np.int64], Code]:
    """Say which bit comes from which, and which are inverted, when mirrored, then turned.

    A mirror changes the sign of odd frequencies; a quarter turn exchanges the axes and mirrors one.
    An inverted comparison with t is the comparison with -t, so the thresholds change places.
    """
    down, along = frequencies().T
    swap = quarters % 2 == 1
    rank = {(v, u): i for i, (v, u) in enumerate(frequencies().tolist())}
    source = np.array([rank[(u, v) if swap else (v, u)] for v, u in frequencies().tolist()])
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
    """Say whether the new axes, down and along, run backwards, after any exchange of them."""
    # Counter-clockwise: new[v, u] = old[u, -v], so the new vertical axis runs backwards.
    down, along = _FLIPS[quarters % 4]
    if mirror:  # mirrored first: the old horizontal axis, the new vertical one after odd quarters
        if quarters % 2 == 1:
            down = not down
        else:
            along = not along
    return down, along


def turned(code: Code, mirror: bool, quarters: int) -> Code:
    """Return the codes of views mirrored, then turned counter-clockwise, from codes alone.

    Exact but for coefficients within `DEAD`: a fingerprint carries eight orientations in one.
    `code` has shape (n, `BITS`).
    """
    source, inverted = _turning(mirror, quarters)
    return code[:, source] ^ inverted


def relief(code: Code) -> NDArray[np.floating]:
    """Add up the waves that one code (`BITS`,) holds, (16, 16), fine ones lower."""
    signs = np.where(code[:SIGNS], 1.0, -1.0)
    # How many thresholds the lowest pass, less the middle: -2 to 2.
    passed = code[SIGNS:].reshape(len(THRESHOLDS), SIZED).sum(axis=0) - len(THRESHOLDS) / 2
    signs[:SIZED] = passed + 0.3 * signs[:SIZED]
    down, along = frequencies().T
    height = signs / (1 + np.hypot(down, along))
    at = (np.arange(16) + 0.5) / 16
    waves = np.cos(np.pi * np.outer(down, at)), np.cos(np.pi * np.outer(along, at))
    return np.asarray(np.einsum("f,fy,fx->yx", height, *waves))
