"""The description of the calls that add, change and remove items, in OpenAPI 3.1."""

from webapp.models import ATTRIBUTES
from webapp.web.bulk import LINES, MOST_CHANGES
from webapp.web.item_changes import IDEMPOTENCY_KEY, MOST_PHOTOS
from webapp.web.openapi_parts import as_, call, fields, item_id
from webapp.web.openapi_schemas import Json, ref

SECURITY: Json = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "HASHBAG_ADMIN_TOKEN, or a token made with `hashbag token create`.",
    }
}
_NEEDED: Json = {"security": [{"token": []}]}

_TEXT: Json = {"type": "string"}
_PRICE: Json = {"type": ["number", "string", "null"], "description": "49.9, or as people write it."}
_ATTRIBUTES: Json = {name: {"type": ["string", "null"]} for name in ATTRIBUTES} | {"price": _PRICE}
_OWN: Json = {"type": ["string", "number", "null"], "description": "A column of your own."}
_PHOTOS: Json = {
    "type": "array",
    "items": {"type": "string", "format": "binary"},
    "maxItems": MOST_PHOTOS,
    "description": "Its photos; the first is the one that grids show.",
}


def add() -> Json:
    """Describe how an item is added."""
    key: Json = {
        "name": IDEMPOTENCY_KEY,
        "in": "header",
        "description": "A text of your own: sent again within a week, the request adds no second.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    }
    described = call(
        "Add an item; searches of every process find it when the answer is sent.",
        ref("Item"),
        [key, fields()],
        *(400, 401, 403, 411, 413, 415, 422, 503),
        status=201,
    )
    return described | _form(["image"]) | _NEEDED


def change() -> Json:
    """Describe how an item is changed."""
    described = call(
        "Change attributes of an item; null takes one away. A form may replace its photos too.",
        ref("Item"),
        [item_id(), _if_match(), fields()],
        *(400, 401, 403, 404, 411, 412, 413, 415, 422, 503),
    )
    merge: Json = {"type": "object", "properties": _ATTRIBUTES, "additionalProperties": _OWN}
    body = _form([])["requestBody"]
    assert isinstance(body, dict), "it was just made"
    content = {"application/json": as_(merge), **body["content"]}
    return described | {"requestBody": {"required": True, "content": content}} | _NEEDED


def remove() -> Json:
    """Describe how an item is removed."""
    described = call(
        "Take an item out; later imports leave its photo out too.",
        None,
        [item_id(), _if_match()],
        *(400, 401, 403, 404, 412, 503),
        status=204,
    )
    return described | _NEEDED


def export() -> Json:
    """Describe how all items are read."""
    told = "All items as the catalogue is at one moment, a line of JSON for each, by ascending id."
    described = call(told, None, [], 401, 403, 503)
    lines: Json = {LINES: as_(ref("ExportedItem"))}
    answers: Json = {**described["responses"], "200": {"description": "OK", "content": lines}}  # type: ignore[dict-item]
    return described | {"responses": answers} | _NEEDED


def change_many() -> Json:
    """Describe how attributes of many items are changed."""
    described = call(
        "Change attributes of many items: all of them or, where a line is wrong, none.",
        ref("Changed"),
        [],
        *(400, 401, 403, 411, 413, 415, 503),
    )
    line: Json = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    words = (
        f"A line of JSON for each item, at most {MOST_CHANGES}: its `id`, and what is to be "
        "changed, as for `PATCH`."
    )
    body: Json = {"required": True, "description": words, "content": {LINES: as_(line)}}
    return described | {"requestBody": body} | _NEEDED


def _if_match() -> Json:
    return {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag that the item was answered with: another is refused with 412.",
        "schema": _TEXT,
    }


def _form(required: list[str]) -> Json:
    attributes: Json = dict.fromkeys(ATTRIBUTES, _TEXT)
    form: Json = {
        "type": "object",
        "required": required,
        "properties": {"image": _PHOTOS, **attributes},
        "additionalProperties": _TEXT,
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": as_(form)}}}
