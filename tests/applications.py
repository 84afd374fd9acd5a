"""Applications in the tests' own process, and catalogues taken into them."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from tests.pictures import catalogue
from webapp import create_app
from webapp.catalog import import_list
from webapp.context import Hashbag
from webapp.explore.map.drawing import draw
from webapp.explore.map.selection import MAX_MAP_ITEMS
from webapp.explore.map.store import Maps

Once = Callable[[str, Callable[[Path], object]], Path]
"""Fills a folder once in a run, whichever worker wants it first; see the fixture `once`."""


def core_of(app: Flask) -> Hashbag:
    """Reach the core behind an application."""
    core: Hashbag = app.extensions["hashbag"]
    return core


def take_in(app: Flask, source: Path) -> list[object]:
    """Import and publish, in this process."""
    core = core_of(app)
    outcomes: list[object] = list(core.importer.take(import_list.read(source), jobs=1))
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
