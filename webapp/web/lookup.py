"""Items by the owner's own names for them: a product number, in whatever column it stands."""

from collections.abc import Iterable, Mapping

import numpy as np
from flask import Blueprint, jsonify, redirect
from werkzeug.wrappers import Response

from webapp.catalog.attribute_columns import extra_mentioning
from webapp.context import hashbag
from webapp.exceptions import ItemNotFound
from webapp.index.words import words_of
from webapp.models import Filters, Ids
from webapp.web import parameters
from webapp.web.api.item_json import items_json
from webapp.web.api.operations import Answer, operation
from webapp.web.guards.request_limits import Limit, limited
from webapp.web.links import Value, link
from webapp.web.shortlist import MOST

bp = Blueprint("lookup", __name__)

# Beyond it one reading of the whole table is quicker than reading so many items.
_MOST_CANDIDATES = 500


@bp.get("/items/by/<column>/<path:value>")
@limited(Limit.HEAVY)
def items_by(column: str, value: str) -> Response:
    """Go to the item that has a value in a column; to all of them where several have it."""
    found = ids_having(column, value)
    if len(found) == 1:
        return redirect(link("pages.item", item_id=int(found[0])))
    narrowing = _facet(column)
    # A list has a limit; the words of a value find all that have it, and at times more.
    narrowed: dict[str, Value] = {narrowing or "text": value.strip()}
    if narrowing or len(found) > MOST:
        return redirect(link("pages.browse", narrowed))
    return redirect(link("shortlist.show", ids=",".join(map(str, found.tolist()))))


@operation(
    bp,
    "GET",
    "/api/v1/items/by/<column>/<path:value>",
    "The items with a value in a column.",
    Answer("Found"),
    name="find_items",
    parameters=(parameters.FIELDS,),
    path_told={
        "column": "A column of the catalogue, such as `sku`; case, spaces and signs do not matter.",
        "value": "What the items have in it, as in the owner's list.",
    },
    group=Limit.HEAVY,
    problems=(404,),
)
def items_by_json(column: str, value: str) -> Response:
    """List the items that have a value in a column, by ascending id: the first of them, if many."""
    found = ids_having(column, value)
    shown = hashbag().snapshot.items(found[: parameters.MAX_PER_PAGE].tolist())
    return jsonify(items=items_json(shown), total=len(found))


def ids_having(column: str, value: str) -> Ids:
    """Find the items with a value in a column, by ascending id.

    The value is as in the owner's list; of the column's name, case and signs do not matter.

    Raises:
        ItemNotFound: no item has it.
    """
    wanted = value.strip()
    narrowing = _facet(column)
    if narrowing:
        facets = hashbag().facets
        found = facets.ids[facets.matching(Filters.by({narrowing: (wanted,)}))]
    else:
        asked = _folded(column)
        having = [
            item_id
            for item_id, extra in _candidates(wanted)
            if any(
                text.strip() == wanted and _folded(name) == asked for name, text in extra.items()
            )
        ]
        found = np.array(having, dtype=np.int64)
    if not len(found):
        raise ItemNotFound(f"no bag here has {column[:40]} {wanted[:80]}")
    return found


def _facet(column: str) -> str | None:
    """Return the facet that a column is; None for one that has too many values for that."""
    names = hashbag().facets.values
    return next((name for name in names if _folded(name) == _folded(column)), None)


def _folded(name: str) -> str:
    """Write a column's name without what people write otherwise: `Product No.`, `product_no`."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _candidates(value: str) -> Iterable[tuple[int, Mapping[str, str]]]:
    """Yield the ids, ascending, and the extra columns of items that may have a value.

    They are found by its words where few have these. Of a value without words, or of an index
    built before words were searched, all items are asked, one after the other.
    """
    facets = hashbag().facets
    if facets.words is not None and words_of(value):
        positions = np.flatnonzero(facets.words.mask(value, whole=True))
        if len(positions) <= _MOST_CANDIDATES:
            items = hashbag().snapshot.items(facets.ids[positions].tolist())
            return ((item.id, item.extra) for item in items)
    return extra_mentioning(hashbag().catalog, value)
