"""The command that serves."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import click

from webapp import create_app
from webapp.cli.common import errors_in_a_line
from webapp.processes import available_cores


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT")
@click.option("--workers", type=click.IntRange(1, 256), default=available_cores)
@click.option("--demo", "with_demo", is_flag=True, help="If the catalogue is empty, draw the demo.")
def serve(bind: str, workers: int, with_demo: bool) -> None:
    """Serve with gunicorn."""
    # Before the application is imported: numpy and the counters look at these then.
    os.environ |= {
        "HASHBAG_BIND": bind,
        "HASHBAG_WORKERS": str(workers),
        # Each worker has a core: more threads for a product of matrices would wait for others.
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        "PROMETHEUS_MULTIPROC_DIR": _folder_for_counts(),
    }
    with errors_in_a_line():
        if with_demo:
            _show_something()
        _run_gunicorn()


def _folder_for_counts() -> str:
    """Make the folder where workers keep their counts, for whichever is asked to sum them."""
    folder = tempfile.mkdtemp(prefix="hashbag-metrics-")
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: str, master: int) -> None:
    if os.getpid() == master:  # workers are forked from it, and end through here too
        shutil.rmtree(folder, ignore_errors=True)


def _show_something() -> None:
    from webapp.cli import showing  # noqa: PLC0415 - only here, and after the environment is set

    with create_app().app_context():
        drawn = showing.have_something_to_show()
    if drawn:
        # What drawing needed is not carried along: the same command again, now there is something.
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"])
        again = [word for word in sys.orig_argv if word != "--demo"]
        os.execv(sys.executable, again)  # noqa: S606 - ourselves, and the process stays


def _run_gunicorn() -> None:
    import gunicorn  # noqa: PLC0415 - other commands do without
    from gunicorn.app import wsgiapp  # noqa: PLC0415

    # Told to replace itself, gunicorn starts this again.
    itself = str(Path(gunicorn.__file__).with_name("__main__.py"))
    sys.argv = [itself, "--config", "python:webapp.serving"]
    wsgiapp.run()
