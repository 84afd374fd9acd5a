"""From the catalogue to its published map."""

from webapp.catalog.reader import Catalog
from webapp.exceptions import MapNotDrawn
from webapp.explore.map import placement
from webapp.explore.map.mosaic import columns_for, snap
from webapp.explore.map.progress import Progress, WithProgress
from webapp.explore.map.pyramid import Pyramid
from webapp.explore.map.selection import MAX_MAP_ITEMS, Selection, select
from webapp.explore.map.store import Maps
from webapp.explore.map.tiles import TilePainter
from webapp.pictures.thumbnails import SIZES, ThumbStore


def draw(
    catalog: Catalog, thumbs: ThumbStore, maps: Maps, most: int = MAX_MAP_ITEMS
) -> WithProgress[None]:
    """Draw and publish the map of the catalogue as it is; nothing, if that is published already.

    The caller holds the write lock.

    Raises:
        MapNotDrawn: scikit-learn is not installed, a thumbnail is missing, or the disk is full;
            the map that was published stays.
    """
    selection = select(catalog, most)
    if not len(selection.ids):
        maps.clear()
    elif not maps.is_whole(selection.version):
        placement.require_libraries()
        try:
            yield from _draw(selection, thumbs, maps)
        except OSError as error:
            raise MapNotDrawn(f"the map cannot be written: {error}") from error


def _draw(selection: Selection, thumbs: ThumbStore, maps: Maps) -> WithProgress[None]:
    nearness = yield from placement.measure(selection.tables)
    yield Progress("placing", 0, 1)
    points = placement.place(nearness)
    yield Progress("placing", 1, 1)
    columns = columns_for(len(points))
    order = snap(points, columns)
    pyramid = Pyramid(columns, len(points))
    photos = [thumbs.path(selection.digests[item], SIZES[0]) for item in order]
    with maps.drawing() as drawing:
        for done, (number, tile) in enumerate(TilePainter(pyramid, photos).paint(), 1):
            drawing.add(number, tile)
            yield Progress("drawing", done, pyramid.tiles)
        maps.publish(drawing, selection.version, columns, selection.ids[order].tolist())


def problem(catalog: Catalog, maps: Maps, most: int = MAX_MAP_ITEMS) -> str | None:
    """Say what is wrong with the published map, if anything; having none is not wrong."""
    if not maps.folder.exists():
        return None
    selection = select(catalog, most)
    if not len(selection.ids) or maps.is_whole(selection.version):
        return None
    return "it is damaged, or older than the catalogue: run `hashbag index`"
