"""The `query` section: time and recall of nine neighbours, beside rivals and a lower bound."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.config.settings import Settings
from webapp.hashing.kinds import KINDS
from webapp.index.engines import Engine
from webapp.index.engines.annoy import AnnoyEngine
from webapp.index.engines.exact import ExactEngine
from webapp.index.hamming import to_planes
from webapp.lab.bench import ours, realistic
from webapp.lab.bench.clock import Times, interleaved
from webapp.lab.bench.ours import Built, Coded, Query, asker, built
from webapp.lab.bench.realistic import Packed
from webapp.lab.bench.rivals import RIVALS, Found, K, Rival
from webapp.lab.bench.rows import BenchRow, Progress
from webapp.search.look import BLENDED

YARDSTICK = "faiss flat"
_QUERIES = 200
_SECONDS = 3.0  # for each system in each case
_BLOCK_WORDS = 1 << 15

Step = Progress | BenchRow
Ask = Callable[[Query], Found]
"""Asks one system; returns the numbers of the items that it found."""


@dataclass(frozen=True, slots=True)
class Case:
    """Codes to search in, and 200 queries drawn like them; both by kind, shape (N, V, bytes)."""

    name: str
    codes: Coded
    queries: Coded

    @property
    def size(self) -> int:
        """The number of items to search in."""
        return len(next(iter(self.codes.values())))

    def query(self, number: int) -> Query:
        """Return the codes of one query by kind, each of shape (V, bytes)."""
        return {kind: codes[number] for kind, codes in self.queries.items()}


def draw(name: str, size: int, seed: int, real: Mapping[str, Packed] | None) -> Case:
    """Draw a case of one kind, or of the look's kinds; from `real` codes, by kind, if given."""
    kinds = BLENDED if name == "look" else (name,)
    count = size + _QUERIES
    drawn = {
        kind: realistic.draw(KINDS[kind], count, seed + number)
        if real is None
        else realistic.vary(real[kind], count, seed)
        for number, kind in enumerate(kinds)
    }
    return Case(
        name,
        {kind: codes[:size] for kind, codes in drawn.items()},
        {kind: codes[size:] for kind, codes in drawn.items()},
    )


def measure(case: Case, engine: Engine) -> Iterator[Step]:
    """Build every system over the codes of a case and time all with the same queries."""
    yield Progress(f"query, {case.name}: {case.size:,} codes, {engine.name}")
    with ExitStack() as stack:
        indexed = stack.enter_context(built(engine, case.codes))
        scanned = stack.enter_context(built(ExactEngine(), case.codes))
        systems: dict[str, Ask] = {
            "hashbag": asker(indexed),
            "hashbag, before proof": asker(indexed, prove=False),
            "hashbag, proven": asker(indexed, prove=True),
            "hashbag, engine exact": asker(scanned),
        }
        seconds = {"hashbag": indexed.seconds, "hashbag, engine exact": scanned.seconds}
        if engine.name != AnnoyEngine.name:
            defaults = Settings(Path())
            annoy = AnnoyEngine(defaults.trees, defaults.search_k)
            usual = stack.enter_context(built(annoy, case.codes))
            systems["hashbag, engine annoy"] = asker(usual)
            seconds["hashbag, engine annoy"] = usual.seconds
        for rival in _suitable(case):
            yield Progress(f"query, {case.name}: {case.size:,} codes, {rival.name}")
            began = time.process_time()
            systems[rival.name] = _rival(rival, case)
            seconds[rival.name] = time.process_time() - began
        yield Progress(f"query, {case.name}: {case.size:,} codes, asking")
        yield from _rows(case, scanned, systems, seconds)


def _suitable(case: Case) -> list[Rival]:
    """Return the rivals that can hold the case; none can blend kinds as the look does."""
    if len(case.codes) > 1:
        return []
    kind = KINDS[case.name]
    return [rival for rival in RIVALS if rival.is_there and rival.suits(kind, case.size)]


def _rival(rival: Rival, case: Case) -> Ask:
    ask = rival.build(KINDS[case.name], case.codes[case.name])
    return lambda query: ask(query[case.name])


def _rows(
    case: Case, scanned: Built, systems: Mapping[str, Ask], seconds: Mapping[str, float]
) -> Iterator[BenchRow]:
    by_number: dict[str, Callable[[int], object]] = {
        name: partial(_ask, case, system) for name, system in systems.items()
    }
    by_number |= _floors(case)
    times = interleaved(by_number, _QUERIES, _SECONDS)
    unit = times.get(YARDSTICK) or times["hashbag, engine exact"]
    for name, of_system in times.items():
        queries = len(of_system.us)
        recall = _recall(case, scanned, systems[name], queries) if name in systems else None
        yield BenchRow(
            section="query",
            system=name,
            size=case.size,
            case=case.name,
            recall=recall,
            p50_us=of_system.percentile(50),
            p95_us=of_system.percentile(95),
            ratio=_ratio(of_system, unit),
            seconds=round(seconds[name], 2) if name in seconds else None,
        )


def _ask(case: Case, system: Ask, number: int) -> Found:
    return system(case.query(number))


def _ratio(times: Times, unit: Times) -> float:
    return round(times.percentile(50) / unit.percentile(50), 3)


def _recall(case: Case, scanned: Built, system: Ask, queries: int) -> float:
    """Return the recall of nine by distance, 0 to 1: any of equally near items is right."""
    right = 0
    for number in range(queries):
        query = case.query(number)
        distances = ours.measure_of(scanned, query).distances()
        true = np.sort(distances, kind="stable")[:K]
        found = distances[np.unique(system(query))[:K]]
        counts = [np.bincount(nine, minlength=int(distances.max()) + 1) for nine in (true, found)]
        right += int(np.minimum(*counts).sum())
    return round(right / (queries * min(K, case.size)), 4)


def _floors(case: Case) -> dict[str, Callable[[int], object]]:
    """Return what no scan can be faster than: reading all codes, and comparing them bit by bit."""
    words = [to_planes(codes.reshape(-1, codes.shape[2])).ravel() for codes in case.codes.values()]
    views = [codes.shape[1] for codes in case.codes.values()]
    differing = np.empty(_BLOCK_WORDS, dtype=np.uint64)
    counts = np.empty(_BLOCK_WORDS, dtype=np.uint8)

    def read(_: int) -> None:
        for of_kind in words:
            of_kind.sum()

    def compare(number: int) -> None:
        for of_kind, count in zip(words, views, strict=True):
            for start in range(0, len(of_kind), _BLOCK_WORDS):
                block = of_kind[start : start + _BLOCK_WORDS]
                for _ in range(count):
                    _compare(block, np.uint64(number), differing, counts)

    return {"floor: read all codes": read, "floor: XOR and count": compare}


def _compare(
    block: NDArray[np.uint64],
    word: np.uint64,
    differing: NDArray[np.uint64],
    counts: NDArray[np.uint8],
) -> None:
    np.bitwise_xor(block, word, out=differing[: len(block)])
    np.bitwise_count(differing[: len(block)], out=counts[: len(block)])
