"""For whatever watches the server."""

from flask import Blueprint, Response, jsonify

from webapp.context import hashbag
from webapp.exceptions import CatalogError, IndexNotReady

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Say that this process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> tuple[Response, int]:
    """Say whether searches are answered, and from which generation."""
    core = hashbag()
    try:
        serving = core.generations.current()
        items = core.catalog.count()
    except (IndexNotReady, CatalogError) as problem:
        return jsonify(status="not ready", detail=str(problem)), 503
    problem_now = core.generations.problem
    return jsonify(
        status="ready",
        generation=serving.name,
        items=items,
        **({"detail": str(problem_now)} if problem_now else {}),
    ), 200
