"""Fingerprints as drawings: the cells of a grid, or one bar for each part of a colour hash."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.hashing import colour
from webapp.hashing.code_packing import unpack
from webapp.hashing.hash_kind import Bits, HashKind
from webapp.models import Code


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a colour hash; `height` is from 0 to 1."""

    name: str
    colour: str
    height: float


@dataclass(frozen=True, slots=True)
class Glyph:
    """A code as a drawing of `columns` by `rows` units; `path` draws the dark cells."""

    columns: int
    rows: int
    path: str
    bars: tuple[Bar, ...]


def glyph(kind: HashKind, code: Code) -> Glyph:
    """Lay a code out for drawing; of a kind with several views, the first."""
    return glyph_of(kind, unpack(kind, code)[0])


def glyph_of(kind: HashKind, bits: Bits) -> Glyph:
    """Lay the bits of one view out for drawing."""
    rows, columns = kind.shape
    laid_out = bits.reshape(kind.shape)
    if kind.drawing == "bars":
        return Glyph(rows, columns, "", _BARS[kind.name](laid_out))
    return Glyph(columns, rows, cells(laid_out != kind.light), ())


def cells(chosen: NDArray[np.bool_]) -> str:
    """Write the chosen cells of a grid as an SVG path, one unit to a cell."""
    return "".join(f"M{x} {y}h1v1h-1z" for y, x in zip(*chosen.nonzero(), strict=True))


def tones(kind: HashKind, bits: Bits) -> tuple[str, ...]:
    """Draw what a code holds of its picture in steps from dark to light, a path for each."""
    assert kind.relief is not None, "only kinds of waves have one"
    relief = kind.relief(bits)
    ranks = relief.ravel().argsort().argsort().reshape(relief.shape)
    step = ranks * _TONES // relief.size
    return tuple(cells(step == number) for number in range(_TONES))


_TONES = 8

# colorhash at 3 bits writes level 4 like 6 (110) and 5 like 7 (111): such a bar is drawn
# between the two.
_COLORHASH_LEVEL = {0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0, 6: 5.0, 7: 6.0}
_COLORHASH_TOP = 7.0
_COLORHASH_HUES = ("orange", "lime", "teal", "blue", "violet", "pink")
_COLORHASH_PARTS = (
    ("black", "#1b1918"),
    ("grey", "#9a948c"),
    *((f"pale {hue}", f"hsl({30 + 60 * i} 38% 68%)") for i, hue in enumerate(_COLORHASH_HUES)),
    *((f"strong {hue}", f"hsl({30 + 60 * i} 72% 46%)") for i, hue in enumerate(_COLORHASH_HUES)),
)


def _colorhash_bars(bits: Bits) -> tuple[Bar, ...]:
    levels = (4 * a + 2 * b + c for a, b, c in bits.astype(int).tolist())
    return tuple(
        Bar(name, drawn, _COLORHASH_LEVEL.get(level, float(level)) / _COLORHASH_TOP)
        for (name, drawn), level in zip(_COLORHASH_PARTS, levels, strict=True)
    )


def _colour_bars(bits: Bits) -> tuple[Bar, ...]:
    """Draw each anchor's share by how many of its thresholds it passes."""
    return tuple(
        Bar(name, f"lab({lab[0]:.0f} {lab[1]:.0f} {lab[2]:.0f})", float(row.mean()))
        for name, lab, row in zip(colour.NAMES, colour.anchors(), bits, strict=True)
    )


_BARS: dict[str, Callable[[Bits], tuple[Bar, ...]]] = {
    "colorhash": _colorhash_bars,
    "colour": _colour_bars,
}
