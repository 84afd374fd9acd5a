"""Plane curves: outlines with soft corners, arches, ribbons and dashes.

All points are float arrays, x to the right and y up, in bag units (a bag is about 1 wide).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

CORNER_PULL = 0.62  # how far Bézier handles reach to the tip of a corner, 0 to 1
CORNER_POINTS = 14
EDGE_POINTS = 26


class Corner(NamedTuple):
    """A corner of an outline; `bulge` bows the edge that follows it, as a share of its length."""

    x: float
    y: float
    radius: float = 0.0
    bulge: float = 0.0


def bezier(
    p0: Sequence[float], p1: Sequence[float], p2: Sequence[float], p3: Sequence[float], n: int = 40
) -> Points:
    """Sample one cubic Bézier at `n` points, ends included."""
    t = np.linspace(0.0, 1.0, n)[:, None]
    a, b, c, d = (np.asarray(p, dtype=np.float64) for p in (p0, p1, p2, p3))
    s = 1.0 - t
    return s**3 * a + 3 * s**2 * t * b + 3 * s * t**2 * c + t**3 * d


def outline(corners: Sequence[Corner]) -> Points:
    """Close a path through the corners, clockwise from the first, every corner eased."""
    count = len(corners)
    edges = [_edge(corners[i], corners[(i + 1) % count]) for i in range(count)]
    pieces: list[Points] = []
    for i, edge in enumerate(edges):
        before = edges[i - 1]
        tip = np.array([corners[i].x, corners[i].y])
        start, end = before[-1], edge[0]
        if corners[i].radius > 0:
            pieces.append(
                bezier(
                    start,
                    start + (tip - start) * CORNER_PULL,
                    end + (tip - end) * CORNER_PULL,
                    end,
                    CORNER_POINTS,
                )
            )
        pieces.append(edge)
    return np.concatenate(pieces)


def first_edge(shape: Points) -> Points:
    """Return the first straight or bowed edge of an outline whose first corner is eased."""
    return shape[CORNER_POINTS : CORNER_POINTS + EDGE_POINTS]


def _edge(a: Corner, b: Corner, n: int = EDGE_POINTS) -> Points:
    start, end = np.array([a.x, a.y]), np.array([b.x, b.y])
    along = end - start
    out = np.array([-along[1], along[0]])
    middle = (start + end) / 2 + out * a.bulge * 2
    t = np.linspace(0.0, 1.0, 65)[:, None]
    curve = (1 - t) ** 2 * start + 2 * (1 - t) * t * middle + t**2 * end
    length = lengths(curve)
    total = float(length[-1])
    head, tail = min(a.radius, total * 0.499), min(b.radius, total * 0.499)
    return at(curve, np.linspace(head, total - tail, n))


def lengths(path: Points) -> Points:
    """Distance travelled along the path at each of its points."""
    steps = np.sqrt((np.diff(path, axis=0) ** 2).sum(axis=1))
    return np.concatenate([[0.0], np.cumsum(steps)])


def at(path: Points, distances: Points) -> Points:
    """Points of the path at the distances travelled."""
    travelled = lengths(path)
    return np.stack(
        [np.interp(distances, travelled, path[:, k]) for k in range(path.shape[1])], axis=1
    )


def resample(path: Points, n: int) -> Points:
    """Return the same path with `n` evenly spread points."""
    return at(path, np.linspace(0.0, float(lengths(path)[-1]), n))


def closed(path: Points) -> Points:
    """Return the path with its first point again at its end."""
    return np.concatenate([path, path[:1]])


def arch(half_width: float, height: float, power: float = 2.3, n: int = 70) -> Points:
    """Return a superellipse arch from (-half_width, 0) over (0, height) to (half_width, 0)."""
    t = np.linspace(np.pi, 0.0, n)
    cos, sin = np.cos(t), np.sin(t)
    x = np.sign(cos) * np.abs(cos) ** (2 / power) * half_width
    return np.stack([x, np.abs(sin) ** (2 / power) * height], axis=1)


def ellipse(half_width: float, half_height: float, power: float = 2.0, n: int = 72) -> Points:
    """Return a closed superellipse about the origin."""
    t = np.linspace(0.0, 2 * np.pi, n, endpoint=False)
    cos, sin = np.cos(t), np.sin(t)
    return np.stack(
        [
            np.sign(cos) * np.abs(cos) ** (2 / power) * half_width,
            np.sign(sin) * np.abs(sin) ** (2 / power) * half_height,
        ],
        axis=1,
    )


def normals(path: Points, *, is_closed: bool = False) -> Points:
    """Unit normals in the x-y plane, to the left of the direction of travel."""
    if is_closed:
        tangent = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0)
    else:
        tangent = np.gradient(path, axis=0)
    size = np.hypot(tangent[:, 0], tangent[:, 1]) + 1e-9
    return np.stack([-tangent[:, 1] / size, tangent[:, 0] / size], axis=1)


def inset(path: Points, distance: float) -> Points:
    """Return a closed outline moved inward by `distance`."""
    x, y = path[:, 0], path[:, 1]
    area = float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())
    even = resample(closed(path), max(len(path), 120))[:-1]
    return even + normals(even, is_closed=True) * distance * (1 if area > 0 else -1)


def ribbon(path: Points, width: float | Points) -> Points:
    """Return the outline of a stroke along a path; `width` is one number, or one for each point."""
    half = np.broadcast_to(np.asarray(width) / 2, (len(path),))[:, None]
    side = np.zeros_like(path)
    side[:, :2] = normals(path) * half
    return np.concatenate([path + side, (path - side)[::-1]])


def dashes(path: Points, length: float, gap: float, width: float) -> list[Points]:
    """Small quadrilaterals along the path, as stitches lie along a seam."""
    total = float(lengths(path)[-1])
    count = max(1, round(total / (length + gap)))
    starts = np.arange(count, dtype=np.float64) * (total / count)
    head = at(path, starts)
    tail = at(path, np.minimum(starts + length * total / count / (length + gap), total))
    along = tail - head
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    side = np.zeros_like(head)
    side[:, 0], side[:, 1] = -along[:, 1] * width / 2, along[:, 0] * width / 2
    return list(np.stack([head + side, tail + side, tail - side, head - side], axis=1))


def clip_below(path: Points, y: float) -> Points:
    """Return the part of a closed outline below the height `y`, closed by a level edge."""
    kept = []
    for a, b in zip(path, np.roll(path, -1, axis=0), strict=True):
        if a[1] <= y:
            kept.append(a)
        if (a[1] <= y) != (b[1] <= y):
            kept.append(a + (b - a) * (y - a[1]) / (b[1] - a[1]))
    return np.array(kept)
