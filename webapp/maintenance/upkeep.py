"""What has searches see live changes: a first index, and a new one once changes are many."""

import logging
from collections.abc import Callable

from webapp.catalog.reader import Catalog
from webapp.catalog.write_lock import building, writing
from webapp.exceptions import CatalogBusy, HashbagError, IndexBeingFetched, NothingPublished
from webapp.index.snapshot import Snapshot
from webapp.maintenance.merging import BackgroundMerging, is_due
from webapp.maintenance.publishing import Publisher

_BUILT_AT_ONCE = 1000
"""A first index of so few items is built while whoever adds an item waits."""

log = logging.getLogger(__name__)


def keep_up(
    catalog: Catalog,
    newest: Callable[[], Snapshot],
    publisher: Publisher,
    merging: BackgroundMerging,
) -> None:
    """Have searches see live changes; whoever calls it has made them, so it raises nothing.

    They do at once. Only of a catalogue that has no index yet, one is built, and a new one once
    changes are so many that it is worth it: in the background, if the catalogue is not small.
    """
    try:
        published = newest().published
        if isinstance(published, NothingPublished) and catalog.count() <= _BUILT_AT_ONCE:
            _publish_first(catalog, publisher)
        elif isinstance(published, NothingPublished) or is_due(published):
            _build_elsewhere(merging)
    except IndexBeingFetched:
        return  # who has the index sees to it
    except (HashbagError, OSError) as problem:
        told = problem.for_owner if isinstance(problem, HashbagError) else problem
        log.warning("no index could be built while a change was answered: %s", told)
        _build_elsewhere(merging)


def _publish_first(catalog: Catalog, publisher: Publisher) -> None:
    try:
        with writing(catalog):
            for _ in publisher.publish(jobs=1):
                """Nobody watches its progress."""
    except CatalogBusy:
        # An import publishes what it took in, and this change with it, at its end. If another first
        # change is being published, this one is found once that is done.
        with building(catalog):
            return


def _build_elsewhere(merging: BackgroundMerging) -> None:
    try:
        merging.start_unless_failed()
    except OSError as problem:
        log.warning("no process could be started that builds an index: %s", problem)
