"""What a benchmark yields: how far it is, and its results, one row for each system and case."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

SECTIONS = ("query", "index", "import", "web")


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being measured now."""

    doing: str


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One system in one case; what does not apply, or could not be measured, is None.

    `size` counts codes, items or photos. `case` says what was asked: a kind of code, a page, the
    photos' pixels. `ratio` is to the section's yardstick, as its table says. `cpu_us` is the
    servers' processor time for an answer, which other work on the machine hardly changes.
    `recall` is that of nine by distance: equal distances are equally right. `memory_mb` is the
    peak of all processes, or what one more of them adds.
    """

    section: str
    system: str
    size: int
    case: str = ""
    recall: float | None = None
    p50_us: float | None = None
    p95_us: float | None = None
    p99_us: float | None = None
    per_second: float | None = None
    ratio: float | None = None
    cpu_us: float | None = None
    seconds: float | None = None
    bytes_per_item: float | None = None
    load_ms: float | None = None
    memory_mb: float | None = None
    note: str = ""


def to_json(rows: Iterable[BenchRow]) -> str:
    """Write rows as a JSON list, one object each; what is not known is left out."""
    objects = [
        {name: value for name, value in asdict(row).items() if value not in (None, "")}
        for row in rows
    ]
    return json.dumps(objects, indent=1, ensure_ascii=False) + "\n"
