"""Applications in the tests' own process, and catalogues taken into them."""

import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import on_postgresql
from tests.pictures import catalogue
from webapp import cli, config, create_app
from webapp.catalog import import_list
from webapp.catalog.database import connect_to
from webapp.context import Hashbag
from webapp.explore.map.drawing import draw
from webapp.explore.map.selection import MAX_MAP_ITEMS
from webapp.explore.map.store import Maps
from webapp.hashing.kinds import KINDS

Once = Callable[[str, Callable[[Path], object]], Path]
"""Fills a folder once in a run, whichever worker wants it first; see the fixture `once`."""


def core_of(app: Flask) -> Hashbag:
    """Reach the core behind an application."""
    core: Hashbag = app.extensions["hashbag"]
    return core


def take_in(app: Flask, source: Path, kinds: Collection[str] = KINDS.keys()) -> list[object]:
    """Import and publish, in this process."""
    core = core_of(app)
    outcomes: list[object] = list(core.importer.take(import_list.read(source), 1, kinds))
    core.generations.publish(core.catalog)
    return outcomes


def take_drawn_bags(folder: Path) -> Flask:
    """Build an application with 60 drawn pictures."""
    app = create_app({"instance": folder / "instance"})
    take_in(app, catalogue(folder / "photos", 60))
    return app


def draw_map(app: Flask, maps: Maps | None = None, most: int = MAX_MAP_ITEMS) -> None:
    """Draw the map of an application's catalogue, in this process."""
    core = core_of(app)
    for _ in draw(core.catalog, core.thumbs, maps or core.maps, most):
        pass


def hashbag(
    args: Sequence[str | Path], instance: Path, more: Mapping[str, str] | None = None
) -> CompletedProcess[str]:
    """Run one command to its end as `run_hashbag` does, but in this process: far sooner."""
    given = ["hashbag", *map(str, args)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HASHBAG_")}
    own = {"HASHBAG_INSTANCE": str(instance)} | on_postgresql.environment_of(instance)
    environ = clean | own | dict(more or {})
    out, err = StringIO(), StringIO()
    with (
        patch.dict(os.environ, environ, clear=True),
        patch.object(sys, "argv", given),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        cli.main()
    return CompletedProcess(given, int(end.value.code or 0), out.getvalue(), err.getvalue())


def kept_in(instance: Path) -> str:
    """Return all that the database of an instance has, to look for what must not be in it."""
    if not on_postgresql.is_wanted():
        return "".join(path.read_bytes().decode("latin-1") for path in instance.glob("hashbag.db*"))
    url = config.load({}, {"instance": instance}).database_url
    with connect_to(url).connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        rows = [connection.exec_driver_sql(f'SELECT * FROM "{name}"').all() for name in tables]
    return str(rows)
