"""The command that writes the catalogue out, for another to take in."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from webapp.atomic_files import UNFINISHED, flush
from webapp.catalog.export.archive import write_archive
from webapp.catalog.export.items import exported_items
from webapp.catalog.reader import Catalog
from webapp.cli.common import reports_errors, written_file
from webapp.context import hashbag


@click.command()
@written_file("path", required=False)
@click.option("--photos", is_flag=True, help="Write a zip archive that has the photos too.")
@reports_errors
def export(path: Path | None, photos: bool) -> None:
    """Write all items, as the catalogue is at one moment, for `hashbag import` elsewhere.

    Without --photos it is a line of JSON for each item, which says where its photos are. Without
    PATH it is written to standard output. Exits 1 when the file of a photo is missing or changed.
    """
    if photos and path and path.suffix.lower() != ".zip":
        raise click.UsageError("with --photos it is an archive: let PATH end in .zip")
    if photos and not path and sys.stdout.isatty():
        raise click.UsageError("with --photos it is an archive: name a PATH for it")
    lacking = 0
    with _opened(path) as file, hashbag().catalog.at_one_moment() as catalog:
        if not photos:
            _write_lines(catalog, file)
        else:
            for problem in write_archive(catalog, file):
                lacking += 1
                click.echo(f"lacks {problem}", err=True)
    if lacking:
        sys.exit(1)


def _write_lines(catalog: Catalog, file: IO[bytes]) -> None:
    for told in exported_items(catalog, lambda photo: {"file": str(catalog.photo(photo))}):
        file.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[bytes]]:
    """Open a file that is there whole or not at all; without a path, standard output."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f"{UNFINISHED}{os.getpid()}-")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fchmod(handle, 0o644)
            os.fsync(handle)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    flush(path.parent)
