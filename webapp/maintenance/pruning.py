"""Taking out what a folder or list no longer has."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from webapp.catalog.reader import Catalog
from webapp.catalog.source_items import ids_of_source
from webapp.catalog.source_run import SourceRun
from webapp.exceptions import HashbagError
from webapp.maintenance.removal import remove
from webapp.models import Item
from webapp.pictures.thumbnails import ThumbStore

_PARTS_NAMED = 3


class NotPruned(HashbagError):
    """Items were not taken out, because something is likely to be wrong with their source."""


@dataclass(frozen=True)
class Pruner:
    """Knows which items a source named before a run, to compare with what the run came upon."""

    run: SourceRun
    before: Sequence[int]

    @classmethod
    def of(cls, catalog: Catalog, run: SourceRun) -> "Pruner":
        """Note what the source named until now; call it before the run."""
        return cls(run, ids_of_source(catalog, run.source))

    def gone(self, catalog: Catalog) -> list[Item]:
        """Return the items that the source no longer names, by id."""
        ids = np.setdiff1d(np.array(self.before, dtype=np.int64), np.array(self.run.seen))
        return catalog.items(ids.tolist())

    def check(self, gone: Sequence[Item]) -> None:
        """See whether it is likely that these are really gone.

        Raises:
            NotPruned: more than half of the source's items are gone, or a part could not be read.
        """
        if gone and self.run.unread:
            parts = "; ".join(map(str, self.run.unread[:_PARTS_NAMED]))
            raise NotPruned(
                f"nothing was taken out, because a part could not be read ({parts}): mend it, or "
                f"take out the {len(gone)} items that are not named any more with --force"
            )
        if 2 * len(gone) > len(self.before):
            raise NotPruned(
                f"nothing was taken out: {len(gone)} of {len(self.before)} items would go, more "
                "than half; is a disk not there? --force takes them out"
            )

    def prune(self, catalog: Catalog, thumbs: ThumbStore, gone: Sequence[Item]) -> None:
        """Take items out; an import takes them in again where their photos come back."""
        if gone:
            remove(catalog, thumbs, [item.id for item in gone], for_good=False)
