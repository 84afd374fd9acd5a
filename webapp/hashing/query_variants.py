"""A query that tries harder: what else the asked picture may be of the one in the catalogue.

Mirrored, turned, or cut out of a larger picture. Only shape needs asking again: colour shares do
not change when a picture is mirrored or turned.
"""

import numpy as np
from PIL import Image

from webapp.hashing import shape
from webapp.hashing.preparation import Box, Prepared
from webapp.hashing.shape import Code

# Degrees; a code bears some four more or less.
ANGLES = (6, -6, 15, -15)

# What a crop of 10, 15 or 20 % from each side took, of what is left; and one of 15 % at one side.
CUT_ALL = (0.125, 0.21, 0.333)
CUT_ONE = 0.17

VIEWS = 3
"""The first carried codes are the item's own views: the plain query."""

PHRASES = (
    *([""] * VIEWS),
    *(f"turned back {angle} degrees" for angle in ANGLES),
    *(f"as a crop of {round(100 * cut / (1 + 2 * cut))} % from each side" for cut in CUT_ALL),
    *(f"as a crop at the {side}" for side in ("left", "top", "right", "bottom")),
)
COUNT = len(PHRASES)


def _widened(prepared: Prepared) -> list[Box]:
    """Return boxes beyond the frame: the pictures that this one may be a crop of."""
    height, width = prepared.pixels.shape[:2]
    amounts = [(cut, cut, cut, cut) for cut in CUT_ALL]
    amounts += [(CUT_ONE, 0, 0, 0), (0, CUT_ONE, 0, 0), (0, 0, CUT_ONE, 0), (0, 0, 0, CUT_ONE)]
    return [
        (-left * width, -top * height, width * (1 + right), height * (1 + bottom))
        for left, top, right, bottom in amounts
    ]


def query_codes(prepared: Prepared) -> Code:
    """Return codes (`COUNT`, `shape.BITS`): all a fingerprint must hold to try harder later."""
    grey = shape.grey_above_background(prepared)
    whole = prepared.boxes[0]
    patches = shape.view_patches(prepared)
    picture = Image.fromarray(grey)
    for angle in ANGLES:
        back = picture.rotate(angle, Image.Resampling.BILINEAR, fillcolor=0)
        patches.append(shape.patch(np.asarray(back), whole))
    patches += [shape.patch(grey, box) for box in _widened(prepared)]
    return shape.encode(np.stack(patches))


def readings(carried: Code) -> tuple[tuple[str, ...], Code]:
    """Make all readings from carried codes (C, `BITS`) alone: phrases, and codes (R, `BITS`).

    Those, all mirrored, and the item's own views turned by quarters, plain and mirrored.
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
