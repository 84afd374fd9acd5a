"""The readings of a query that tries harder: mirrored, turned, or a crop of a larger picture.

Only the shape kind has them: the colour shares of a picture change little when it is mirrored,
turned or cropped.
"""

import numpy as np
from PIL import Image

from webapp.hashing import shape
from webapp.hashing.hash_kind import Bits
from webapp.hashing.margins import Box
from webapp.hashing.preparation import Prepared

# In degrees; a code changes little for some four degrees more or less.
ANGLES = (6, -6, 15, -15)

# Crops of 10, 15 or 20 % from each side, and of 15 % from one side, as shares of what is left.
CUT_ALL = (0.125, 0.21, 0.333)
CUT_ONE = 0.17

VIEWS = 3
"""The first query codes are the picture's own views, which are the plain readings."""

PHRASES = (
    *([""] * VIEWS),
    *(f"turned back {angle} degrees" for angle in ANGLES),
    *(f"as a crop of {round(100 * cut / (1 + 2 * cut))} % from each side" for cut in CUT_ALL),
    *(f"as a crop at the {side}" for side in ("left", "top", "right", "bottom")),
)
COUNT = len(PHRASES)


def _widened(prepared: Prepared) -> list[Box]:
    """Return the frames of the larger pictures that this one may be a crop of."""
    height, width = prepared.pixels.shape[:2]
    amounts = [(cut, cut, cut, cut) for cut in CUT_ALL]
    amounts += [(CUT_ONE, 0, 0, 0), (0, CUT_ONE, 0, 0), (0, 0, CUT_ONE, 0), (0, 0, 0, CUT_ONE)]
    return [
        (-left * width, -top * height, width * (1 + right), height * (1 + bottom))
        for left, top, right, bottom in amounts
    ]


def query_codes(prepared: Prepared) -> Bits:
    """Return the bits, (`COUNT`, `shape.BITS`), from which `readings` makes all readings later."""
    grey = shape.grey_above_background(prepared)
    whole = prepared.boxes[0]
    patches = shape.view_patches(prepared)
    picture = Image.fromarray(grey)
    for angle in ANGLES:
        back = picture.rotate(angle, Image.Resampling.BILINEAR, fillcolor=0)
        patches.append(shape.patch(np.asarray(back), whole))
    patches += [shape.patch(grey, box) for box in _widened(prepared)]
    return shape.encode(np.stack(patches))


def readings(carried: Bits) -> tuple[tuple[str, ...], Bits]:
    """Return the phrases and bits (R, `BITS`) of all readings, from C query codes, (C, `BITS`).

    The query codes, the same mirrored, and the picture's own views turned by quarters, both plain
    and mirrored.
    """
    phrases = list(PHRASES[: len(carried)])
    codes = [carried, shape.turned(carried, mirror=True, quarters=0)]
    phrases += [", ".join(filter(None, ("mirrored", phrase))) for phrase in phrases]
    for quarters in (1, 2, 3):
        for mirror in (False, True):
            codes.append(shape.turned(carried[:VIEWS], mirror, quarters))
            words = f"turned {90 * quarters} degrees"
            phrases += [f"mirrored, {words}" if mirror else words] * VIEWS
    return tuple(phrases), np.concatenate(codes)
