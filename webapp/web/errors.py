"""Errors as pages and as problem details (RFC 9457), from one table."""

import logging
from http import HTTPStatus

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from webapp.exceptions import (
    BadParameter,
    BeingComputed,
    CatalogError,
    CatalogUnavailable,
    ChangedMeanwhile,
    DamagedImage,
    EngineUnavailable,
    HashbagError,
    IndexBeingFetched,
    IndexNotReady,
    ItemNotFound,
    LearnedUnusable,
    MapNotReady,
    NotAllowed,
    NotAnImage,
    NotSignedIn,
    PicturesBusy,
    RequestDiffers,
    StorageUnusable,
    TooManyBytes,
    TooManyPixels,
    TooManyRequests,
    TooPlain,
    UnreadableImage,
    WrongMediaType,
)
from webapp.log_lines import request_id

STATUS: dict[type[HashbagError], int] = {
    BadParameter: 400,
    NotSignedIn: 401,
    NotAllowed: 403,
    ItemNotFound: 404,
    MapNotReady: 404,
    ChangedMeanwhile: 412,
    TooManyBytes: 413,
    NotAnImage: 415,
    WrongMediaType: 415,
    DamagedImage: 422,
    TooManyPixels: 422,
    TooPlain: 422,
    UnreadableImage: 422,
    RequestDiffers: 422,
    TooManyRequests: 429,
    IndexNotReady: 503,
    EngineUnavailable: 503,
    LearnedUnusable: 503,
    PicturesBusy: 503,
    BeingComputed: 503,
    CatalogError: 503,
    StorageUnusable: 503,
}

ADVICE = {
    400: "Go back and change it, or start again from the grid.",
    404: "It may have been taken out of the catalogue, or the link may be cut.",
    413: "Make the picture smaller and try again.",
    415: "Try a photo in JPEG, PNG, WebP, AVIF or HEIC.",
    408: "Try again, from where the connection is better.",
    422: "Try another copy of the picture.",
    429: "All else goes on: the grid, every bag, the filters.",
    500: "It is in the log. Trying again may help.",
    503: "Whoever runs this catalogue can mend it with the command above.",
}
_ADVICE_WHEN_UNAVAILABLE = "Try again in a moment. The server's log says why."

_RETRY_AFTER_SECONDS = 5

Json = dict[str, object]

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Map every error to its answer."""
    app.register_error_handler(HashbagError, _known)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(ClientDisconnected, _cut_off)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OSError, _of_the_system)
    app.after_request(_led_on)


def not_now(response: Response, error: HashbagError) -> Response:
    """Make an answer say that the same may work later."""
    _log_private(error)
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    return response


def without_search(template: str, error: HashbagError, **shown: object) -> Response:
    """Show a page without what only a search could add, and say so in words and by its status."""
    told = {"detail": str(error), "advice": _advice_on(error), "request_id": request_id.get()}
    return not_now(Response(render_template(template, **shown, **told)), error)


def _advice_on(error: HashbagError) -> str:
    passes = isinstance(
        error,
        BeingComputed
        | CatalogUnavailable
        | EngineUnavailable
        | IndexBeingFetched
        | PicturesBusy
        | StorageUnusable,
    )
    return _ADVICE_WHEN_UNAVAILABLE if passes else ADVICE.get(_status_of(error), "")


def _log_private(error: HashbagError) -> None:
    """Tell the owner what visitors are not told."""
    if error.private:
        log.error("%s", error.for_owner)


def problem_of(error: HashbagError) -> Json:
    """Describe an error as RFC 9457 does."""
    return _problem(_status_of(error), str(error))


def _problem(status: int, detail: str) -> Json:
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}


def _status_of(error: HashbagError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def _known(error: HashbagError) -> Response:
    status = _status_of(error)
    if status != HTTPStatus.SERVICE_UNAVAILABLE:
        _log_private(error)
        answer = _answer(status, str(error))
        if isinstance(error, TooManyRequests):
            answer.headers["Retry-After"] = str(error.seconds)
        return answer
    return not_now(_answer(status, str(error), _advice_on(error)), error)


def _of_the_system(error: OSError) -> Response:
    """Answer what is wrong with the disk; all else is a fault of ours, and stays one."""
    problem = StorageUnusable.of(error)
    if problem is None:
        raise error
    return _known(problem)


def _http(error: HTTPException) -> Response:
    answer = error.get_response()
    if error.code is None or error.code < 400:  # a redirect is no error
        return Response(answer.get_data(), answer.status_code, answer.headers)
    allowed = answer.headers.get("Allow", "")
    details = {
        404: "there is nothing at this address",
        405: f"this address answers {allowed} alone",
        500: "something went wrong on our side",
    }
    made = _answer(error.code, details.get(error.code, error.description or error.name))
    if allowed:
        made.headers["Allow"] = allowed
    return made


def _led_on(response: Response) -> Response:
    """Have a redirect lead to a path, and one of the API say so as all else does.

    The router would repeat whatever host the client spoke of; Flask would write a page.
    """
    if not (300 <= response.status_code < 400 and "Location" in response.headers):
        return response
    there = response.headers["Location"].removeprefix(request.host_url.rstrip("/"))
    response.headers["Location"] = there
    if not _is_api():
        return response
    made = _answer(response.status_code, f"this is at {there}")
    made.headers["Location"] = there
    return made


def _too_large(_: RequestEntityTooLarge) -> Response:
    limit = request.max_content_length or 0
    if request.content_length is not None and request.content_length <= limit:
        return _answer(400, "image: send the picture as a file, not as text")
    most = f"{limit / 1024**2:.3g} MB"
    return _answer(413, f"this is larger than the {most} that one upload may have")


def _cut_off(_: ClientDisconnected) -> Response:
    return _answer(408, "what was sent came too slowly, or stopped before its end")


def _answer(status: int, detail: str, advice: str | None = None) -> Response:
    if _is_api():
        response = jsonify(_problem(status, detail) | {"request_id": request_id.get()})
        response.mimetype = "application/problem+json"
    else:
        title = HTTPStatus(status).phrase
        advice = ADVICE.get(status, "") if advice is None else advice
        template = "embed/error.html" if request.blueprint == "embed" else "error.html"
        response = Response(
            render_template(
                template,
                status=status,
                title=title,
                detail=detail,
                advice=advice,
                request_id=request_id.get(),
            )
        )
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="hashbag"'
    return response


def _is_api() -> bool:
    return request.path.startswith("/api/")
