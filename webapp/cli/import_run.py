"""One run of an import, told as it goes: take in, take out, publish, report."""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from webapp import csv_cells
from webapp.catalog import import_list
from webapp.catalog.export import reading as export_reading
from webapp.catalog.import_entries import Rejected, Remark
from webapp.catalog.import_list import ImportList
from webapp.catalog.import_list.readable_names import readable
from webapp.catalog.import_outcome import Outcome, tally
from webapp.catalog.source_items import count_without_price
from webapp.catalog.source_run import SourceRun
from webapp.cli.common import progress
from webapp.cli.publication import publish, tell_note
from webapp.context import Hashbag
from webapp.hashing.kinds import KINDS
from webapp.maintenance.import_report import ImportReport
from webapp.maintenance.pruning import NotPruned, Pruner
from webapp.models import Item
from webapp.processes import worthwhile

_CLOSING = ("added", "updated", "unchanged", "rejected")


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """What one may choose of an import; see the options of `hashbag import`."""

    jobs: int
    kinds: Collection[str] = tuple(KINDS)
    again: bool = False
    prune: bool = False
    force: bool = False
    dry_run: bool = False
    rejects: TextIO | None = None


def read_source(core: Hashbag, source: Path, names: Mapping[str, str]) -> ImportList:
    """Read through a folder, a list or an export; `names` are of our columns by the list's own."""
    if export_reading.is_export(source):
        return export_reading.read(source, names, core.catalog)
    own = core.settings.instance, core.settings.photos_folder
    return import_list.read(source, names, *own)


def take_in(
    core: Hashbag,
    source: Path,
    wanted: ImportList,
    choices: ImportChoices,
    changed: Collection[str] | None = None,
) -> bool:
    """Import, publish the index, and tell; say whether nothing was rejected.

    `changed`: files and folders that may have changed; None: all. The caller holds the write lock.
    """
    return _Run(core, source, choices, changed).go(wanted)


class _Run:
    def __init__(
        self,
        core: Hashbag,
        source: Path,
        choices: ImportChoices,
        changed: Collection[str] | None,
    ) -> None:
        self._core = core
        self._choices = choices
        stored = readable(core.catalog.stored_path(source.resolve()))
        self._run = SourceRun(stored, choices.again, choices.dry_run, changed)
        self._notes: list[Rejected | Remark] = []
        self._started = datetime.now(UTC)

    def go(self, wanted: ImportList) -> bool:
        core, choices = self._core, self._choices
        self._run.finds_moved = wanted.finds_moved
        pruner = (
            Pruner.of(core.catalog, self._run) if choices.prune and core.catalog.revision else None
        )
        counts = tally(self._outcomes(wanted))
        if choices.rejects:
            _write_rejects(choices.rejects, self._notes)
        gone, refusal = self._prune(pruner) if pruner else ((), "")
        if not choices.dry_run:
            publish(core, choices.jobs)
            self._report(counts, gone)
        self._close(counts, gone)
        if refusal:
            click.echo(f"hashbag: {refusal}", err=True)
        return not (counts["rejected"] or refusal)

    def _outcomes(self, wanted: ImportList) -> Iterator[Outcome | Rejected]:
        """Take photos in; yields what became of each, and keeps what there is to tell."""
        if not self._choices.dry_run:
            self._core.thumbs.clear_unfinished()
        touched = len(wanted) if self._run.changed is None else len(self._run.changed)
        taken = self._core.importer.take(
            wanted, worthwhile(self._choices.jobs, touched), self._choices.kinds, self._run
        )
        return iter(progress(self._told(taken), len(wanted), "importing"))

    def _told(
        self, outcomes: Iterable[Outcome | Rejected | Remark]
    ) -> Iterator[Outcome | Rejected]:
        for outcome in outcomes:
            if not isinstance(outcome, Outcome):
                self._notes.append(outcome)
                tell_note(outcome)
            if not isinstance(outcome, Remark):
                yield outcome

    def _prune(self, pruner: Pruner) -> tuple[Sequence[Item], str]:
        """Take out what is gone; returns it, and why it was not."""
        gone = pruner.gone(self._core.catalog)
        try:
            if not self._choices.force:
                pruner.check(gone)
        except NotPruned as problem:
            return (), str(problem)
        if not self._choices.dry_run:
            pruner.prune(self._core.catalog, self._core.thumbs, gone)
        return gone, ""

    def _report(self, counts: Mapping[str, int], gone: Sequence[Item]) -> None:
        run = self._run
        missing = count_without_price(self._core.catalog, run.source)
        report = ImportReport(
            run.source, self._started, counts, run.moved, gone, self._notes, missing
        )
        path = report.write(self._core.settings.instance)
        click.echo(f"report: {path}", err=True)

    def _close(self, counts: Mapping[str, int], gone: Sequence[Item]) -> None:
        """Tell in some lines what the run came to."""
        if self._choices.dry_run:
            click.echo("nothing was changed; without --dry-run it would be:", err=True)
            for before, after in self._run.moved:
                click.echo(f"moved {before} -> {after}")
            for item in gone:
                click.echo(f"gone {item.filename} (item {item.id})")
        if remarks := sum(isinstance(note, Remark) for note in self._notes):
            click.echo(f"remarks {remarks}", err=True)
        if left := counts[Outcome.LEFT_OUT.value]:
            click.echo(
                f"left out {left}, whose items were removed by hand: --again takes them in",
                err=True,
            )
        if counts[Outcome.MOVED.value] or gone:
            click.echo(f"moved {counts[Outcome.MOVED.value]}, gone {len(gone)}", err=True)
        click.echo(", ".join(f"{name} {counts[name]}" for name in _CLOSING))


def _write_rejects(file: TextIO, notes: Iterable[Rejected | Remark]) -> None:
    writer = csv.writer(file)
    writer.writerow(("file", "line", "kind", "reason"))
    for note in notes:
        cells = (note.source, note.line, note.kind, note.reason)
        writer.writerow([csv_cells.cell(one) for one in cells])
