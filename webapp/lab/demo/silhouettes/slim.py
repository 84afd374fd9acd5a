"""Small and flat bags: clutch, baguette, frame bag and belt bag."""

import numpy as np

from webapp.lab.demo.curves import Corner, arch, bezier, closed, outline, resample
from webapp.lab.demo.design import Design
from webapp.lab.demo.handles import shoulder_loop, top_handle
from webapp.lab.demo.hardware import buckle, lock, studs, zip_line
from webapp.lab.demo.parts import (
    Fold,
    Form,
    Part,
    Skin,
    band,
    chain,
    cord,
    disc,
    join,
    lay,
    move,
    strap,
)
from webapp.lab.demo.silhouettes.shell import (
    box_foot,
    edge_seam,
    flap,
    lower_seam,
    piping,
    shell,
    trapezoid,
)


def clutch(d: Design) -> Form:
    """A wide envelope."""
    width, height, depth = d.size("width"), d.size("height"), d.size("depth")
    shape = trapezoid(width, width, height, shoulder=0.03, heel=0.03, sag=0.006)
    z = depth / 2
    low = height * d.size("flap")
    kind = d.pick("flap")
    point = {"point": height - low - 0.1, "curve": (height - low) * 0.42, "straight": 0.0}[kind]
    corner = {"point": 0.035, "curve": 0.2, "straight": 0.04}[kind]
    cover, edge = flap(width + 0.006, height + 0.003, low, z, corner=corner, point=point)
    side, front = shell(shape, depth, puff=0.05, edge=0.018)
    strap_parts: list[Part] = []
    if d.pick("strap") == "chain":
        curve = bezier(
            (-width * 0.46, height - 0.02),
            (-width * 0.5, height + 0.5),
            (width * 0.5, height + 0.5),
            (width * 0.46, height - 0.02),
            120,
        )
        strap_parts = chain(lay(curve, -z), 0.06)
    elif d.pick("strap") == "wrist":
        curve = bezier(
            (width * 0.48, height * 0.8),
            (width * 0.72, height * 0.95),
            (width * 0.74, height * 0.1),
            (width * 0.485, height * 0.7),
            80,
        )
        strap_parts = [strap(lay(curve, -z), 0.04)]
    dots = (
        studs(lay(edge[edge[:, 1] < height - 0.06] * 0.97 + np.array([0, 0.012]), z), 21)
        if d.pick("trim") == "studs"
        else lower_seam(edge, z, height - 0.02, 0.02)
    )
    return Form(
        join(
            strap_parts,
            side,
            front,
            edge_seam(shape, z),
            cover,
            dots,
            lock(d.pick("closure"), 0, low + 0.055, z, 0.052),
        ),
        box_foot(width, depth),
    )


def baguette(d: Design) -> Form:
    """A long, low bag that sits under the arm."""
    width, height, depth = d.size("width"), d.size("height"), d.size("depth")
    shape = trapezoid(
        width * 0.97, width, height, shoulder=0.05, heel=d.size("heel"), sag=-0.012, base=0.012
    )
    z = depth / 2
    low = height * d.size("flap")
    cover, edge = flap(width * 0.975, height + 0.002, low, z, corner=d.size("corner"), flare=0.004)
    side, front = shell(shape, depth, puff=0.13, edge=0.03)
    loop = shoulder_loop(
        width * 0.46, height * 0.96, height + d.size("drop"), d.size("strap"), d.pick("handle")
    )
    return Form(
        join(
            loop,
            side,
            front,
            edge_seam(shape, z),
            cover,
            lower_seam(edge, z, height - 0.03),
            lock(d.pick("closure"), 0, low + 0.045, z, 0.062),
        ),
        box_foot(width * 0.96, depth),
    )


def frame(d: Design) -> Form:
    """A gathered pouch in a metal frame with a kiss lock."""
    width, height, depth = d.size("width"), d.size("height"), d.size("depth")
    top = width * d.size("neck")
    hinge = height * 0.74
    shape = outline(
        [
            Corner(-top / 2, height, d.size("corner"), 0.03),
            Corner(top / 2, height, d.size("corner")),
            Corner(top / 2, hinge, 0.05, 0.04),
            Corner(width / 2, height * 0.2, height * 0.24, 0.03),
            Corner(width * 0.3, 0, 0.16, 0.02),
            Corner(-width * 0.3, 0, 0.16, 0.03),
            Corner(-width / 2, height * 0.2, height * 0.24, 0.04),
            Corner(-top / 2, hinge, 0.05),
        ]
    )
    z = depth / 2
    gathers = tuple(
        Fold(
            lay(
                bezier(
                    (x * top * 0.46, height - 0.03),
                    (x * top * 0.48, height * 0.7),
                    (x * width * 0.40, height * 0.6),
                    (x * width * 0.44, height * 0.34),
                    20,
                ),
                z,
            ),
            0.024,
            0.016,
        )
        for x in np.linspace(-0.94, 0.94, 8)
    )
    side, front = shell(shape, depth, puff=0.22, edge=0.05, folds=gathers)
    rail = closed(shape)[closed(shape)[:, 1] > hinge + 0.01]
    order = np.argsort(np.arctan2(rail[:, 1] - hinge, -rail[:, 0]))
    rail = resample(rail[order], 90)
    balls = [
        disc(x, height + 0.035 + 0.012 * abs(x) * 10, z, 0.034, lift=0.008, dome=0.9)
        for x in (-0.024, 0.026)
    ]
    if d.pick("handle") == "grip":
        loop = top_handle(top * 0.32, height + 0.012, height + 0.3, 0.0, 0.05, "flat")
    else:
        bow = move(arch(top * 0.5, d.size("drop"), 2.1, 110), 0, hinge + 0.04)
        loop = chain(lay(bow, -z), 0.062)
    return Form(
        join(
            loop,
            cord(lay(rail, -z), 0.034, Skin.METAL, tone=0.7),
            side,
            front,
            cord(lay(rail, z), 0.042, Skin.METAL, lift=0.008),
            disc(-top / 2, hinge + 0.01, z, 0.022),
            disc(top / 2, hinge + 0.01, z, 0.022),
            balls,
        ),
        box_foot(width * 0.66, depth),
    )


def belt(d: Design) -> Form:
    """A pouch on a belt which stands in a loop behind it."""
    width, height, depth = d.size("width"), d.size("height"), d.size("depth")
    shape = outline(
        [
            Corner(-width * 0.47, height, 0.07, 0.012),
            Corner(width * 0.47, height, 0.07, 0.02),
            Corner(width * 0.4, 0, height * 0.42, 0.03),
            Corner(-width * 0.4, 0, height * 0.42, 0.02),
        ]
    )
    z = depth / 2
    side, front = shell(shape, depth, puff=0.16, edge=0.035)
    t = np.linspace(0, np.pi, 130)
    loop = np.column_stack(
        [np.cos(t) * width * 0.66, np.full(130, height * 0.72), -0.05 - np.sin(t) * 0.9]
    )
    across = np.zeros((130, 3))
    across[:, 1] = -d.size("strap")
    line = lay(
        resample(np.array([[-width * 0.39, height * 0.8], [width * 0.39, height * 0.8]]), 30), z
    )
    closing: list[Part] = zip_line(line)
    if d.pick("front") == "flap":
        cover, edge = flap(width * 0.93, height, height * 0.34, z, corner=height * 0.36)
        closing = [
            cover,
            *lower_seam(edge, z, height - 0.03),
            *lock(d.pick("closure"), 0, height * 0.42, z, 0.05),
        ]
    y = height * 0.72
    wings = []
    for s in (-1.0, 1.0):
        tab = outline(
            [
                Corner(s * width * 0.4, y + 0.11, 0.02),
                Corner(s * width * 0.66, y + 0.045, 0.01),
                Corner(s * width * 0.66, y - 0.045, 0.01),
                Corner(s * width * 0.4, y - 0.13, 0.02),
            ]
        )
        wings.append(Part((lay(tab, -z * 0.4),), Skin.SIDE, edge=0.012))
        wings += buckle(s * width * 0.66, y, -z * 0.2, 0.05, d.size("strap") * 1.25)
    return Form(
        join(
            band(loop, across),
            wings,
            side,
            front,
            piping(shape, z),
            edge_seam(shape, z, 0.03),
            closing,
        ),
        box_foot(width * 0.58, depth),
    )
