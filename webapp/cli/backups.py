"""The commands that put a catalogue with its photos into one file, and back."""

import sys
from pathlib import Path

import click

from webapp.catalog.write_lock import writing
from webapp.cli.common import finish, reports_errors, written_file
from webapp.cli.publication import draw_map
from webapp.context import hashbag
from webapp.maintenance import backup as backups
from webapp.maintenance import restoration
from webapp.processes import available_cores


@click.command()
@written_file("file")
@reports_errors
def backup(file: Path) -> None:
    """Write catalogue, thumbnails and photos to FILE, while it is served and changed.

    Photos that lie in folders elsewhere are not in it. Exits 1 when one of its own is missing.
    """
    core = hashbag()
    made = finish(backups.write(core.catalog, core.thumbs, file.resolve()))
    for name in made.missing:
        click.echo(f"missing {name}: its photo is not where it was", err=True)
    click.echo(f"wrote {made.items} items to {file}, {file.stat().st_size / 1e6:.1f} MB")
    if made.missing:
        sys.exit(1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@reports_errors
def restore(file: Path) -> None:
    """Put a backup where there is no catalogue yet, in the database that is set, and index it.

    A backup holds what any database can: one of SQLite can be put into PostgreSQL, and back.
    """
    core = hashbag()
    with writing(core.catalog):
        count = finish(restoration.restore(core.settings, core.storage, file))
        finish(core.publisher.publish(available_cores()))
        draw_map(core)
    click.echo(f"restored {count} items")
