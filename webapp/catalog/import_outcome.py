"""What became of each item whose photos were read, and what the catalogue is to hold of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum

from webapp.catalog.import_entries import ListedPhoto, Rejected, Remark, UnreadPart
from webapp.catalog.import_worker import Found, ImportTask, Photo
from webapp.catalog.item_entries import Entry, PhotoEntry
from webapp.catalog.moved_photos import MovedPhotos
from webapp.catalog.reader import Catalog
from webapp.catalog.source_run import SourceRun
from webapp.models import Item

Answer = tuple[ImportTask, Found | Rejected | Remark | None]
"""A task, and what a worker said of it; None: it is left out."""


class Outcome(Enum):
    """What became of one picture."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    MOVED = "moved"
    """Its file has another path; it is the same item."""
    LEFT_OUT = "left out"
    """Its item was taken out by hand."""


class Judge:
    """Decides what is to be written of photos that were read, some at a time."""

    def __init__(
        self, catalog: Catalog, versions: Mapping[str, str], run: SourceRun | None
    ) -> None:
        self._catalog = catalog
        self._versions = versions
        self._run = run
        self._moved_ids: set[int] = set()
        self.replaced: set[str] = set()
        """Contents of photos that items had before they were known again by others."""

    def batch(
        self, batch: Sequence[Answer]
    ) -> list[tuple[Outcome | Rejected | Remark, Entry | None]]:
        """Say what became of each, and what is to be written of it.

        Photos of an item that could not be read come after it, each by itself.
        """
        new = [
            found.first.digest
            for task, found in batch
            if isinstance(found, Found) and not task.known and self._run and self._run.finds_moved
        ]
        moved = MovedPhotos(self._catalog, new)
        judged: list[tuple[Outcome | Rejected | Remark, Entry | None]] = []
        for task, found in batch:
            judged.append(self._one(task, found, moved))
            if isinstance(found, Found) and isinstance(task.entry, ListedPhoto):
                line = task.entry.line
                judged += [(replace(one, line=line), None) for one in found.rejected]
        return judged

    def _one(
        self, task: ImportTask, found: Found | Rejected | Remark | None, moved: MovedPhotos
    ) -> tuple[Outcome | Rejected | Remark, Entry | None]:
        want, run = task.entry, self._run
        if run and task.known:
            run.seen.append(task.known.item.id)
        if run and isinstance(want, UnreadPart):
            run.unread.append(want)
        if not isinstance(want, ListedPhoto):
            return want, None
        if isinstance(found, Rejected | Remark):
            return replace(found, line=want.line), None
        if found is None:
            return Outcome.LEFT_OUT, None
        if task.known:
            return self._known(want, found, task.known.item)
        digest = found.first.digest
        before = moved.item(digest, want.filename, self._moved_ids, task.places)
        if before:
            return self._moved(want, found, before)
        if run and not run.again and moved.is_removed(digest):
            return Outcome.LEFT_OUT, None
        columns = self._new_place(want) | {"extra": {}, **_columns(want, found)}
        return Outcome.ADDED, self._entry(None, columns, found, _further(found) or None)

    def _entry(
        self,
        item: Item | None,
        columns: Mapping[str, object],
        found: Found,
        further: Sequence[PhotoEntry] | None,
    ) -> Entry:
        made = self._versions
        seen = (item.id, item.digest) if item else (None, None)
        return Entry(seen[0], columns, found.first.fingerprint, made, further, seen[1])

    def _known(self, want: ListedPhoto, found: Found, item: Item) -> tuple[Outcome, Entry | None]:
        changed = _changed(item, _columns(want, found, item))
        further = None if _has_further(item, found) else _further(found)
        if not changed and found.first.fingerprint is None and further is None:
            return Outcome.UNCHANGED, None
        return Outcome.UPDATED, self._entry(item, changed, found, further)

    def _moved(self, want: ListedPhoto, found: Found, item: Item) -> tuple[Outcome, Entry]:
        assert self._run, "only a source that is followed finds what moved"
        place = self._new_place(want)
        self._moved_ids.add(item.id)
        self._run.seen.append(item.id)
        self._run.moved.append((item.path, str(place["path"])))
        columns = _columns(want, found, item)
        if self._run.dry_run:
            columns = dict(want.attributes_beside(item.extra))
        self.replaced |= {photo.digest for photo in item.photos}
        changed = _changed(item, place | columns)
        said = found.further is not None and (item.further or found.further)
        further = _further(found) if said else None
        return Outcome.MOVED, self._entry(item, changed, found, further)

    def _new_place(self, want: ListedPhoto) -> dict[str, object]:
        return {
            "path": self._catalog.stored_path(want.path),
            "occurrence": want.occurrence,
            "filename": want.filename,
            "source": self._run.source if self._run else "",
        }


def _columns(want: ListedPhoto, found: Found, item: Item | None = None) -> dict[str, object]:
    count = {} if found.further is None else {"photo_count": 1 + len(found.further)}
    attributes = want.attributes_beside(item.extra) if item else want.attributes
    return {**_file_columns(found.first), **count, **attributes}


def _file_columns(photo: Photo) -> dict[str, object]:
    return {
        "digest": photo.digest,
        "width": photo.width,
        "height": photo.height,
        "media_type": photo.media_type,
    }


def _further(found: Found) -> tuple[PhotoEntry, ...]:
    """Say what is to be written of all further photos of an item."""
    return tuple(
        PhotoEntry(
            {"path": one.place, "filename": one.filename, **_file_columns(one.photo)},
            one.photo.fingerprint,
            one.is_new,
        )
        for one in found.further or ()
    )


def _has_further(item: Item, found: Found) -> bool:
    """Say whether an item has just these further photos, and all their codes."""
    if found.further is None:
        return True
    before = [(photo.path, photo.filename, photo.digest) for photo in item.further]
    now = [(one.place, one.filename, one.photo.digest) for one in found.further]
    return before == now and not any(one.photo.fingerprint for one in found.further)


def _changed(item: Item, columns: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in columns.items() if getattr(item, name) != value}


def tally(outcomes: Iterable[Outcome | Rejected]) -> Mapping[str, int]:
    """Count outcomes by name, the rejected among them."""
    counts = {outcome.value: 0 for outcome in Outcome} | {"rejected": 0}
    for outcome in outcomes:
        counts["rejected" if isinstance(outcome, Rejected) else outcome.value] += 1
    return counts
