"""Commands that change the catalogue: demo, import, remove, index."""

import csv
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TextIO

import click
from tqdm import tqdm

from webapp import maintenance
from webapp.catalog import import_list
from webapp.catalog.import_list import ImportList
from webapp.catalog.importer import Outcome, tally
from webapp.catalog.write_lock import writing
from webapp.cli.common import by_comma, jobs_option, progress, reports_errors
from webapp.cli.mapping import draw_map
from webapp.context import Hashbag, hashbag
from webapp.hashing.kinds import KINDS
from webapp.models import ListedPhoto, Rejected, Remark
from webapp.processes import available_cores
from webapp.search.query import kind_named

kinds_option = click.option(
    "--kinds",
    multiple=True,
    callback=by_comma,
    help="Which kinds to compute, by comma or repeated; else all that are installed.",
)


@click.command()
@click.option("--items", type=click.IntRange(1, 100_000), default=900, show_default=True)
@jobs_option
@reports_errors
def demo(items: int, jobs: int) -> None:
    """Draw the demo catalogue, import and index it."""
    core = hashbag()
    with writing(core.settings.instance):
        draw_demo(core, items, jobs)


def draw_demo(core: Hashbag, items: int, jobs: int) -> None:
    """Draw, import and index; the caller holds the write lock."""
    from webapp.lab.demo import write  # noqa: PLC0415 - only this command draws

    click.echo(
        f"Drawing {items} bags for the demo catalogue; it takes about a minute ...", err=True
    )
    folder = core.settings.instance / "demo"
    for _ in progress(write(folder, items, jobs=jobs), items, "drawing"):
        pass
    _take_in(core, import_list.read(folder / "manifest.csv"), jobs, KINDS.keys(), None)


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
    "--rejects",
    type=click.File("w", encoding="utf-8", lazy=False),
    help="Write what was rejected or remarked, and why, to this CSV file.",
)
@kinds_option
@jobs_option
@reports_errors
def import_(
    path: Path, names: dict[str, str], rejects: TextIO | None, kinds: tuple[str, ...], jobs: int
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
        refused = _take_in(core, wanted, jobs, chosen, rejects)
        lacking = len(maintenance.stale(core.catalog))
    if lacking:
        click.echo(f"{lacking} items lack codes: `hashbag index` computes them", err=True)
    if refused:
        sys.exit(1)


def _chosen(kinds: tuple[str, ...]) -> Collection[str]:
    return [kind_named(name, "kinds").name for name in kinds] or KINDS.keys()


def _take_in(
    core: Hashbag, wanted: ImportList, jobs: int, kinds: Collection[str], rejects: TextIO | None
) -> int:
    """Import, tell, index; returns how many were rejected."""
    outcomes, notes = _followed(core, wanted, jobs, kinds)
    if rejects:
        _write_rejects(rejects, notes)
    publish(core, jobs, kinds)
    if remarks := sum(isinstance(note, Remark) for note in notes):
        click.echo(f"remarks {remarks}", err=True)
    click.echo(", ".join(f"{name} {count}" for name, count in tally(outcomes).items()))
    return len(notes) - remarks


def _followed(
    core: Hashbag,
    wanted: ImportList | list[ListedPhoto],
    jobs: int,
    kinds: Collection[str],
) -> tuple[list[Outcome | Rejected], list[Rejected | Remark]]:
    """Take photos in; returns what became of each, and what there is to tell, in order."""
    core.thumbs.clear_unfinished()
    notes: list[Rejected | Remark] = []
    jobs = min(jobs, max(1, len(wanted) // 8))  # starting a process takes as long as a few photos
    outcomes = _told(core.importer.take(wanted, jobs, kinds), notes)
    return list(progress(outcomes, len(wanted), "importing")), notes


def _told(
    outcomes: Iterable[Outcome | Rejected | Remark], notes: list[Rejected | Remark]
) -> Iterator[Outcome | Rejected]:
    """Print what was rejected or remarked, and keep it in `notes`; yields what became of photos."""
    for outcome in outcomes:
        if not isinstance(outcome, Outcome):
            notes.append(outcome)
            tqdm.write(f"{outcome.kind} {outcome}", file=sys.stderr)
        if not isinstance(outcome, Remark):
            yield outcome


def _write_rejects(file: TextIO, notes: Iterable[Rejected | Remark]) -> None:
    writer = csv.writer(file)
    writer.writerow(("file", "line", "kind", "reason"))
    writer.writerows((note.source, note.line, note.kind, note.reason) for note in notes)


def publish(core: Hashbag, jobs: int, kinds: Collection[str] = KINDS.keys()) -> None:
    """Renew codes made by other library versions; build an index and map if there is none of this.

    The caller holds the write lock.
    """
    if stale := maintenance.stale(core.catalog, kinds):
        _followed(core, stale, jobs, kinds)
    if not maintenance.is_published(core.catalog, core.generations):
        folder = core.generations.publish(core.catalog)
        core.generations.current()
        click.echo(f"published index generation {folder.name}", err=True)
    draw_map(core)


@click.command()
@click.argument("ids", type=click.IntRange(1, 2**63 - 1), nargs=-1, required=True)
@reports_errors
def remove(ids: tuple[int, ...]) -> None:
    """Take items out; their original photos stay where they are."""
    core = hashbag()
    with writing(core.settings.instance):
        maintenance.remove(core.catalog, core.thumbs, sorted(set(ids)))
        publish(core, available_cores())
    click.echo(f"removed {len(set(ids))}")


@click.command()
@kinds_option
@jobs_option
@reports_errors
def index(jobs: int, kinds: tuple[str, ...]) -> None:
    """Bring codes up to date with the installed libraries, and build the indexes anew.

    Codes are kept as they are made: stopped and run again, it goes on where it was. Servers go on
    answering from the index they have until the new one is there.
    """
    core = hashbag()
    chosen = _chosen(kinds)
    with writing(core.settings.instance):
        outcomes, _ = _followed(core, maintenance.stale(core.catalog, chosen), jobs, chosen)
        folder = core.generations.publish(core.catalog)
        core.generations.current()
        draw_map(core)
    if core.generations.problem:
        raise core.generations.problem
    click.echo(f"published index generation {folder.name} of {core.catalog.count()} items")
    if tally(outcomes)["rejected"]:
        sys.exit(1)
