"""Where the application stands: under a path of a site, and behind proxies."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from webapp.config.settings import Settings
from webapp.exceptions import ConfigError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_MOST_PROXIES = 10


def mount(app: Flask, settings: Settings) -> None:
    """Put the application under its path, and believe as many proxies as are trusted.

    Raises:
        ConfigError: the path or the number cannot be used.
    """
    prefix = read_prefix(settings.prefix)
    if prefix:
        app.config["APPLICATION_ROOT"] = prefix  # cookies are sent back below it only
        app.wsgi_app = _Mounted(app.wsgi_app, prefix)  # type: ignore[method-assign]
    hops = settings.trusted_proxies
    if hops > _MOST_PROXIES:
        raise ConfigError(
            f"HASHBAG_TRUSTED_PROXIES must be how many proxies stand before this server, 0 to "
            f"{_MOST_PROXIES}, not {hops}"
        )
    if hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )


def read_prefix(text: str) -> str:
    """Read the path that the application stands under; empty for the root.

    Raises:
        ConfigError: it is no plain path.
    """
    prefix = text.rstrip("/")
    if prefix and not _PREFIX.fullmatch(prefix):
        raise ConfigError(f"HASHBAG_PREFIX must be a path such as /bags, not '{text}'")
    return prefix


class _Mounted:
    """Serves an application under a path, and nothing beside it."""

    def __init__(self, app: "WSGIApplication", prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Hand a request on with the path parted, or say where the application is."""
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        if path.startswith(f"{self._prefix}/"):
            environ["SCRIPT_NAME"] = self._prefix
            environ["PATH_INFO"] = path[len(self._prefix) :]
            return self._app(environ, start_response)
        if path == self._prefix:
            query = environ.get("QUERY_STRING", "")
            there = f"{self._prefix}/{'?' if query else ''}{query}"
            return Response(status=308, headers={"Location": there})(environ, start_response)
        answer = Response(f"Nothing is here: this site is under {self._prefix}/\n", 404)
        return answer(environ, start_response)
