"""Hashbag: which bags look alike, and why, by perceptual hashes."""

import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from flask import Flask, Request, Response, request
from flask_compress import Compress

from webapp import config, views
from webapp.context import Hashbag
from webapp.engines.registry import engine_of
from webapp.exceptions import ConfigError
from webapp.rankings import RANKINGS

_PACKAGE = Path(__file__).resolve().parent
# Beside the package in a checkout, inside it in a wheel.
_ASSETS = _PACKAGE if (_PACKAGE / "templates").is_dir() else _PACKAGE.parent

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class MemoryRequest(Request):
    """Keeps uploads in memory, whatever their size: nothing of them may touch the disk."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return BytesIO()


def create_app(overrides: Mapping[str, object] | None = None) -> Flask:
    """Build one isolated application; tests pass overrides of settings."""
    settings = config.load(os.environ, overrides)
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
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(_add_headers)
    app.config["COMPRESS_STREAMS"] = False
    Compress(app)
    app.after_request(_hold_static_text)
    views.register(app)
    return app


def _hold_static_text(response: Response) -> Response:
    """Read a style sheet or script whole, so that it can be compressed: files are streamed."""
    if request.endpoint == "static" and not response.mimetype.startswith(("image/w", "image/p")):
        response.direct_passthrough = False
        response.set_data(response.get_data())
    return response


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "static" and "v" in request.args:
        response.cache_control.immutable = True
    return response
