"""Each request has an id: in the answer, in every line that is logged meanwhile, in each error."""

import re
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from webapp.log_lines import request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "X-Request-ID"
_SENT = "HTTP_X_REQUEST_ID"
_USABLE = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)


class RequestIds:
    """Gives each request an id: the one that a trusted proxy sent, else a new one."""

    def __init__(self, app: "WSGIApplication", *, trusted: bool) -> None:
        self._app = app
        self._trusted = trusted

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request (WSGI)."""
        sent = environ.get(_SENT, "") if self._trusted else ""
        given = sent if _USABLE.fullmatch(sent) else secrets.token_hex(8)
        request_id.set(given)  # until this thread has its next request: lines come after the answer

        def start(status: str, headers: list[tuple[str, str]], *more: object) -> object:
            return start_response(status, [*headers, (HEADER, given)], *more)  # type: ignore[arg-type]

        return self._app(environ, start)  # type: ignore[arg-type]
