"""Speed and cost, measured beside other libraries and beside what the machine allows."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from webapp.catalog.first_photos import first_photo_codes
from webapp.catalog.reader import Catalog
from webapp.config.settings import Settings
from webapp.exceptions import BadParameter
from webapp.hashing.kinds import KINDS
from webapp.index.engines import Engine
from webapp.lab.bench import beside, catalogue, importing, index, live, load, query, web
from webapp.lab.bench.curve import curve
from webapp.lab.bench.realistic import Packed
from webapp.lab.bench.rows import SECTIONS, BenchRow, Progress, to_json
from webapp.lab.bench.stocked import stock
from webapp.lab.bench.tables import to_text

__all__ = [
    "CASES",
    "SECTIONS",
    "BenchRow",
    "Options",
    "Progress",
    "bench",
    "codes_of",
    "curve",
    "to_json",
    "to_text",
]

CASES = tuple(
    name
    for name in ("whash", "colorhash", "phash", "shape", "colour", "learned", "look")
    if name == "look" or name in KINDS
)
_SIZES = {
    "query": (1_000, 10_000, 100_000),
    "index": (10_000,),
    "web": (742,),
    "live": (100_000,),
    "catalogue": (100_000,),
    "engine": (100_000,),
}


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure.

    `sections`, `sizes`, `kinds`: empty for all sections, the default sizes, all of `CASES`.
    `sizes` count codes, items or photos. `seconds`: how long each case of the web section runs.
    `real`: codes, by kind, from which to draw instead of synthetic ones. `postgresql`: the address
    of an empty database, for the catalogue section. `settings`: those of the engine that the
    section `engine` sets beside Annoy; without them, or where they name Annoy, it measures nothing.
    """

    engine: Engine
    sections: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    seed: int = 0
    jobs: int = 1
    seconds: float = 3.0
    real: Mapping[str, Packed] | None = None
    postgresql: str | None = None
    settings: Settings | None = None


def bench(options: Options) -> Iterator[Progress | BenchRow]:
    """Measure the chosen sections; yield progress and, after each case, its rows."""
    for section in options.sections or SECTIONS:
        yield from _MEASURES[section](options)


def _query(options: Options) -> Iterator[Progress | BenchRow]:
    for case in _cases(options, "query"):
        yield from query.measure(case, options.engine)


def _index(options: Options) -> Iterator[Progress | BenchRow]:
    for case in _cases(options, "index"):
        if case.name in KINDS:
            yield from index.measure_kind(case, options.engine)
    for size in options.sizes or _SIZES["index"]:
        with tempfile.TemporaryDirectory(prefix="hashbag-bench-") as folder:
            yield Progress(f"index: stocking {size:,} items")
            core = stock(Path(folder), size, options.seed, options.jobs, options.real)
            yield from index.measure_all(core)


def _cases(options: Options, section: str) -> Iterator[query.Case]:
    for name in options.kinds or CASES:
        for size in options.sizes or _SIZES[section]:
            yield query.draw(name, size, options.seed, options.real)


def _import(options: Options) -> Iterator[Progress | BenchRow]:
    # Sizes are meant for codes: so many photos would take days.
    max_photos = min(options.sizes, default=max(importing.PHOTOS.values()))
    for pixels, count in importing.PHOTOS.items():
        yield from importing.measure(pixels, min(count, max_photos), options.seed, options.jobs)


def _web(options: Options) -> Iterator[Progress | BenchRow]:
    if not load.is_there():
        return  # the table names it
    for size in options.sizes or _SIZES["web"]:
        with tempfile.TemporaryDirectory(prefix="hashbag-bench-") as folder:
            yield Progress(f"web: stocking {size:,} items")
            core = stock(Path(folder), size, options.seed, options.jobs, options.real)
            core.generations.publish(core.catalog)
            yield from web.measure(core, options.seconds, options.seed)


def _live(options: Options) -> Iterator[Progress | BenchRow]:
    for size in options.sizes or _SIZES["live"]:
        yield from live.measure(size, options.seed, options.jobs)


def _catalogue(options: Options) -> Iterator[Progress | BenchRow]:
    for size in options.sizes or _SIZES["catalogue"]:
        yield from catalogue.measure(size, options.seed, options.postgresql)


def _engine(options: Options) -> Iterator[Progress | BenchRow]:
    if options.settings is None or options.settings.engine == beside.YARDSTICK:
        return  # the table says how to name another
    for size in options.sizes or _SIZES["engine"]:
        stocking = beside.Stocking(size, options.seed, options.jobs, options.real)
        yield from beside.measure(options.settings, stocking)


_MEASURES = {
    "query": _query,
    "index": _index,
    "import": _import,
    "web": _web,
    "live": _live,
    "catalogue": _catalogue,
    "engine": _engine,
}


def codes_of(catalog: Catalog) -> dict[str, Packed]:
    """Return the codes of a catalogue's N items by kind, each of shape (N, V, bytes).

    Raises:
        BadParameter: the catalogue has no code of a kind.
    """
    codes = {}
    for name, kind in KINDS.items():
        ids, packed = first_photo_codes(catalog, kind)
        if not len(ids):
            raise BadParameter("--real", f"this catalogue has no codes of {name}: import photos")
        codes[name] = packed
    return codes
