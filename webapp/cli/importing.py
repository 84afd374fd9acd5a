"""The command that takes in a folder or a list of photos, and follows it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

import click

from webapp.catalog.export import reading as export_reading
from webapp.catalog.write_lock import writing
from webapp.catalog.writer import CatalogWriter
from webapp.cli.common import (
    WRITTEN,
    chosen,
    jobs_option,
    kinds_option,
    no_map_option,
    reports_errors,
)
from webapp.cli.import_run import ImportChoices, read_source, take_in
from webapp.cli.publication import draw_map
from webapp.context import Hashbag, hashbag
from webapp.exceptions import NoCatalog


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
    "--prune", is_flag=True, help="Take out the items that PATH named before and has no more."
)
@click.option("--force", is_flag=True, help="Prune even if more than half would go.")
@click.option("--again", is_flag=True, help="Take in also what was removed by hand.")
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and change nothing.")
@click.option(
    "--watch",
    is_flag=True,
    help="Go on, and follow PATH as it changes, until Ctrl-C; what goes is pruned.",
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
    prune: bool,
    force: bool,
    again: bool,
    dry_run: bool,
    watch: bool,
    rejects: TextIO | None,
    kinds: tuple[str, ...],
    no_map: bool,
    jobs: int,
) -> None:
    """Take in a folder of pictures, a list of them (CSV, TSV, JSON or JSONL), or an export.

    Pictures stay where they are, but those of an export with photos are copied. Running it again
    takes in what changed, and photos that were moved or renamed keep their items. With some kinds
    only, a large catalogue is there sooner, and `hashbag index` computes the others while it is
    served. Exits 1 when any picture was rejected.
    """
    if watch and dry_run:
        raise click.UsageError("--watch and --dry-run do not go together")
    if force and not (prune or watch):
        raise click.UsageError("--force is about --prune: give both")
    is_packed = export_reading.is_archive(path)
    if is_packed and (watch or dry_run):
        raise click.UsageError("--watch and --dry-run are not for an export with photos")
    core = hashbag()
    choices = ImportChoices(jobs, chosen(kinds), again, prune or watch, force, dry_run, rejects)
    if watch:
        from webapp.cli.watching import follow  # noqa: PLC0415 - it needs an extra

        follow(core, path, names, choices, with_map=not no_map)
        return
    with _compared_with(core, dry_run=dry_run) as compared, writing(compared.catalog):
        all_taken = take_in(compared, path, read_source(core, path, names), choices)
        if is_packed:
            export_reading.drop_unused(path, core.catalog)
        if not (no_map or dry_run):
            draw_map(core)
    if not all_taken:
        sys.exit(1)


@contextmanager
def _compared_with(core: Hashbag, *, dry_run: bool) -> Iterator[Hashbag]:
    """Return what a source is compared with: where a dry run finds no catalogue, an empty one."""
    try:
        if dry_run:
            core.catalog.require()
    except NoCatalog:
        click.echo(f"there is no catalogue in {core.settings.instance} yet: all is new", err=True)
        with TemporaryDirectory(prefix="hashbag-dry-run-") as folder:
            empty = Hashbag(replace(core.settings, instance=Path(folder), database=""))
            CatalogWriter(empty.catalog).make_catalog()
            try:
                yield empty
            finally:
                empty.catalog.engine.dispose()
    else:
        yield core
