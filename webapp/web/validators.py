"""Validators: a browser that has an answer already is told that it is still right."""

from flask import Response, request

_VALIDATED = frozenset({"text/html", "application/json"})


def validate(response: Response) -> Response:
    """Give an answer an ETag of its content, and answer 304 to a browser that has that content."""
    if (
        request.method in {"GET", "HEAD"}
        and response.status_code == 200
        and response.mimetype in _VALIDATED
        and not response.direct_passthrough
        and "Cache-Control" not in response.headers
    ):
        response.cache_control.no_cache = True  # a browser asks each time before it shows it again
        if response.mimetype == "text/html":
            response.vary.add("Cookie")  # hearts are a visitor's own
        response.add_etag(weak=True)  # weak, because compression changes the bytes
        if "If-None-Match" in request.headers:
            response.make_conditional(request)
    return response
