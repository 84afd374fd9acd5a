"""Hashbag's own search path, as it serves, over the codes of a benchmark."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from webapp.hashing.hash_kind import HashKind
from webapp.hashing.kinds import KINDS
from webapp.index.code_table import load_table, make_table
from webapp.index.engines import Engine, LocalEngine, Parameters
from webapp.index.hamming import to_planes
from webapp.index.kind_index import KindIndex, kind_index
from webapp.lab.bench.realistic import Packed
from webapp.lab.bench.rivals import Code, Found, K
from webapp.search.look import BALANCED, LookMeasure
from webapp.search.measure import KindMeasure, Measure
from webapp.search.nearest import PROVE_UP_TO_WORDS, nearest

Coded = dict[str, Packed]
"""Codes of the same N items by kind, each of shape (N, V, bytes)."""


@dataclass(frozen=True, slots=True)
class Built:
    """Indexes built and opened: processor seconds to build, milliseconds to open, bytes on disk."""

    kinds: dict[str, KindIndex]
    seconds: float
    bytes_: int
    load_ms: float


@contextmanager
def built(engine: Engine, codes: Coded) -> Iterator[Built]:
    """Build the index of each kind in a temporary folder and open it."""
    with TemporaryDirectory(prefix="hashbag-bench-") as name:
        folder = Path(name)
        # Of what another machine does, our processor knows nothing.
        clock = time.process_time if isinstance(engine, LocalEngine) else time.perf_counter
        began = clock()
        parameters = {kind: _build(engine, KINDS[kind], codes[kind], folder) for kind in codes}
        engine.finish(parameters.values())
        seconds = clock() - began
        began = time.perf_counter()
        opened = {}
        for kind in codes:
            table = load_table(folder, kind, KINDS[kind].bits)
            opened[kind] = kind_index(table, engine.open(table, folder, kind, parameters[kind]))
        load_ms = 1000 * (time.perf_counter() - began)
        size = sum(path.stat().st_size for path in folder.iterdir())
        try:
            yield Built(opened, seconds, size, load_ms)
        finally:
            engine.drop_others(())


def _build(engine: Engine, kind: HashKind, codes: Packed, folder: Path) -> Parameters:
    table = make_table(kind.bits, np.arange(len(codes), dtype=np.int64), codes)
    table.save(folder, kind.name)
    return engine.build(table, folder, kind.name)


Query = dict[str, Code]
"""The codes of one query by kind."""


def measure_of(built: Built, query: Query) -> Measure:
    """Return the measure of a query: of the one kind built, or of the look if there are several."""
    if len(built.kinds) == 1:
        ((name, opened),) = built.kinds.items()
        return KindMeasure(opened.table, opened.index, to_planes(query[name]))
    readings = [to_planes(query[kind]) for kind in built.kinds]
    return LookMeasure(list(built.kinds.values()), readings, BALANCED.shares_of(tuple(built.kinds)))


def asker(built: Built, *, prove: bool | None = None) -> Callable[[Query], Found]:
    """Return the function that searches: with proof always, never, or as it serves (None)."""
    max_words = {None: PROVE_UP_TO_WORDS, True: 2**63, False: -1}[prove]
    return lambda query: nearest(measure_of(built, query), K, prove_up_to=max_words).ids
