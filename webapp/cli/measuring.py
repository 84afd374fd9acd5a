"""The command that measures speed."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

import click

from webapp.cli.common import WRITTEN, jobs_option, reports_errors
from webapp.context import hashbag
from webapp.index.engines.registry import engine_of
from webapp.lab import bench as measuring


@click.command()
@click.argument("sections", nargs=-1, type=click.Choice(measuring.SECTIONS))
@click.option(
    "--size",
    "sizes",
    multiple=True,
    type=click.IntRange(10, 10_000_000),
    help="How many codes, items or, where fewer than usual, photos; repeatable.",
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(measuring.CASES),
    help="Codes of which kind, repeatable; else all.",
)
@click.option("--real", is_flag=True, help="Vary this catalogue's own codes; else make them up.")
@click.option("--seconds", type=click.FloatRange(0.1), default=3.0, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--postgresql",
    metavar="URL",
    help="An empty database of a server, for the catalogue section; emptied again.",
)
@click.option("--json", "rows_file", type=WRITTEN, help="Write all rows here.")
@click.option("--picture", type=WRITTEN, help="Draw the cost of a query by size, as SVG, here.")
@jobs_option
@reports_errors
def bench(rows_file: TextIO | None, picture: TextIO | None, real: bool, **options: Any) -> None:
    """Measure speed and cost beside rivals and the machine's own limits, in some minutes.

    SECTIONS are any of query, index, import, web, live, catalogue and engine; all, if none is
    named. Rivals that are not installed are named. `--seconds` are those of each web case. The
    section engine sets the engine that HASHBAG_ENGINE names beside Annoy, over a whole catalogue.
    """
    core = hashbag()
    codes = measuring.codes_of(core.catalog) if real else None
    # What an engine keeps elsewhere for a measurement is not this instance's own.
    with TemporaryDirectory(prefix="hashbag-bench-") as folder:
        settings = replace(core.settings, instance=Path(folder))
        engine = engine_of(settings)
        chosen = measuring.Options(engine, real=codes, settings=settings, **options)
        rows: list[measuring.BenchRow] = []
        for step in measuring.bench(chosen):
            if isinstance(step, measuring.BenchRow):
                rows.append(step)
            else:
                click.echo(step.doing, err=True)
    click.echo(measuring.to_text(rows, chosen.sections or measuring.SECTIONS))
    if rows_file:
        rows_file.write(measuring.to_json(rows))
    if picture:
        picture.write(measuring.curve(rows, chosen.kinds[0] if chosen.kinds else "whash"))
