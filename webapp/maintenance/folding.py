"""Folding live changes into a new index, once they are many: in a process of its own."""

from webapp.config import Settings
from webapp.exceptions import IndexNotReady
from webapp.index.generation import Published
from webapp.index.overlay import OverlaidGeneration
from webapp.maintenance.background import BackgroundCommand

# Every search also looks at all changed items. Up to this share of the catalogue, and for a small
# one up to so many, nobody would feel it.
_ITEMS_PER_CHANGE = 100
_LEAST_CHANGES = 50


def is_due(published: Published | IndexNotReady) -> bool:
    """Say whether so much was changed since an index was built that a new one is worth its time."""
    if not isinstance(published, OverlaidGeneration):
        return False
    most = max(_LEAST_CHANGES, len(published.frozen.facets.ids) // _ITEMS_PER_CHANGE)
    return len(published.recent.entries) > most


class BackgroundFolding(BackgroundCommand):
    """Starts the process that folds.

    Of several at once, all but one find that another builds already, and end.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "index", "--changes")
