"""Commands that change the catalogue: demo, import, remove, index."""

import csv
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TextIO

import click
from tqdm import tqdm

from webapp import maintenance
from webapp.catalog import import_list
from webapp.catalog.import_list import ImportList, ListedPhoto
from webapp.catalog.importer import Outcome, tally
from webapp.catalog.write_lock import writing
from webapp.cli.common import by_comma, jobs_option, progress, reports_errors
from webapp.cli.mapping import draw_map
from webapp.context import Hashbag, hashbag
from webapp.hashing.kinds import KINDS
from webapp.models import Rejected
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


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--rejects",
    type=click.File("w", encoding="utf-8", lazy=False),
    help="Write what was rejected, and why, to this CSV file.",
)
@kinds_option
@jobs_option
@reports_errors
def import_(path: Path, rejects: TextIO | None, kinds: tuple[str, ...], jobs: int) -> None:
    """Take in a folder of pictures, or a CSV or JSONL manifest.

    Pictures stay where they are; running it again takes in what changed. With some kinds only, a
    large catalogue is there sooner, and `hashbag index` computes the others while it is served.
    Exits 1 when any picture was rejected.
    """
    core = hashbag()
    chosen = _chosen(kinds)
    with writing(core.settings.instance):
        refused = _take_in(core, import_list.read(path), jobs, chosen, rejects)
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
    outcomes = _followed(core, wanted, jobs, kinds)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
    if rejects:
        _write_rejects(rejects, refused)
    publish(core, jobs, kinds)
    click.echo(", ".join(f"{name} {count}" for name, count in tally(outcomes).items()))
    return len(refused)


def _followed(
    core: Hashbag,
    wanted: ImportList | list[ListedPhoto | Rejected],
    jobs: int,
    kinds: Collection[str],
) -> list[Outcome | Rejected]:
    core.thumbs.clear_unfinished()
    outcomes: list[Outcome | Rejected] = []
    jobs = min(jobs, max(1, len(wanted) // 8))  # starting a process takes as long as a few photos
    for outcome in progress(core.importer.take(wanted, jobs, kinds), len(wanted), "importing"):
        outcomes.append(outcome)
        if isinstance(outcome, Rejected):
            tqdm.write(f"rejected {outcome.source}: {outcome.reason}", file=sys.stderr)
    return outcomes


def _write_rejects(file: TextIO, refused: Iterable[Rejected]) -> None:
    writer = csv.writer(file)
    writer.writerow(("source", "reason"))
    writer.writerows((one.source, one.reason) for one in refused)


def publish(core: Hashbag, jobs: int, kinds: Collection[str] = KINDS.keys()) -> None:
    """Renew codes made by other library versions; build an index and map if there is none of this.

    The caller holds the write lock.
    """
    if stale := maintenance.stale(core.catalog, kinds):
        _followed(core, list(stale), jobs, kinds)
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
        wanted: list[ListedPhoto | Rejected] = list(maintenance.stale(core.catalog, chosen))
        outcomes = _followed(core, wanted, jobs, chosen)
        folder = core.generations.publish(core.catalog)
        core.generations.current()
        draw_map(core)
    if core.generations.problem:
        raise core.generations.problem
    click.echo(f"published index generation {folder.name} of {core.catalog.count()} items")
    if tally(outcomes)["rejected"]:
        sys.exit(1)
