"""The table of materials: the relief, gloss and print of each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from webapp.lab.demo import textures
from webapp.lab.demo.textures import Field

# Of places (u, v) and a pitch in bag units: heights in bag units, and brightness.
Relief = Callable[[Field, Field, float], tuple[Field | None, Field | None]]
Print = Callable[[Field, Field, float], Field]


@dataclass(frozen=True, slots=True)
class Material:
    """One material; `words` are its names in shops.

    `pitch`, `level`: the size of one repeat of relief and print, in bag units. `gloss`, `sheen`,
    `mirror`: amounts of highlight, grazing light, reflection. `sharp`: how small the highlight is.
    """

    key: str
    words: tuple[str, ...]
    relief: Relief
    pitch: float
    gloss: float = 0.1
    sharp: int = 4
    sheen: float = 0.03
    uneven: float = 0.02
    mirror: float = 0.0
    printed: Print | None = None
    level: float = 1.0


def plain(u: Field, v: Field, pitch: float) -> tuple[Field | None, Field | None]:
    """Return the relief of calf: very fine pores."""
    return textures.sample(textures.pebble(), u / pitch, v / pitch) * np.float32(0.0005), None


def glassy(_u: Field, _v: Field, _pitch: float) -> tuple[Field | None, Field | None]:
    """Return no relief, for patent leather."""
    return None, None


def grained(u: Field, v: Field, pitch: float) -> tuple[Field | None, Field | None]:
    """Return the relief of pebbled leather."""
    tops = textures.sample(textures.pebble(), u / pitch, v / pitch)
    return tops * np.float32(0.0016), 0.86 + 0.16 * tops


def scaled(u: Field, v: Field, pitch: float) -> tuple[Field | None, Field | None]:
    """Return the relief of crocodile-embossed leather."""
    tops = textures.sample(textures.scales(), u / pitch, v / pitch)
    return tops * np.float32(0.0042), 0.6 + 0.41 * tops


def brushed(u: Field, v: Field, pitch: float) -> tuple[Field | None, Field | None]:
    """Return the relief of suede: a nap with light and dark patches."""
    fibres = textures.sample(textures.nap(), u / pitch, v / pitch)
    return fibres * np.float32(0.00035), 1 + 0.04 * fibres


def quilted(u: Field, v: Field, pitch: float) -> tuple[Field | None, Field | None]:
    """Return the relief of diamond quilting."""
    a, b = (u + v * 0.82) / pitch, (u - v * 0.82) / pitch
    ridge = np.abs(np.sin(np.pi * a) * np.sin(np.pi * b))
    return _pillow(ridge, pitch * 0.2)


def channelled(u: Field, _v: Field, pitch: float) -> tuple[Field | None, Field | None]:
    """Return the relief of upright padded channels."""
    return _pillow(np.abs(np.sin(np.pi * u / pitch)), pitch * 0.2)


def chevroned(u: Field, v: Field, pitch: float) -> tuple[Field | None, Field | None]:
    """Return the relief of zigzag channels."""
    bent = np.abs((u / (pitch * 2.4)) % 1 - 0.5) * 2.4
    return _pillow(np.abs(np.sin(np.pi * (v / pitch - bent))), pitch * 0.2)


def _pillow(ridge: Field, height: float) -> tuple[Field | None, Field | None]:
    swell = np.sqrt(np.clip(ridge, 0, 1))
    line = np.clip(ridge * 7, 0, 1)
    return (swell * height).astype(np.float32), 0.55 + 0.45 * line


def interlaced(u: Field, v: Field, pitch: float) -> tuple[Field | None, Field | None]:
    """Return the relief of leather strips woven at 45 degrees."""
    a, b = (u + v) / pitch, (u - v) / pitch
    over = (np.floor(a) + np.floor(b)) % 2 > 0
    x, y = a % 1, b % 1
    along, across = np.where(over, x, y), np.where(over, y, x)
    flat = np.clip(np.minimum(across, 1 - across) * 7, 0, 1)
    arc = np.sin(np.pi * along)
    height = (flat * (2 - flat) * 0.4 + arc * 0.6) * (pitch * 0.17)
    shade = (0.4 + 0.6 * flat) * (0.62 + 0.38 * np.sqrt(np.abs(arc)))
    return height.astype(np.float32), shade.astype(np.float32)


def plaited(u: Field, v: Field, pitch: float) -> tuple[Field | None, Field | None]:
    """Return the relief of raffia: rows of twisted straw over upright ribs."""
    row = v / pitch * 1.5
    phase = (np.floor(row) % 2) * 0.5
    x = (u / pitch + phase) % 1
    y = row % 1
    round_x, round_y = np.sin(np.pi * x), np.sin(np.pi * y)
    straw = textures.sample(textures.nap(), v * 5, u * 0.8)
    height = np.sqrt(np.clip(round_x * round_y, 0, 1)) * (pitch * 0.2)
    return height.astype(np.float32), (0.5 + 0.5 * np.sqrt(round_y * round_x)) * (1 + 0.07 * straw)


def woven_cloth(u: Field, v: Field, pitch: float) -> tuple[Field | None, Field | None]:
    """Return the relief of canvas."""
    threads = textures.sample(textures.cloth(), u / pitch, v / pitch)
    return threads * np.float32(0.0007), 0.86 + 0.17 * threads


def striped(u: Field, _v: Field, pitch: float) -> Field:
    """Return a print of upright stripes."""
    return _soft_step(np.abs(u / pitch % 1 - 0.5) * 2 - 0.52, pitch)


def breton(_u: Field, v: Field, pitch: float) -> Field:
    """Return a print of level stripes."""
    return _soft_step(np.abs(v / pitch % 1 - 0.5) * 2 - 0.62, pitch)


def checked(u: Field, v: Field, pitch: float) -> Field:
    """Return a print of gingham: two crossed sets of stripes."""
    return 0.5 * (
        _soft_step(np.abs(u / pitch % 1 - 0.5) * 2 - 0.5, pitch)
        + _soft_step(np.abs(v / pitch % 1 - 0.5) * 2 - 0.5, pitch)
    )


def tartan(u: Field, v: Field, pitch: float) -> Field:
    """Return a print of tartan: crossed broad and narrow lines."""
    return np.clip(_lines(u / pitch) * 0.62 + _lines(v / pitch) * 0.62, 0, 1)


def dotted(u: Field, v: Field, pitch: float) -> Field:
    """Return a print of dots on a diagonal grid."""
    a, b = ((u + v) / pitch % 1 - 0.5), ((u - v) / pitch % 1 - 0.5)
    return _soft_step(0.27 - np.sqrt(a * a + b * b), pitch * 0.5)


def arches(u: Field, v: Field, pitch: float) -> Field:
    """Return a print of arches and hourglasses."""
    return textures.sample(textures.motifs(0), u / pitch, v / pitch) * np.float32(0.85)


def moons(u: Field, v: Field, pitch: float) -> Field:
    """Return a print of moons and leaves."""
    return textures.sample(textures.motifs(1), u / pitch, v / pitch) * np.float32(0.85)


def _lines(t: Field) -> Field:
    x = np.abs(t % 1 - 0.5)
    broad = np.clip((0.13 - x) * 40, 0, 1)
    narrow = np.clip((0.016 - np.abs(x - 0.25)) * 60, 0, 1)
    lines: Field = np.maximum(broad, narrow)
    return lines


def _soft_step(t: Field, pitch: float) -> Field:
    step: Field = np.clip(t * (pitch * 330) + 0.5, 0, 1)
    return step


def _canvas(key: str, words: tuple[str, ...], printed: Print | None, pitch: float) -> Material:
    return Material(
        key,
        words,
        woven_cloth,
        0.42,
        gloss=0.015,
        sharp=2,
        sheen=0.05,
        uneven=0.025,
        printed=printed,
        level=pitch,
    )


MATERIALS: dict[str, Material] = {
    m.key: m
    for m in (
        Material(
            "calf",
            ("smooth leather", "calfskin", "nappa leather"),
            plain,
            0.17,
            gloss=0.16,
            sharp=4,
            uneven=0.022,
        ),
        Material(
            "pebble",
            ("pebbled leather", "grained leather"),
            grained,
            0.32,
            gloss=0.17,
            sharp=3,
            uneven=0.018,
        ),
        Material("saffiano", ("fine-grain leather",), grained, 0.24, gloss=0.13, sharp=4),
        Material(
            "patent", ("patent leather",), glassy, 0.17, gloss=0.5, sharp=7, mirror=0.28, uneven=0.0
        ),
        Material("quilt", ("quilted leather",), quilted, 0.115, gloss=0.2, sharp=4),
        Material("channel", ("channelled leather",), channelled, 0.085, gloss=0.2, sharp=4),
        Material("chevron", ("chevron-quilted leather",), chevroned, 0.085, gloss=0.2, sharp=4),
        Material("woven", ("woven leather",), interlaced, 0.056, gloss=0.16, sharp=3),
        Material(
            "croc", ("croc-embossed leather",), scaled, 0.44, gloss=0.34, sharp=5, mirror=0.05
        ),
        Material("suede", ("suede",), brushed, 0.5, gloss=0.0, sharp=2, sheen=0.12, uneven=0.025),
        Material("raffia", ("raffia", "woven straw"), plaited, 0.036, gloss=0.06, sharp=2),
        _canvas("canvas", ("canvas", "cotton canvas"), None, 1.0),
        _canvas("stripe", ("striped canvas",), striped, 0.1),
        _canvas("breton", ("striped canvas",), breton, 0.105),
        _canvas("check", ("gingham canvas",), checked, 0.075),
        _canvas("tartan", ("checked canvas",), tartan, 0.2),
        _canvas("dot", ("dotted canvas",), dotted, 0.075),
        _canvas("arches", ("motif canvas",), arches, 0.2),
        _canvas("moons", ("motif canvas",), moons, 0.2),
        Material(
            "metallic",
            ("metallic leather",),
            grained,
            0.22,
            gloss=0.95,
            sharp=5,
            sheen=0.06,
            mirror=0.26,
        ),
    )
}

GROUND = {
    "calf": "calf",
    "pebble": "pebble",
    "quilt": "calf",
    "channel": "calf",
    "chevron": "calf",
    "woven": "calf",
    "raffia": "calf",
}
