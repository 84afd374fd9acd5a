"""The command that serves."""

import os
import sys
import tempfile
from contextlib import suppress

import click

from webapp import upkeep
from webapp.cli.common import reports_errors
from webapp.cli.intake import draw_demo, publish
from webapp.cli.mapping import draw_map
from webapp.context import Hashbag, hashbag
from webapp.exceptions import CatalogBusy
from webapp.lock import writing
from webapp.processes import available_cores


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT")
@click.option("--workers", type=click.IntRange(1, 256), default=available_cores)
@click.option("--demo", "with_demo", is_flag=True, help="If the catalogue is empty, draw the demo.")
@reports_errors
def serve(bind: str, workers: int, with_demo: bool) -> None:
    """Serve with gunicorn."""
    core = hashbag()
    if with_demo:
        _have_something_to_show(core)
    environ = os.environ | {
        "HASHBAG_INSTANCE": str(core.settings.instance),
        "HASHBAG_BIND": bind,
        "HASHBAG_WORKERS": str(workers),
        # Each worker has a core: more threads for a product of matrices would wait for others.
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        # Where the workers keep their counts, for whichever is asked to sum them.
        "PROMETHEUS_MULTIPROC_DIR": tempfile.mkdtemp(prefix="hashbag-metrics-"),
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "python:webapp.serving"]
    os.execve(sys.executable, command, environ)  # noqa: S606 - becomes gunicorn, keeps the pid


def _have_something_to_show(core: Hashbag) -> None:
    """Draw the demo where there is nothing, or go on with one that was interrupted."""
    empty = not core.catalog.count()
    if not empty and upkeep.is_published(core.catalog, core.generations):
        _have_a_map(core)
        return
    with writing(core.settings.instance):
        if empty or (core.settings.instance / "demo" / "manifest.csv").exists():
            draw_demo(core, 900, available_cores())
        else:
            publish(core, available_cores())


def _have_a_map(core: Hashbag) -> None:
    """Draw the map where an earlier run was interrupted before it, or could not."""
    if core.maps.is_drawn:
        return
    with suppress(CatalogBusy), writing(core.settings.instance):  # whoever is busy draws it
        draw_map(core)
