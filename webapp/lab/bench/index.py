"""The `index` section: what an index costs to build, to keep and to open, beside the recipe's."""

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
    """Build one kind's index as we do, all its files counted, and as the recipe does."""
    yield Progress(f"index, {case.name}: {case.size:,} codes")
    with built(engine, case.codes) as here:
        ours = BenchRow(
            section="index",
            system=f"hashbag, {engine.name}",
            size=case.size,
            case=case.name,
            seconds=round(here.seconds, 3),
            bytes_per_item=round(here.bytes_ / case.size, 1),
            load_ms=round(here.load_ms, 2),
            ratio=1.0,
        )
    yield ours
    if KINDS[case.name].views == 1:
        yield _recipe(case, here.seconds)


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
    """Build, publish and open a generation of a stocked catalogue: all kinds and columns."""
    size = core.catalog.count()
    yield Progress(f"index, all kinds: {size:,} items")
    began = time.process_time()
    folder = core.generations.publish(core.catalog)
    seconds = time.process_time() - began
    began = time.process_time()
    core.generations.verify()
    compared_ms = 1000 * (time.process_time() - began)
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
        note=f"{compared_ms:.0f} ms with all checksums compared",
    )
