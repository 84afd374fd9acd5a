"""The map of the catalogue: a page, its tiles, and what lies in its cells."""

from flask import Blueprint, Response, jsonify, render_template, request

from webapp.context import hashbag
from webapp.exceptions import BadParameter, ItemNotFound, MapNotReady
from webapp.explore.map.pyramid import CELL_PIXELS, TILE_PIXELS
from webapp.explore.map.store import Map
from webapp.explore.map.window import Block, Window, overview, window
from webapp.models import Item
from webapp.web import map_colours, parameters
from webapp.web.guards.request_limits import Limit, limited
from webapp.web.links import parameters_of
from webapp.web.map_colours import value_of
from webapp.web.template_filters import heading, price

bp = Blueprint("maps", __name__, url_prefix="/map")

PER_PAGE = 60
BLOCK = 8
"""Captions are sent for blocks of so many cells a side."""

_YEAR = 365 * 24 * 3600
_HOUR = 3600


@bp.get("")
@limited(Limit.HEAVY)
def show() -> str:
    """Show the map, a part of it, or its items as a list."""
    shape = parameters.one_of(request.args, "view", ("picture", "list"))
    try:
        found = hashbag().maps.current()
    except MapNotReady as problem:
        empty = not len(hashbag().facets.ids) or not hashbag().catalog.has_items()
        return render_template("map-missing.html", problem=problem, empty=empty)
    return _as_list(found) if shape == "list" else _as_picture(found)


def _as_picture(found: Map) -> str:
    args, pyramid = request.args, found.pyramid
    item_id = parameters.integer(args, "item", 0, 1, 2**53)
    place = found.cell_of(hashbag().snapshot.item(item_id).id) if item_id else None
    level = parameters.number(args, "z", pyramid.last if place else -1.0, 0, 30)
    column, row = place or (pyramid.columns / 2 - 0.5, pyramid.rows / 2 - 0.5)
    x = parameters.number(args, "x", column + 0.5, 0, 10**6)
    y = parameters.number(args, "y", row + 0.5, 0, 10**6)
    seen = overview(pyramid) if level < 0 else window(pyramid, level, x, y)
    return render_template(
        "map.html",
        map=found,
        total=hashbag().facets.count(),
        window=seen,
        items=_items_in(found, seen) if seen.is_last else {},
        colours=map_colours.coloured(found),
        offered=map_colours.offered(),
        value_of=value_of,
        some=hashbag().snapshot.items(found.ids[:PER_PAGE]),
        view={"z": level, "x": x, "y": y} if level >= 0 else None,
        chosen=found.ids.index(item_id) if place else None,
        as_filters=parameters_of,
        absent=bool(item_id and not place),
        CELL=CELL_PIXELS,
        TILE=TILE_PIXELS,
    )


def _items_in(found: Map, seen: Window) -> dict[int, Item]:
    """Return the items that the window shows, by cell; those that are gone are left out."""
    cells = [
        cell
        for tile in seen.tiles
        for cell in tile.block.cells(found.columns, len(found.ids))
        if cell is not None
    ]
    return _items_at(found, cells)


def _items_at(found: Map, cells: list[int]) -> dict[int, Item]:
    items = {item.id: item for item in hashbag().snapshot.items([found.ids[c] for c in cells])}
    return {cell: items[found.ids[cell]] for cell in cells if found.ids[cell] in items}


def _as_list(found: Map) -> str:
    pages = -(-len(found.ids) // PER_PAGE)
    page = parameters.integer(request.args, "page", 1, 1, 10**9)
    if page > pages:
        raise ItemNotFound(f"page {page} is past the end: there are {pages} pages")
    ids = found.ids[(page - 1) * PER_PAGE : page * PER_PAGE]
    return render_template(
        "map-list.html", items=hashbag().snapshot.items(ids), map=found, page=page, pages=pages
    )


@bp.get("/tiles/<version>/<int:z>/<int:x>/<int:y>.webp")
def tile(version: str, z: int, x: int, y: int) -> Response:
    """Send one tile of a map's picture."""
    picture = hashbag().maps.tile(version, z, x, y)
    return _for_ever(Response(picture, mimetype="image/webp"))


@bp.get("/cells/<version>.json")
def cells(version: str) -> Response:
    """List the ids of a map's items by cell, row by row."""
    found = hashbag().maps.named(version)
    return _for_ever(jsonify(columns=found.columns, ids=found.ids))


@bp.get("/colours/<version>.png")
@limited(Limit.HEAVY)
def colours(version: str) -> Response:
    """Send the colours under a map's items, a pixel for each cell."""
    found = map_colours.coloured(hashbag().maps.named(version))
    if found is None:
        raise BadParameter("colour_by", "say by what the map is to be coloured")
    answer = Response(found.picture, mimetype="image/png")
    # Attributes may change between the page and its picture.
    return _for_ever(answer) if request.args.get("v") == found.digest else answer


@bp.get("/captions/<version>/<int:x>-<int:y>.json")
def captions(version: str, x: int, y: int) -> Response:
    """Send heading, brand and price of each item in one block, by cell, and what colours it."""
    found = hashbag().maps.named(version)
    block = Block(x * BLOCK, y * BLOCK, (x + 1) * BLOCK, (y + 1) * BLOCK)
    inside = [c for c in block.cells(found.columns, len(found.ids)) if c is not None]
    items = _items_at(found, inside)
    name = request.args.get("colour_by", "")
    answer = jsonify(
        {
            cell: [heading(item), item.brand, price(item), value_of(item, name)]
            for cell, item in items.items()
        }
    )
    answer.cache_control.max_age = _HOUR
    return answer


def _for_ever(answer: Response) -> Response:
    # A map that shows something else has another name, so this answer never changes.
    answer.cache_control.public = True
    answer.cache_control.max_age = _YEAR
    answer.cache_control.immutable = True
    return answer
