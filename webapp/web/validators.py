"""Validators: a browser that asks again for what it has is told so, and nothing is sent."""

from flask import Response, request

_VALIDATED = frozenset({"text/html", "application/json"})


def validate(response: Response) -> Response:
    """Name an answer's content by an ETag, and answer 304 to who has that content already."""
    if (
        request.method in {"GET", "HEAD"}
        and response.status_code == 200
        and response.mimetype in _VALIDATED
        and not response.direct_passthrough
        and "Cache-Control" not in response.headers
    ):
        response.cache_control.no_cache = True  # browsers ask each time whether it is still so
        response.add_etag(weak=True)  # compression changes the bytes, not what they say
        response.make_conditional(request)
    return response
