"""The `query` section: time and recall of nine neighbours, beside rivals and the floor."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.kinds import KINDS
from webapp.index.engines import Engine
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
_QUESTIONS = 200
_SECONDS = 3.0  # for each system in each case

Step = Progress | BenchRow
Asked = Callable[[Query], Found]


@dataclass(frozen=True, slots=True)
class Case:
    """Codes to search in and to search with, drawn alike; `queries` has as many in each kind."""

    name: str
    codes: Coded
    queries: Coded

    @property
    def size(self) -> int:
        """How many items there are."""
        return len(next(iter(self.codes.values())))

    def query(self, number: int) -> Query:
        """Return one query's codes."""
        return {kind: codes[number] for kind, codes in self.queries.items()}


def draw(name: str, size: int, seed: int, real: Mapping[str, Packed] | None) -> Case:
    """Draw a case: of one kind, or of the look's; from real codes where they are given."""
    kinds = BLENDED if name == "look" else (name,)
    count = size + _QUESTIONS
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
    """Build every system over a case and ask all of them the same."""
    yield Progress(f"query, {case.name}: {case.size:,} codes, {engine.name}")
    with built(engine, case.codes) as here, built(ExactEngine(), case.codes) as scanned:
        # Before the proof there is a proposal; an exact engine has nothing to prove.
        systems: dict[str, Asked] = {
            "hashbag": asker(here),
            "hashbag, before proof": asker(here, prove=False),
            "hashbag, proven": asker(here, prove=True),
            "hashbag, engine exact": asker(scanned),
        }
        seconds = {"hashbag": here.seconds, "hashbag, engine exact": scanned.seconds}
        for rival in _suitable(case):
            yield Progress(f"query, {case.name}: {case.size:,} codes, {rival.name}")
            began = time.process_time()
            systems[rival.name] = _alone(rival, case)
            seconds[rival.name] = time.process_time() - began
        yield Progress(f"query, {case.name}: {case.size:,} codes, asking")
        yield from _rows(case, scanned, systems, seconds)


def _suitable(case: Case) -> list[Rival]:
    """List the rivals that know such codes; the look is a ranking of our own."""
    if len(case.codes) > 1:
        return []
    kind = KINDS[case.name]
    return [rival for rival in RIVALS if rival.is_there and rival.suits(kind, case.size)]


def _alone(rival: Rival, case: Case) -> Asked:
    ask = rival.build(KINDS[case.name], case.codes[case.name])
    return lambda query: ask(query[case.name])


def _rows(
    case: Case, scanned: Built, systems: Mapping[str, Asked], seconds: Mapping[str, float]
) -> Iterator[BenchRow]:
    asked: dict[str, Callable[[int], object]] = {
        name: partial(_ask, case, system) for name, system in systems.items()
    }
    asked |= _floors(case)
    times = interleaved(asked, _QUESTIONS, _SECONDS)
    unit = times.get(YARDSTICK) or times["hashbag, engine exact"]
    for name, found in times.items():
        asked_so_far = len(found.us)
        recall = _recall(case, scanned, systems[name], asked_so_far) if name in systems else None
        yield BenchRow(
            section="query",
            system=name,
            size=case.size,
            case=case.name,
            recall=recall,
            p50_us=found.at(50),
            p95_us=found.at(95),
            ratio=_ratio(found, unit),
            seconds=round(seconds[name], 2) if name in seconds else None,
        )


def _ask(case: Case, system: Asked, number: int) -> Found:
    return system(case.query(number))


def _ratio(found: Times, unit: Times) -> float:
    return round(found.at(50) / unit.at(50), 3)


def _recall(case: Case, scanned: Built, system: Asked, questions: int) -> float:
    """Compare distances found with those of a scan; no system sees the other's answer."""
    right = 0
    for number in range(questions):
        query = case.query(number)
        every = ours.measure_of(scanned, query).distances()
        true = np.sort(every, kind="stable")[:K]
        found = every[np.unique(system(query))[:K]]
        # Of each distance as many as there are: which of several equal ones does not matter.
        both = [np.bincount(some, minlength=int(every.max()) + 1) for some in (true, found)]
        right += int(np.minimum(*both).sum())
    return round(right / (questions * min(K, case.size)), 4)


def _floors(case: Case) -> dict[str, Callable[[int], object]]:
    """What a scan of all codes cannot be faster than: reading them; comparing them, bit by bit."""
    words = [to_planes(codes.reshape(-1, codes.shape[2])).ravel() for codes in case.codes.values()]
    views = [codes.shape[1] for codes in case.codes.values()]
    room = np.empty(_BLOCK, dtype=np.uint64)
    counts = np.empty(_BLOCK, dtype=np.uint8)

    def read(_: int) -> None:
        for some in words:
            some.sum()

    def compare(number: int) -> None:
        for some, count in zip(words, views, strict=True):
            for start in range(0, len(some), _BLOCK):
                block = some[start : start + _BLOCK]
                for _ in range(count):
                    _compare(block, np.uint64(number), room, counts)

    return {"floor: read all codes": read, "floor: XOR and count": compare}


_BLOCK = 1 << 15


def _compare(
    block: NDArray[np.uint64],
    word: np.uint64,
    room: NDArray[np.uint64],
    counts: NDArray[np.uint8],
) -> None:
    np.bitwise_xor(block, word, out=room[: len(block)])
    np.bitwise_count(room[: len(block)], out=counts[: len(block)])
