"""Tables as pictures: cells that are darker the larger their share, as SVG."""

from collections.abc import Iterable, Iterator
from html import escape

PAPER, INK, OXBLOOD = "#f8f5ef", "#1f1b17", "#7a1f2b"
CELL, LINE, GAP = 34, 24, 2
"""Pixels: width of a cell, height of a line, space between cells."""

SLANT = 96
"""Pixels to the right of the last column that its slanted name needs."""

# Where styles are not allowed, the attributes of each element show the light version.
_STYLE = f"""
text {{ font: 13px system-ui, sans-serif; }}
.cell {{ font-size: 12px; font-variant-numeric: tabular-nums; text-anchor: middle; }}
.mean {{ font-weight: 700; }}
@media (prefers-color-scheme: dark) {{
  .paper {{ fill: {INK}; }}
  .ink {{ fill: {PAPER}; }}
  .line {{ stroke: {PAPER}; }}
}}
"""


def svg(title: str, width: int, height: int, parts: Iterable[str]) -> str:
    """Return parts on a background with a title below them, as SVG."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" font-family="system-ui, sans-serif" '
        'font-size="12">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{height}" fill="{PAPER}"/>',
        *parts,
        f'<text class="ink" x="12" y="{height - 12}" fill="{INK}">{escape(title)}</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def slanted(words: str, x: int, y: int, *, bold: bool = False) -> str:
    """Return the slanted name of a column, as SVG."""
    weight = " mean" if bold else ""
    return (
        f'<text class="ink{weight}" fill="{INK}" '
        f'transform="translate({x} {y}) rotate(-55)">{escape(words)}</text>'
    )


def cell(share: float, left: int, top: int, hint: str, *, bold: bool = False) -> Iterator[str]:
    """Yield a cell that shows a share, 0 to 1, by its shade and in percent, as SVG."""
    yield (
        f'<rect x="{left}" y="{top}" width="{CELL - GAP}" height="{LINE - GAP}" '
        f'fill="{OXBLOOD}" fill-opacity="{strength(share):.2f}">'
        f"<title>{escape(hint)}</title></rect>"
    )
    kind, colour = ("", PAPER) if is_dark(share) else (" ink", INK)
    weight = " mean" if bold else ""
    yield (
        f'<text class="cell{kind}{weight}" x="{left + (CELL - GAP) // 2}" '
        f'y="{top + LINE // 2 + 4}" text-anchor="middle" fill="{colour}">{100 * share:.0f}</text>'
    )


def is_dark(share: float) -> bool:
    """Return whether a cell of this share needs light text, in the light and the dark version."""
    return share >= 0.7


def strength(share: float) -> float:
    """Return the opacity of a cell's colour, 0 to 1, for its share.

    It jumps from 0.55 to 0.75 where the text turns light: between them, neither light nor dark
    text has a contrast of 4.5 to 1.
    """
    return 0.75 + 0.25 * (share - 0.7) / 0.3 if is_dark(share) else 0.55 * share / 0.7
