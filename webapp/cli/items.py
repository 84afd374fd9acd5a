"""Commands for single items: add, set, remove."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import click

from webapp.catalog.given_attributes import columns_of
from webapp.catalog.import_entries import FurtherPhoto, ListedPhoto, Rejected
from webapp.catalog.import_list.readable_names import is_unicode, readable
from webapp.catalog.import_outcome import Outcome
from webapp.catalog.importer import Importer
from webapp.catalog.source_run import ADDED_BY_ITSELF, SourceRun
from webapp.catalog.writer import CatalogWriter
from webapp.cli.common import no_map_option, reports_errors
from webapp.cli.publication import make_known, tell_note
from webapp.context import Hashbag, hashbag
from webapp.exceptions import ItemNotFound, UnreadableImage
from webapp.models import ATTRIBUTES, Item

F = TypeVar("F", bound=Callable[..., object])

item_id = click.IntRange(1, 2**63 - 1)
file_path = click.Path(path_type=Path)


def _pairs(
    _: click.Context, __: click.Parameter, given: tuple[str, ...]
) -> Sequence[tuple[str, str]]:
    """Read NAME=VALUE."""
    pairs = [pair.partition("=") for pair in given]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        raise click.BadParameter("write it as NAME=VALUE, such as price=45")
    return [(name, value) for name, _, value in pairs]


def attribute_options(command: F) -> F:
    """Give a command an option for each attribute of an item."""
    for name in reversed(ATTRIBUTES):
        command = click.option(f"--{name}", help=f"Its {name}.")(command)
    return command


@click.command()
@click.argument("file", type=file_path)
@attribute_options
@click.option(
    "--photo",
    "further",
    type=file_path,
    multiple=True,
    help="A further photo of it, such as its back; repeatable, and then these are all.",
)
@click.option(
    "--extra", multiple=True, metavar="NAME=VALUE", callback=_pairs, help="Anything else of it."
)
@no_map_option
@reports_errors
def add(
    file: Path,
    further: tuple[Path, ...],
    extra: Sequence[tuple[str, str]],
    no_map: bool,
    **attributes: str | None,
) -> None:
    """Take in one item by its photo, also one that was removed before; it stays where it is.

    A photo that is in the catalogue already gets the attributes, and further photos, that are
    given.
    """
    core = hashbag()
    given = {name: value for name, value in attributes.items() if value is not None}
    outcome, item, unread = _added(core, file, further, given | dict(extra))
    click.echo(f"{outcome.value} item {item.id}")
    for problem in unread:
        tell_note(problem)
    make_known(core, no_map=no_map)
    if unread:
        sys.exit(1)


def _added(
    core: Hashbag, file: Path, further: Sequence[Path], given: Mapping[str, str]
) -> tuple[Outcome, Item, Sequence[Rejected]]:
    """Take one item in, and name its further photos that cannot be read."""
    path, *others = (one.resolve() for one in (file, *further))
    for one in (path, *others):
        if not is_unicode(str(one)):
            raise UnreadableImage(f"{readable(one)}: its path is not UTF-8: rename it")
    places = [core.catalog.stored_path(path)]
    known = core.catalog.items_at(places) if core.catalog.revision else ()
    columns = columns_of(given, known[0].extra if known else {})
    CatalogWriter(core.catalog).make_catalog()
    run = SourceRun(ADDED_BY_ITSELF, again=True)
    photos = tuple(FurtherPhoto(one, readable(one.name)) for one in dict.fromkeys(others))
    wanted = ListedPhoto(path, readable(path.name), columns, further=photos or None)
    importer = Importer(core.catalog, core.thumbs, core.settings.max_pixels, live=True)
    outcome, *problems = importer.take([wanted], 1, run=run)
    if isinstance(outcome, Rejected):
        raise UnreadableImage(str(outcome))
    assert isinstance(outcome, Outcome), "a photo that was named is taken in or rejected"
    unread = [problem for problem in problems if isinstance(problem, Rejected)]
    return outcome, core.catalog.items_at([core.catalog.stored_path(path)])[0], unread


@click.command("set")
@click.argument("number", metavar="ID", type=item_id)
@click.argument("given", metavar="NAME=VALUE...", nargs=-1, required=True, callback=_pairs)
@no_map_option
@reports_errors
def set_(number: int, given: Sequence[tuple[str, str]], no_map: bool) -> None:
    """Change attributes of an item; an empty value takes one away.

    A later import of a list that gives the same attribute writes its own.
    """
    core = hashbag()
    before = core.catalog.item(number)
    item = core.live_items.change(number, dict(given))
    changed = [
        name for name in (*ATTRIBUTES, "extra") if getattr(item, name) != getattr(before, name)
    ]
    told = ", ".join(sorted(changed)) or "nothing, it is so already"
    click.echo(f"item {number}: changed {told}")
    make_known(core, no_map=no_map)


@click.command()
@click.argument("ids", type=item_id, nargs=-1)
@click.option(
    "--file", "files", type=file_path, multiple=True, help="Name an item by its photo; repeatable."
)
@no_map_option
@reports_errors
def remove(ids: tuple[int, ...], files: tuple[Path, ...], no_map: bool) -> None:
    """Take items out; their original photos stay where they are.

    Imports leave these photos out from then on; `hashbag import --again` takes them in again.
    """
    if not ids and not files:
        raise click.UsageError("name items by their ids, or by --file")
    core = hashbag()
    numbers = sorted({*ids, *(number for file in files for number in _items_of(core, file))})
    core.live_items.remove(numbers)
    click.echo(f"removed {len(numbers)}")
    make_known(core, no_map=no_map)


def _items_of(core: Hashbag, file: Path) -> list[int]:
    found = core.catalog.items_at([core.catalog.stored_path(file.resolve())])
    if not found:
        raise ItemNotFound(f"no item has the photo {readable(file)}")
    return [item.id for item in found]
