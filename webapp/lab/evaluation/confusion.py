"""Confusion between categories as a picture: the categories of neighbours by category, as SVG."""

from collections.abc import Iterable, Iterator
from html import escape

from webapp.lab.evaluation import drawing
from webapp.lab.evaluation.drawing import CELL, INK, LINE
from webapp.lab.evaluation.rows import EvaluationRow, SameSort

_NAMES_WIDTH, _TOP, _HEAD = 150, 128, 28
_OTHER = "others"


def confusion(rows: Iterable[EvaluationRow]) -> str:
    """Return a table for each system, categories of queries by those of their nearest, as SVG."""
    chosen = [row for row in rows if isinstance(row, SameSort)]
    systems = list(dict.fromkeys(row.kind for row in chosen))
    categories = list(dict.fromkeys(row.category for row in chosen))
    height = _TOP + len(categories) * LINE + _HEAD
    width = _NAMES_WIDTH + (len(categories) + 1) * CELL + drawing.SLANT
    parts = [
        part
        for number, system in enumerate(systems)
        for part in _table(
            [row for row in chosen if row.kind == system], categories, number * height
        )
    ]
    title = "Of the nine nearest, how many are of which category, %"
    return drawing.svg(title, width, height * len(systems) + _HEAD, parts)


def _table(rows: list[SameSort], categories: list[str], top: int) -> Iterator[str]:
    yield (
        f'<text class="ink mean" x="{_NAMES_WIDTH - 10}" y="{top + _TOP - 8}" text-anchor="end" '
        f'fill="{INK}">{escape(rows[0].kind)}</text>'
    )
    for column, category in enumerate((*categories, _OTHER)):
        yield drawing.slanted(category, _NAMES_WIDTH + column * CELL + CELL // 2, top + _TOP - 8)
    for line, row in enumerate(rows):
        y = top + _TOP + line * LINE
        yield (
            f'<text class="ink" x="{_NAMES_WIDTH - 10}" y="{y + LINE // 2 + 4}" text-anchor="end" '
            f'fill="{INK}">{escape(row.category)}</text>'
        )
        shares = [row.neighbours.get(category, 0.0) for category in categories]
        for column, (name, share) in enumerate(
            zip((*categories, _OTHER), (*shares, max(0.0, 1 - sum(shares))), strict=True)
        ):
            hint = f"{row.kind}: {row.category} finds {name}: {100 * share:.1f} %"
            left = _NAMES_WIDTH + column * CELL
            yield from drawing.cell(share, left, y, hint, bold=name == row.category)
