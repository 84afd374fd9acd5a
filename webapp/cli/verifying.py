"""The command that checks everything, and mends what can be made anew."""

import sys

import click

from webapp.catalog.import_entries import Rejected
from webapp.catalog.write_lock import writing
from webapp.cli.common import finish, jobs_option, progress, reports_errors
from webapp.context import Hashbag, hashbag
from webapp.explore.map import drawing
from webapp.maintenance import left_over
from webapp.maintenance.checks import check_database, check_index, check_items, check_map
from webapp.maintenance.repair import Repair


@click.command()
@jobs_option
@click.option(
    "--repair", is_flag=True, help="Mend first what can be made anew, and say what was done."
)
@reports_errors
def verify(jobs: int, repair: bool) -> None:
    """Check the database, every photo, thumbnail, code and index file; exit 1 with what is wrong.

    Mended are index, map, thumbnails and codes; photos and the database only a backup brings back.
    No item is dropped.
    """
    core = hashbag()
    total = core.catalog.count()
    if repair:
        with writing(core.catalog):
            for done in finish(Repair(core.publisher, jobs).run()):
                click.echo(done)
    if wrong := _wrong(core, total, jobs):
        for problem in wrong:
            click.echo(f"{problem.source}: {problem.reason}")
        sys.exit(1)
    _tell_what_may_stay(core)
    click.echo(f"{total} items and their index are as they should be")


def _wrong(core: Hashbag, total: int, jobs: int) -> list[Rejected]:
    if damaged := [*check_database(core.catalog)]:
        return damaged  # what else is wrong may come of it
    checks = progress(check_items(core.catalog, core.thumbs, jobs), total, "checking")
    wrong: list[Rejected] = [problem for problem in checks if problem]
    wrong += check_index(core.catalog, core.generations, thoroughly=True)
    wrong += check_map(core.maps)
    return wrong


def _tell_what_may_stay(core: Hashbag) -> None:
    if core.settings.draws_map and drawing.is_outdated(core.catalog, core.maps):
        click.echo("the map is older than the catalogue: `hashbag index` draws it anew", err=True)
    if lacking := core.publisher.count_lacking():
        click.echo(
            f"{lacking} items lack codes of some kinds: `hashbag index` computes them", err=True
        )
    left = left_over.count_unfinished(core.catalog) + len(left_over.unused(core.catalog))
    if left:
        click.echo(
            f"{left} files are of no use, as of a process that was killed: "
            "`hashbag verify --repair` removes them",
            err=True,
        )
