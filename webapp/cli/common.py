"""What commands share: errors as one line, options, progress bars."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError
from tqdm import tqdm

from webapp.catalog.import_list.readable_names import readable
from webapp.exceptions import (
    BadParameter,
    ConfigError,
    HashbagError,
    ImportListError,
    ItemNotFound,
    StorageUnusable,
)
from webapp.hashing.kinds import KINDS
from webapp.models import WithProgress
from webapp.processes import available_cores
from webapp.search.query import kind_named

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])

UNUSABLE = (ImportListError, ConfigError, BadParameter, ItemNotFound)


@contextmanager
def errors_in_a_line() -> Iterator[None]:
    """Turn our errors into one line and an exit status: 2 for unusable arguments, else 1."""
    try:
        yield
    except HashbagError as error:
        click.echo(f"hashbag: {error.for_owner}", err=True)
        sys.exit(2 if isinstance(error, UNUSABLE) else 1)
    except BrokenPipeError:
        raise  # who read what we print has enough, as `head` has; click ends without a word
    except (OSError, SQLAlchemyError, BrokenProcessPool) as error:
        known = StorageUnusable.of(error) if isinstance(error, OSError) else None
        click.echo(f"hashbag: {known.for_owner if known else _named(error)}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        words = "stopped; nothing is lost: run the same command again to go on"
        click.echo(words, err=True)
        sys.exit(130)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def reports_errors(command: Callable[P, T]) -> Callable[P, T]:
    """Run a command in the application's context, its errors in a line."""

    @wraps(command)
    def reporting(*args: P.args, **kwargs: P.kwargs) -> T:
        with errors_in_a_line():
            return with_appcontext(command)(*args, **kwargs)

    return reporting


jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=available_cores,
    show_default="all cores",
    help="Processes to work with.",
)


no_map_option = click.option("--no-map", is_flag=True, help="Do not draw the map afterwards.")


def progress(things: Iterable[T], total: int, verb: str) -> Iterable[T]:
    """Show a bar with rate and time left, on a terminal only."""
    return tqdm(things, total=total, desc=verb, unit="photo", disable=None)


def finish(work: WithProgress[T]) -> T:
    """Do work to its end, with a bar for each part of it on a terminal; return its result."""
    with tqdm(unit="", leave=False, disable=None) as bar:
        doing = ""
        while True:
            try:
                step = next(work)
            except StopIteration as end:
                result: T = end.value
                return result
            if step.doing != doing:
                doing = step.doing
                bar.reset(step.total)
                bar.set_description(doing)
            bar.update(step.done - bar.n)


# Opened before the work begins: a mistyped folder is told at once. Names of files that are not
# UTF-8 are written with their odd bytes as \udc80 to \udcff.
WRITTEN = click.File("w", encoding="utf-8", errors="backslashreplace", lazy=False)


def _in_a_folder(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a file to be written where there is no folder for it, before any work is done."""
    if path is not None and not path.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {readable(path.absolute().parent)}")
    return path


def written_file(name: str, *, required: bool = True) -> Callable[[F], F]:
    """Take a file that is written, and takes the place of another of its name."""
    kind = click.Path(path_type=Path, dir_okay=False)
    return click.argument(name, type=kind, required=required, callback=_in_a_folder)


def by_comma(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Split names that were given by comma, or one at a time."""
    return tuple(name for part in given for name in part.replace(",", " ").split())


kinds_option = click.option(
    "--kinds",
    multiple=True,
    callback=by_comma,
    help="Which kinds to compute, by comma or repeated; else all that are installed.",
)


def chosen(kinds: tuple[str, ...]) -> Collection[str]:
    """Return the kinds that were named, or all."""
    return [kind_named(name, "kinds").name for name in kinds] or KINDS.keys()
