"""Errors as pages and as problem details (RFC 9457), from one table."""

from http import HTTPStatus

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from webapp.context import hashbag
from webapp.exceptions import (
    BadParameter,
    CatalogError,
    DamagedImage,
    HashbagError,
    IndexNotReady,
    ItemNotFound,
    LearnedUnusable,
    MapNotReady,
    NotAnImage,
    TooManyPixels,
    TooPlain,
)

STATUS: dict[type[HashbagError], int] = {
    BadParameter: 400,
    ItemNotFound: 404,
    MapNotReady: 404,
    NotAnImage: 415,
    DamagedImage: 422,
    TooManyPixels: 422,
    TooPlain: 422,
    IndexNotReady: 503,
    LearnedUnusable: 503,
    CatalogError: 503,
}

ADVICE = {
    400: "Go back and change it, or start again from the grid.",
    404: "It may have been taken out of the catalogue, or the link may be cut.",
    413: "Make the picture smaller and try again.",
    415: "Try a photo in JPEG, PNG, WebP, AVIF or HEIC.",
    422: "Try another copy of the picture.",
    500: "It is in the log. Trying again may help.",
    503: "Whoever runs this catalogue can mend it with the command above.",
}

_DRAIN_AT_MOST = 256 * 1024 * 1024


def register(app: Flask) -> None:
    """Map every error to its answer."""
    app.register_error_handler(HashbagError, _known)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http)


def _known(error: HashbagError) -> Response:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    return _answer(status, str(error))


def _http(error: HTTPException) -> Response:
    answer = error.get_response()
    if error.code is None or error.code < 400:  # a redirect is no error
        return Response(answer.get_data(), answer.status_code, answer.headers)
    details = {404: "there is nothing at this address", 500: "something went wrong on our side"}
    made = _answer(error.code, details.get(error.code, error.description or error.name))
    if "Allow" in answer.headers:
        made.headers["Allow"] = answer.headers["Allow"]
    return made


def _too_large(_: RequestEntityTooLarge) -> Response:
    limit = hashbag().settings.max_upload_mb
    if request.content_length is not None and request.content_length <= limit * 1024 * 1024:
        return _answer(400, "image: send the picture as a file, not as text")
    return _answer(413, f"this is larger than the {limit:g} MB that one upload may have")


def _answer(status: int, detail: str) -> Response:
    _read_to_the_end()
    title = HTTPStatus(status).phrase
    if request.path.startswith("/api/"):
        response = jsonify(type="about:blank", title=title, status=status, detail=detail)
        response.mimetype = "application/problem+json"
    else:
        page = render_template(
            "error.html", status=status, title=title, detail=detail, advice=ADVICE.get(status, "")
        )
        response = Response(page)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _read_to_the_end() -> None:
    """Read what is left of a body: unread, it would reset the connection before the answer."""
    # Only gunicorn ends the stream for us; elsewhere reading on would wait for ever.
    if request.method in {"GET", "HEAD"} or not request.environ.get("wsgi.input_terminated"):
        return
    # A body sent in chunks has no length, and ends by itself.
    known = request.content_length
    remaining = _DRAIN_AT_MOST if known is None else min(known, _DRAIN_AT_MOST)
    while remaining > 0 and (chunk := request.environ["wsgi.input"].read(min(remaining, 65536))):
        remaining -= len(chunk)
