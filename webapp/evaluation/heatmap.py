"""Recall as a picture: a table of systems by edits, the darker the better, as SVG."""

from collections.abc import Iterable, Iterator
from html import escape

from webapp.evaluation.grid import MEAN, Grid, grid_of
from webapp.evaluation.rows import Row

_PAPER, _INK, _OXBLOOD = "#f8f5ef", "#1f1b17", "#7a1f2b"
_CELL, _LINE, _GAP = 34, 24, 2
_NAMES, _EDITS, _FOOT = 128, 128, 34
_SEPARATION = 8  # before the column of means
_SLANT = 96  # what the last rotated label needs beyond its column

# The presentation attributes show the light picture wherever styles are refused.
_STYLE = f"""
text {{ font: 13px system-ui, sans-serif; }}
.cell {{ font-size: 12px; font-variant-numeric: tabular-nums; text-anchor: middle; }}
.mean {{ font-weight: 700; }}
@media (prefers-color-scheme: dark) {{
  .paper {{ fill: {_INK}; }}
  .ink {{ fill: {_PAPER}; }}
}}
"""


def heat_map(rows: Iterable[Row], title: str = "The original comes first, %") -> str:
    """Draw recall@1 of every system (rows) and edit (columns), the mean last, as SVG text."""
    grid = grid_of(rows)
    columns = len(grid.edits) + 1
    width = _NAMES + columns * _CELL + _SEPARATION + _SLANT
    height = _EDITS + len(grid.systems) * _LINE + _FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" font-family="system-ui, sans-serif" '
        'font-size="12">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{height}" fill="{_PAPER}"/>',
        *_edit_labels(grid),
        *(part for line in range(len(grid.systems)) for part in _line(grid, line)),
        f'<text class="ink" x="{_NAMES}" y="{height - 12}" fill="{_INK}">{escape(title)}</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _left(column: int, grid: Grid) -> int:
    return _NAMES + column * _CELL + (_SEPARATION if column == len(grid.edits) else 0)


def _edit_labels(grid: Grid) -> Iterator[str]:
    for column, edit in enumerate((*grid.edits, MEAN)):
        x, y = _left(column, grid) + _CELL // 2, _EDITS - 8
        bold = " mean" if edit == MEAN else ""
        yield (
            f'<text class="ink{bold}" fill="{_INK}" '
            f'transform="translate({x} {y}) rotate(-55)">{escape(edit)}</text>'
        )


def _line(grid: Grid, line: int) -> Iterator[str]:
    system, top = grid.systems[line], _EDITS + line * _LINE
    middle = top + _LINE // 2 + 4
    yield (
        f'<text class="ink" x="{_NAMES - 10}" y="{middle}" text-anchor="end" '
        f'fill="{_INK}">{escape(system)}</text>'
    )
    for column, edit in enumerate((*grid.edits, MEAN)):
        share, left = grid.value(system, edit), _left(column, grid)
        yield (
            f'<rect x="{left}" y="{top}" width="{_CELL - _GAP}" height="{_LINE - _GAP}" '
            f'fill="{_OXBLOOD}" fill-opacity="{strength(share):.2f}">'
            f"<title>{escape(system)}, {escape(edit)}: {100 * share:.1f} %</title></rect>"
        )
        kind, colour = ("", _PAPER) if is_dark(share) else (" ink", _INK)
        bold = " mean" if edit == MEAN else ""
        yield (
            f'<text class="cell{kind}{bold}" x="{left + (_CELL - _GAP) // 2}" y="{middle}" '
            f'text-anchor="middle" fill="{colour}">{100 * share:.0f}</text>'
        )


def is_dark(share: float) -> bool:
    """Say whether a cell wants light text on both papers."""
    return share >= 0.7


def strength(share: float) -> float:
    """Return how opaque a cell's oxblood is, 0 to 1.

    The ramp leaps from 0.55 to 0.75 where the text turns light: between them neither ink nor
    paper would have a contrast of 4.5 to 1.
    """
    return 0.75 + 0.25 * (share - 0.7) / 0.3 if is_dark(share) else 0.55 * share / 0.7
