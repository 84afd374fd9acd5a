"""Fingerprints as drawings: the cells of a grid, or one bar for each part of a colour hash."""

from dataclasses import dataclass

from webapp.hashing import HashKind, unpack
from webapp.models import Code

# colorhash at 3 bits writes level 4 like 6 (110) and 5 like 7 (111): such a bar is drawn
# between the two.
_LEVEL = {0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0, 6: 5.0, 7: 6.0}
_TOP = 7.0

_HUES = ("orange", "lime", "teal", "blue", "violet", "pink")
BAR_NAMES = (
    "black",
    "grey",
    *(f"pale {hue}" for hue in _HUES),
    *(f"strong {hue}" for hue in _HUES),
)
BAR_COLOURS = (
    "#1b1918",
    "#9a948c",
    *(f"hsl({30 + 60 * i} 38% 68%)" for i in range(6)),
    *(f"hsl({30 + 60 * i} 72% 46%)" for i in range(6)),
)


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
    """Lay a code out for drawing."""
    rows, columns = kind.shape
    bits = unpack(kind, code)[0].reshape(kind.shape)
    if kind.drawing == "bars":
        levels = (int("".join("01"[bit] for bit in row), 2) for row in bits.tolist())
        bars = tuple(
            Bar(name, colour, _LEVEL.get(level, float(level)) / _TOP)
            for name, colour, level in zip(BAR_NAMES, BAR_COLOURS, levels, strict=True)
        )
        return Glyph(rows, columns, "", bars)
    cells = (
        f"M{x} {y}h1v1h-1z" for y in range(rows) for x in range(columns) if bits[y, x] != kind.light
    )
    return Glyph(columns, rows, "".join(cells), ())
