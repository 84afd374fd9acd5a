"""Views whose answers are kept, and validators for all that a browser may ask for again."""

import time
from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar

from flask import Response, request

from webapp import metrics
from webapp.answers import Answer, State
from webapp.context import Hashbag

P = ParamSpec("P")
R = TypeVar("R")
Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]

_ROUTE = "hashbag.kept"
_VALIDATED = frozenset({"text/html", "application/json"})
_GIVEN_AGAIN = (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
# All that a kept view's answer depends on, beside the state. No address has a line's end.
_ASKED = (
    "wsgi.url_scheme",
    "HTTP_HOST",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_IF_NONE_MATCH",
)


def kept(view: Callable[P, R]) -> Callable[P, R]:
    """Have a view's answers given again while generation and catalogue are the same.

    For views whose answer depends on nothing else but the address.
    """

    @wraps(view)
    def marking(*args: P.args, **kwargs: P.kwargs) -> R:
        request.environ[_ROUTE] = str(request.url_rule)
        return view(*args, **kwargs)

    return marking


class Keeping:
    """Gives answers again, whole and compressed as they were, before the application is asked."""

    def __init__(self, application: Application, core: Hashbag) -> None:
        self._application = application
        self._core = core

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        began = time.perf_counter()
        # The state as it was before: what changes meanwhile makes the answer an old one.
        state = self._core.state() if environ["REQUEST_METHOD"] == "GET" else None
        if state is None or not self._core.answers.most_bytes:
            return self._application(environ, start_response)
        asked = "\n".join([str(environ.get(name, "")) for name in _ASKED])
        found = self._core.answers.find(state, asked)
        if found is None:
            return self._asking(environ, start_response, state, asked)
        start_response(found.status, list(found.headers))
        metrics.count("GET", found.route, int(found.status[:3]), time.perf_counter() - began)
        return [found.body]

    def _asking(
        self, environ: Environ, start_response: Any, state: State, asked: str
    ) -> Iterable[bytes]:
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def starting(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            said.append((status, headers))
            return start_response(status, headers, *error)

        answer = self._application(environ, starting)
        status, headers = said[-1]
        if _ROUTE not in environ or int(status[:3]) not in _GIVEN_AGAIN:
            return answer
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        lasting = tuple(header for header in headers if header[0] != "Date")
        whole = Answer(status, lasting, body, environ[_ROUTE])
        self._core.answers.keep(state, asked, whole)
        return [whole.body]


def validate(response: Response) -> Response:
    """Name a page's content, so that asking again for the same costs no transfer."""
    if (
        request.method in {"GET", "HEAD"}
        and response.status_code == 200
        and response.mimetype in _VALIDATED
        and not response.direct_passthrough
        and "Cache-Control" not in response.headers
    ):
        response.cache_control.no_cache = True  # ask each time whether it is still the same
        response.add_etag(weak=True)  # it may be compressed yet
        response.make_conditional(request)
    return response
