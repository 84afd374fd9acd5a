"""The calls of the JSON API that add, change and remove items."""

import hashlib
import re

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import BadRequest

from webapp.catalog.given_attributes import Given
from webapp.catalog.known_requests import KnownRequest
from webapp.catalog.live_items import ReadPhoto
from webapp.catalog.sent_photos import SentPhoto
from webapp.catalog.tokens import Scope
from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.models import ATTRIBUTES
from webapp.web import parameters
from webapp.web.api.item_json import answer_change
from webapp.web.api.operations import Answer, Body, operation
from webapp.web.guards.bodies import FORM
from webapp.web.parameter import Args, Json, Parameter

bp = Blueprint("item_changes", __name__, url_prefix="/api/v1")

MOST_PHOTOS = 20
"""How many photos may be sent for one item."""

IDEMPOTENCY_KEY = "Idempotency-Key"
_JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"


_KEY = "^[!-~]{1,200}$"


def _key(_: Args) -> str | None:
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is not None and not re.fullmatch(_KEY, key):
        raise BadParameter(IDEMPOTENCY_KEY, "must be 1 to 200 printable characters, no spaces")
    return key


def _wanted_version(_: Args) -> str | None:
    """Return the version that an item must have for a change to be made; None for any.

    Raises:
        BadParameter: `If-Match` names several.
    """
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    tags = request.if_match.as_set(include_weak=True)
    if len(tags) != 1:
        raise BadParameter("If-Match", "give one ETag, as the item was answered with")
    # Answers with optional fields, and compressed ones, have more after the version.
    return re.split("[-:]", tags.pop() or "")[0]


KEY = Parameter(
    IDEMPOTENCY_KEY,
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": _KEY},
    _key,
    "A text of your own: sent again within a week, the request adds no second.",
    place="header",
)
IF_MATCH = Parameter(
    "If-Match",
    {"type": "string"},
    _wanted_version,
    "The ETag that the item was answered with: another is refused with 412.",
    place="header",
)

_TEXT: Json = {"type": "string"}
_PRICE: Json = {"type": ["number", "string", "null"], "description": "49.9, or as people write it."}
_OWN: Json = {"type": ["string", "number", "null"], "description": "A column of your own."}
_MERGE: Json = {
    "type": "object",
    "properties": {name: {"type": ["string", "null"]} for name in ATTRIBUTES} | {"price": _PRICE},
    "additionalProperties": _OWN,
}
_PHOTOS: Json = {
    "type": "array",
    "items": {"type": "string", "format": "binary"},
    "maxItems": MOST_PHOTOS,
    "description": "Its photos; the first is the one that grids show.",
}
_FORM: Json = {
    "type": "object",
    "properties": {"image": _PHOTOS, **dict.fromkeys(ATTRIBUTES, _TEXT)},
    "additionalProperties": _TEXT,
}


@operation(
    bp,
    "POST",
    "/items",
    "Add an item; searches of every process find it when the answer is sent.",
    Answer("Item", status=201),
    name="add_item",
    parameters=(KEY, parameters.FIELDS),
    problems=(422, 503),
    body=Body({FORM: _FORM | {"required": ["image"]}}),
    scope=Scope.WRITE,
)
def add() -> Response:
    """Add an item: its photo, or several, and its attributes as fields of a form."""
    core = hashbag()
    sent = _photos()
    if not sent:
        raise BadParameter("image", "send the photo as the multipart form field 'image'")
    given = _fields()
    known = _known_request(sent, given)
    read = [core.live_items.read(one) for one in sent]
    item, is_new = core.live_items.add(read, given, known)
    core.keep_up()
    response = answer_change(item, 201)
    response.headers["Location"] = url_for("api.item", item_id=item.id)
    if not is_new:
        response.headers["Idempotent-Replayed"] = "true"
    return response


@operation(
    bp,
    "PATCH",
    "/items/<int:item_id>",
    "Change attributes of an item; null takes one away. A form may replace its photos too.",
    Answer("Item"),
    name="change_item",
    parameters=(IF_MATCH, parameters.FIELDS),
    problems=(404, 412, 422, 503),
    body=Body({_JSON: _MERGE, _MERGE_PATCH: _MERGE, FORM: _FORM}),
    scope=Scope.WRITE,
)
def change(item_id: int) -> Response:
    """Change attributes of an item, and its photos where some are sent."""
    core = hashbag()
    given, sent = _changes()
    read: list[ReadPhoto] = [core.live_items.read(one) for one in sent]
    item = core.live_items.change(item_id, given, read, IF_MATCH.read(request.args))
    core.keep_up()
    return answer_change(item)


@operation(
    bp,
    "DELETE",
    "/items/<int:item_id>",
    "Take an item out; later imports leave its photo out too.",
    Answer(None, status=204),
    name="remove_item",
    parameters=(IF_MATCH,),
    problems=(404, 412, 503),
    scope=Scope.WRITE,
)
def remove(item_id: int) -> Response:
    """Take an item out of the catalogue."""
    core = hashbag()
    core.live_items.remove([item_id], IF_MATCH.read(request.args))
    core.keep_up()
    return Response(status=204)


def _photos() -> list[SentPhoto]:
    """Return the photos that were sent; a form's unused field is empty."""
    fields = request.files.getlist("image")
    chosen = [field for field in fields if field.filename or field.content_length]
    if len(chosen) > MOST_PHOTOS:
        raise BadParameter("image", f"at most {MOST_PHOTOS} photos of one item, not {len(chosen)}")
    return [SentPhoto(field.filename or "", field.stream.read()) for field in chosen]


def _fields() -> dict[str, str]:
    """Return the attributes that a form gives, each once.

    Raises:
        BadParameter: one is given twice, or has no name.
    """
    for name, texts in request.form.lists():
        if not name:  # Werkzeug has None for a field whose name is left out
            raise BadParameter("body", "a field of the form has no name")
        if len(texts) > 1:
            raise BadParameter(name, "is given twice")
        if name == "image":
            raise BadParameter("image", "send the photo as a file, not as text")
    return request.form.to_dict()


def _changes() -> tuple[Given, list[SentPhoto]]:
    """Return the attributes to change, and the photos to put in place of those before.

    Raises:
        BadParameter: a value cannot be used.
    """
    if request.mimetype == FORM:
        return _fields(), _photos()
    try:
        body = request.get_json(force=True)
    except (BadRequest, RecursionError) as error:  # the latter, where it is nested very deeply
        raise BadParameter("body", 'is not JSON: send such as {"price": 49.9}') from error
    if not isinstance(body, dict):
        raise BadParameter("body", 'must be a JSON object, such as {"price": 49.9}')
    return {str(name): given_value(str(name), value) for name, value in body.items()}, []


def given_value(name: str, value: object) -> str | float:
    """Return a JSON value as an attribute is given; null takes it away.

    Raises:
        BadParameter: it is no text, number or null.
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadParameter(name, "must be a text, a number or null")
    return value


def _known_request(sent: list[SentPhoto], given: Given) -> KnownRequest | None:
    key = KEY.read(request.args)
    if key is None:
        return None
    digest = hashlib.sha256()
    for photo in sent:
        digest.update(hashlib.sha256(photo.data).digest())
    digest.update(repr(sorted(given.items())).encode("utf-8", "surrogatepass"))
    return KnownRequest(key, digest.hexdigest())
