"""What an import from the desk would change, found out before it does."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from webapp.catalog.import_entries import FurtherPhoto, ImportEntry, ListedPhoto, Note, Rejected
from webapp.catalog.import_list import ImportList
from webapp.catalog.import_list.shared_photos import SharedPhotos
from webapp.catalog.import_outcome import Outcome
from webapp.catalog.importer import Importer
from webapp.catalog.reader import Catalog
from webapp.catalog.source_run import SourceRun
from webapp.models import Item

MOST_CHANGES = 200
"""Of so many items a check tells what changes."""
MOST_NOTES = 300

_BATCH = 200

Told = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Checked:
    """What an import would come to: `counts` by outcome; `changes` and `notes`, some of them."""

    counts: Mapping[str, int]
    changes: Sequence[Told]
    notes: Sequence[Told]
    all_notes: int


def inside(wanted: ImportList, folder: Path) -> ImportList:
    """Leave out of a list what is not in its folder: whoever sends one may not read other files.

    A photo that is not where its row says is looked for by its name.
    """
    return ImportList(lambda: _inside(wanted, folder.resolve()), len(wanted))


def _inside(wanted: ImportList, folder: Path) -> Iterator[ImportEntry]:
    by_name: dict[str, list[Path]] = {}
    for path in folder.rglob("*"):
        by_name.setdefault(path.name.casefold(), []).append(path)

    def found(path: Path) -> Path | None:
        if path.is_relative_to(folder) and path.exists():
            return path
        named = by_name.get(path.name.casefold(), [])
        # Elsewhere on the server a file may be there or not: that is not told.
        return named[0] if len(named) == 1 else None

    shared = SharedPhotos()
    for entry in wanted:
        if not isinstance(entry, ListedPhoto):
            yield entry
            continue
        first = found(entry.path)
        if first is None:
            reason = "no photo of this name was sent, now or before"
            yield Rejected(entry.filename, reason, entry.line)
            continue
        further = entry.further and tuple(
            FurtherPhoto(there, one.filename) for one in entry.further if (there := found(one.path))
        )
        said = repr([sorted(entry.attributes.items()), [str(one.path) for one in further or ()]])
        # Rows that named other files may share this one, now that it is found by its name.
        occurrence, same = shared.add(first, said, entry.line or 0)
        if same:
            reason = f"the same file stands on line {same} already"
            yield Rejected(entry.filename, reason, entry.line)
            continue
        yield replace(entry, path=first, further=further, occurrence=occurrence)


def check(
    catalog: Catalog,
    importer: Importer,
    wanted: ImportList,
    jobs: int,
    told: Callable[[int, int], None],
) -> Checked:
    """Go through an import, and change nothing; `told` is called with the photos done, and all."""
    counts, notes = Counter[str](), list[Told]()
    all_notes = 0
    run = SourceRun("", dry_run=True)
    for done, outcome in enumerate(importer.take(wanted, jobs, run=run), 1):
        if isinstance(outcome, Note):
            all_notes += 1
            if len(notes) < MOST_NOTES:
                notes.append(as_told(outcome))
        counts[outcome.value if isinstance(outcome, Outcome) else outcome.kind] += 1
        told(min(done, len(wanted)), len(wanted))
    return Checked(
        dict(counts), list(islice(_changes(catalog, wanted), MOST_CHANGES)), notes, all_notes
    )


def as_told(note: Note) -> Told:
    """Write a note as data that JSON can hold."""
    return {"kind": note.kind, "file": note.source, "line": note.line, "reason": note.reason}


def _changes(catalog: Catalog, wanted: ImportList) -> Iterator[Told]:
    """Yield of each item that is there already what its row changes."""
    entries = (entry for entry in wanted if isinstance(entry, ListedPhoto))
    while batch := list(islice(entries, _BATCH)):
        places = [catalog.stored_path(entry.path) for entry in batch]
        known = {(item.path, item.occurrence): item for item in catalog.items_at(places)}
        for entry, place in zip(batch, places, strict=True):
            item = known.get((place, entry.occurrence))
            if item and (changed := _changed(item, entry.attributes_beside(item.extra))):
                yield {"id": item.id, "name": item.title or item.filename, "changed": changed}


def _changed(item: Item, given: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """List names, values before and values after."""
    before = {name: getattr(item, name) for name in given if name != "extra"}
    after = {name: value for name, value in given.items() if name != "extra"}
    extra = given.get("extra")
    if isinstance(extra, Mapping):
        names = {*item.extra, *extra}
        before |= {name: item.extra.get(name, "") for name in names}
        after |= {name: extra.get(name, "") for name in names}
    return [
        (name, _text(before[name]), _text(after[name]))
        for name in after
        if before[name] != after[name]
    ]


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)
