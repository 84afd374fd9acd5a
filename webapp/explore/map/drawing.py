"""From the catalogue to its published map."""

from webapp.catalog.reader import Catalog
from webapp.exceptions import MapNotDrawn, MapNotReady
from webapp.explore.map import placement
from webapp.explore.map.mosaic import columns_for, snap
from webapp.explore.map.pyramid import Pyramid
from webapp.explore.map.selection import MAX_MAP_ITEMS, Selection, select
from webapp.explore.map.store import Maps
from webapp.explore.map.tiles import TilePainter
from webapp.models import Progress, WithProgress
from webapp.pictures.thumbnails import SIZES, ThumbStore


def draw(
    catalog: Catalog, thumbs: ThumbStore, maps: Maps, most: int = MAX_MAP_ITEMS
) -> WithProgress[int]:
    """Draw and publish the map of the catalogue as it is; nothing, if that map is published.

    Returns how many items were drawn. The caller holds the lock under which maps are built.

    Raises:
        MapNotDrawn: scikit-learn is not installed, a thumbnail is missing, or the map cannot be
            written; the map that was published stays.
    """
    selection = select(catalog, most)
    try:
        if not len(selection.ids):
            maps.clear()
        elif not _is_published(selection, maps):
            placement.require_libraries()
            return (yield from _draw(selection, thumbs, maps))
    except OSError as error:
        raise MapNotDrawn(f"the map cannot be written: {error}") from error
    return 0


def _draw(selection: Selection, thumbs: ThumbStore, maps: Maps) -> WithProgress[int]:
    nearness = yield from placement.measure(selection.tables)
    yield Progress("placing", 0, 1)
    points = placement.place(nearness)
    yield Progress("placing", 1, 1)
    columns = columns_for(len(points))
    order = snap(points, columns)
    pyramid = Pyramid(columns, len(points))
    photos = [thumbs.key(selection.digests[item], SIZES[0]) for item in order]
    with maps.drawing() as drawing:
        painter = TilePainter(pyramid, photos, thumbs.storage)
        for done, (number, tile) in enumerate(painter.paint(), 1):
            drawing.add(number, tile)
            yield Progress("drawing", done, pyramid.tiles)
        maps.publish(drawing, selection.version, columns, selection.ids[order].tolist())
    return len(order)


def is_outdated(catalog: Catalog, maps: Maps, most: int = MAX_MAP_ITEMS) -> bool:
    """Say whether the published map, if there is one, shows the catalogue as it was before."""
    try:
        version = maps.current().version
    except MapNotReady:
        return False
    return version != select(catalog, most).version


def _is_published(selection: Selection, maps: Maps) -> bool:
    try:
        return maps.verify().version == selection.version
    except MapNotReady:
        return False
