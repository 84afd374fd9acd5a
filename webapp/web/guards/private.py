"""A catalogue that strangers do not see: everything asks for a token that may read.

Programs send it as a bearer token. People sign in with it, as to the desk; what they have then is
a cookie that lets them look, and change what their token may.
"""

from flask import Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.catalog.tokens import Scope
from webapp.config.settings import Settings
from webapp.exceptions import NotSignedIn
from webapp.web.desk.sessions import PATH, is_signed_in
from webapp.web.guards import access

_OPEN = frozenset({"static", "scripts.script", "health.alive", "health.ready"})
# What browsers fetch for a page without its cookies, or for the page of the sign-in.
_OPEN_FILES = ("branding.", "site_files.")
_SHUT_FILES = frozenset({"site_files.sitemap", "site_files.sitemap_part"})


def register(app: Flask, settings: Settings) -> None:
    """Have everything ask for a token, where the owner wants that."""
    if settings.is_private:
        app.before_request(_ask)
        app.after_request(_keep_to_one)


def is_open(endpoint: str | None) -> bool:
    """Say whether anybody may have what an endpoint sends."""
    name = endpoint or ""
    return name in _OPEN or (name.startswith(_OPEN_FILES) and name not in _SHUT_FILES)


def _ask() -> AnyResponse | None:
    """Let in who may look; lead people to the sign-in.

    Raises:
        NotSignedIn, NotAllowed, TooManyRequests: a program may not.
    """
    is_preflight = request.method == "OPTIONS"  # a browser sends it without tokens, for headers
    if is_open(request.endpoint) or _is_of_the_desk() or is_preflight:
        return None
    if access.bearer():
        access.check(Scope.READ)
        return None
    if is_signed_in(Scope.READ):
        return None
    if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
        wanted = request.full_path.rstrip("?")
        return redirect(url_for("desk.sign_in_form", to=wanted), 303)
    raise NotSignedIn(
        "this catalogue is private: send a token that is valid here, `Authorization: Bearer ...`, "
        "or sign in"
    )


def _is_of_the_desk() -> bool:
    """Say whether the desk asks by itself; see `webapp.web.desk.guard`."""
    return request.endpoint is not None and f"{request.path}/".startswith(f"{PATH}/")


def _keep_to_one(response: Response) -> Response:
    """Have no cache on the way keep an answer for others."""
    if not is_open(request.endpoint):
        told = [part.strip() for part in response.headers.get("Cache-Control", "").split(",")]
        kept = [part for part in told if part and part not in {"public", "private"}]
        response.headers["Cache-Control"] = ", ".join(["private", *kept])
        response.vary.update(("Cookie", "Authorization"))
        response.headers["X-Robots-Tag"] = "noindex"
    return response
