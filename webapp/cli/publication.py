"""Publishing the index, and the map after it, as commands do it: told as it goes."""

import sys

import click
from tqdm import tqdm

from webapp.catalog.import_entries import Rejected, Remark
from webapp.catalog.write_lock import writing
from webapp.cli.common import finish
from webapp.context import Hashbag
from webapp.exceptions import CatalogBusy, MapNotDrawn
from webapp.maintenance.merging import is_due
from webapp.maintenance.publishing import Published
from webapp.processes import available_cores


def publish(core: Hashbag, jobs: int) -> None:
    """Publish what changed, and tell; the caller holds the write lock."""
    published = finish(core.publisher.publish(jobs))
    tell(published)
    if published.hashed:
        click.echo(
            f"renewed the codes of {published.hashed} items, which other library versions had "
            "made: an index holds codes of one version only",
            err=True,
        )
    if published.generation:
        click.echo(f"published index generation {published.generation}", err=True)


def tell(published: Published) -> None:
    """Tell what is not in the index."""
    for one in published.rejected:
        tell_note(one)
    if published.lacking:
        click.echo(
            f"{published.lacking} items lack codes of some kinds: `hashbag index` computes them",
            err=True,
        )


def tell_note(note: Rejected | Remark) -> None:
    """Tell what was rejected or remarked, above a progress bar if there is one."""
    tqdm.write(f"{note.kind} {note}", file=sys.stderr)


def draw_map(core: Hashbag) -> None:
    """Draw the map if the catalogue changed; a failure is told, and undoes nothing."""
    try:
        drawn = finish(core.publisher.draw_map())
    except MapNotDrawn as problem:
        click.echo(f"no new map: {problem}", err=True)
    else:
        if drawn:
            click.echo(f"drew the map of {drawn} items", err=True)


def make_known(core: Hashbag, *, no_map: bool) -> None:
    """Have searches see live changes: they do at once, unless there is no index that they could.

    Where many were made since the index was built, it is built anew, for searches to stay quick.
    Nothing is built of an import that is half done: it publishes at its end, these changes too.
    """
    if not core.publisher.is_current():
        try:
            with writing(core.catalog):
                publish(core, available_cores())
        except CatalogBusy:
            return
    elif is_due(core.newest().published):
        finish(core.publisher.merge())
        return  # with the map
    if not no_map:
        draw_map(core)
