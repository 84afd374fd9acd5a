"""Codes as drawings: the cells of a grid, or a bar for each colour of a colour hash."""

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
    """One colour of a colour hash; `colour` is a CSS colour, `height` is from 0 to 1."""

    name: str
    colour: str
    height: float


@dataclass(frozen=True, slots=True)
class CodeDrawing:
    """A drawing of a code, `columns` by `rows` units large.

    `path`: the dark cells as an SVG path; `bars` instead, for kinds that are drawn as bars.
    """

    columns: int
    rows: int
    path: str
    bars: tuple[Bar, ...]


def draw_code(kind: HashKind, code: Code) -> CodeDrawing:
    """Draw a code; of a kind with several views, the first."""
    return draw_bits(kind, unpack(kind, code)[0])


def draw_bits(kind: HashKind, bits: Bits) -> CodeDrawing:
    """Draw the bits of one view, shape (bits,)."""
    rows, columns = kind.shape
    grid = bits.reshape(kind.shape)
    if kind.drawing == "bars":
        return CodeDrawing(rows, columns, "", _BARS[kind.name](grid))
    return CodeDrawing(columns, rows, cells(grid != kind.light), ())


def cells(chosen: NDArray[np.bool_]) -> str:
    """Return the chosen cells of a grid, shape (rows, columns), as an SVG path, one unit a cell."""
    return "".join(f"M{x} {y}h1v1h-1z" for y, x in zip(*chosen.nonzero(), strict=True))


def tones(kind: HashKind, bits: Bits) -> tuple[str, ...]:
    """Return an SVG path for each of 8 tones, dark to light, of the picture that a code holds.

    Only for kinds that have a `relief`.
    """
    assert kind.relief is not None, f"{kind.name} is not made of waves"
    relief = kind.relief(bits)
    ranks = relief.ravel().argsort().argsort().reshape(relief.shape)
    tone = ranks * _TONES // relief.size
    return tuple(cells(tone == number) for number in range(_TONES))


_TONES = 8

# imagehash's colorhash of 3 bits writes level 4 as it writes 6 (110), and 5 as 7 (111): a bar is
# drawn at the mean of the two levels.
_COLORHASH_LEVEL = {0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0, 6: 5.0, 7: 6.0}
_COLORHASH_MAX_LEVEL = 7.0
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
        Bar(name, drawn, _COLORHASH_LEVEL.get(level, float(level)) / _COLORHASH_MAX_LEVEL)
        for (name, drawn), level in zip(_COLORHASH_PARTS, levels, strict=True)
    )


def _colour_bars(bits: Bits) -> tuple[Bar, ...]:
    """Return a bar for each anchor colour, as high as the share of its thresholds that are met."""
    return tuple(
        Bar(name, f"lab({lab[0]:.0f} {lab[1]:.0f} {lab[2]:.0f})", float(row.mean()))
        for name, lab, row in zip(colour.NAMES, colour.anchors(), bits, strict=True)
    )


_BARS: dict[str, Callable[[Bits], tuple[Bar, ...]]] = {
    "colorhash": _colorhash_bars,
    "colour": _colour_bars,
}
