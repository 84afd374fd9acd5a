"""What became of each photo that was read, and what the catalogue is to hold of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum

from webapp.catalog.import_worker import ImportTask, Photo
from webapp.catalog.moved_photos import MovedPhotos
from webapp.catalog.reader import Catalog
from webapp.catalog.source_run import SourceRun
from webapp.catalog.writer import Entry
from webapp.models import Item, ListedPhoto, Rejected, Remark, UnreadPart

Answer = tuple[ImportTask, Photo | Rejected | Remark | None]
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

    def batch(
        self, batch: Sequence[Answer]
    ) -> list[tuple[Outcome | Rejected | Remark, Entry | None]]:
        """Say what became of each, and what is to be written of it."""
        new = [
            photo.digest
            for task, photo in batch
            if isinstance(photo, Photo) and not task.known and self._run
        ]
        moved = MovedPhotos(self._catalog, new)
        return [self._one(task, photo, moved) for task, photo in batch]

    def _one(
        self, task: ImportTask, photo: Photo | Rejected | Remark | None, moved: MovedPhotos
    ) -> tuple[Outcome | Rejected | Remark, Entry | None]:
        want, run = task.entry, self._run
        if run and task.known:
            run.seen.append(task.known.item.id)
        if run and isinstance(want, UnreadPart):
            run.unread.append(want)
        if not isinstance(want, ListedPhoto):
            return want, None
        if isinstance(photo, Rejected | Remark):
            return replace(photo, line=want.line), None
        if photo is None:
            return Outcome.LEFT_OUT, None
        if task.known:
            return self._known(want, photo, task.known.item)
        before = moved.item(photo.digest, want.filename, self._moved_ids)
        if before:
            return self._moved(want, photo, before)
        if run and not run.again and moved.is_removed(photo.digest):
            return Outcome.LEFT_OUT, None
        columns = self._new_place(want) | {"extra": {}, **_columns(want, photo)}
        return Outcome.ADDED, Entry(None, columns, photo.fingerprint, self._versions)

    def _known(self, want: ListedPhoto, photo: Photo, item: Item) -> tuple[Outcome, Entry | None]:
        changed = _changed(item, _columns(want, photo))
        if not changed and photo.fingerprint is None:
            return Outcome.UNCHANGED, None
        return Outcome.UPDATED, Entry(item.id, changed, photo.fingerprint, self._versions)

    def _moved(self, want: ListedPhoto, photo: Photo, item: Item) -> tuple[Outcome, Entry]:
        assert self._run, "only a source that is followed finds what moved"
        place = self._new_place(want)
        self._moved_ids.add(item.id)
        self._run.seen.append(item.id)
        self._run.moved.append((item.path, str(place["path"])))
        columns = _columns(want, photo)
        if self._run.dry_run:
            columns = dict(want.attributes)
        changed = _changed(item, place | columns)
        return Outcome.MOVED, Entry(item.id, changed, photo.fingerprint, self._versions)

    def _new_place(self, want: ListedPhoto) -> dict[str, object]:
        return {
            "path": self._catalog.stored_path(want.path),
            "occurrence": want.occurrence,
            "filename": want.filename,
            "source": self._run.source if self._run else "",
        }


def _columns(want: ListedPhoto, photo: Photo) -> dict[str, object]:
    return {
        "digest": photo.digest,
        "width": photo.width,
        "height": photo.height,
        "media_type": photo.media_type,
        **want.attributes,
    }


def _changed(item: Item, columns: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in columns.items() if getattr(item, name) != value}


def tally(outcomes: Iterable[Outcome | Rejected]) -> Mapping[str, int]:
    """Count outcomes by name, the rejected among them."""
    counts = {outcome.value: 0 for outcome in Outcome} | {"rejected": 0}
    for outcome in outcomes:
        counts["rejected" if isinstance(outcome, Rejected) else outcome.value] += 1
    return counts
