"""Open bags with two handles: the tote and the basket."""

import numpy as np

from webapp.lab.demo.curves import Corner, ellipse, outline, resample
from webapp.lab.demo.design import Design
from webapp.lab.demo.handles import tote_handle
from webapp.lab.demo.hardware import lock, padlock, tassel
from webapp.lab.demo.parts import Fold, Form, Part, Skin, cord, gusset, join, lay, strap
from webapp.lab.demo.silhouettes.shell import (
    base_panel,
    box_foot,
    lower_seam,
    pocket,
    round_foot,
    trapezoid,
)


def tote(d: Design) -> Form:
    """An open trapezoid with a pair of handles."""
    height, depth, top, bottom = (d.size(n) for n in ("height", "depth", "top", "bottom"))
    shape = trapezoid(top, bottom, height, heel=d.size("heel"), sag=-d.size("sag"), side=-0.015)
    z = depth / 2
    start = int(np.argmax(shape[:, 0] + shape[:, 1]))
    half, reach, wide = top * d.size("grip"), height + d.size("drop"), d.size("strap")
    foot = height * (0.42 if d.pick("legs") == "long" else 0.8)
    kind = d.pick("handle")
    return Form(
        join(
            tote_handle(half, foot, height, reach, -z, wide, kind, front=False),
            Part((lay(shape, -z),), Skin.LINING, tone=0.8),
            gusset(np.roll(shape, -start, axis=0), depth),
            Part(
                (lay(shape, z),),
                Skin.BODY,
                edge=0.016,
                puff=d.size("puff"),
                folds=_sags(top, height, z, d.size("sag")),
            ),
            _front(d, shape, z),
            _rim(top, height, z, d),
            tote_handle(half, foot, height, reach, z, wide, kind, front=True),
            _closure(d, height, z),
        ),
        box_foot(bottom, depth),
    )


def _sags(top: float, height: float, z: float, sag: float) -> tuple[Fold, ...]:
    if sag < 0.02:
        return ()
    return tuple(
        Fold(
            np.array(
                [
                    [s * top * 0.3, height * 0.93, z],
                    [s * top * 0.2, height * 0.6, z],
                    [s * top * 0.24, height * 0.25, z],
                ]
            ),
            0.05,
            0.012 + sag * 0.1,
        )
        for s in (-1, 1)
    )


def _front(d: Design, shape: np.ndarray, z: float) -> list[Part]:
    height, bottom = d.size("height"), d.size("bottom")
    front = d.pick("front")
    if front == "base":
        return base_panel(shape, z, height * 0.22)
    if front == "pocket":
        return pocket(0, height * 0.36, bottom * 0.52, height * 0.42, z, puff=0.03)
    if front == "stitched":
        return lower_seam(shape, z, height - 0.05, 0.03)
    return []


def _rim(top: float, height: float, z: float, d: Design) -> list[Part]:
    path = outline(
        [
            Corner(-top / 2 + 0.002, height - 0.016, 0, -d.size("sag")),
            Corner(top / 2 - 0.002, height - 0.016),
        ]
    )[:26]
    return [strap(lay(resample(path, 40), z), 0.034, lift=0.003)]


def _closure(d: Design, height: float, z: float) -> list[Part]:
    kind = d.pick("closure")
    if kind == "none":
        return []
    if kind == "tassel":
        return tassel(d.size("top") * d.size("grip"), height * 0.80, z, 0.2)
    if kind == "padlock":
        return padlock(0.0, height - 0.03, z, 0.06)
    tab = np.array([[0, height + 0.005, z], [0, height - 0.08, z], [0, height - 0.15, z]])
    return [strap(tab, 0.09, lift=0.012), *lock(kind, 0, height - 0.115, z, 0.045)]


def basket(d: Design) -> Form:
    """A round woven basket with leather handles."""
    top, bottom, height = d.size("top"), d.size("bottom"), d.size("height")
    shape = outline(
        [
            Corner(-top / 2, height, 0.012, -0.055),
            Corner(top / 2, height, 0.012, 0.03),
            Corner(bottom / 2, 0.03, 0.07, 0.045),
            Corner(-bottom / 2, 0.03, 0.07, 0.03),
        ]
    )
    mouth = ellipse(top / 2, 0.052)
    mouth[:, 1] += height
    wide, half = d.size("strap"), top * 0.25
    reach = height + d.size("drop")
    rim = resample(outline([Corner(-top / 2, height, 0, -0.055), Corner(top / 2, height)])[:26], 60)
    hoop = lay(np.concatenate([mouth, mouth[:1]]), 0.0)
    return Form(
        join(
            tote_handle(
                half, height * 0.6, height + 0.03, reach, -0.1, wide, d.pick("handle"), front=False
            ),
            Part((lay(mouth, 0.0),), Skin.LINING, tone=0.6, edge=0.03),
            cord(hoop, 0.034, Skin.BODY, tone=0.8),
            Part((lay(shape, 0.0),), Skin.BODY, edge=0.02, barrel=0.86),
            cord(
                lay(rim, 0.0),
                0.04,
                Skin.BODY if d.pick("rim") == "straw" else Skin.TRIM,
                lift=0.006,
            ),
            tote_handle(
                half,
                height * 0.68,
                height - 0.05,
                reach - 0.03,
                0.02,
                wide,
                d.pick("handle"),
                front=True,
            ),
            tassel(half, height * 0.62, 0.02, 0.2) if d.pick("closure") == "tassel" else [],
        ),
        round_foot(bottom),
    )
