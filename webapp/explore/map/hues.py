"""Colours that lie under the bags of a map: light ones, on which photos are still seen."""

from collections.abc import Sequence

from webapp.search.colour_wish import TINTS

NOTHING = "#f7f5f1"
"""Under what has no value."""
RARER = "#cfc9be"
"""Under what has one of the rarer values."""
OTHERS_DIMMED = "#7d776e"
"""Under all bags but those that one looks for."""

_VALUES = (
    *("#8fc1ec", "#f3b36a", "#93d3a2", "#eea0c0", "#efe07a", "#b9a4e8", "#7fd0cd", "#ee9585"),
)
# From light to dark, so that the order is seen without telling hues apart.
_IN_ORDER = ("#f8efc4", "#f5cd8e", "#eca56f", "#d67c66", "#a8575f")
_NO_TINT = ("#e6dfd1", "#d3ccbd", "#c0b9a9", "#ada695")

# How much white is mixed with the tint of a colour's first, second ... shade.
_WHITE_SHARES = (0.5, 0.35, 0.7)


def of_values(values: Sequence[str]) -> list[str]:
    """Return a hue for each of up to eight values."""
    return list(_VALUES[: len(values)])


def of_colours(values: Sequence[str]) -> list[str]:
    """Return for each value that names a colour, as "Navy Blue" does, a light tone of that."""
    found: list[str] = []
    shades = dict.fromkeys(TINTS, 0)
    untinted = 0
    for value in values:
        words = value.casefold().split()
        tint = next((name for name in TINTS if name in words), None)
        if tint is None:
            found.append(_NO_TINT[untinted % len(_NO_TINT)])
            untinted += 1
        else:
            share = _WHITE_SHARES[shades[tint] % len(_WHITE_SHARES)]
            found.append(_with_white(TINTS[tint], share))
            shades[tint] += 1
    return found


def in_order(count: int) -> list[str]:
    """Return up to five hues from light to dark."""
    return list(_IN_ORDER[:count])


def as_palette(hues: Sequence[str]) -> bytes:
    """Return the bytes of red, green and blue of each, as a palette has them."""
    return b"".join(bytes.fromhex(hue[1:]) for hue in hues)


def _with_white(colour: str, share: float) -> str:
    mixed = (round(part * (1 - share) + 255 * share) for part in bytes.fromhex(colour[1:]))
    return f"#{bytes(mixed).hex()}"
