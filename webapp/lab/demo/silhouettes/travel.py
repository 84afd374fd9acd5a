"""Bags for a weekend: the bowling bag and the backpack."""

import numpy as np

from webapp.lab.demo.curves import Corner, closed, ellipse, outline, resample
from webapp.lab.demo.design import Design
from webapp.lab.demo.handles import buckled_strap, tote_handle
from webapp.lab.demo.hardware import feet, puller, zip_line
from webapp.lab.demo.parts import Form, Part, Skin, band, cord, gusset, join, lay, move, strap
from webapp.lab.demo.silhouettes.shell import (
    above,
    base_panel,
    box_foot,
    edge_seam,
    flap,
    lower_seam,
    piping,
    pocket,
    shell,
)


def bowling(d: Design) -> Form:
    """A domed travel bag with a zip over its top and two rolled handles."""
    height, depth, width = d.size("height"), d.size("depth"), d.size("width")
    shape = outline(
        [
            Corner(-width * 0.39, height, height * 0.42, 0.03),
            Corner(width * 0.39, height, height * 0.42, 0.05),
            Corner(width / 2, 0.0, 0.09),
            Corner(-width / 2, 0.0, 0.09, 0.05),
        ]
    )
    z = depth / 2
    half, wide, reach = width * 0.2, d.size("strap"), height + d.size("drop")
    front = d.pick("front")
    details: list[Part] = []
    if front == "base":
        details = base_panel(shape, z, height * 0.24)
    elif front == "pocket":
        details = pocket(0, height * 0.33, width * 0.44, height * 0.42, z)
    arc = shape[shape[:, 1] > height * 0.45]
    return Form(
        join(
            tote_handle(
                half, height * 0.8, height - 0.02, reach, -z * 0.8, wide, "rolled", front=False
            ),
            gusset(np.concatenate([shape, shape[:1]]), depth),
            cord(lay(arc, 0.02), 0.02, Skin.METAL, tone=0.8),
            Part((lay(shape, z),), Skin.BODY, edge=0.03, puff=0.16),
            details,
            cord(lay(np.concatenate([shape, shape[:1]]), z), 0.018, lift=0.004),
            edge_seam(shape, z, 0.034),
            feet(width * 0.36, z),
            tote_handle(
                half, height * 0.8, height * 0.86, reach - 0.02, z, wide, "rolled", front=True
            ),
        ),
        box_foot(width * 0.96, depth),
    )


def backpack(d: Design) -> Form:
    """A rounded rucksack with a front pocket and a flap or a zip."""
    width, height, depth = d.size("width"), d.size("height"), d.size("depth")
    shape = outline(
        [
            Corner(-width * 0.45, height, width * 0.34, 0.03),
            Corner(width * 0.45, height, width * 0.34, 0.02),
            Corner(width / 2, 0, 0.09, 0.01),
            Corner(-width / 2, 0, 0.09, 0.02),
        ]
    )
    z = depth / 2
    side, front = shell(shape, depth, puff=0.12, edge=0.035)
    parts = [
        *_shoulders(width, height, -z),
        *_loop(height, -z * 0.5),
        side,
        front,
        piping(shape, z),
    ]
    if d.pick("closure") == "zip":
        arc = above(shape, height * 0.52) * np.array([0.86, 0.92]) + np.array([0, 0.012])
        parts += zip_line(lay(resample(arc, 80), z), pull=False)
        parts += puller(float(arc[-1, 0]), float(arc[-1, 1]) + 0.03, z)
        parts += pocket(0, height * 0.25, width * 0.7, height * 0.36, z, puff=0.12)
    else:
        cover, edge = flap(width * 0.86, height * 0.985, height * 0.5, z, corner=0.16, lift=0.02)
        parts += pocket(0, height * 0.22, width * 0.66, height * 0.32, z, puff=0.12)
        parts += [cover, *lower_seam(edge, z, height * 0.93)]
        if d.pick("closure") == "straps":
            for x in (-width * 0.2, width * 0.2):
                parts += buckled_strap(x, height * 0.7, height * 0.36, z, 0.06)
        else:
            parts += buckled_strap(0, height * 0.72, height * 0.36, z, 0.085)
    return Form(tuple(parts), box_foot(width * 0.97, depth))


def _shoulders(width: float, height: float, z: float) -> list[Part]:
    parts: list[Part] = []
    for side in (-1.0, 1.0):
        path = np.array(
            [
                [side * 0.1, height * 0.93],
                [side * width * 0.42, height * 0.86],
                [side * width * 0.62, height * 0.5],
                [side * width * 0.56, height * 0.16],
                [side * width * 0.42, 0.05],
            ]
        )
        t = np.linspace(0, 1, 60)[:, None]
        a, b, c, e, f = path
        s = 1 - t
        curve = s**4 * a + 4 * s**3 * t * b + 6 * s**2 * t**2 * c + 4 * s * t**3 * e + t**4 * f
        across = np.zeros((60, 3))
        across[:, 0] = side * 0.06
        across[:, 2] = 0.07
        parts += band(lay(curve, z - 0.05), across)
    return parts


def _loop(height: float, z: float) -> list[Part]:
    bow = move(ellipse(0.1, 0.13, 2.4, 60), 0, height)
    return [strap(lay(closed(bow[:31]), z), 0.04, lift=0.0)]
