"""The call of the JSON API that searches with many pictures at once."""

from flask import Blueprint, Response, jsonify, request
from werkzeug.datastructures import FileStorage

from webapp.context import hashbag
from webapp.exceptions import BadParameter, TooManyBytes, UnreadableImage
from webapp.hashing.fingerprinting import Crop
from webapp.search.query import Query
from webapp.web import parameters, queries
from webapp.web.api.operations import Answer, Body, operation
from webapp.web.api.result_json import frames_json, result_json
from webapp.web.errors import problem_of
from webapp.web.guards.request_limits import Limit
from webapp.web.parameter import Json
from webapp.web.uploads import PICTURE, crop, form_of, hashed

bp = Blueprint("batch_search", __name__, url_prefix="/api/v1")

MOST_PICTURES = 100
MOST_UPLOADS = 4
"""All pictures of a request may be as large as so many uploads, since they are in memory."""


@operation(
    bp,
    "POST",
    "/search/batch",
    "The nearest neighbours of each of several pictures, in their order; for one that cannot be "
    "searched with, its problem. Nothing is kept.",
    Answer("Results"),
    parameters=queries.QUESTION,
    problems=(422, 503),
    group=Limit.BULK,
    body=Body(
        form_of({"type": "array", "items": PICTURE, "minItems": 1, "maxItems": MOST_PICTURES}),
        f"All pictures together: {MOST_UPLOADS} times what one upload may have.",
        MOST_UPLOADS,
        has_parameters=True,
    ),
)
def search_pictures() -> Response:
    """List the nearest neighbours of each of several pictures, in their order."""
    args = parameters.sent()
    question, region = queries.search_query(args, harder=True), crop(args)
    results = [_answer(one, question, region) for one in _pictures()]
    return jsonify(results=results)


def _pictures() -> list[FileStorage]:
    pictures = request.files.getlist("image")
    if not 1 <= len(pictures) <= MOST_PICTURES:
        raise BadParameter(
            "image", f"send 1 to {MOST_PICTURES} pictures as files, not {len(pictures)}"
        )
    return pictures


def _answer(picture: FileStorage, question: Query, region: Crop | None) -> Json:
    """Search with one picture, or say what is wrong with it; its bytes are given free."""
    data = picture.stream.read()
    picture.close()
    try:
        _check_size(data)
        upload = hashed(data, region)
    except UnreadableImage as error:
        return problem_of(error)
    found = hashbag().searcher.similar_to(upload.fingerprint, question)
    return result_json(found) | frames_json(upload.frames)


def _check_size(data: bytes) -> None:
    settings = hashbag().settings
    if len(data) > settings.max_upload_bytes:
        most = f"{settings.max_upload_mb:g} MB"
        raise TooManyBytes(f"this is larger than the {most} that one picture may have")
