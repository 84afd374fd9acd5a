"""The `live` section: how soon a change is searched, and what changes cost searches."""

import io
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from PIL import Image

from webapp.catalog.item_entries import Entry
from webapp.catalog.sent_photos import SentPhoto
from webapp.catalog.writer import CatalogWriter
from webapp.context import Hashbag
from webapp.hashing.kinds import KINDS
from webapp.index.snapshot import Snapshot
from webapp.lab.bench.clock import interleaved
from webapp.lab.bench.rows import BenchRow, Progress
from webapp.lab.bench.stocked import core_at, stock
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.plan import plan
from webapp.search.query import RANKINGS, Query
from webapp.search.searcher import Searcher

_PIXELS = 1000
_PHOTOS = 20
_SEARCHES = 40
_RANKED = ("whash", "look")
_ITEMS_PER_CHANGE = 100
_BATCH = 500
_JPEG_QUALITY = 90
_SECONDS = 60.0

Step = Progress | BenchRow


def measure(size: int, seed: int, jobs: int) -> Iterator[Step]:
    """Measure a catalogue of some size: items added one by one, then 1 in 100 changed.

    Times are of the processor: waiting for the disk is not in them.
    """
    with tempfile.TemporaryDirectory(prefix="hashbag-bench-") as name:
        yield Progress(f"live: stocking {size:,} items")
        core = stock(Path(name), size, seed, jobs)
        core.generations.publish(core.catalog)
        yield Progress(f"live, {size:,}: adding {_PHOTOS} photos")
        yield from _adding(core, size, seed)
        yield Progress(f"live, {size:,}: searching")
        yield from _searching(core, size, seed)


def _adding(core: Hashbag, size: int, seed: int) -> Iterator[BenchRow]:
    """Time reading a photo alone, and reading it, adding an item and finding it.

    Another application finds it, as another worker would: one that followed the last change.
    """
    other = core_at(core.settings.instance)
    photos = list(_photos(seed))

    def add(number: int, by: str) -> None:
        read = core.live_items.read(photos[number])
        item, _ = core.live_items.add([read], {"title": "New"})
        found = other.searcher.similar_to(read.read.fingerprint, Query(RANKINGS[by], 9))
        assert found.hits[0].distance == 0, "the item that was added has this very picture"
        assert item.id in other.newest().facets.ids[-1:], "and its own id"

    systems: dict[str, Callable[[int], object]] = {
        "its decoding, hashing and thumbnails alone": lambda n: core.live_items.read(photos[n])
    } | {f"all, until another process found it by {by}": partial(add, by=by) for by in _RANKED}
    yield from _rows(size, f"a photo of {_PIXELS} px", systems, _PHOTOS)


def _photos(seed: int) -> Iterator[SentPhoto]:
    for number, bag in enumerate(plan(_PHOTOS)):
        out = io.BytesIO()
        large = draw(bag).resize((_PIXELS, _PIXELS), Image.Resampling.BICUBIC)
        large.save(out, "JPEG", quality=_JPEG_QUALITY)
        yield SentPhoto(f"{seed}-{number}.jpg", out.getvalue())


def _searching(core: Hashbag, size: int, seed: int) -> Iterator[BenchRow]:
    """Time searches by an index alone, and with 1 item in 100 changed since."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    core.generations.publish(core.catalog)  # with the photos that were added
    index = core.newest()
    ids = index.facets.ids
    changed = ids[::_ITEMS_PER_CHANGE].tolist()
    snapshots = {"a search by the index alone": index}
    _write(core, [Entry(one, {"price": 1.0}, None, {}) for one in changed])
    snapshots[f"with {len(changed):,} prices changed since"] = core.newest()
    others = index.fingerprints(ids[1::_ITEMS_PER_CHANGE].tolist())
    versions = {name: KINDS[name].versions() for name in KINDS}
    swapped = zip(changed, others.values(), strict=False)
    _write(core, [Entry(one, {}, codes, versions) for one, codes in swapped])
    snapshots[f"with {len(changed):,} photos changed since"] = core.newest()
    asked = [int(ids[chance.randrange(len(ids))]) for _ in range(_SEARCHES)]
    for by in _RANKED:
        query = Query(RANKINGS[by], 9)

        def search(snapshot: Snapshot, number: int, query: Query = query) -> None:
            Searcher(snapshot).similar_to_item(asked[number], query)

        systems = {name: partial(search, snapshot) for name, snapshot in snapshots.items()}
        yield from _rows(size, by, systems, _SEARCHES)


def _write(core: Hashbag, entries: Sequence[Entry]) -> None:
    writer = CatalogWriter(core.catalog, live=True)
    for start in range(0, len(entries), _BATCH):
        writer.write(entries[start : start + _BATCH])


def _rows(
    size: int, case: str, systems: Mapping[str, Callable[[int], object]], queries: int
) -> Iterator[BenchRow]:
    """Time systems side by side; the first is the yardstick."""
    times = interleaved(systems, queries, _SECONDS)
    unit = next(iter(times.values())).percentile(50)
    for system, found in times.items():
        yield BenchRow(
            section="live",
            system=system,
            size=size,
            case=case,
            p50_us=found.percentile(50),
            p95_us=found.percentile(95),
            ratio=round(found.percentile(50) / unit, 3),
        )
