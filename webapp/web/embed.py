"""Small pages for frames in other sites' pages: a bag's neighbours, and the search with a photo."""

from dataclasses import replace
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as Answer

from webapp.config.settings import Settings
from webapp.context import hashbag
from webapp.exceptions import ItemNotFound
from webapp.hashing import fingerprint_text
from webapp.search.result import Result
from webapp.web import parameters, queries
from webapp.web.guards.content_policy import content_policy
from webapp.web.guards.origins import read_origins
from webapp.web.guards.request_limits import Limit, limited
from webapp.web.lookup import ids_having
from webapp.web.uploads import hashed_upload

bp = Blueprint("embed", __name__, url_prefix="/embed")

THEMES = ("auto", "light", "dark")
"""What a frame may look like; `auto` is as the visitor has it."""

_EXTENSION = "hashbag_embed_origins"
_FEW, _MOST = 4, 24


def register(app: Flask, settings: Settings) -> None:
    """Read which sites may show frames, and give the application its routes.

    Raises:
        ConfigError: one of them is no origin.
    """
    app.extensions[_EXTENSION] = read_origins(settings.embed_origins, "HASHBAG_EMBED_ORIGINS")
    app.register_blueprint(bp)


def origins() -> tuple[str, ...]:
    """Return which sites may show frames."""
    found: tuple[str, ...] = current_app.extensions[_EXTENSION]
    return found


@bp.before_request
def check_is_on() -> None:
    """Refuse all where no site is named.

    Raises:
        ItemNotFound: none is.
    """
    if not origins():
        raise ItemNotFound(
            "frames for other sites' pages are off here: HASHBAG_EMBED_ORIGINS names who may show "
            "them"
        )


@bp.after_request
def allow_frames(response: Response) -> Response:
    """Let the sites that are named show it, and our own page of help."""
    if origins():
        ancestors = " ".join(("'self'", *origins()))
        response.headers["Content-Security-Policy"] = content_policy(ancestors)
    return response


@bp.get("/items/<int:item_id>")
def item(item_id: int) -> str:
    """Show the nearest of one bag."""
    shown = hashbag().snapshot.item(item_id)
    asked = replace(queries.search_query(request.args, fold=True), k=_count())
    result = hashbag().searcher.similar_to_item(item_id, asked, 1)
    return _rendered("embed/item.html", item=shown, result=result)


@bp.get("/items/by/<column>/<path:value>")
@limited(Limit.HEAVY)
def item_by(column: str, value: str) -> Answer:
    """Go to the frame of the item that has a value in a column; of the first of several."""
    args: dict[str, Any] = request.args.to_dict(flat=False)
    return redirect(url_for("embed.item", item_id=int(ids_having(column, value)[0]), **args))


@bp.get("/search")
def search() -> str:
    """Show the form, or the nearest of an upload's fingerprint."""
    text = request.args.get("q", "")
    result: Result | None = None
    if text:
        asked = replace(queries.search_query(request.args, harder=True, fold=True), k=_count())
        result = hashbag().searcher.similar_to(fingerprint_text.decode(text), asked)
    return _rendered("embed/search.html", q=text, result=result)


@bp.post("/search")
@limited(Limit.UPLOADS)
def search_picture() -> Answer:
    """Hash an upload in memory and go on inside the frame."""
    n, theme = _count(), _theme()  # nonsense is refused here, not there
    fingerprint = fingerprint_text.encode(hashed_upload().fingerprint)
    to = url_for("embed.search", q=fingerprint, n=n, theme=theme)
    return Response(status=303, headers={"Location": to})


def _rendered(template: str, **values: object) -> str:
    return render_template(template, n=_count(), theme=_theme(), **values)


def _count() -> int:
    return parameters.integer(request.args, "n", _FEW, 1, _MOST)


def _theme() -> str:
    return parameters.one_of(request.args, "theme", THEMES)
