"""The command that draws the demo catalogue, and the drawing of it at the first start."""

from pathlib import Path

import click

from webapp.atomic_files import write_atomically
from webapp.catalog import import_list
from webapp.catalog.write_lock import writing
from webapp.cli.common import jobs_option, no_map_option, progress, reports_errors
from webapp.cli.import_run import ImportChoices, take_in
from webapp.cli.publication import draw_map, publish
from webapp.context import Hashbag, hashbag
from webapp.exceptions import CatalogBusy, IndexNotReady, NothingPublished
from webapp.processes import available_cores

_BAGS = 900
_FOLDER = "demo"
# Until the first drawing has come to its end, the map, this file says how many bags it draws.
_UNFINISHED = ".unfinished"


@click.command()
@click.option("--items", type=click.IntRange(1, 100_000), default=_BAGS, show_default=True)
@no_map_option
@jobs_option
@reports_errors
def demo(items: int, no_map: bool, jobs: int) -> None:
    """Draw the demo catalogue, import and index it."""
    core = hashbag()
    with writing(core.catalog):
        _draw(core, items, jobs, with_map=not no_map)


def have_something_to_show(*, with_map: bool) -> bool:
    """Draw the demo for whoever has no catalogue yet; else index what there is, if it must be.

    Returns whether anything had to be done.
    """
    core = hashbag()
    try:
        if bags := _bags_to_draw(core):
            with writing(core.catalog):
                _draw(core, bags, available_cores(), with_map=with_map)
            return True
        if core.publisher.is_current() and not _unfinished(core).exists():
            return False
        _index(core, with_map=with_map)
        return True
    finally:
        core.catalog.engine.dispose()  # connections must not cross a fork


def _index(core: Hashbag, *, with_map: bool) -> None:
    try:
        with writing(core.catalog):
            publish(core, available_cores())
            if _unfinished(core).exists():
                _end_first_drawing(core, with_map=with_map)
    except CatalogBusy as problem:  # that command publishes too
        click.echo(f"serving what is published: {problem}", err=True)


def _bags_to_draw(core: Hashbag) -> int:
    """Return how many bags the demo needs; 0 where the catalogue is, or was, somebody's own.

    Its revision counts every change: at 0 nothing was ever in it, or its database is gone, which
    an index betrays. Later only the first drawing goes on, if it was interrupted before its index
    was published.
    """
    try:
        bags = int(_unfinished(core).read_text("ascii"))
    except (FileNotFoundError, ValueError):
        bags = 0
    published = _was_published(core)
    if not core.catalog.revision and not published:
        return bags or _BAGS
    own = published or core.catalog.has_photos_outside(_FOLDER)
    return 0 if own else bags


def _was_published(core: Hashbag) -> bool:
    try:
        core.generations.newest()
    except NothingPublished:
        return False
    except IndexNotReady:
        return True
    return True


def _draw(core: Hashbag, items: int, jobs: int, *, with_map: bool) -> None:
    """Draw, import and index; the caller holds the write lock."""
    from webapp.lab.demo import write  # noqa: PLC0415 - other commands do without

    click.echo(
        f"Drawing {items} bags for the demo catalogue; it takes about a minute ...", err=True
    )
    folder = core.settings.instance / _FOLDER
    if not core.catalog.revision:
        write_atomically(_unfinished(core), str(items).encode())
    for _ in progress(write(folder, items, jobs=jobs), items, "drawing"):
        pass
    source = folder / "manifest.csv"
    take_in(core, source, import_list.read(source), ImportChoices(jobs, again=True))
    _end_first_drawing(core, with_map=with_map)


def _end_first_drawing(core: Hashbag, *, with_map: bool) -> None:
    if with_map:
        draw_map(core)
    _unfinished(core).unlink(missing_ok=True)


def _unfinished(core: Hashbag) -> Path:
    return core.settings.instance / _FOLDER / _UNFINISHED
