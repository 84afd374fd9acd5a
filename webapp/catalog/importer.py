"""Taking photos in: read, hash and thumbnail on all cores, write to the catalogue in batches."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from enum import Enum
from functools import partial
from itertools import islice
from pathlib import Path

from webapp.atomic_files import flush
from webapp.catalog import import_worker
from webapp.catalog.import_worker import ImportTask, Known, Photo
from webapp.catalog.reader import Catalog
from webapp.catalog.writer import CatalogWriter, Entry
from webapp.exceptions import HashbagError
from webapp.hashing.kinds import KINDS
from webapp.hashing.learned import session
from webapp.models import ImportEntry, ListedPhoto, Rejected, Remark
from webapp.pictures.thumbnails import ThumbStore
from webapp.processes import in_order

_BATCH = 32


class Outcome(Enum):
    """What became of one picture."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Importer:
    """Takes pictures into one catalogue."""

    def __init__(self, catalog: Catalog, thumbs: ThumbStore, max_pixels: int) -> None:
        self._catalog = catalog
        self._writer = CatalogWriter(catalog)
        self._thumbs = thumbs
        self._max_pixels = max_pixels
        self._versions = {kind.name: kind.versions() for kind in KINDS.values()}

    def take(
        self,
        wanted: Iterable[ImportEntry],
        jobs: int,
        kinds: Collection[str] = KINDS.keys(),
        *,
        fill: bool = True,
    ) -> Iterator[Outcome | Rejected | Remark]:
        """Take pictures in, yielding what became of each, in order, and remarks as they come.

        New photos get codes of the `kinds`. Of photos that are known and unchanged, codes of these
        kinds are renewed where other library versions made them, and, with `fill`, computed where
        they are missing. What was yielded is in the catalogue. Whatever ends the run, another goes
        on from there and comes to the same catalogue as an undisturbed one.
        """
        session.keep_in(self._catalog.instance)
        self._writer.make_catalog()
        look = partial(import_worker.read, self._thumbs, self._max_pixels, tuple(kinds))
        answers = in_order(look, self._tasks(wanted, kinds, fill), jobs)
        folders: set[Path] = set()
        try:
            while batch := list(islice(answers, _BATCH)):
                judged = [self._judge(*task, photo) for task, photo in batch]
                folders |= self._write([entry for _, entry in judged if entry])
                self._drop_replaced(batch)
                yield from (outcome for outcome, _ in judged)
        except BrokenProcessPool as error:
            raise HashbagError(
                "a worker process was killed while reading photos (out of memory?): "
                "run the same command again to go on from here"
            ) from error
        # Once is enough: a name that a power cut loses is missed and written again by the next run.
        for folder in folders:
            flush(folder)

    def _write(self, entries: Sequence[Entry]) -> set[Path]:
        """Write a batch, its photos' thumbnails on disk before it; return the folders of these."""
        contents = [entry.columns["digest"] for entry in entries if "digest" in entry.columns]
        folders = self._thumbs.flush(map(str, contents))
        self._writer.write(entries)
        return folders

    def _drop_replaced(self, batch: Sequence[tuple[ImportTask, Photo | Rejected | Remark]]) -> None:
        """Remove the thumbnails of contents that no item has any more."""
        replaced = {
            known.item.digest
            for (_, known), photo in batch
            if known and isinstance(photo, Photo) and photo.digest != known.item.digest
        }
        for digest in replaced - self._catalog.digests(list(replaced)):
            self._thumbs.remove(digest)

    def _tasks(
        self, wanted: Iterable[ImportEntry], kinds: Collection[str], fill: bool
    ) -> Iterator[ImportTask]:
        remaining = iter(wanted)
        while batch := list(islice(remaining, _BATCH)):
            photos = [want for want in batch if isinstance(want, ListedPhoto)]
            known = self._known(photos, kinds, fill)
            for want in batch:
                path = self._path(want) if isinstance(want, ListedPhoto) else ""
                yield want, known.get(path)

    def _known(
        self, wanted: Sequence[ListedPhoto], kinds: Collection[str], fill: bool
    ) -> dict[str, Known]:
        found = self._catalog.items_at([self._path(want) for want in wanted])
        makers = self._catalog.makers_of([item.id for item in found])
        return {item.path: Known(item, self._stale(makers[item.id], kinds, fill)) for item in found}

    def _stale(
        self, made_by: Mapping[str, str], kinds: Collection[str], fill: bool
    ) -> tuple[str, ...]:
        """Name the kinds to compute: `fill`, all that are not as they would be made here."""
        if fill:
            return tuple(kind for kind in kinds if made_by.get(kind) != self._versions[kind])
        return tuple(
            kind for kind in kinds if kind in made_by and not KINDS[kind].can_compare(made_by[kind])
        )

    def _path(self, want: ListedPhoto) -> str:
        return self._catalog.stored_path(want.path)

    def _judge(
        self,
        want: ImportEntry,
        known: Known | None,
        photo: Photo | Rejected | Remark,
    ) -> tuple[Outcome | Rejected | Remark, Entry | None]:
        if not isinstance(want, ListedPhoto):
            return want, None
        if not isinstance(photo, Photo):
            return replace(photo, line=want.line), None
        columns: dict[str, object] = {
            "digest": photo.digest,
            "width": photo.width,
            "height": photo.height,
            "media_type": photo.media_type,
            **want.attributes,
        }
        if known is None:
            new = {"path": self._path(want), "filename": want.filename, "extra": {}, **columns}
            return Outcome.ADDED, Entry(None, new, photo.fingerprint, self._versions)
        changed = {
            name: value for name, value in columns.items() if getattr(known.item, name) != value
        }
        if not changed and photo.fingerprint is None:
            return Outcome.UNCHANGED, None
        entry = Entry(known.item.id, changed, photo.fingerprint, self._versions)
        return Outcome.UPDATED, entry


def tally(outcomes: Iterable[Outcome | Rejected]) -> Mapping[str, int]:
    """Count outcomes by name, the rejected among them."""
    counts = {outcome.value: 0 for outcome in Outcome} | {"rejected": 0}
    for outcome in outcomes:
        counts["rejected" if isinstance(outcome, Rejected) else outcome.value] += 1
    return counts
