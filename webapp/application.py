"""The application, put together."""

import mimetypes
import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from flask import Flask, Request, Response, appcontext_pushed, request, url_for
from flask_compress import Compress

from webapp import config, web
from webapp.context import Hashbag
from webapp.exceptions import ConfigError
from webapp.hashing.kinds import KNOWN_KINDS
from webapp.hashing.learned import session
from webapp.index.engines.registry import engine_of
from webapp.search.query import RANKINGS

_PACKAGE = Path(__file__).resolve().parent
# Beside the package in a checkout, inside it in a wheel.
_ASSETS = _PACKAGE if (_PACKAGE / "templates").is_dir() else _PACKAGE.parent

# Nothing inline, nothing from elsewhere. Our scripts keep within it: they set positions through
# the object model and draw a person's photo on a canvas, so no `style` and no `blob:` is needed.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
# Browsers that know speculation rules fetch an item's page while the pointer rests on its link.
# Inline rules would need a hole in the policy: a header names a file that holds them, which
# browsers heed only by this type.
_PREFETCH = "prefetch.speculationrules"
mimetypes.add_type("application/speculationrules+json", ".speculationrules")


_TEXTS = frozenset({"text/css", "text/javascript", "image/svg+xml"})


class MemoryRequest(Request):
    """Keeps uploads in memory, whatever their size: nothing of them may touch the disk."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return BytesIO()


def build(overrides: Mapping[str, object] | None = None) -> Flask:
    """Build one isolated application.

    Raises:
        ConfigError: a setting cannot be used.
    """
    settings = config.load(os.environ, overrides)
    if settings.default_kind not in RANKINGS and settings.default_kind in KNOWN_KINDS:
        remedy = KNOWN_KINDS[settings.default_kind].remedy
        raise ConfigError(f"HASHBAG_DEFAULT_KIND is {settings.default_kind}, which needs {remedy}")
    if settings.default_kind not in RANKINGS:
        raise ConfigError(f"HASHBAG_DEFAULT_KIND must be one of {', '.join(RANKINGS)}")
    engine_of(settings)
    app = Flask(
        "webapp",
        template_folder=str(_ASSETS / "templates"),
        static_folder=str(_ASSETS / "static"),
    )
    app.request_class = MemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes
    app.config["SECRET_KEY"] = settings.secret_key or None
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 24 * 3600  # addresses carry the content
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["hashbag"] = Hashbag(settings)

    def enter(_: Flask) -> None:
        session.keep_in(settings.instance)

    appcontext_pushed.connect(enter, app, weak=False)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(_add_headers)
    app.config["COMPRESS_STREAMS"] = False
    Compress(app)
    app.after_request(_hold_static_text)
    web.register(app)
    return app


def _hold_static_text(response: Response) -> Response:
    """Read a style sheet or script whole, so that it can be compressed: files are streamed."""
    if response.direct_passthrough and response.mimetype in _TEXTS:
        response.direct_passthrough = False
        response.set_data(response.get_data())
    return response


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.headers["Speculation-Rules"] = f'"{url_for("static", filename=_PREFETCH)}"'
    if request.endpoint == "static" and "v" in request.args:
        response.cache_control.immutable = True
    return response
