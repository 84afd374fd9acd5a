"""Taking photos in: read, hash and thumbnail on all cores, write to the catalogue in batches."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from itertools import islice

from webapp.catalog import code_makers
from webapp.catalog.import_entries import FurtherPhoto, ImportEntry, ListedPhoto, Rejected, Remark
from webapp.catalog.import_outcome import Answer, Judge, Outcome
from webapp.catalog.import_worker import Found, ImportTask, ImportWorker, Known
from webapp.catalog.item_entries import Entry
from webapp.catalog.moved_photos import removals_at
from webapp.catalog.reader import Catalog
from webapp.catalog.source_run import SourceRun
from webapp.catalog.unused_photos import drop_unused
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import HashbagError
from webapp.hashing.kinds import KINDS
from webapp.hashing.learned import session
from webapp.models import Item
from webapp.pictures.thumbnails import ThumbStore
from webapp.processes import in_order

_BATCH = 32


class Importer:
    """Takes pictures into one catalogue.

    Searches see them with the next index; `live`, at once.
    """

    def __init__(
        self, catalog: Catalog, thumbs: ThumbStore, max_pixels: int, *, live: bool = False
    ) -> None:
        self._catalog = catalog
        self._writer = CatalogWriter(catalog, live=live)
        self._thumbs = thumbs
        self._max_pixels = max_pixels
        self._versions = {kind.name: kind.versions() for kind in KINDS.values()}

    def take(
        self,
        wanted: Iterable[ImportEntry],
        jobs: int,
        kinds: Collection[str] = KINDS.keys(),
        run: SourceRun | None = None,
        *,
        fill: bool = True,
    ) -> Iterator[Outcome | Rejected | Remark]:
        """Take pictures in, yielding what became of each, in order, and remarks as they come.

        New photos get codes of the `kinds`. Of photos that are known and unchanged, codes of these
        kinds are renewed where other library versions made them, and, with `fill`, computed where
        they are missing. What was yielded is in the catalogue. Whatever ends the run, another goes
        on from there and comes to the same catalogue as an undisturbed one. With a `run`, a source
        is followed: photos that moved keep their item, and what was taken out stays out.
        """
        session.keep_in(self._catalog.instance)
        dry = run is not None and run.dry_run
        if not dry:
            self._writer.make_catalog()
        worker = ImportWorker(
            self._catalog.originals, self._thumbs, self._max_pixels, tuple(kinds), decodes=not dry
        )
        judge = Judge(self._catalog, self._versions, run)
        answers = in_order(worker.read, self._tasks(wanted, kinds, run, fill=fill), jobs)
        folders: set[str] = set()
        gone: set[str] = set()
        try:
            while batch := list(islice(answers, _BATCH)):
                judged = judge.batch(batch)
                if not dry:
                    folders |= self._write([entry for _, entry in judged if entry])
                    gone |= self._replaced(batch, judge.replaced)
                    self._follow(batch, run)
                yield from (outcome for outcome, _ in judged)
        except BrokenProcessPool as error:
            raise HashbagError(
                "a worker process was killed while reading photos (out of memory?): "
                "run the same command again to go on from here"
            ) from error
        finally:
            # Not sooner: photos are read ahead, and one of those may have a content that went.
            if gone:
                those = [(digest, None) for digest in gone]
                drop_unused(self._writer, self._catalog, self._thumbs, those)
        # Once is enough: a name that a power cut loses is missed and written again by the next run.
        self._thumbs.storage.flush_names(folders)

    def _write(self, entries: Sequence[Entry]) -> set[str]:
        """Write a batch, its photos' thumbnails on disk before it; return the folders of these."""
        contents = [
            str(columns["digest"])
            for entry in entries
            for columns in (entry.columns, *(one.columns for one in entry.further or ()))
            if "digest" in columns
        ]
        folders = self._thumbs.flush(contents)
        self._writer.write(entries)
        return folders

    def _replaced(self, batch: Sequence[Answer], of_moved: set[str]) -> set[str]:
        """Return the contents that no item has any more, or has got."""
        replaced = set(of_moved)
        of_moved.clear()
        for task, found in batch:
            if isinstance(found, Found):
                known = task.known.item.photos if task.known and found.further is not None else ()
                before = {task.known.item.digest} if task.known else found.digests
                before |= {photo.digest for photo in known}
                replaced |= before - found.digests if task.known else before
        return replaced - self._catalog.digests(list(replaced))

    def _follow(self, batch: Sequence[Answer], run: SourceRun | None) -> None:
        """Note that the source named these items last, and forget removals that it undid."""
        if not run:
            return
        known = [task.known.item for task, _ in batch if task.known]
        claimed = [item.id for item in known if item.source != run.source]
        if claimed:
            self._writer.claim(claimed, run.source)
        if run.again:
            taken = [task.entry for task, found in batch if isinstance(found, Found)]
            self._writer.forget_removals(
                [self._place(want) for want in taken if isinstance(want, ListedPhoto)]
            )

    def _tasks(
        self,
        wanted: Iterable[ImportEntry],
        kinds: Collection[str],
        run: SourceRun | None,
        *,
        fill: bool,
    ) -> Iterator[ImportTask]:
        remaining = iter(wanted)
        while batch := list(islice(remaining, _BATCH)):
            photos = [want for want in batch if isinstance(want, ListedPhoto)]
            known = self._known(photos, kinds, fill)
            removed = self._removed(photos, run)
            for want in batch:
                if isinstance(want, ListedPhoto):
                    place = self._place(want)
                    yield self._task(want, known.get(place), run, is_removed=place in removed)
                else:
                    yield ImportTask(want)

    def _task(
        self, want: ListedPhoto, known: Known | None, run: SourceRun | None, *, is_removed: bool
    ) -> ImportTask:
        if want.further is None and known and known.item.further:
            want = replace(want, further=self._kept(known.item))
        further = want.further or ()
        places = tuple(self._catalog.stored_path(one.path) for one in further)
        paths = (want.path, *(one.path for one in further))
        touched = run is None or any(map(run.may_have_changed, paths))
        if known and want.further is not None:
            touched |= places != tuple(photo.path for photo in known.item.further)
        return ImportTask(want, known, is_removed, touched, places)

    def _kept(self, item: Item) -> tuple[FurtherPhoto, ...]:
        """Name the further photos that an item has, where its source says nothing of them."""
        originals = self._catalog.originals
        return tuple(
            FurtherPhoto(self._catalog.photo(photo), photo.filename, originals.copy_of(photo))
            for photo in item.further
        )

    def _known(
        self, wanted: Sequence[ListedPhoto], kinds: Collection[str], fill: bool
    ) -> dict[tuple[str, int], Known]:
        found = self._catalog.items_at([path for path, _ in map(self._place, wanted)])
        makers = code_makers.makers_of(self._catalog, [item.id for item in found])
        return {
            (item.path, item.occurrence): Known(
                item,
                {
                    photo.number: self._stale(makers.get((item.id, photo.number), {}), kinds, fill)
                    for photo in item.photos
                },
            )
            for item in found
        }

    def _removed(
        self, wanted: Sequence[ListedPhoto], run: SourceRun | None
    ) -> Collection[tuple[str, int]]:
        if not run or run.again:
            return ()
        return removals_at(self._catalog, [path for path, _ in map(self._place, wanted)])

    def _stale(
        self, made_by: Mapping[str, str], kinds: Collection[str], fill: bool
    ) -> tuple[str, ...]:
        """Name the kinds to compute: `fill`, all that are not as they would be made here."""
        if fill:
            return tuple(kind for kind in kinds if made_by.get(kind) != self._versions[kind])
        return tuple(
            kind for kind in kinds if kind in made_by and not KINDS[kind].can_compare(made_by[kind])
        )

    def _place(self, want: ListedPhoto) -> tuple[str, int]:
        return self._catalog.stored_path(want.path), want.occurrence
