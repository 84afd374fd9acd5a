"""Pieces that most silhouettes share: front and side, panels, pockets, flaps, footprints."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from webapp.lab.demo.curves import (
    Corner,
    Points,
    clip_below,
    closed,
    ellipse,
    inset,
    outline,
    resample,
)
from webapp.lab.demo.parts import Fold, Part, Skin, around, cord, gusset, lay, move, seam, strap


def shell(
    shape: Points,
    depth: float,
    *,
    puff: float = 0.14,
    edge: float = 0.03,
    folds: tuple[Fold, ...] = (),
) -> tuple[Part, Part]:
    """Return the side and the front of a closed bag from its outline (n, 2)."""
    return (
        gusset(closed(shape), depth),
        Part((lay(shape, depth / 2),), Skin.BODY, edge=edge, puff=puff, folds=folds),
    )


def trapezoid(
    top: float,
    bottom: float,
    height: float,
    *,
    shoulder: float = 0.03,
    heel: float = 0.06,
    sag: float = 0.0,
    side: float = 0.0,
    base: float = 0.0,
) -> Points:
    """Return an outline with four eased corners standing on y = 0; widths are full widths."""
    return outline(
        [
            Corner(-top / 2, height, shoulder, sag),
            Corner(top / 2, height, shoulder, side),
            Corner(bottom / 2, 0, heel, base),
            Corner(-bottom / 2, 0, heel, side),
        ]
    )


def flap(
    width: float,
    top: float,
    low: float,
    z: float,
    *,
    corner: float = 0.08,
    flare: float = 0.0,
    point: float = 0.0,
    lift: float = 0.016,
    skin: Skin = Skin.BODY,
) -> tuple[Part, Points]:
    """Return a flap over the front from `top` to `low`, and its outline (n, 2)."""
    a = width / 2
    shape = outline(
        [
            Corner(-a, top, 0.03),
            Corner(a, top, 0.03),
            Corner(a + flare, low + point, corner),
            *([Corner(0, low, corner * 1.2)] if point else []),
            Corner(-a - flare, low + point, corner),
        ]
    )
    return Part((lay(shape, z),), skin, edge=0.011, lift=lift), shape


def edge_seam(shape: Points, z: float, distance: float = 0.022) -> list[Part]:
    """Return stitches all along inside an outline (n, 2)."""
    return seam(around(inset(shape, distance), z))


def lower_seam(shape: Points, z: float, top: float, distance: float = 0.022) -> list[Part]:
    """Return stitches inside an outline, but only where it lies below `top`."""
    return seam(lay(_unbroken(inset(shape, distance), lambda y: y < top), z))


def above(shape: Points, y: float) -> Points:
    """Return the run of an outline (n, 2) that lies above the height `y`, as an open path."""
    return _unbroken(shape, lambda at: at > y)


def _unbroken(shape: Points, keep: Callable[[Points], npt.NDArray[np.bool]]) -> Points:
    """Return the kept points, starting after the widest gap, so that the path does not jump."""
    kept = shape[keep(shape[:, 1])]
    gaps = np.hypot(*(np.roll(kept, -1, axis=0) - kept).T)
    return np.roll(kept, -int(np.argmax(gaps)) - 1, axis=0)


def base_panel(shape: Points, z: float, height: float) -> list[Part]:
    """Return a reinforced base: the outline's lowest part in the base's leather."""
    low = clip_below(shape, height)
    level = low[np.abs(low[:, 1] - height) < 1e-9]
    a, b = float(level[:, 0].min()), float(level[:, 0].max())
    path = np.array([[a + 0.01, height - 0.02], [b - 0.01, height - 0.02]])
    return [
        Part((lay(low, z),), Skin.BASE, edge=0.012, lift=0.004),
        *seam(lay(resample(path, 30), z)),
    ]


def pocket(
    x: float,
    y: float,
    width: float,
    height: float,
    z: float,
    *,
    corner: float = 0.06,
    puff: float = 0.06,
    skin: Skin = Skin.BODY,
) -> list[Part]:
    """Return a sewn-on pocket about (x, y), with stitches at three sides and a bound mouth."""
    a, b = width / 2, height / 2
    shape = outline(
        [
            Corner(x - a, y + b, 0.012),
            Corner(x + a, y + b, 0.012),
            Corner(x + a, y - b, corner),
            Corner(x - a, y - b, corner),
        ]
    )
    mouth = np.array([[x - a + 0.01, y + b - 0.014], [x + a - 0.01, y + b - 0.014]])
    return [
        Part((lay(shape, z),), skin, edge=0.012, puff=puff, lift=0.012),
        *lower_seam(shape, z, y + b - 0.03, 0.018),
        strap(lay(resample(mouth, 8), z), 0.022, lift=0.004),
    ]


def piping(shape: Points, z: float, width: float = 0.018) -> Part:
    """Return a round cord sewn into the front's outline."""
    return cord(around(resample(closed(shape), 260)[:-1], z), width, lift=0.004)


def box_foot(width: float, depth: float) -> Points:
    """Return a footprint (n, 2: x and z) with rounded corners."""
    return ellipse(width / 2, depth / 2, 6.0)


def round_foot(width: float) -> Points:
    """Return the footprint of a round bag drawn in one plane: a little behind that plane."""
    return move(ellipse(width * 0.44, width * 0.1), 0, -width * 0.1)
