"""The JSON API for scripts in other sites' pages: those that the owner names, without cookies.

A browser asks first with OPTIONS what it may send. What is allowed is what the address answers, as
the routes say; a token that a script has of its own allows it as much as any other program.
"""

from flask import Flask, Response, current_app, request

from webapp.config.settings import Settings
from webapp.web.guards.origins import read_origins

_EXTENSION = "hashbag_cors_origins"

_SENT = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key"
_READ = "Allow, ETag, Idempotent-Replayed, Location, Retry-After"
_SECONDS = 600
"""So long a browser need not ask again what it may send."""


def register(app: Flask, settings: Settings) -> None:
    """Read which sites may use the API.

    Raises:
        ConfigError: one of them is no origin.
    """
    app.extensions[_EXTENSION] = read_origins(settings.cors_origins, "HASHBAG_CORS_ORIGINS")
    app.after_request(_allow)


def _allow(response: Response) -> Response:
    """Tell a browser whether the page that asks may read the answer."""
    if not request.path.startswith("/api/"):
        return response
    is_options = request.method == "OPTIONS" and response.status_code == 200
    if is_options:
        response.status_code = 204
        response.headers.pop("Content-Type", None)
    origins: tuple[str, ...] = current_app.extensions[_EXTENSION]
    if not origins:
        return response
    response.vary.add("Origin")
    origin = request.headers.get("Origin", "")
    if origin in origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = _READ
        if is_options:
            response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
            response.headers["Access-Control-Allow-Headers"] = _SENT
            response.headers["Access-Control-Max-Age"] = str(_SECONDS)
    return response
