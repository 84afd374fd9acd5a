"""Drawing the map after the index was published."""

import click
from tqdm import tqdm

from webapp.context import Hashbag
from webapp.exceptions import MapNotDrawn
from webapp.explore.map.drawing import draw


def draw_map(core: Hashbag) -> None:
    """Draw the map if the catalogue has changed; a failure is told, and undoes nothing.

    The caller holds the write lock.
    """
    doing = ""
    try:
        with tqdm(unit="", leave=False, disable=None) as bar:
            for step in draw(core.catalog, core.thumbs, core.maps):
                if step.doing != doing:
                    doing = step.doing
                    bar.reset(step.total)
                    bar.set_description(f"map: {doing}")
                bar.update(step.done - bar.n)
    except MapNotDrawn as problem:
        click.echo(f"no new map: {problem}", err=True)
    else:
        if doing:
            click.echo(f"drew the map of {len(core.maps.current().ids)} items", err=True)
