"""Recall as a heat map: a table of systems by edits, darker where recall is higher, as SVG."""

from collections.abc import Iterable, Iterator
from html import escape

from webapp.lab.evaluation import drawing
from webapp.lab.evaluation.drawing import CELL, INK, LINE
from webapp.lab.evaluation.grid import MEAN, Grid, grid_of
from webapp.lab.evaluation.rows import EvaluationRow

_NAMES_WIDTH, _EDITS_HEIGHT, _FOOT_HEIGHT = 128, 128, 34
_MEAN_GAP = 8


def heat_map(rows: Iterable[EvaluationRow], title: str = "The original comes first, %") -> str:
    """Return recall at 1 of every system (rows) and edit (columns), the mean last, as SVG."""
    grid = grid_of(rows)
    width = _NAMES_WIDTH + (len(grid.edits) + 1) * CELL + _MEAN_GAP + drawing.SLANT
    height = _EDITS_HEIGHT + len(grid.systems) * LINE + _FOOT_HEIGHT
    labels = (
        drawing.slanted(edit, _left(column, grid) + CELL // 2, _EDITS_HEIGHT - 8, bold=edit == MEAN)
        for column, edit in enumerate((*grid.edits, MEAN))
    )
    lines = (part for line in range(len(grid.systems)) for part in _line(grid, line))
    return drawing.svg(title, width, height, [*labels, *lines])


def _left(column: int, grid: Grid) -> int:
    return _NAMES_WIDTH + column * CELL + (_MEAN_GAP if column == len(grid.edits) else 0)


def _line(grid: Grid, line: int) -> Iterator[str]:
    system, top = grid.systems[line], _EDITS_HEIGHT + line * LINE
    yield (
        f'<text class="ink" x="{_NAMES_WIDTH - 10}" y="{top + LINE // 2 + 4}" text-anchor="end" '
        f'fill="{INK}">{escape(system)}</text>'
    )
    for column, edit in enumerate((*grid.edits, MEAN)):
        share = grid.value(system, edit)
        hint = f"{system}, {edit}: {100 * share:.1f} %"
        yield from drawing.cell(share, _left(column, grid), top, hint, bold=edit == MEAN)
