"""The state of the server as `/metrics` tells it: catalogue, index, changes, imports, builds."""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from platform import python_version

from webapp import metrics
from webapp.catalog import change_log, write_lock
from webapp.context import Hashbag, hashbag
from webapp.exceptions import CatalogError, IndexNotReady
from webapp.hashing import picture_work
from webapp.index.generation_store import GenerationStore
from webapp.index.overlay import OverlaidGeneration
from webapp.maintenance import import_report

_OUTCOMES = ("added", "updated", "unchanged", "moved", "rejected")

Values = dict[tuple[str, ...], float]
State = tuple[str, Values]
Samples = Mapping[str, Values]
"""States by name; the values of each by those of its labels."""


def state() -> Samples:
    """Look up all that can be looked up now; what cannot is left out, and `hashbag_up` says why."""
    return dict(_states())


def _states() -> Iterator[State]:
    core = hashbag()
    settings = core.settings
    yield metrics.BUILD, {(version("hashbag"), python_version(), settings.engine): 1}
    up = {"catalogue": False, "index": False, "pictures": picture_work.runner().is_there()}
    with suppress(CatalogError):
        yield _one(metrics.ITEMS, _item_count(core))
        up["catalogue"] = True
    with suppress(IndexNotReady):
        yield from _generation(core.generations)
        up["index"] = True
        with suppress(CatalogError):
            yield from _overlay()
    yield metrics.UP, {(part,): there for part, there in up.items()}
    with suppress(CatalogError):
        yield _one(metrics.BUILDING, write_lock.is_building_here(settings.instance))
        yield _one(metrics.IMPORTING, write_lock.is_writing_here(settings.instance))
    yield from _last_import()


def _item_count(core: Hashbag) -> int:
    """Count the items by the index: the catalogue may take long."""
    try:
        core.generations.current()
    except IndexNotReady:
        return core.catalog.count()
    return core.facets.count()


def _generation(generations: GenerationStore) -> Iterator[State]:
    serving = generations.current()
    yield _one(metrics.GENERATION, int(serving.name))
    with suppress(OSError):  # it is served on, from memory, where its folder is gone
        built = (generations.folder / serving.name).stat().st_mtime
        yield _one(metrics.GENERATION_AGE, max(0.0, time.time() - built))


def _overlay() -> Iterator[State]:
    core = hashbag()
    published = core.newest().published
    if isinstance(published, IndexNotReady):
        return
    changed = published.recent.entries if isinstance(published, OverlaidGeneration) else ()
    yield _one(metrics.OVERLAY, len(changed))
    oldest = change_log.oldest_since(core.catalog, published.manifest.revision)
    yield _one(metrics.OVERLAY_AGE, 0 if oldest is None else max(0.0, time.time() - oldest))


def _last_import() -> Iterator[State]:
    instance = hashbag().settings.instance
    for name in import_report.names(instance)[:1]:
        # A report that was damaged, or that the server may not read, is no reason to tell nothing.
        with suppress(OSError, ValueError, KeyError):
            report = import_report.read(instance, name) or {}
            yield _one(metrics.IMPORTED, datetime.fromisoformat(report["started"]).timestamp())
            yield _one(metrics.IMPORT_SECONDS, report["seconds"])
            counts: Values = {(one,): float(report[one]) for one in _OUTCOMES if one in report}
            yield metrics.IMPORT_PHOTOS, counts


def _one(name: str, value: float) -> State:
    return name, {(): float(value)}
