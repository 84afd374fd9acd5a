"""The demo catalogue of whoever has none of their own yet."""

from contextlib import suppress

from webapp import maintenance
from webapp.catalog.write_lock import writing
from webapp.cli.intake import draw_demo, publish
from webapp.cli.mapping import draw_map
from webapp.context import Hashbag, hashbag
from webapp.exceptions import CatalogBusy
from webapp.processes import available_cores


def have_something_to_show() -> bool:
    """Draw the demo where there is nothing, or go on with one that was interrupted.

    Returns whether anything had to be done.
    """
    core = hashbag()
    try:
        return _have_something_to_show(core)
    finally:
        core.catalog.engine.dispose()  # connections must not cross a fork


def _have_something_to_show(core: Hashbag) -> bool:
    empty = not core.catalog.count()
    if not empty and maintenance.is_published(core.catalog, core.generations):
        return _have_a_map(core)
    with writing(core.settings.instance):
        if empty or (core.settings.instance / "demo" / "manifest.csv").exists():
            draw_demo(core, 900, available_cores())
        else:
            publish(core, available_cores())
    return True


def _have_a_map(core: Hashbag) -> bool:
    """Draw the map where an earlier run was interrupted before it, or could not."""
    if core.maps.is_drawn:
        return False
    with suppress(CatalogBusy), writing(core.settings.instance):  # whoever is busy draws it
        draw_map(core)
    return True
