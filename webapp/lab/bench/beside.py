"""The `engine` section: a whole catalogue searched by another engine beside Annoy and a scan.

Each has the same items, is asked the same questions in the same run, and answers by the way that
pages and the API take. Times are elapsed ones: nobody knows what another machine spends.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from webapp.config.settings import Settings
from webapp.context import Hashbag
from webapp.index.engines.registry import engine_of
from webapp.lab.bench import questions
from webapp.lab.bench.clock import Times, interleaved
from webapp.lab.bench.questions import Question
from webapp.lab.bench.realistic import Packed
from webapp.lab.bench.rows import BenchRow, Progress
from webapp.lab.bench.stocked import stock
from webapp.metrics import REGISTRY
from webapp.search.look import BLENDED
from webapp.search.result import Result
from webapp.search.searcher import Searcher

YARDSTICK = "annoy"
_TRUTH = "exact"
_SECONDS = 20.0  # for each system in each case
_KINDS = ("whash", *BLENDED)

Step = Progress | BenchRow


@dataclass(frozen=True, slots=True)
class Stocking:
    """What the catalogue is made of: see `stock`."""

    size: int
    seed: int
    jobs: int
    real: Mapping[str, Packed] | None = None


@dataclass
class _System:
    """An engine with its index, and what it answered: results and candidates, by the question."""

    name: str
    searcher: Searcher
    results: dict[int, Result] = field(default_factory=dict)
    candidates: dict[int, float] = field(default_factory=dict)

    def ask(self, asked: Sequence[Question], number: int) -> None:
        """Put one question."""
        before = _candidates()
        self.results[number] = asked[number](self.searcher)
        self.candidates[number] = _candidates() - before


def measure(settings: Settings, stocking: Stocking) -> Iterator[Step]:
    """Stock a catalogue, index it with each engine and time all with the same questions."""
    size = stocking.size
    with tempfile.TemporaryDirectory(prefix="hashbag-bench-") as name:
        yield Progress(f"engine: stocking {size:,} items")
        folder = Path(name)
        made_of = (stocking.seed, stocking.jobs, stocking.real)
        stocked = stock(folder / "stock", size, *made_of, kinds=_KINDS)
        engines = dict.fromkeys((YARDSTICK, settings.engine, _TRUTH))
        cores = [_with_engine(stocked, settings, one, folder / one) for one in engines]
        try:
            for core in cores:
                yield Progress(f"engine, {size:,}: building by {core.settings.engine}")
                yield _built(core, size)
            systems = [_System(core.settings.engine, core.searcher) for core in cores]
            for case, asked in questions.cases(cores[0], stocking.seed):
                yield Progress(f"engine, {size:,}: {case}")
                yield from _asked(systems, case, asked, size)
        finally:
            engine_of(replace(settings, instance=folder / settings.engine)).drop_others(())


def _with_engine(stocked: Hashbag, settings: Settings, engine: str, instance: Path) -> Hashbag:
    """Return an application with another engine over the same database."""
    database = stocked.settings.database_url.render_as_string(hide_password=False)
    return Hashbag(replace(settings, instance=instance, database=database, engine=engine))


def _built(core: Hashbag, size: int) -> BenchRow:
    """Publish a generation, of all that is searched by and of what narrows."""
    began = time.perf_counter()
    folder = core.generations.publish(core.catalog)
    seconds = time.perf_counter() - began
    here = sum(path.stat().st_size for path in folder.iterdir())
    return BenchRow(
        section="engine",
        system=core.settings.engine,
        size=size,
        case="a generation",
        seconds=round(seconds, 2),
        per_second=round(size / seconds),
        bytes_per_item=round(here / size, 1),
    )


def _asked(
    systems: Sequence[_System], case: str, asked: Sequence[Question], size: int
) -> Iterator[BenchRow]:
    for system in systems:
        system.results.clear()
        system.candidates.clear()
    ask: dict[str, Callable[[int], object]] = {
        system.name: partial(system.ask, asked) for system in systems
    }
    times = interleaved(ask, len(asked), _SECONDS, time.perf_counter_ns)
    truth = next(system for system in systems if system.name == _TRUTH)
    for system in systems:
        yield _row(system, truth, times, case, size)


def _row(
    system: _System, truth: _System, times: Mapping[str, Times], case: str, size: int
) -> BenchRow:
    both = system.results.keys() & truth.results.keys()
    proven = [result.exact for result in system.results.values()]
    candidates = list(system.candidates.values())
    own = times[system.name]
    return BenchRow(
        section="engine",
        system=system.name,
        size=size,
        case=case,
        recall=round(
            float(np.mean([recall(truth.results[one], system.results[one]) for one in both])), 4
        ),
        p50_us=own.percentile(50),
        p95_us=own.percentile(95),
        ratio=round(own.percentile(50) / times[YARDSTICK].percentile(50), 3),
        proven=round(sum(proven) / len(proven), 4),
        candidates=float(np.median(candidates)),
        most_candidates=max(candidates),
    )


def recall(true: Result, found: Result) -> float:
    """Return the share of the true hits that were found; any of equally near ones is right."""
    if not true.hits:
        return float(not found.hits)
    distances = [[hit.distance for hit in one.hits] for one in (true, found)]
    most = max(map(max, filter(None, distances))) + 1
    counts = [np.bincount(np.array(one, dtype=np.int64), minlength=most) for one in distances]
    return float(np.minimum(*counts).sum() / len(true.hits))


def _candidates() -> float:
    """Return how many candidates all searches of this process had."""
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "hashbag_candidates_sum"
    )
