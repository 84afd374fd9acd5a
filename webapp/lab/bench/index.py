"""The `index` section: time to build and to open an index, its bytes, beside the recipe's."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from annoy import AnnoyIndex

from webapp.context import Hashbag
from webapp.hashing.kinds import KINDS
from webapp.index.engines import Engine
from webapp.lab.bench.ours import built
from webapp.lab.bench.query import Case
from webapp.lab.bench.rivals import RECIPE, TREES, recipe_index
from webapp.lab.bench.rows import BenchRow, Progress

Step = Progress | BenchRow


def measure_kind(case: Case, engine: Engine) -> Iterator[Step]:
    """Measure the index of one kind with all its files, and the recipe's of the same codes."""
    yield Progress(f"index, {case.name}: {case.size:,} codes")
    with built(engine, case.codes) as indexed:
        ours = BenchRow(
            section="index",
            system=f"hashbag, {engine.name}",
            size=case.size,
            case=case.name,
            seconds=round(indexed.seconds, 3),
            bytes_per_item=round(indexed.bytes_ / case.size, 1),
            load_ms=round(indexed.load_ms, 2),
            ratio=1.0,
        )
    yield ours
    if KINDS[case.name].views == 1:
        yield _recipe(case, indexed.seconds)


def _recipe(case: Case, unit: float) -> BenchRow:
    kind = KINDS[case.name]
    with tempfile.TemporaryDirectory(prefix="hashbag-bench-") as folder:
        path = Path(folder, "recipe.ann")
        began = time.process_time()
        recipe_index(kind, case.codes[kind.name], TREES).save(str(path))
        seconds = time.process_time() - began
        opened = AnnoyIndex(kind.bits, "hamming")
        began = time.perf_counter()
        opened.load(str(path))
        load_ms = 1000 * (time.perf_counter() - began)
        return BenchRow(
            section="index",
            system=RECIPE,
            size=case.size,
            case=case.name,
            seconds=round(seconds, 3),
            bytes_per_item=round(path.stat().st_size / case.size, 1),
            load_ms=round(load_ms, 2),
            ratio=round(seconds / unit, 1),
        )


def measure_all(core: Hashbag) -> Iterator[Step]:
    """Measure a generation of all kinds and facets: build and publish, check, open."""
    size = core.catalog.count()
    yield Progress(f"index, all kinds: {size:,} items")
    began = time.process_time()
    folder = core.generations.publish(core.catalog)
    seconds = time.process_time() - began
    began = time.process_time()
    core.generations.verify()
    verify_ms = 1000 * (time.process_time() - began)
    began = time.process_time()
    core.generations.current()
    load_ms = 1000 * (time.process_time() - began)
    yield BenchRow(
        section="index",
        system="hashbag, a generation",
        size=size,
        case=f"{len(KINDS)} kinds",
        seconds=round(seconds, 2),
        bytes_per_item=round(sum(path.stat().st_size for path in folder.iterdir()) / size, 1),
        load_ms=round(load_ms, 1),
        note=f"{verify_ms:.0f} ms with all checksums compared",
    )
