"""For whatever watches the server: is it alive, does a search work; and every answer is counted."""

import time

from flask import Blueprint, Response, g, jsonify, request

from webapp import metrics
from webapp.context import hashbag
from webapp.exceptions import CatalogError, EngineUnavailable, HashbagError, IndexNotReady
from webapp.hashing import picture_work
from webapp.hashing.kinds import KINDS
from webapp.log_lines import ROUTE
from webapp.search.query import Query
from webapp.web.errors import not_now

bp = Blueprint("health", __name__)

_SOME_ITEMS = 20
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@bp.before_app_request
def start_watch() -> None:
    """Note when the request began."""
    g.began = time.perf_counter()


@bp.after_app_request
def count(response: Response) -> Response:
    """Count the answer by its route, never by its address: those are without number."""
    route = request.url_rule.rule if request.url_rule else "none"
    request.environ[ROUTE] = route  # for the log
    method = request.method if request.method in _METHODS else "other"
    metrics.count(method, route, response.status_code, time.perf_counter() - g.began)
    if g.get("has_pictures"):
        metrics.count_upload(response.status_code)
    return response


@bp.get("/healthz")
def alive() -> Response:
    """Say that this process answers, whatever its database does."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> Response:
    """Say whether a search works, by making one, and from which generation it is answered.

    Where pictures cannot be read, it says so and is ready all the same: pages, and searches by an
    item or a link, are answered.
    """
    core = hashbag()
    try:
        serving = core.generations.current()
        items = core.facets.count()  # the catalogue may take long to count
        _search(items)
    except (IndexNotReady, CatalogError, EngineUnavailable, SearchFails) as problem:
        told = jsonify(status="not ready", missing=_missing(problem), detail=str(problem))
        return not_now(told, problem)
    newer = core.generations.problem
    return jsonify(
        status="ready",
        generation=serving.name,
        items=items,
        pictures="read" if picture_work.runner().is_there() else "not read at the moment",
        **({"detail": str(newer)} if newer else {}),
    )


class SearchFails(HashbagError):
    """A search finds nothing, though something is there."""


def _search(items: int) -> None:
    """Search with the first item's own code, in the kind that costs least.

    Raises:
        IndexNotReady, CatalogError: there is nothing to search in.
        EngineUnavailable: what searches is out of reach.
        SearchFails: of so many items in the catalogue none is found.
    """
    core = hashbag()
    snapshot = core.snapshot
    kinds = [KINDS[name] for name in snapshot.kinds if name in KINDS]
    if not kinds or not items:
        return  # nothing is there, and nothing is what a search finds
    cheapest = min(kinds, key=lambda kind: kind.bits * kind.views)
    some = snapshot.kind(cheapest.name).table.ids[:_SOME_ITEMS].tolist()
    # Of an item with several photos the first may have no code.
    asking = next((one for one in some if cheapest.name in snapshot.fingerprint(one)), None)
    if asking is not None and not core.searcher.finds(asking, Query(cheapest, 1)):
        raise SearchFails("the index is not of this catalogue: run `hashbag index`")


def _missing(problem: HashbagError) -> str:
    if isinstance(problem, CatalogError):
        return "catalogue"
    return "index" if isinstance(problem, IndexNotReady) else "search"
