"""The command that serves."""

import atexit
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path

import click

from webapp import create_app, heap
from webapp.cli.bind_address import check_bind
from webapp.cli.common import errors_in_a_line
from webapp.config import load
from webapp.exceptions import CatalogError
from webapp.processes import available_cores


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT")
@click.option("--workers", type=click.IntRange(1, 256), default=available_cores)
@click.option(
    "--demo", "with_demo", is_flag=True, help="Draw the demo if nothing was ever taken in."
)
@click.option("--no-map", is_flag=True, help="Draw the demo without its map.")
def serve(bind: str, workers: int, with_demo: bool, no_map: bool) -> None:
    """Serve with gunicorn."""
    with errors_in_a_line():
        check_bind(bind)
    # Set before the application is imported: numpy and the counters read them at that moment.
    os.environ |= {
        "HASHBAG_BIND": bind,
        "HASHBAG_WORKERS": str(workers),
        # One worker a core: more threads for a product of matrices would only wait for a core.
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        "PROMETHEUS_MULTIPROC_DIR": _folder_for_counts(),
    }
    _allow_open_files()
    heap.share()
    with errors_in_a_line():
        os.environ["_HASHBAG_LOG"] = load(os.environ).log
        if with_demo:
            _have_something_to_show(with_map=not no_map)
        _run_gunicorn()


def _allow_open_files() -> None:
    """Take as many open files as the system gives: each connection is one, and so is each index."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _folder_for_counts() -> str:
    """Make the folder where each worker writes its counts; the one that is asked adds them up."""
    folder = tempfile.mkdtemp(prefix="hashbag-metrics-")
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: str, master: int) -> None:
    if os.getpid() == master:  # workers are forked from it, and run this at their end too
        shutil.rmtree(folder, ignore_errors=True)


def _have_something_to_show(*, with_map: bool) -> None:
    from webapp.cli import demo  # noqa: PLC0415 - only here, and after the environment is set

    worked = False
    with create_app().app_context():
        try:
            worked = demo.have_something_to_show(with_map=with_map)
        except CatalogError as problem:  # pages say so until its database is back
            click.echo(f"serving all the same: {problem.for_owner}", err=True)
    if worked:
        # The process begins anew, without the memory and the modules that drawing took.
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"])
        again = [word for word in sys.orig_argv if word != "--demo"]
        os.execv(sys.executable, again)  # noqa: S606 - ourselves  # nosec B606


def _run_gunicorn() -> None:
    import gunicorn  # noqa: PLC0415 - other commands do without
    from gunicorn.app import wsgiapp  # noqa: PLC0415

    # Told to replace itself, gunicorn starts this again.
    itself = str(Path(gunicorn.__file__).with_name("__main__.py"))
    sys.argv = [itself, "--config", "python:webapp.serving"]
    wsgiapp.run()
