"""The Flask application: settings, headers and routes put together."""

import os
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from flask import Flask, Request, Response, appcontext_pushed, current_app, request, url_for
from flask_compress import Compress

from webapp import config, web
from webapp.cage.client import Cage
from webapp.cage.keeper import SOCKET
from webapp.context import Hashbag
from webapp.exceptions import ConfigError
from webapp.hashing import picture_work
from webapp.hashing.kinds import KNOWN_KINDS
from webapp.hashing.learned import session
from webapp.index.engines.registry import engine_of
from webapp.search.query import RANKINGS
from webapp.storage.chosen import storage_of
from webapp.web import desk
from webapp.web.guards import security_headers
from webapp.web.mounting import mount
from webapp.web.request_ids import RequestIds

_PACKAGE = Path(__file__).resolve().parent
# Beside the package in a checkout, inside it in a wheel.
_ASSETS = _PACKAGE if (_PACKAGE / "templates").is_dir() else _PACKAGE.parent

_TEXTS = frozenset({"text/css", "text/javascript", "image/svg+xml"})


class MemoryRequest(Request):
    """Keeps uploads in memory, whatever their size: no visitor's picture is written to disk.

    Only what the owner sends to be imported is, in a file without a name.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._on_disk: list[IO[bytes]] = []

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        if self.endpoint in desk.LARGEST_BYTES:
            folder = current_app.extensions["hashbag"].settings.instance
            file = TemporaryFile(dir=folder)  # noqa: SIM115 - `close` does
            self._on_disk.append(file)
            return file
        return BytesIO()

    def close(self) -> None:
        """Close what was sent, also where it could not be read to its end."""
        for file in self._on_disk:
            with suppress(OSError):  # on a full disk its last bytes do not fit, nor are they wanted
                file.close()
        super().close()


def _close_request(_: BaseException | None) -> None:
    request.close()


def build(overrides: Mapping[str, object] | None = None) -> Flask:
    """Build one application; it shares no state with others in the same process.

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
    storage_of(settings)
    app = Flask(
        "webapp",
        template_folder=str(_ASSETS / "templates"),
        static_folder=str(_ASSETS / "static"),
    )
    app.request_class = MemoryRequest
    app.teardown_request(_close_request)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes
    app.config["SECRET_KEY"] = settings.secret_key or None  # else the desk draws one
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 24 * 3600  # addresses carry the content
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["hashbag"] = Hashbag(settings)

    # At the start of each request and command.
    appcontext_pushed.connect(lambda _: session.keep_in(settings.instance), app, weak=False)
    if SOCKET in os.environ:
        cage = Cage(Path(os.environ[SOCKET]))
        appcontext_pushed.connect(lambda _: picture_work.use(cage), app, weak=False)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    security_headers.register(app)  # first: it runs last
    app.after_request(_add_headers)
    app.config["COMPRESS_STREAMS"] = False
    Compress(app)
    app.after_request(_hold_static_text)
    web.register(app, settings)
    mount(app, settings)
    app.wsgi_app = RequestIds(  # type: ignore[method-assign]
        app.wsgi_app, trusted=settings.trusted_proxies > 0
    )
    return app


def _hold_static_text(response: Response) -> Response:
    """Read a style sheet or script into memory, so that it is compressed: streams are not."""
    if response.direct_passthrough and response.mimetype in _TEXTS:
        response.direct_passthrough = False
        response.set_data(response.get_data())
    return response


def _add_headers(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers["Speculation-Rules"] = f'"{url_for("site_files.prefetch")}"'
    if request.endpoint == "static" and "v" in request.args:
        response.cache_control.immutable = True
    return response
