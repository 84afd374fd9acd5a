"""The calls of the JSON API that add, change and remove items."""

import hashlib
import re
from collections.abc import Mapping

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import BadRequest

from webapp.catalog.known_requests import KnownRequest
from webapp.catalog.live_items import ReadPhoto
from webapp.catalog.sent_photos import SentPhoto
from webapp.catalog.tokens import Scope
from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.web.access import needs
from webapp.web.bodies import FORM, check_body
from webapp.web.item_json import answer

bp = Blueprint("item_changes", __name__, url_prefix="/api/v1")

MOST_PHOTOS = 20
"""How many photos may be sent for one item."""

IDEMPOTENCY_KEY = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"


@bp.post("/items")
@needs(Scope.WRITE)
def add() -> Response:
    """Add an item: its photo, or several, and its attributes as fields of a form."""
    check_body(FORM)
    core = hashbag()
    sent = _photos()
    if not sent:
        raise BadParameter("image", "send the photo as the multipart form field 'image'")
    given = _fields()
    known = _known_request(sent, given)
    read = [core.live_items.read(one) for one in sent]
    item, is_new = core.live_items.add(read, given, known)
    core.keep_up()
    response = answer(item, 201)
    response.headers["Location"] = url_for("api.item", item_id=item.id)
    if not is_new:
        response.headers["Idempotent-Replayed"] = "true"
    return response


@bp.patch("/items/<int:item_id>")
@needs(Scope.WRITE)
def change(item_id: int) -> Response:
    """Change attributes of an item, and its photos where some are sent."""
    core = hashbag()
    given, sent = _changes()
    read: list[ReadPhoto] = [core.live_items.read(one) for one in sent]
    item = core.live_items.change(item_id, given, read, _wanted_version())
    core.keep_up()
    return answer(item)


@bp.delete("/items/<int:item_id>")
@needs(Scope.WRITE)
def remove(item_id: int) -> Response:
    """Take an item out of the catalogue."""
    core = hashbag()
    core.live_items.remove([item_id], _wanted_version())
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


def _changes() -> tuple[Mapping[str, str], list[SentPhoto]]:
    """Return the attributes to change, and the photos to put in place of those before.

    Raises:
        LengthRequired, WrongMediaType: the body cannot be read.
        BadParameter: a value cannot be used.
    """
    check_body(_JSON, _MERGE_PATCH, FORM)
    if request.mimetype == FORM:
        return _fields(), _photos()
    try:
        body = request.get_json(force=True)
    except BadRequest as error:
        raise BadParameter("body", 'is not JSON: send such as {"price": 49.9}') from error
    if not isinstance(body, dict):
        raise BadParameter("body", 'must be a JSON object, such as {"price": 49.9}')
    return {str(name): as_text(str(name), value) for name, value in body.items()}, []


def as_text(name: str, value: object) -> str:
    """Return a JSON value as a list of an import would have it; null takes an attribute away."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadParameter(name, "must be a text, a number or null")
    return str(value)


def _known_request(sent: list[SentPhoto], given: Mapping[str, str]) -> KnownRequest | None:
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise BadParameter(IDEMPOTENCY_KEY, "must be 1 to 200 printable characters, no spaces")
    digest = hashlib.sha256()
    for photo in sent:
        digest.update(hashlib.sha256(photo.data).digest())
    digest.update(repr(sorted(given.items())).encode("utf-8", "surrogatepass"))
    return KnownRequest(key, digest.hexdigest())


def _wanted_version() -> str | None:
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
