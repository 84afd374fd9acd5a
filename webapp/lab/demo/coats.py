"""The material and colour of each part of a bag."""

from dataclasses import dataclass

import numpy as np

from webapp.lab.demo.bag import Colourway
from webapp.lab.demo.materials import GROUND, MATERIALS, Material
from webapp.lab.demo.palette import BY_NAME, METALS, linear, mix
from webapp.lab.demo.parts import Skin
from webapp.lab.demo.textures import Field

TRIM_LEATHERS = {"tan": "A66A37", "brown": "5C3826", "black": "232224"}
DARK = np.array([0.012, 0.011, 0.011], dtype=np.float32)
PALE = np.array([0.80, 0.75, 0.66], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Coat:
    """The material and colours, linear light (3,), of one skin; `second` is that of a print."""

    material: Material
    colour: Field
    second: Field | None = None


Coats = dict[Skin, Coat]


def coats(way: Colourway) -> Coats:
    """Return the coat of every skin of a bag, from its colourway."""
    body, chosen = MATERIALS[way.material], BY_NAME[way.shade]
    colour, partner = linear(chosen.hexa), linear(chosen.partner)
    calf, ground = MATERIALS["calf"], MATERIALS[GROUND.get(way.material, way.material)]
    plain = calf if ground.printed or (way.trim != "tonal" and ground is body) else ground
    trim, base = _leather(way.trim, colour), _leather(way.base, colour)
    return {
        Skin.BODY: Coat(body, colour, partner),
        Skin.SIDE: Coat(body if body.printed else ground, colour, partner),
        Skin.TRIM: Coat(plain, trim),
        Skin.BASE: Coat(body if way.base == "tonal" else calf, base, partner),
        Skin.LINING: Coat(
            MATERIALS["suede"], linear(way.lining) if way.lining else _darker(colour)
        ),
        Skin.METAL: Coat(MATERIALS["metallic"], linear(METALS[way.metal])),
        Skin.THREAD: Coat(calf, _thread(way.thread, trim)),
        Skin.GROOVE: Coat(calf, DARK),
    }


def _leather(key: str, colour: Field) -> Field:
    return colour if key == "tonal" else linear(TRIM_LEATHERS[key])


def _darker(colour: Field) -> Field:
    return mix(colour * np.float32(0.55), DARK, 0.25)


def _thread(thread: str, below: Field) -> Field:
    if thread == "pale":
        return mix(below, PALE, 0.75)
    bright = float(below.mean())
    return mix(below, DARK, 0.32) if bright > 0.3 else mix(below, PALE, 0.07)
