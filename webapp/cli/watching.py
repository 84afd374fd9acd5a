"""Following a folder or list as it changes: each time something did, another run of the import."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import click

from webapp.catalog import import_list
from webapp.catalog.import_list.readable_names import readable
from webapp.catalog.write_lock import writing
from webapp.cli.import_run import ImportChoices, read_source, take_in
from webapp.cli.publication import draw_map
from webapp.context import Hashbag
from webapp.exceptions import (
    CatalogBusy,
    CatalogUnavailable,
    ConfigError,
    ImportListError,
    StorageUnreachable,
)

_QUIET_MS = 500  # so long nothing may change before a run begins: files are written in parts
_LONGEST_WAIT_MS = 5_000  # if it never is quiet
_LOOKS_MS = 500
_PASSING = (ImportListError, CatalogBusy, CatalogUnavailable, StorageUnreachable)


def follow(
    core: Hashbag,
    source: Path,
    names: Mapping[str, str],
    choices: ImportChoices,
    *,
    with_map: bool,
) -> None:
    """Import, then import again whenever the source changes, until Ctrl-C.

    Only files that changed are read again. The map is drawn once: it takes long, and searches do
    without. Where a run fails, because a list is half written or the catalogue is busy, it is told
    once, and tried again.
    """
    if not source.exists():
        raise ImportListError(f"{readable(source)}: there is no such file or folder")
    changes = _changes(source, core.settings.instance, core.settings.photos_folder)
    next(changes)  # from now on no change is missed
    _run(core, source, names, choices, None)
    if with_map:
        with writing(core.catalog):
            draw_map(core)
    click.echo(f"following {readable(source)}; Ctrl-C ends it", err=True)
    # What was asked for once was done by the first run.
    choices = replace(choices, rejects=None, again=False, force=False)
    pending: set[str] = set()
    told = ""
    try:
        for changed in changes:
            pending |= changed
            try:
                if pending:
                    _run(core, source, names, choices, pending)
                pending, told = set(), ""
            except _PASSING as problem:
                if problem.for_owner != told:
                    told = problem.for_owner
                    click.echo(f"hashbag: {told}; trying again", err=True)
    except KeyboardInterrupt:
        pass  # a run that is stopped loses nothing: the next goes on from there
    click.echo(f"stopped following {readable(source)}", err=True)


def _run(
    core: Hashbag,
    source: Path,
    names: Mapping[str, str],
    choices: ImportChoices,
    changed: Collection[str] | None,
) -> None:
    with writing(core.catalog):
        take_in(core, source, read_source(core, source, names), choices, changed)


def _changes(source: Path, instance: Path, photos: Path | None) -> Iterator[set[str]]:
    """Yield the real paths of what changed, also where nothing did, some times a second.

    Nothing is missed after the first; what changes while the caller is at work is yielded then.
    """
    try:
        from watchfiles import watch  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError(
            "--watch needs the Python module watchfiles: pip install 'hashbag[watch]'"
        ) from error
    folder = os.path.realpath(source if source.is_dir() else source.absolute().parent)
    own = [os.path.realpath(one) for one in (instance, *import_list.folders_in(photos))]
    for batch in watch(
        folder,
        watch_filter=lambda _, path: not any(map(Path(path).is_relative_to, own)),
        debounce=_LONGEST_WAIT_MS,
        step=_QUIET_MS,
        rust_timeout=_LOOKS_MS,
        yield_on_timeout=True,
        raise_interrupt=True,
        ignore_permission_denied=True,
    ):
        yield {os.path.realpath(path) for _, path in batch}
