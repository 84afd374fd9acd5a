"""The rows of a benchmark as plain text: a table for each section and case."""

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby

from webapp.lab.bench import load
from webapp.lab.bench.rivals import absent
from webapp.lab.bench.rows import BenchRow

TITLES = {
    "query": "nine neighbours; processor time of one thread, microseconds; ratio to faiss flat",
    "index": "building and opening; ratio of build seconds",
    "import": "photos taken in; ratio of time to the recipe's loop",
    "web": "answers under gunicorn, 16 connections; ratio of answers a second to the recipe's page",
    "live": "changes without a new index; processor time in microseconds; ratio to the first line",
    "catalogue": "routes that the catalogue answers, one request at a time, microseconds: the "
    "workers' processor time, and what passed; private memory of a worker",
    "engine": "searches by another engine beside Annoy, as people ask; elapsed microseconds",
}

_COLUMNS = {
    "query": ("recall", "p50_us", "p95_us", "ratio", "seconds"),
    "index": ("seconds", "ratio", "bytes_per_item", "load_ms", "note"),
    "import": ("per_second", "ratio", "seconds", "memory_mb"),
    "web": ("per_second", "ratio", "cpu_us", "p50_us", "p99_us", "seconds", "memory_mb", "note"),
    "live": ("p50_us", "p95_us", "ratio"),
    "catalogue": ("cpu_us", "p50_us", "p95_us", "memory_mb"),
    "engine": (
        "recall",
        "p50_us",
        "p95_us",
        "ratio",
        "proven",
        "candidates",
        "most_candidates",
        "per_second",
        "seconds",
        "bytes_per_item",
    ),
}
_HEADS = {
    "p50_us": "p50",
    "p95_us": "p95",
    "p99_us": "p99",
    "cpu_us": "cpu us",
    "per_second": "a second",
    "bytes_per_item": "bytes an item",
    "load_ms": "load ms",
    "memory_mb": "MB",
    "candidates": "candidates",
    "most_candidates": "at most",
}
_BY_SIZE = {"web", "catalogue"}  # a table for each size, not for each case
# Sections in which columns that have nothing in any line of a table are left out.
_WITH_GAPS = {"engine"}
_OTHER_SECONDS = {"query": "build s", "web": "start s", "engine": "build s"}


def to_text(rows: Sequence[BenchRow], sections: Collection[str] = ()) -> str:
    """Return the tables of all sections, and at the end what these need and is not installed."""
    blocks = []
    for section, of_section in groupby(rows, key=lambda row: row.section):
        blocks.append(f"{section}: {TITLES[section]}")
        for title, of_case in groupby(of_section, key=_title):
            blocks.append(_table(title, list(of_case)))
    sections = {*sections, *(row.section for row in rows)}
    missing = []
    if "query" in sections:
        missing += [f"{name} (pip install {package})" for name, package in absent().items()]
    if "web" in sections and not load.is_there():
        missing.append(f"{load.WRK} ({load.INSTALLED_BY})")
    if "engine" in sections and not any(row.section == "engine" for row in rows):
        missing.append("an engine beside Annoy (HASHBAG_ENGINE, HASHBAG_ENGINE_URL name it)")
    blocks += [f"not asked: {one}" for one in missing]
    return "\n\n".join(blocks)


def _title(row: BenchRow) -> str:
    if row.section in _BY_SIZE:
        return f"{row.size:,} items"
    return f"{row.case}, {row.size:,}"


def _table(title: str, rows: Sequence[BenchRow]) -> str:
    section = rows[0].section
    columns = [
        name
        for name in _COLUMNS[section]
        if section not in _WITH_GAPS or any(getattr(row, name) is not None for row in rows)
    ]
    heads = [_HEADS.get(name, name) for name in columns]
    heads = [_OTHER_SECONDS.get(section, name) if name == "seconds" else name for name in heads]
    body = [
        [
            f"{row.system}: {row.case}" if section in _BY_SIZE else row.system,
            *(_cell(getattr(row, name)) for name in columns),
        ]
        for row in rows
    ]
    return _aligned([[title, *heads], *body])


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"
    return str(value)


def _aligned(lines: Iterable[Sequence[str]]) -> str:
    lines = list(lines)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
        for line in lines
    )
