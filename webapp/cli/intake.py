"""Commands that change the catalogue: import, remove, index."""

import csv
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TextIO

import click

from webapp import maintenance
from webapp.catalog import import_list
from webapp.catalog.import_list import ImportList
from webapp.catalog.importer import Outcome, tally
from webapp.catalog.write_lock import writing
from webapp.cli.common import (
    WRITTEN,
    by_comma,
    finish,
    jobs_option,
    no_map_option,
    progress,
    reports_errors,
)
from webapp.cli.publication import draw_map, publish, tell, tell_note
from webapp.context import Hashbag, hashbag
from webapp.hashing.kinds import KINDS
from webapp.models import Rejected, Remark
from webapp.processes import available_cores, worthwhile
from webapp.search.query import kind_named

kinds_option = click.option(
    "--kinds",
    multiple=True,
    callback=by_comma,
    help="Which kinds to compute, by comma or repeated; else all that are installed.",
)


def _by_theirs(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Read names of columns, theirs to ours."""
    pairs = [pair.rpartition("=") for pair in given]
    if not all(theirs.strip() and ours.strip() for theirs, _, ours in pairs):
        raise click.BadParameter("write it as THEIRS=OURS, such as Bild=filename")
    return {theirs.strip(): ours.strip() for theirs, _, ours in pairs}


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--map",
    "names",
    multiple=True,
    metavar="THEIRS=OURS",
    callback=_by_theirs,
    help="Say which column of a list is which of ours, where its name does not: Ansicht=filename.",
)
@click.option(
    "--rejects", type=WRITTEN, help="Write what was rejected or remarked, and why, as CSV, here."
)
@kinds_option
@no_map_option
@jobs_option
@reports_errors
def import_(
    path: Path,
    names: dict[str, str],
    rejects: TextIO | None,
    kinds: tuple[str, ...],
    no_map: bool,
    jobs: int,
) -> None:
    """Take in a folder of pictures, or a list of them: CSV, TSV, JSON or JSONL.

    Pictures stay where they are; running it again takes in what changed. With some kinds only, a
    large catalogue is there sooner, and `hashbag index` computes the others while it is served.
    Exits 1 when any picture was rejected.
    """
    core = hashbag()
    chosen = _chosen(kinds)
    with writing(core.settings.instance):
        wanted = import_list.read(path, names, core.settings.instance)
        refused = take_in(core, wanted, jobs, chosen, rejects)
        if not no_map:
            draw_map(core)
    if refused:
        sys.exit(1)


def _chosen(kinds: tuple[str, ...]) -> Collection[str]:
    return [kind_named(name, "kinds").name for name in kinds] or KINDS.keys()


def take_in(
    core: Hashbag,
    wanted: ImportList,
    jobs: int,
    kinds: Collection[str] = KINDS.keys(),
    rejects: TextIO | None = None,
) -> int:
    """Import, publish the index, and tell; return how many were rejected.

    The caller holds the write lock.
    """
    outcomes, notes = _imported(core, wanted, jobs, kinds)
    if rejects:
        _write_rejects(rejects, notes)
    publish(core, jobs)
    if remarks := sum(isinstance(note, Remark) for note in notes):
        click.echo(f"remarks {remarks}", err=True)
    click.echo(", ".join(f"{name} {count}" for name, count in tally(outcomes).items()))
    return len(notes) - remarks


def _imported(
    core: Hashbag, wanted: ImportList, jobs: int, kinds: Collection[str]
) -> tuple[list[Outcome | Rejected], list[Rejected | Remark]]:
    """Take photos in; returns what became of each, and what there is to tell, in order."""
    core.thumbs.clear_unfinished()
    notes: list[Rejected | Remark] = []
    taken = core.importer.take(wanted, worthwhile(jobs, len(wanted)), kinds)
    return list(progress(_told(taken, notes), len(wanted), "importing")), notes


def _told(
    outcomes: Iterable[Outcome | Rejected | Remark], notes: list[Rejected | Remark]
) -> Iterator[Outcome | Rejected]:
    """Print what was rejected or remarked, and keep it in `notes`; yields what became of photos."""
    for outcome in outcomes:
        if not isinstance(outcome, Outcome):
            notes.append(outcome)
            tell_note(outcome)
        if not isinstance(outcome, Remark):
            yield outcome


def _write_rejects(file: TextIO, notes: Iterable[Rejected | Remark]) -> None:
    writer = csv.writer(file)
    writer.writerow(("file", "line", "kind", "reason"))
    writer.writerows((note.source, note.line, note.kind, note.reason) for note in notes)


@click.command()
@click.argument("ids", type=click.IntRange(1, 2**63 - 1), nargs=-1, required=True)
@no_map_option
@reports_errors
def remove(ids: tuple[int, ...], no_map: bool) -> None:
    """Take items out; their original photos stay where they are."""
    core = hashbag()
    with writing(core.settings.instance):
        maintenance.remove(core.catalog, core.thumbs, sorted(set(ids)))
        publish(core, available_cores())
        click.echo(f"removed {len(set(ids))}")
        if not no_map:
            draw_map(core)


@click.command()
@kinds_option
@no_map_option
@jobs_option
@reports_errors
def index(kinds: tuple[str, ...], no_map: bool, jobs: int) -> None:
    """Compute missing codes and those by other library versions; build the indexes anew.

    Codes are stored as they are computed: stopped and run again, it goes on where it was. Servers
    go on answering from the index that they have until the new one is there. Exits 1 when a photo
    could not be read.
    """
    core = hashbag()
    with writing(core.settings.instance):
        published = finish(core.publisher.rebuild(_chosen(kinds), jobs))
        tell(published)
        items = core.catalog.count()
        click.echo(f"published index generation {published.generation} of {items} items")
        if not no_map:
            draw_map(core)
    if published.rejected:
        sys.exit(1)
