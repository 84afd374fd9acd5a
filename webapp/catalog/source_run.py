"""One run over a folder or a list: how it is followed, and what the run came upon."""

import os
from array import array
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from webapp.catalog.import_entries import UnreadPart

ADDED_BY_ITSELF = "hashbag add"
"""The source of items that no folder or list named; no stored path looks like it."""


@dataclass
class SourceRun:
    """How an import follows its source, and what it came upon.

    `source`: the folder or list, as the catalogue keeps paths. `again`: take in also what was taken
    out by hand. `dry_run`: tell what would be done, and change nothing; then pictures are not
    decoded. `changed`: real paths of files and folders that may have changed; None: any may.
    `finds_moved`: know items again by the content of their photos, where the old files are gone.

    `seen`: ids of the items that the source still names. `moved`: old and new stored paths of
    photos. `unread`: parts of the source that hide what they hold.
    """

    source: str
    again: bool = False
    dry_run: bool = False
    changed: Collection[str] | None = None
    finds_moved: bool = True
    seen: "array[int]" = field(default_factory=lambda: array("q"))
    moved: list[tuple[str, str]] = field(default_factory=list)
    unread: list[UnreadPart] = field(default_factory=list)

    def may_have_changed(self, path: Path) -> bool:
        """Say whether a photo's file must be read again."""
        if self.changed is None:
            return True
        return any(os.fspath(one) in self.changed for one in (path, *path.parents))
