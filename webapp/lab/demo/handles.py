"""Handles and straps, with the tabs and rings that hold them."""

import numpy as np

from webapp.lab.demo.curves import Points, arch, bezier, inset, resample, ribbon
from webapp.lab.demo.hardware import buckle, chape
from webapp.lab.demo.parts import Part, Skin, band, chain, cord, disc, lay, move, ring, seam, strap


def legged_arch(half_width: float, foot: float, rim: float, top: float, power: float) -> Points:
    """Return an arch (n, 2) with straight legs from `foot` up to `rim`, `top` its highest."""
    bow = move(arch(half_width, top - rim, power, 90), 0, rim)
    left, right = np.array([[-half_width, foot]]), np.array([[half_width, foot]])
    return resample(np.concatenate([left, bow, right]), 150)


def tote_handle(
    half_width: float,
    foot: float,
    rim: float,
    top: float,
    z: float,
    width: float,
    kind: str,
    *,
    front: bool,
) -> list[Part]:
    """Return one of two handles: a flat strap, a rolled cord on rings, or a chain."""
    if kind == "rolled":
        return _rolled(half_width, rim, top, z, width, front=front)
    start = foot if front else rim - 0.05
    path = lay(legged_arch(half_width, start, rim, top, 2.5), z)
    if kind == "chain":
        return chain(path, 0.07)
    parts = [strap(path, width, lift=0.014 if front else 0.006)]
    if front:
        edge = lay(inset(ribbon(path, width)[:, :2], width * 0.17), z)
        parts += seam(np.concatenate([edge, edge[:1]]), stitch=0.014)
    return parts


def _rolled(
    half_width: float, rim: float, top: float, z: float, width: float, *, front: bool
) -> list[Part]:
    low = rim - 0.085 if front else rim - 0.02
    path = lay(legged_arch(half_width, low + 0.06, rim, top, 2.2), z)
    thick = width * 0.8
    parts: list[Part] = []
    for side in (-1.0, 1.0):
        x = side * half_width
        if front:
            parts += chape(x, low, z, width * 1.25, 0.125)
        parts.append(
            ring(
                x, low + 0.028, z, width * 0.62, 0.04, 0.012, power=2.6, lift=0.008 if front else 0
            )
        )
    ends = np.ones(len(path))
    ends[:10] = np.linspace(0.72, 1, 10)
    ends[-10:] = ends[:10][::-1]
    parts.append(cord(path, thick * ends, lift=0.016 if front else 0.0))
    return parts


def top_handle(
    half_width: float, low: float, top: float, z: float, width: float, kind: str
) -> list[Part]:
    """Return one upright handle on two tabs with rings on top of the bag."""
    parts: list[Part] = []
    path = lay(move(arch(half_width, top - low - 0.03, 2.5, 110), 0, low + 0.03), z)
    for side in (-1.0, 1.0):
        x = side * half_width
        parts += [
            strap(
                np.array([[x, low - 0.035, z], [x, low, z], [x, low + 0.012, z]]),
                width * 1.1,
                lift=0.0,
            ),
            ring(x, low + 0.022, z, width * 0.66, 0.026, 0.011, power=3),
        ]
    if kind == "chain":
        return [*parts, *chain(path, 0.075, 0.015)]
    swell = 1 + 0.35 * np.sin(np.linspace(0, np.pi, len(path)))
    body = cord(path, width * 0.72 * swell, lift=0.0)
    return [*parts, body, *seam(path[4:-4], stitch=0.014)] if kind == "flat" else [*parts, body]


def hung(half_width: float, low: float, top: float, crown: float) -> Points:
    """Return a strap (n, 2) as it hangs from a hook: nearly straight sides, a round crown."""
    left = bezier(
        (-half_width, low),
        (-half_width * 0.97, low + (top - low) * 0.5),
        (-half_width * crown, top),
        (0, top),
        64,
    )
    return resample(np.concatenate([left, left[-2::-1] * np.array([-1.0, 1.0])]), 120)


def shoulder_loop(
    half_width: float, low: float, top: float, width: float, kind: str, *, crown: float = 0.5
) -> list[Part]:
    """Return a long strap between rings at both sides, to be drawn before the bag."""
    curve = hung(half_width, low, top, crown)
    rings = [
        ring(side * half_width, low - 0.012, 0.0, 0.026, 0.03, 0.01, power=2.6, lift=0.0)
        for side in (-1.0, 1.0)
    ]
    if kind == "chain":
        return [*rings, *chain(lay(curve, 0.0), 0.064)]
    across = np.zeros((len(curve), 3))
    across[:, 2] = width
    across[:, 0] = width * 0.2
    return [*rings, *band(lay(curve, 0.0), across)]


def side_tabs(half_width: float, y: float, z: float, width: float) -> list[Part]:
    """Return tabs at both sides for the rings of a shoulder strap."""
    parts: list[Part] = []
    for side in (-1.0, 1.0):
        x = side * half_width
        parts.append(
            strap(
                np.array([[x, y - 0.09, z], [x, y - 0.04, z], [x, y + 0.008, z]]), width, lift=0.004
            )
        )
        parts.append(disc(x, y - 0.06, z, width * 0.16, lift=0.0))
    return parts


def buckled_strap(x: float, top: float, low: float, z: float, width: float) -> list[Part]:
    """Return a strap that comes down over a flap, through a buckle, to a pointed end."""
    path = resample(np.array([[x, top, z], [x, low - 0.042, z]]), 24)
    taper = np.ones(24)
    taper[-4:] = np.array([0.97, 0.86, 0.66, 0.34])
    middle = low + 0.06
    keeper = np.array(
        [[x - width * 0.62, middle - 0.055, z], [x + width * 0.62, middle - 0.055, z]]
    )
    return [
        Part((ribbon(path, width * taper),), Skin.TRIM, edge=0.009, lift=0.012),
        *buckle(x, middle, z, width * 1.5, width * 1.4),
        strap(resample(keeper, 4), 0.02, lift=0.006),
    ]
