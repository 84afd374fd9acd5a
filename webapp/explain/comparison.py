"""Several rankings of the same query, side by side: what they share and how ranks change."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from webapp.search.result import Hit, Result
from webapp.search.searcher import Search, Searcher


@dataclass(frozen=True, slots=True)
class ComparedKind:
    """One ranking's answer, and the milliseconds it took."""

    search: Search
    result: Result
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two rankings have in common; `moves`: shared hits as pairs of their ranks."""

    first: str
    second: str
    of: int
    moves: tuple[tuple[Hit, Hit], ...]


def row(searcher: Searcher, ask: Callable[[], Search]) -> ComparedKind:
    """Search by one kind, and measure the time from preparing the query to the hits."""
    began = time.perf_counter()
    search = ask()
    result = searcher.answer(search)
    return ComparedKind(search, result, 1000 * (time.perf_counter() - began))


def found_by(rows: Sequence[ComparedKind]) -> dict[int, list[str]]:
    """Name the rankings that found each item, for items that several found."""
    times = Counter(hit.item.id for row in rows for hit in row.result.hits)
    return {
        item_id: [
            row.result.by for row in rows if any(hit.item.id == item_id for hit in row.result.hits)
        ]
        for item_id, count in times.items()
        if count > 1
    }


def overlaps(rows: Sequence[ComparedKind]) -> list[Overlap]:
    """Compare every two rankings."""
    return [_overlap(a.result, b.result) for a, b in combinations(rows, 2)]


def steps(rows: Sequence[ComparedKind]) -> list[Overlap]:
    """Compare each ranking with the next."""
    return [_overlap(a.result, b.result) for a, b in pairwise(rows)]


def _overlap(first: Result, second: Result) -> Overlap:
    there = {hit.item.id: hit for hit in second.hits}
    moves = tuple((hit, there[hit.item.id]) for hit in first.hits if hit.item.id in there)
    return Overlap(first.by, second.by, min(len(first.hits), len(second.hits)), moves)
