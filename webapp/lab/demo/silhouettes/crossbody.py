"""Bags on a long strap: camera bag, saddle bag and canteen."""

import numpy as np

from webapp.lab.demo.curves import Corner, ellipse, outline, resample
from webapp.lab.demo.design import Design
from webapp.lab.demo.handles import shoulder_loop, side_tabs
from webapp.lab.demo.hardware import lock, tassel, zip_line
from webapp.lab.demo.parts import Form, Part, Skin, join, lay, move, strap
from webapp.lab.demo.silhouettes.shell import (
    box_foot,
    edge_seam,
    flap,
    lower_seam,
    piping,
    pocket,
    shell,
    trapezoid,
)


def camera(d: Design) -> Form:
    """A small rounded box with zips, on a long strap."""
    width, height, depth = d.size("width"), d.size("height"), d.size("depth")
    round_ = d.size("corner")
    shape = trapezoid(
        width, width, height, shoulder=round_, heel=round_, sag=0.012, base=0.008, side=0.008
    )
    z = depth / 2
    side, front = shell(shape, depth, puff=0.09, edge=0.035)
    line = lay(
        resample(np.array([[-width * 0.4, height * 0.79], [width * 0.4, height * 0.79]]), 30), z
    )
    details: list[Part] = []
    if d.pick("front") == "pocket":
        details = pocket(0, height * 0.36, width * 0.74, height * 0.5, z)
    elif d.pick("front") == "flap":
        cover, edge = flap(width * 0.72, height * 0.62, height * 0.24, z, corner=0.08)
        details = [
            *pocket(0, height * 0.34, width * 0.70, height * 0.5, z),
            cover,
            *lower_seam(edge, z, height * 0.6),
            *lock("stud", 0, height * 0.29, z),
        ]
    hang = tassel(width * 0.36, height * 0.77, z, 0.2) if d.pick("charm") == "tassel" else []
    loop = shoulder_loop(
        width * 0.5 - 0.01,
        height * 0.82,
        height + d.size("drop"),
        d.size("strap"),
        d.pick("handle"),
    )
    return Form(
        join(
            loop,
            side_tabs(width * 0.5 - 0.01, height * 0.84, 0, 0.045),
            side,
            front,
            piping(shape, z),
            edge_seam(shape, z, 0.03),
            zip_line(line),
            details,
            hang,
        ),
        box_foot(width * 0.92, depth),
    )


def saddle(d: Design) -> Form:
    """A rounded equestrian bag, narrow at the top, with a deep curved flap."""
    width, height, depth = d.size("width"), d.size("height"), d.size("depth")
    neck = width * d.size("neck")
    shape = outline(
        [
            Corner(-neck / 2, height, 0.06, 0.02),
            Corner(neck / 2, height, 0.06, 0.015),
            Corner(width / 2, height * 0.16, height * 0.3, 0.06),
            Corner(0, -0.0, width * 0.3, 0.06),
            Corner(-width / 2, height * 0.16, height * 0.3, 0.015),
        ]
    )
    shape[:, 1] -= shape[:, 1].min()
    z = depth / 2
    low = height * d.size("flap")
    wide = neck + (width - neck) * 0.5
    cover_shape = outline(
        [
            Corner(-neck / 2 - 0.006, height + 0.004, 0.05, 0.02),
            Corner(neck / 2 + 0.006, height + 0.004, 0.05, 0.02),
            Corner(wide / 2, low + height * 0.2, height * 0.2, 0.05),
            Corner(0, low, wide * 0.24, 0.05),
            Corner(-wide / 2, low + height * 0.2, height * 0.2, 0.02),
        ]
    )
    cover = Part((lay(cover_shape, z),), Skin.BODY, edge=0.012, lift=0.018)
    side, front = shell(shape, depth, puff=0.1, edge=0.03)
    loop = shoulder_loop(
        neck * 0.5 + 0.01, height * 0.93, height + d.size("drop"), d.size("strap"), d.pick("handle")
    )
    tip = float(cover_shape[:, 1].min())
    tongue = np.array([[0, tip + 0.11, z], [0, tip + 0.02, z], [0, tip - 0.06, z]])
    closing = [strap(tongue, 0.07, lift=0.01), *lock(d.pick("closure"), 0, tip + 0.0, z, 0.048)]
    return Form(
        join(
            loop,
            side_tabs(neck * 0.5 + 0.01, height * 0.94, 0, 0.045),
            side,
            front,
            edge_seam(shape, z),
            cover,
            lower_seam(cover_shape, z, height - 0.03),
            closing,
        ),
        ellipse(width * 0.2, depth / 2, 3),
    )


def canteen(d: Design) -> Form:
    """A round bag with a zip round its edge."""
    size, depth = d.size("width"), d.size("depth")
    shape = move(ellipse(size / 2, size * 0.49, 2.15, 120), 0, size * 0.49)[::-1]
    z = depth / 2
    side, front = shell(shape, depth, puff=0.1, edge=0.04)
    ringed = move(ellipse(size * 0.33, size * 0.325, 2.1, 120), 0, size * 0.49)[::-1]
    details: list[Part] = []
    if d.pick("front") == "medal":
        details = [
            Part((lay(ringed, z),), Skin.BASE, edge=0.014, puff=0.05, lift=0.008),
            *edge_seam(ringed, z),
        ]
    elif d.pick("front") == "ring":
        details = edge_seam(ringed, z, 0.0)
    loop = shoulder_loop(
        size * 0.43, size * 0.8, size + d.size("drop"), d.size("strap"), d.pick("handle")
    )
    hang = tassel(size * 0.3, size * 0.82, z, 0.2) if d.pick("charm") == "tassel" else []
    return Form(
        join(
            loop,
            side_tabs(size * 0.43, size * 0.82, 0, 0.045),
            side,
            front,
            piping(shape, z),
            details,
            edge_seam(shape, z, 0.032),
            hang,
        ),
        ellipse(size * 0.11, depth / 2, 3),
    )
