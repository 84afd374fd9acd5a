"""A chart of the time of a query by the size of the catalogue, both logarithmic, as SVG."""

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from webapp.exceptions import BadParameter
from webapp.lab.bench.rows import BenchRow

_PAPER, _INK, _OXBLOOD, _GREY = "#f8f5ef", "#1f1b17", "#7a1f2b", "#837b72"
_WIDTH, _HEIGHT = 860, 470
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 240, 44, 56
_LABEL_GAP = 17
_STYLE = f"""
@media (prefers-color-scheme: dark) {{
  .paper {{ fill: {_INK}; }}
  .ink {{ fill: {_PAPER}; }}
  .line {{ stroke: {_PAPER}; }}
  .ours {{ stroke: #d98b94; }}
  .our-name {{ fill: #d98b94; }}
}}
"""

Point = tuple[float, float]
"""A size and a time in microseconds, or a place in the picture."""


def curve(rows: Iterable[BenchRow], case: str) -> str:
    """Return a chart of the median times of all systems in one case of the `query` section, as SVG.

    Raises:
        BadParameter: there are no rows of the case.
    """
    systems = _by_system(row for row in rows if row.section == "query" and row.case == case)
    points = [point for line in systems.values() for point in line]
    if not points:
        raise BadParameter("--picture", f"no query of {case} was measured: nothing to draw")
    frame = _Frame(points)
    title = f"One query among so many codes of {case}, microseconds of one core (median)"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" role="img" font-family="system-ui, sans-serif" '
        'font-size="13">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{_HEIGHT}" fill="{_PAPER}"/>',
        _text(_LEFT, 24, title),
        *frame.grid(),
        *_lines(systems, frame),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _by_system(rows: Iterable[BenchRow]) -> dict[str, list[Point]]:
    lines: dict[str, list[Point]] = {}
    for row in rows:
        if row.p50_us is not None:
            lines.setdefault(row.system, []).append((row.size, row.p50_us))
    return {system: sorted(line) for system, line in lines.items()}


class _Frame:
    """The axes: the place of each size and time in the picture."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._sizes = _decades([size for size, _ in points])
        self._times = _decades([time for _, time in points])

    def place(self, point: Point) -> Point:
        """Return the place of a size and a time, in pixels."""
        across = _share(point[0], self._sizes) * (_WIDTH - _LEFT - _RIGHT)
        up = _share(point[1], self._times) * (_HEIGHT - _TOP - _BOTTOM)
        return _LEFT + across, _HEIGHT - _BOTTOM - up

    def grid(self) -> Iterator[str]:
        """Yield a line and a number for each power of ten."""
        for power in range(self._times[0], self._times[1] + 1):
            _, y = self.place((10.0 ** self._sizes[0], 10.0**power))
            yield _hairline(_LEFT, y, _WIDTH - _RIGHT, y)
            yield _text(_LEFT - 10, y + 4, _number(power), "end")
        for power in range(self._sizes[0], self._sizes[1] + 1):
            x, _ = self.place((10.0**power, 10.0 ** self._times[0]))
            yield _hairline(x, _TOP, x, _HEIGHT - _BOTTOM)
            yield _text(x, _HEIGHT - _BOTTOM + 22, _number(power), "middle")


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low = math.floor(math.log10(min(values)))
    return low, max(low + 1, math.ceil(math.log10(max(values))))


def _share(value: float, powers: tuple[int, int]) -> float:
    return (math.log10(value) - powers[0]) / (powers[1] - powers[0])


def _number(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"


def _lines(systems: dict[str, list[Point]], frame: _Frame) -> Iterator[str]:
    """Yield each system's line, and its name at the line's end, without overlaps."""
    places = {name: [frame.place(point) for point in line] for name, line in systems.items()}
    for across in sorted({line[-1][0] for line in places.values()}):
        ending = [name for name, line in places.items() if line[-1][0] == across]
        ending.sort(key=lambda name: places[name][-1][1])
        heights = _apart([places[name][-1][1] for name in ending])
        for system, height in zip(ending, heights, strict=True):
            yield from _line(system, places[system], height)


def _line(system: str, places: Sequence[Point], height: float) -> Iterator[str]:
    ours, floor = system.startswith("hashbag"), system.startswith("floor")
    kind, colour, width = ("ours", _OXBLOOD, 2.5) if ours else ("line", _GREY, 1.25)
    dashes = ' stroke-dasharray="2 4"' if floor else ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield (
        f'<polyline class="{kind}" points="{path}" fill="none" stroke="{colour}" '
        f'stroke-width="{width}"{dashes}/>'
    )
    for x, y in places:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>'
    name_class, name_colour = ("our-name", _OXBLOOD) if ours else ("ink", _INK)
    yield (
        f'<text class="{name_class}" x="{places[-1][0] + 10:.1f}" y="{height + 4:.1f}" '
        f'fill="{name_colour}">{escape(system)}</text>'
    )


def _apart(heights: Sequence[float]) -> list[float]:
    """Return the heights of labels, given from top to bottom, moved apart so that none overlap."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + _LABEL_GAP) if placed else height)
    beyond = max(0.0, placed[-1] - (_HEIGHT - _BOTTOM))
    return [height - beyond for height in placed]


def _hairline(x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f'<line class="line" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{_GREY}" stroke-opacity="0.35"/>'
    )


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return (
        f'<text class="ink" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
        f'fill="{_INK}">{escape(words)}</text>'
    )
