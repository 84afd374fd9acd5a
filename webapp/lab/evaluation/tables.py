"""The rows of an evaluation as plain text, at most 120 characters wide."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from webapp.lab.evaluation.grid import MEAN, Grid, grid_of
from webapp.lab.evaluation.rivals import absent
from webapp.lab.evaluation.rows import (
    AnotherPhoto,
    Cost,
    EvaluationRow,
    HardNegatives,
    Levels,
    OtherShots,
    SameLook,
    SameSort,
    Where,
)

WIDTH = 120
_NAME_CHARACTERS = 9  # longer names of systems are broken at their hyphens

Line = Sequence[str]


def to_text(rows: Sequence[EvaluationRow]) -> str:
    """Return the tables of all tests, and at the end the rivals that are not installed."""
    blocks = [
        *_recalls(rows, "recall_at_1", "same picture: the original comes first, %"),
        *_recalls(rows, "recall_at_9", "same picture: the original is among nine, %"),
        *_looks([row for row in rows if isinstance(row, SameLook)]),
        *_negatives([row for row in rows if isinstance(row, HardNegatives)]),
        *_sorts([row for row in rows if isinstance(row, SameSort)]),
        *_others([row for row in rows if isinstance(row, AnotherPhoto)]),
        *_shots([row for row in rows if isinstance(row, OtherShots)]),
        *_places([row for row in rows if isinstance(row, Where)]),
        *_levels([row for row in rows if isinstance(row, Levels)]),
        *_costs([row for row in rows if isinstance(row, Cost)]),
    ]
    missing = [f"not asked: {name} (pip install {package})" for name, package in absent().items()]
    return "\n\n".join(filter(None, (*blocks, "\n".join(missing))))


def _recalls(rows: Sequence[EvaluationRow], value: str, title: str) -> Iterator[str]:
    grid = grid_of(rows, value)
    if not grid.systems:
        return
    margin = max(map(len, (*grid.edits, MEAN)))
    columns = (WIDTH - margin) // (_NAME_CHARACTERS + 1)
    for start in range(0, len(grid.systems), columns):
        systems = grid.systems[start : start + columns]
        yield f"{title}\n" + "\n".join(_recall_lines(grid, systems, margin))


def _recall_lines(grid: Grid, systems: Sequence[str], margin: int) -> Iterator[str]:
    names = [textwrap.wrap(system.replace("_", "-"), _NAME_CHARACTERS) for system in systems]
    for line in range(max(map(len, names))):
        # Short names go on the last line, next to the numbers.
        parts = [[""] * (max(map(len, names)) - len(name)) + name for name in names]
        yield " " * margin + "".join(f"{part[line]:>{_NAME_CHARACTERS + 1}}" for part in parts)
    for edit in (*grid.edits, MEAN):
        cells = (
            f"{100 * grid.value(system, edit):{_NAME_CHARACTERS + 1}.1f}" for system in systems
        )
        yield f"{edit:<{margin}}" + "".join(cells)


def _looks(rows: Sequence[SameLook]) -> Iterator[str]:
    if rows:
        yield _table(
            "same look: nine neighbours, of the same ..., %; price distance, % of the item's price",
            ("", "category", "colour", "brand", "price distance"),
            (
                (
                    row.kind,
                    *map(_percent, (row.same_category, row.same_colour, row.same_brand)),
                    _percent(row.price_distance),
                )
                for row in rows
            ),
        )


def _negatives(rows: Sequence[HardNegatives]) -> Iterator[str]:
    if rows:
        yield _table(
            f"hard negatives: {rows[0].pairs} times a bag and the same model in another colour, %",
            ("", "told apart", "other among nine", "median rank of the other"),
            (
                (
                    row.kind,
                    _percent(row.told_apart),
                    _percent(row.other_among_nine),
                    f"{row.median_rank_of_other:g}",
                )
                for row in rows
            ),
        )


def _sorts(rows: Sequence[SameSort]) -> Iterator[str]:
    if not rows:
        return
    categories = list(dict.fromkeys(row.category for row in rows))
    shares = {(row.kind, row.category): row.precision_at_9 for row in rows}
    kinds = list(dict.fromkeys(row.kind for row in rows))
    body = [
        (
            kind,
            *(_percent(shares[kind, category]) for category in categories),
            _percent(sum(shares[kind, category] for category in categories) / len(categories)),
        )
        for kind in kinds
    ]
    yield "\n".join(
        (
            "same sort: nine neighbours, of the same category, %",
            *_in_columns(("", *categories, MEAN), body),
        )
    )


def _others(rows: Sequence[AnotherPhoto]) -> Iterator[str]:
    if not rows:
        return
    sorts = list(dict.fromkeys(row.sort for row in rows))
    by_kind: dict[str, list[str]] = {}
    for row in rows:
        cell = f"{100 * row.recall_at_1:.0f} / {100 * row.recall_at_9:.0f}"
        by_kind.setdefault(row.kind, []).append(cell)
    yield _table(
        f"another photo: {rows[0].queries} bags, pasted small before ..., or shown otherwise; "
        "first / among nine, %",
        ("", *sorts),
        ((kind, *cells) for kind, cells in by_kind.items()),
    )


def _shots(rows: Sequence[OtherShots]) -> Iterator[str]:
    if rows:
        yield _table(
            f"other shots: {rows[0].queries} further photos of the same bag, %",
            ("", "first", "among nine"),
            ((row.kind, _percent(row.recall_at_1), _percent(row.recall_at_9)) for row in rows),
        )


def _places(rows: Sequence[Where]) -> Iterator[str]:
    if rows:
        yield _table(
            f"where: the frame found of {rows[0].queries} bags pasted small before ..., %",
            ("", "overlap", "at least half"),
            ((row.background, _percent(row.overlap), _percent(row.found)) for row in rows),
        )


def _in_columns(head: Line, body: Sequence[Line]) -> Iterator[str]:
    """Yield the lines of a table, in parts where it is too wide; every part has the names."""
    widths = [max(len(line[column]) for line in (head, *body)) for column in range(len(head))]
    start = 1
    while start < len(head):
        end, width = start, widths[0]
        while end < len(head) and (end == start or width + 2 + widths[end] <= WIDTH):
            width += 2 + widths[end]
            end += 1
        for line in (head, *body):
            yield _aligned([line[0], *line[start:end]], [widths[0], *widths[start:end]])
        start = end


def _levels(rows: Sequence[Levels]) -> Iterator[str]:
    if not rows:
        return
    yield _table(
        f"levels: {rows[0].bags} photos of bags, {rows[0].others} of other things, %; (not knowing "
        "if they show a bag)",
        (
            "",
            "items",
            "AUC bag",
            "AUC nearer",
            "bags unlike",
            "others unlike",
            "wrong",
            "left out",
            "edits",
        ),
        (
            (
                row.kind,
                str(row.items),
                _percent(row.no_bag_auc),
                _percent(row.distance_auc),
                f"{_percent(row.bags_unlike)} ({_percent(row.bags_unlike_by_distance)})",
                f"{_percent(row.others_unlike)} ({_percent(row.others_unlike_by_distance)})",
                f"{100 * row.wrong_same_picture:.2f}",
                f"{100 * row.left_out_same_picture:.2f}",
                _percent(row.edits_same_picture),
            )
            for row in rows
        ),
    )
    yield (
        "AUC bag: by what the photo shows; AUC nearer: by distance alone; wrong: called the same "
        "picture, but not there;\nedits: of a photo that is there, called the same picture"
    )


def _costs(rows: Sequence[Cost]) -> Iterator[str]:
    if rows:
        yield _table(
            f"cost: hashing 1000 x 1000 pixels, decoded; codes of {rows[0].items} items",
            ("", "bits", "microseconds", "distinct codes"),
            (
                (row.kind, str(row.bits), f"{row.hash_us:.0f}", str(row.distinct_codes))
                for row in rows
            ),
        )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _table(title: str, head: Line, body: Iterable[Line]) -> str:
    lines = [head, *body]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join([title, *(_aligned(line, widths) for line in lines)])


def _aligned(line: Line, widths: Sequence[int]) -> str:
    rest = (f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True))
    return "  ".join([f"{line[0]:<{widths[0]}}", *rest])
