"""The parts that make a bag, in bag space."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from webapp.lab.demo.curves import (
    Points,
    closed,
    dashes,
    ellipse,
    lengths,
    normals,
    resample,
    ribbon,
)


class Skin(StrEnum):
    """The role of a part's surface, for which a bag's coats have a material and a colour."""

    BODY = "body"
    SIDE = "side"
    TRIM = "trim"
    BASE = "base"
    LINING = "lining"
    METAL = "metal"
    THREAD = "thread"
    GROOVE = "groove"


@dataclass(frozen=True, slots=True)
class Fold:
    """A crease in a panel along a path (n, 3); width and depth in bag units."""

    path: Points
    width: float
    depth: float


@dataclass(frozen=True, slots=True)
class Part:
    """Polygons (n, 3) of one skin that are lit and drawn together; lengths are in bag units.

    `edge`: the radius of the rounded rim. `puff`: how much the middle swells. `barrel`: how far it
    bends away at both sides. `lift`: the height above what is below, which sets the shadow.
    `tone`: a factor of brightness. `facing`: a normal for each polygon, (polygons, 3), where they
    face different ways.
    """

    shapes: tuple[Points, ...]
    skin: Skin
    edge: float = 0.012
    puff: float = 0.0
    barrel: float = 0.0
    lift: float = 0.0
    tone: float = 1.0
    holes: tuple[Points, ...] = ()
    folds: tuple[Fold, ...] = ()
    facing: Points | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A bag: its parts from back to front, and its footprint (n, 2: x and z)."""

    parts: tuple[Part, ...]
    foot: Points


def lay(path: Points, z: float | Points) -> Points:
    """Return plane points (n, 2) in bag space at depth `z`, (n, 3)."""
    return np.column_stack([path, np.broadcast_to(np.asarray(z, dtype=np.float64), len(path))])


def move(path: Points, x: float, y: float) -> Points:
    """Return a path moved in the plane."""
    moved = path.copy()
    moved[:, 0] += x
    moved[:, 1] += y
    return moved


def sweep(
    a: Points, b: Points, skin: Skin, *, tone: float = 1.0, edge: float = 0.01, lift: float = 0.0
) -> Part:
    """Return the strip between two paths (n, 3), each of its pieces with its own normal."""
    quads = np.stack([a[:-1], b[:-1], b[1:], a[1:]], axis=1)
    face = np.cross(quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0])
    size = np.linalg.norm(face, axis=1, keepdims=True) + 1e-12
    return Part(tuple(quads), skin, edge=edge, tone=tone, lift=lift, facing=face / size)


def gusset(path: Points, depth: float, skin: Skin = Skin.SIDE, *, n: int = 110) -> Part:
    """Return the side of a bag along its clockwise outline (n, 2), open or closed.

    It reaches a little under the front, so that no backdrop shows between the two.
    """
    even = resample(path, n)
    front = even - normals(even) * 0.007
    return sweep(lay(even, -depth / 2), lay(front, depth / 2), skin, tone=0.94, edge=0.006)


def band(path: Points, across: Points, skin: Skin = Skin.TRIM, *, lift: float = 0.0) -> list[Part]:
    """Return a flat strap along a path (n, 3), as wide as the vectors `across` (n, 3)."""
    a, b = path - across / 2, path + across / 2
    face = sweep(a, b, skin, lift=lift, edge=0.008)
    return [face, cord(b, 0.011, skin, tone=0.62)]


def cord(
    path: Points,
    width: float | Points,
    skin: Skin = Skin.TRIM,
    *,
    lift: float = 0.0,
    tone: float = 1.0,
) -> Part:
    """Return a round cord or piping along a path (n, 3)."""
    thick = float(np.max(np.asarray(width)))
    return Part((ribbon(path, width),), skin, edge=thick * 0.5, lift=lift, tone=tone)


def strap(path: Points, width: float, skin: Skin = Skin.TRIM, *, lift: float = 0.012) -> Part:
    """Return a flat strip that faces the viewer, along a path (n, 3)."""
    return Part((ribbon(path, width),), skin, edge=min(0.009, width * 0.3), lift=lift)


def seam(path: Points, *, stitch: float = 0.014) -> list[Part]:
    """Return stitches in a groove along a path (n, 3)."""
    groove = Part((ribbon(path, 0.0062),), Skin.GROOVE)
    threads = dashes(path, stitch, stitch * 0.5, 0.0042)
    return [groove, Part(tuple(threads), Skin.THREAD, edge=0.002)]


def ring(
    x: float,
    y: float,
    z: float,
    half_width: float,
    half_height: float,
    thick: float = 0.012,
    *,
    power: float = 2.0,
    lift: float = 0.012,
    skin: Skin = Skin.METAL,
) -> Part:
    """Return a ring of round wire, seen from the front."""
    outer = lay(move(ellipse(half_width, half_height, power), x, y), z)
    inner = lay(move(ellipse(half_width - thick, half_height - thick, power), x, y), z)
    return Part((outer,), skin, holes=(inner,), edge=thick * 0.5, lift=lift)


def disc(
    x: float,
    y: float,
    z: float,
    radius: float,
    skin: Skin = Skin.METAL,
    *,
    lift: float = 0.01,
    dome: float = 0.6,
) -> Part:
    """Return a round stud or ball."""
    return Part((lay(move(ellipse(radius, radius), x, y), z),), skin, edge=radius * dome, lift=lift)


def chain(
    path: Points, link: float = 0.062, wire: float = 0.0125, *, lift: float = 0.01
) -> list[Part]:
    """Return oval links along a path (n, 3), every second one seen from its edge."""
    total = float(lengths(path)[-1])
    count = max(4, 2 * round(total / (link * 0.66) / 2))
    even = resample(path, count * 2 + 1)
    across = normals(even)
    flat: list[Points] = []
    outer: list[Points] = []
    inner: list[Points] = []
    for k in range(count):
        centre = even[2 * k + 1]
        out = across[2 * k + 1]
        along = np.array([out[1], -out[0]])
        reach = total / count * 0.76
        if k % 2:
            ends = np.stack([centre, centre])
            ends[0, :2] -= along * reach
            ends[1, :2] += along * reach
            flat.append(
                ribbon(resample(ends, 7), wire * np.array([0.6, 1.3, 1.6, 1.6, 1.6, 1.3, 0.6]))
            )
        else:
            for shapes, cut in ((outer, 0.0), (inner, wire)):
                oval = ellipse(reach - cut, link * 0.34 - cut, 2.3, 22)
                spun = oval[:, :1] * along + oval[:, 1:] * out
                shapes.append(lay(centre[:2] + spun, centre[2]))
    return [
        Part(tuple(flat), Skin.METAL, edge=wire * 0.7, lift=lift, tone=0.92),
        Part(tuple(outer), Skin.METAL, holes=tuple(inner), edge=wire * 0.5, lift=lift),
    ]


def around(shape: Points, z: float) -> Points:
    """Return a closed outline as a path (n, 3) that ends at its start."""
    return lay(closed(shape), z)


def join(*groups: Part | Sequence[Part]) -> tuple[Part, ...]:
    """Return parts and lists of parts as one flat tuple, in order."""
    flat: list[Part] = []
    for group in groups:
        flat.extend([group] if isinstance(group, Part) else group)
    return tuple(flat)
