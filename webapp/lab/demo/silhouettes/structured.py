"""Bags that hold their shape: the satchel and the top-handle box."""

import numpy as np

from webapp.lab.demo.curves import resample
from webapp.lab.demo.design import Design
from webapp.lab.demo.handles import buckled_strap, shoulder_loop, top_handle
from webapp.lab.demo.hardware import feet, lock, padlock
from webapp.lab.demo.parts import Form, Part, join, strap
from webapp.lab.demo.silhouettes.shell import (
    box_foot,
    edge_seam,
    flap,
    lower_seam,
    pocket,
    shell,
    trapezoid,
)


def satchel(d: Design) -> Form:
    """A school bag: flap, two buckled straps or one lock, top handle."""
    width, height, depth = d.size("width"), d.size("height"), d.size("depth")
    shape = trapezoid(width * d.size("taper"), width, height, shoulder=0.05, heel=0.06)
    z = depth / 2
    low = height * d.size("flap")
    cover, edge = flap(
        width * d.size("taper") + 0.012,
        height + 0.004,
        low,
        z,
        corner=d.size("corner"),
        flare=0.006,
    )
    side, front = shell(shape, depth, puff=0.05)
    inner = (
        pocket(0, low * 0.52, width * 0.78, low * 0.72, z) if d.pick("front") == "pocket" else []
    )
    closing: list[Part] = []
    if d.pick("closure") == "straps":
        for x in (-width * 0.27, width * 0.27):
            closing += buckled_strap(x, height + 0.002, low - 0.09, z, 0.075)
    else:
        closing = lock(d.pick("closure"), 0, low + 0.035, z, 0.06)
    loop = (
        shoulder_loop(width * 0.47, height * 0.9, height + d.size("drop"), 0.06, "flat")
        if d.pick("strap") == "long"
        else []
    )
    grip = top_handle(width * 0.17, height + 0.012, height + 0.21, 0.0, 0.056, "flat")
    return Form(
        join(
            loop,
            side,
            grip,
            front,
            edge_seam(shape, z),
            inner,
            cover,
            lower_seam(edge, z, height - 0.03),
            closing,
        ),
        box_foot(width, depth),
    )


def box(d: Design) -> Form:
    """A stiff box with one arched handle."""
    top, bottom, height, depth = (d.size(n) for n in ("top", "bottom", "height", "depth"))
    shape = trapezoid(top, bottom, height, shoulder=0.02, heel=0.035)
    z = depth / 2
    low = height * d.size("flap")
    cover, edge = flap(
        top + 0.006,
        height + 0.003,
        low,
        z,
        corner=0.05,
        flare=(bottom - top) / 2 * (1 - d.size("flap")) + 0.004,
        point=d.size("point"),
    )
    side, front = shell(shape, depth, puff=0.03, edge=0.02)
    grip = top_handle(
        top * 0.26, height + 0.008, height + d.size("drop"), 0.0, 0.062, d.pick("handle")
    )
    belt: list[Part] = []
    if d.pick("belt") == "belt":
        path = np.array(
            [[-top / 2 - 0.02, low + 0.1, z], [0, low + 0.1, z], [top / 2 + 0.02, low + 0.1, z]]
        )
        belt = [strap(resample(path, 12), 0.05, lift=0.008)]
    hang = padlock(top * 0.26, height + 0.03, 0.05, 0.055) if d.pick("charm") == "padlock" else []
    return Form(
        join(
            side,
            grip,
            front,
            lower_seam(shape, z, height - 0.04),
            cover,
            lower_seam(edge, z, height - 0.03),
            belt,
            lock(d.pick("closure"), 0, low + (0.1 if belt else 0.05), z, 0.058),
            hang,
            feet(bottom * 0.4, z),
        ),
        box_foot(bottom, depth),
    )
