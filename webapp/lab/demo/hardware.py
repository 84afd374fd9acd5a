"""Metalware: locks, buckles, zips, rings, studs and feet, each a few parts."""

import numpy as np

from webapp.lab.demo.curves import Corner, Points, arch, at, dashes, ellipse, lengths, outline
from webapp.lab.demo.parts import Part, Skin, cord, disc, lay, move, ring, strap


def plate(
    x: float,
    y: float,
    z: float,
    width: float,
    height: float,
    radius: float = 0.012,
    skin: Skin = Skin.METAL,
    *,
    lift: float = 0.008,
    edge: float = 0.006,
) -> Part:
    """Return a flat plate with rounded corners about (x, y)."""
    a, b = width / 2, height / 2
    shape = outline(
        [Corner(-a, b, radius), Corner(a, b, radius), Corner(a, -b, radius), Corner(-a, -b, radius)]
    )
    return Part((lay(move(shape, x, y), z),), skin, edge=edge, lift=lift)


def turn_lock(x: float, y: float, z: float, size: float = 0.05) -> list[Part]:
    """Return an oval plate with a bar to turn."""
    oval = lay(move(ellipse(size, size * 0.62, 2.6), x, y), z)
    return [
        Part((oval,), Skin.METAL, edge=0.008, lift=0.01),
        plate(x, y, z, size * 0.34, size * 0.86, size * 0.15, lift=0.012, edge=0.008),
    ]


def push_lock(x: float, y: float, z: float, size: float = 0.05) -> list[Part]:
    """Return a square plate with a round button."""
    return [plate(x, y, z, size * 1.5, size * 1.15, 0.01), disc(x, y, z, size * 0.33, lift=0.008)]


def bar_lock(x: float, y: float, z: float, size: float = 0.05) -> list[Part]:
    """Return a slim upright bar in a frame."""
    return [
        ring(x, y, z, size * 0.62, size * 0.86, 0.011, power=4),
        plate(x, y, z, size * 0.36, size * 2.0, size * 0.16, lift=0.01, edge=0.01),
    ]


def hoop_lock(x: float, y: float, z: float, size: float = 0.05) -> list[Part]:
    """Return a large ring on a short tongue."""
    return [
        plate(x, y + size * 0.35, z, size * 0.8, size * 1.6, size * 0.3, Skin.TRIM, lift=0.008),
        ring(x, y - size * 0.5, z, size, size, 0.014),
    ]


LOCKS = {"turn": turn_lock, "push": push_lock, "bar": bar_lock, "hoop": hoop_lock}


def lock(kind: str, x: float, y: float, z: float, size: float = 0.05) -> list[Part]:
    """Return a lock by name; "stud" is a small snap, "none" nothing."""
    if kind == "none":
        return []
    if kind == "stud":
        return [disc(x, y, z, size * 0.36, dome=0.7)]
    return LOCKS[kind](x, y, z, size)


def buckle(x: float, y: float, z: float, width: float, height: float) -> list[Part]:
    """Return a frame with a prong, for a strap of that width that runs through it."""
    prong = np.array([[x, y + height * 0.42, z], [x, y - height * 0.52, z]])
    return [
        ring(x, y, z, width / 2, height / 2, 0.012, power=5, lift=0.008),
        cord(prong, 0.009, Skin.METAL, lift=0.004),
    ]


def chape(x: float, y: float, z: float, width: float, height: float) -> list[Part]:
    """Return a leather tab hanging from (x, y), as holds a ring, with its rivet."""
    a = width / 2
    shape = outline(
        [
            Corner(-a, 0, 0.006),
            Corner(a, 0, 0.006),
            Corner(a * 0.92, -height, a * 0.8),
            Corner(-a * 0.92, -height, a * 0.8),
        ]
    )
    return [
        Part((lay(move(shape, x, y), z),), Skin.TRIM, edge=0.008, lift=0.008),
        disc(x, y - height * 0.68, z, width * 0.15, lift=0.002),
    ]


def zip_line(path: Points, *, tape: float = 0.034, pull: bool = True) -> list[Part]:
    """Return a zip along a path (n, 3): tape, teeth and, at its end, the slider."""
    teeth = dashes(path, 0.0075, 0.0055, 0.0125)
    parts = [strap(path, tape, Skin.LINING, lift=0.0), Part(tuple(teeth), Skin.METAL, edge=0.003)]
    if pull:
        end = at(path, np.array([float(lengths(path)[-1]) * 0.955]))[0]
        parts += puller(float(end[0]), float(end[1]), float(end[2]))
    return parts


def puller(x: float, y: float, z: float, drop: float = 0.085) -> list[Part]:
    """Return a slider with a leather pull."""
    tongue = outline(
        [
            Corner(-0.009, 0),
            Corner(0.009, 0),
            Corner(0.014, -drop, 0.012),
            Corner(-0.014, -drop, 0.012),
        ]
    )
    return [
        plate(x, y, z, 0.03, 0.02, 0.006, lift=0.005),
        ring(x, y - 0.018, z, 0.011, 0.014, 0.006, lift=0.004),
        Part((lay(move(tongue, x, y - 0.026), z),), Skin.TRIM, edge=0.006, lift=0.012),
    ]


def tassel(x: float, y: float, z: float, size: float = 0.16) -> list[Part]:
    """Return a knot with cut leather fringes hanging from (x, y)."""
    strips = []
    for k in np.linspace(-1, 1, 9):
        top = np.array([x + k * size * 0.1, y - size * 0.3, z])
        low = np.array([x + k * size * 0.21, y - size * (1.0 - 0.03 * abs(k)), z])
        strips.append(strap(np.stack([top, (top + low) / 2, low]), size * 0.062, lift=0.003))
    cap = outline(
        [
            Corner(-size * 0.07, 0, 0.01),
            Corner(size * 0.07, 0, 0.01),
            Corner(size * 0.12, -size * 0.34, 0.008),
            Corner(-size * 0.12, -size * 0.34, 0.008),
        ]
    )
    string = np.array([[x, y + 0.03, z], [x, y - 0.01, z]])
    return [
        cord(string, 0.012, lift=0.004),
        *strips,
        Part((lay(move(cap, x, y), z),), Skin.TRIM, edge=0.014, lift=0.008),
        plate(x, y - size * 0.27, z, size * 0.25, 0.014, 0.004, lift=0.002),
    ]


def feet(half_width: float, z: float) -> list[Part]:
    """Return two low studs below the front edge of the base."""
    return [disc(side * half_width, 0.004, z, 0.016, lift=0.0) for side in (-1, 1)]


def studs(path: Points, count: int, radius: float = 0.011) -> list[Part]:
    """Return evenly spaced round studs along a path (n, 3)."""
    total = float(lengths(path)[-1])
    spots = at(path, (np.arange(count) + 0.5) * total / count)
    return [disc(float(x), float(y), float(z), radius, lift=0.004) for x, y, z in spots]


def padlock(x: float, y: float, z: float, size: float = 0.05) -> list[Part]:
    """Return a small padlock hanging from (x, y)."""
    bow = move(arch(size * 0.42, size * 0.8, 2.2, 30), x, y - size * 0.8)
    return [
        cord(lay(bow, z), 0.011, Skin.METAL, lift=0.008),
        plate(x, y - size * 1.35, z, size * 1.25, size * 1.2, 0.014, lift=0.012, edge=0.012),
    ]
