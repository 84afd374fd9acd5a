"""What a benchmark yields: its progress, and one row for each system and case."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

SECTIONS = ("query", "index", "import", "web", "live", "catalogue", "engine")


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being measured, in words."""

    doing: str


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One system in one case; what does not apply, or could not be measured, is None.

    `size`: codes, items or photos. `case`: a kind, a page, or the pixels of the photos. `recall`:
    of nine by distance, 0 to 1; any of equally near items is right. `p50_us`, `p95_us`, `p99_us`:
    percentiles of the time of an answer, in microseconds. `ratio`: to the yardstick that the
    section's table names. `cpu_us`: the servers' processor time for an answer, in microseconds,
    which other work on the machine hardly changes. `memory_mb`: the peak of all processes, or
    what one more process adds, in 10^6 bytes. `proven`: the share of answers that say of themselves
    that they are exact, 0 to 1. `candidates`, `most_candidates`: how many items were proposed, or
    passed the filters, in the median answer and at most.
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
    proven: float | None = None
    candidates: float | None = None
    most_candidates: float | None = None
    note: str = ""


def to_json(rows: Iterable[BenchRow]) -> str:
    """Return rows as a JSON list of objects, without what is None or empty."""
    objects = [
        {name: value for name, value in asdict(row).items() if value not in (None, "")}
        for row in rows
    ]
    return json.dumps(objects, indent=1, ensure_ascii=False) + "\n"
