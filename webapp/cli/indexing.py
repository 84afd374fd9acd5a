"""The command that computes codes and builds the index anew."""

import sys
from contextlib import ExitStack

import click

from webapp.catalog.write_lock import catching_up_here, is_building, wait_for_imports, writing
from webapp.cli.common import (
    chosen,
    finish,
    jobs_option,
    kinds_option,
    no_map_option,
    reports_errors,
)
from webapp.cli.publication import draw_map, tell
from webapp.context import Hashbag, hashbag
from webapp.exceptions import CatalogBusy
from webapp.maintenance.merging import is_due


@click.command()
@kinds_option
@no_map_option
@jobs_option
@click.option(
    "--changes",
    is_flag=True,
    help="Only build anew, with all live changes, while imports go on; servers do so themselves.",
)
@click.option(
    "--behind",
    is_flag=True,
    help="Wait until nobody imports, then build anew what other machines that share the database "
    "changed, if the index lacks it; servers do so themselves.",
)
@reports_errors
def index(kinds: tuple[str, ...], no_map: bool, jobs: int, changes: bool, behind: bool) -> None:
    """Compute missing codes and those by other library versions; build the indexes anew.

    Codes are stored as they are computed: stopped and run again, it goes on where it was. Servers
    go on answering from the index that they have until the new one is there. Exits 1 when a photo
    could not be read.
    """
    core = hashbag()
    if behind:
        _catch_up(core)
        return
    core.catalog.require()
    if changes:
        _merge(core)
        return
    with writing(core.catalog):
        published = finish(core.publisher.rebuild(chosen(kinds), jobs))
        tell(published)
        items = core.catalog.count()
        click.echo(f"published index generation {published.generation} of {items} items")
        if not no_map:
            draw_map(core)
    if published.rejected:
        sys.exit(1)


def _catch_up(core: Hashbag) -> None:
    """Build what others changed, once they are done; one process of a machine waits for that."""
    with ExitStack() as alone:
        try:
            alone.enter_context(catching_up_here(core.settings.instance))
        except CatalogBusy:
            click.echo("another process of this machine sees to it")
            return
        wait_for_imports(core.catalog)
        if not core.catalog.revision:
            click.echo("the catalogue is empty")
        else:
            _merge(core, only_if_due=True)


def _merge(core: Hashbag, *, only_if_due: bool = False) -> None:
    if is_building(core.catalog):
        # Every machine asks this again and again for as long as that takes, and what is still to be
        # found out reads all codes.
        click.echo("built elsewhere")
    elif only_if_due and core.publisher.is_current() and not is_due(core.newest().published):
        click.echo("the index lacks nothing")
    else:
        generation = finish(core.publisher.merge())
        click.echo(f"published index generation {generation}" if generation else "built elsewhere")
