"""Soft bags: hobo, bucket and half-moon."""

import numpy as np

from webapp.lab.demo.curves import (
    Corner,
    Points,
    at,
    bezier,
    clip_below,
    closed,
    ellipse,
    first_edge,
    lengths,
    outline,
    resample,
    ribbon,
)
from webapp.lab.demo.design import Design
from webapp.lab.demo.handles import shoulder_loop, side_tabs
from webapp.lab.demo.hardware import lock, tassel, zip_line
from webapp.lab.demo.parts import (
    Fold,
    Form,
    Part,
    Skin,
    chain,
    cord,
    disc,
    join,
    lay,
    move,
    ring,
    seam,
    strap,
)
from webapp.lab.demo.silhouettes.shell import edge_seam, piping, round_foot, shell


def hobo(d: Design) -> Form:
    """A slouching crescent on one broad strap."""
    width, height, depth = d.size("width"), d.size("height"), d.size("depth")
    dip, horn = height * d.size("dip"), width * d.size("horn")
    sink = (height - dip) / (2 * horn) * 0.5
    shape = outline(
        [
            Corner(-horn, height, 0.045, -sink),
            Corner(horn, height, 0.045, 0.06),
            Corner(width / 2, height * 0.24, height * 0.3, 0.07),
            Corner(width * 0.24, 0, width * 0.2, 0.02),
            Corner(-width * 0.24, 0, width * 0.2, 0.07),
            Corner(-width / 2, height * 0.24, height * 0.3, 0.06),
        ]
    )
    z = depth / 2
    folds = _drape(width, height, horn, dip, z)
    side, front = shell(shape, depth, puff=0.26, edge=0.05, folds=folds)
    line = lay(resample(first_edge(shape), 60) - np.array([0, 0.03]), z)
    hang = tassel(horn * 0.55, dip + 0.01, z, 0.24) if d.pick("charm") == "tassel" else []
    zipper = zip_line(line[7:-7], tape=0.026, pull=not hang)
    return Form(
        join(side, front, zipper, hang, _broad_strap(d, horn, z)), ellipse(width * 0.24, z, 3)
    )


def _broad_strap(d: Design, horn: float, z: float) -> list[Part]:
    """The strap of a hobo, sewn or ringed to both horns."""
    height, wide = d.size("height"), d.size("strap")
    over, x = height + d.size("drop"), horn - 0.045
    foot = height - (0.01 if d.pick("joint") == "ring" else 0.1)
    path = bezier(
        (-x, foot), (-x * 0.99, foot + (over - foot) * 0.62), (-x * 0.46, over), (0, over), 80
    )
    path = np.concatenate([path, path[-2::-1] * np.array([-1.0, 1.0])])
    rings = [ring(s * x, height - 0.025, z, wide * 0.56, 0.05, 0.015, power=2.6) for s in (-1, 1)]
    if d.pick("handle") == "chain":
        return [*rings, *chain(lay(path, z), 0.085, 0.017)]
    t = np.linspace(0, np.pi, len(path))
    thick = wide * (1 - 0.3 * np.sin(t) ** 1.5)
    sewn = d.pick("joint") != "ring"
    thick[:5] *= np.array([0.62, 0.86, 0.95, 0.99, 1.0])
    thick[-5:] *= np.array([1.0, 0.99, 0.95, 0.86, 0.62])
    curve = lay(path, z)
    strip = Part((ribbon(curve, thick),), Skin.SIDE, edge=wide * 0.2, lift=0.012 if sewn else 0)
    edges = ribbon(curve, thick - 0.036)
    seams = [*seam(edges[: len(path)]), *seam(edges[len(path) :])]
    return [strip, *seams, *([] if sewn else rings)]


def _drape(width: float, height: float, horn: float, dip: float, z: float) -> tuple[Fold, ...]:
    """Creases that fall from both horns into the belly."""
    folds = []
    for side in (-1.0, 1.0):
        for k, (x, y) in enumerate(((0.06, 0.34), (0.2, 0.22), (0.34, 0.2), (0.44, 0.34))):
            path = bezier(
                (side * horn * 0.96, height * 0.93),
                (side * horn * (0.7 + 0.09 * k), height * 0.72),
                (side * width * (x + 0.04), dip * 0.8),
                (side * width * x, height * y),
                24,
            )
            folds.append(Fold(lay(path, z), 0.034 + 0.01 * (k % 2), 0.02))
    return tuple(folds)


def bucket(d: Design) -> Form:
    """A round drawstring bag, gathered below its lip."""
    top, bottom, height = d.size("top"), d.size("bottom"), d.size("height")
    neck = height * 0.84
    shape, rim = _gathered(top, bottom, height, neck)
    mouth = move(ellipse(top * 0.46, 0.042), 0, height)
    half = top * 0.45
    loop = shoulder_loop(
        half, neck, height + d.size("drop"), d.size("strap"), d.pick("handle"), crown=0.55
    )
    folds = _gathers(top, height, neck)
    base: list[Part] = []
    if d.pick("front") == "base":
        base = [Part((lay(clip_below(shape, 0.16), 0.0),), Skin.BASE, barrel=0.82, lift=0.005)]
    return Form(
        join(
            loop,
            side_tabs(half, neck + 0.02, 0, 0.045),
            Part((lay(mouth, 0.0),), Skin.LINING, tone=0.55, edge=0.02),
            cord(lay(mouth[:37], 0.0), 0.016, Skin.SIDE, tone=0.75),
            Part((lay(shape, 0.0),), Skin.BODY, edge=0.02, barrel=0.82, folds=folds),
            base,
            cord(lay(rim, 0.0), 0.017, Skin.SIDE, lift=0.002),
            _drawstring(half, neck, tassels=d.pick("charm") == "tassel"),
        ),
        round_foot(bottom),
    )


def _gathered(top: float, bottom: float, height: float, neck: float) -> tuple[Points, Points]:
    """The outline of a drawn-in bucket and the wavy line of its lip."""
    shape = outline(
        [
            Corner(-top * 0.47, height, 0.02, -0.035),
            Corner(top * 0.47, height, 0.02),
            Corner(top * 0.445, neck, 0.06, 0.055),
            Corner(bottom / 2, 0.035, 0.07, 0.055),
            Corner(-bottom / 2, 0.035, 0.07, 0.055),
            Corner(-top * 0.445, neck, 0.06),
        ]
    )
    even = resample(closed(shape), 420)[:-1]
    wave = np.cos(even[:, 0] / top * 2 * np.pi * 7.5) * 0.0085
    even[:, 1] += np.where(even[:, 1] > height - 0.09, wave, 0.0) * (
        np.clip((even[:, 1] - height + 0.09) / 0.05, 0, 1)
    )
    lip = even[(even[:, 1] > height - 0.05) & (np.abs(even[:, 0]) < top * 0.462)]
    return even, lip[np.argsort(lip[:, 0])]


def _gathers(top: float, height: float, neck: float) -> tuple[Fold, ...]:
    folds = []
    for k, x in enumerate(np.linspace(-0.88, 0.88, 11)):
        low = height * (0.52 + 0.14 * (k % 3) / 2)
        path = bezier(
            (x * top * 0.46, height - 0.012),
            (x * top * 0.445, neck + 0.02),
            (x * top * 0.445, neck - 0.08),
            (x * top * 0.47, low),
            16,
        )
        folds.append(Fold(lay(path, 0.0), 0.02, 0.02))
    return tuple(folds)


def _drawstring(half: float, neck: float, *, tassels: bool) -> list[Part]:
    """A cord through eyelets, knotted in front."""
    dip = 0.035
    x = np.linspace(-half, half, 60)
    string = np.column_stack([x, neck - dip * (1 - (x / half) ** 2)])
    eyes = at(string, (np.arange(6) + 0.5) / 6 * lengths(string)[-1])
    parts = [ring(float(a), float(b), 0.0, 0.024, 0.025, 0.009, lift=0.0) for a, b in eyes]
    parts.append(cord(lay(string, 0.0), 0.018, lift=0.01))
    for side, drop in ((-1.0, 0.12), (1.0, 0.16)):
        end = (side * 0.036, neck - drop)
        path = bezier(
            (0, neck - dip), (side * 0.055, neck - 0.05), (side * 0.05, neck - 0.08), end, 20
        )
        parts.append(cord(lay(path, 0.0), 0.017, lift=0.01))
        if tassels:
            parts += tassel(*end, 0.0, 0.17)
    return [*parts, disc(0, neck - dip - 0.008, 0.0, 0.024, Skin.TRIM, lift=0.01)]


def half_moon(d: Design) -> Form:
    """A half-moon: a straight zip above, a round belly below."""
    width, height, depth = d.size("width"), d.size("height"), d.size("depth")
    shape = outline(
        [
            Corner(-width / 2, height, 0.06, -d.size("dip")),
            Corner(width / 2, height, 0.06, 0.08),
            Corner(width * 0.3, 0.0, height * 0.5, 0.05),
            Corner(-width * 0.3, 0.0, height * 0.5, 0.08),
        ]
    )
    shape[:, 1] -= shape[:, 1].min()
    high = float(shape[:, 1].max())
    z = depth / 2
    side, front = shell(shape, depth, puff=0.2, edge=0.045)
    line = lay(resample(first_edge(shape), 60)[5:-5] - np.array([0, 0.05]), z)
    loop = shoulder_loop(
        width * 0.465,
        high - 0.02,
        high + d.size("drop"),
        d.size("strap"),
        d.pick("handle"),
        crown=0.4,
    )
    closing = (
        zip_line(line)
        if d.pick("closure") == "zip"
        else [
            strap(
                np.array([[0, high + 0.0, z], [0, high - 0.1, z], [0, high - 0.2, z]]),
                0.09,
                lift=0.012,
            ),
            *lock(d.pick("closure"), 0, high - 0.16, z, 0.05),
        ]
    )
    return Form(
        join(loop, side, front, piping(shape, z), edge_seam(shape, z, 0.03), closing),
        ellipse(width * 0.14, depth / 2, 3),
    )
