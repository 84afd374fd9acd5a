"""For whatever watches the server."""

import time

from flask import Blueprint, Response, g, jsonify, request

from webapp import metrics
from webapp.context import hashbag
from webapp.exceptions import CatalogError, IndexNotReady
from webapp.web.errors import not_now

bp = Blueprint("health", __name__)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@bp.before_app_request
def start_watch() -> None:
    """Note when the request began."""
    g.began = time.perf_counter()


@bp.after_app_request
def count(response: Response) -> Response:
    """Count the answer by its route, never by its address: those are without number."""
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in _METHODS else "other"
    metrics.count(method, route, response.status_code, time.perf_counter() - g.began)
    return response


@bp.get("/healthz")
def alive() -> Response:
    """Say that this process answers, whatever its database does."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> Response:
    """Say whether searches are answered, and from which generation."""
    core = hashbag()
    try:
        serving = core.generations.current()
        items = core.facets.count()  # the catalogue may take long to count
    except (IndexNotReady, CatalogError) as problem:
        return not_now(jsonify(status="not ready", detail=str(problem)), problem)
    newer = core.generations.problem
    return jsonify(
        status="ready",
        generation=serving.name,
        items=items,
        **({"detail": str(newer)} if newer else {}),
    )


@bp.get("/metrics")
def exposition() -> Response:
    """Expose what was counted."""
    core = hashbag()
    try:
        generation = core.generations.current().name
    except IndexNotReady:
        generation = "none"
    try:
        items = core.catalog.count() if generation == "none" else core.facets.count()
    except CatalogError as problem:
        return not_now(Response(f"{problem}\n", mimetype="text/plain"), problem)
    body = metrics.exposition(items, generation)
    return Response(body, mimetype="text/plain; version=0.0.4")
