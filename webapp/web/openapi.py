"""The description of the JSON API, in OpenAPI 3.1."""

from importlib.metadata import version

from webapp.explore.duplicates import DEFAULT_KIND, most_distance
from webapp.hashing.kinds import KINDS
from webapp.models import FACETS
from webapp.search.look import BALANCED, LEANINGS
from webapp.search.query import RANKINGS
from webapp.web import parameters
from webapp.web.duplicates import PER_PAGE
from webapp.web.parameters import ITEM_FIELDS
from webapp.web.uploads import MARGINS

Json = dict[str, object]


def document() -> Json:
    """Build the whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hashbag",
            "version": version("hashbag"),
            "summary": "Visual search by perceptual hashes.",
        },
        "paths": {
            "/api/v1/items": {"get": _items()},
            "/api/v1/items/{id}": {
                "get": _call("One item.", _ref("Item"), [_id(), _fields()], 400, 404)
            },
            "/api/v1/items/{id}/similar": {
                "get": _call(
                    "The nearest neighbours of an item, itself left out.",
                    _ref("Result"),
                    [_id(), *_question()],
                    400,
                    404,
                    503,
                )
            },
            "/api/v1/search": {"get": _search(), "post": _search_picture()},
            "/api/v1/duplicates": {"get": _duplicates()},
            "/api/v1/kinds": {
                "get": _call("The hash kinds.", {"type": "array", "items": _ref("Kind")}, [])
            },
        },
        "components": {
            "schemas": {
                "Item": _ITEM,
                "Result": _RESULT,
                "Items": _ITEMS,
                "Duplicates": _DUPLICATES,
                "Kind": _KIND,
                "Problem": _PROBLEM,
            }
        },
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _call(summary: str, schema: Json, parameters: list[Json], *problems: int) -> Json:
    answers: Json = {"200": {"description": "OK", "content": {"application/json": _as(schema)}}}
    for status in problems:
        answers[str(status)] = {
            "description": "A problem; its `detail` says what to do.",
            "content": {"application/problem+json": _as(_ref("Problem"))},
        }
    return {"summary": summary, "parameters": parameters, "responses": answers}


def _as(schema: Json) -> Json:
    return {"schema": schema}


def _items() -> Json:
    return _call(
        "A random sample (`seed`, `n`), or one page of all (`page`, `per_page`).",
        _ref("Items"),
        [
            _whole("seed", 0, 2**53),
            _whole("n", 1, parameters.MAX_N, 81),
            _whole("page", 1, 10**9),
            _whole("per_page", 1, parameters.MAX_PER_PAGE, 60),
            _fields(),
            *_filters(),
        ],
        400,
    )


def _search() -> Json:
    q: Json = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
    found = "The nearest neighbours of a fingerprint."
    return _call(found, _ref("Result"), [q, *_question()], 400, 503)


def _search_picture() -> Json:
    found = "The nearest neighbours of an uploaded picture, of which nothing is kept."
    call = _call(found, _ref("Result"), _question(), 400, 413, 415, 422, 503)
    crop: Json = {"type": "string", "description": "x,y,w,h as fractions from 0 to 1"}
    off = "Percent of the picture to cut off from this side, in place of `crop`."
    percent: Json = {"type": "number", "minimum": 0, "exclusiveMaximum": 100, "description": off}
    margins: Json = dict.fromkeys(MARGINS, percent)
    form: Json = {
        "type": "object",
        "required": ["image"],
        "properties": {"image": {"type": "string", "format": "binary"}, "crop": crop} | margins,
    }
    body = {"required": True, "content": {"multipart/form-data": _as(form)}}
    return call | {"requestBody": body}


def _duplicates() -> Json:
    by: Json = {"type": "string", "enum": list(KINDS), "default": DEFAULT_KIND}
    distance = _whole("distance", 0, max(map(most_distance, KINDS.values())))
    distance["description"] = (
        "By how many bits items may differ to be in one group; the most, and what is meant when "
        "left out, depend on the kind."
    )
    of = _whole("of", 1, 2**53)
    of["description"] = "An item: its group alone, a page of its items at a time."
    return _call(
        "Groups of items whose codes are nearly the same, largest first, then by smallest id.",
        _ref("Duplicates"),
        [
            {"name": "by", "in": "query", "schema": by},
            distance,
            _whole("page", 1, 10**9, 1),
            _whole("per_page", 1, parameters.MAX_PER_PAGE, PER_PAGE),
            of,
            _fields(),
        ],
        400,
        404,
        503,
    )


def _id() -> Json:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def _whole(name: str, least: int, most: int, default: int | None = None) -> Json:
    schema: Json = {"type": "integer", "minimum": least, "maximum": most}
    return {
        "name": name,
        "in": "query",
        "schema": schema if default is None else schema | {"default": default},
    }


def _question() -> list[Json]:
    by: Json = {"name": "by", "in": "query", "schema": {"type": "string", "enum": list(RANKINGS)}}
    names: Json = {"type": "string", "enum": [leaning.name for leaning in LEANINGS]}
    lean: Json = {
        "oneOf": [names, {"type": "number", "minimum": 0, "maximum": 1}],
        "default": BALANCED.name,
    }
    words = (
        "What the look leans to. A number leans from shape, at 0, to colour, at 1, and leaves the "
        "learned kind out; where that is not installed, the names do too."
    )
    return [
        by,
        _whole("k", 1, parameters.MAX_K, 9),
        {"name": "lean", "in": "query", "description": words, "schema": lean},
        _whole("harder", 0, 1),
        _whole("fold", 0, 1, 0),
        _fields(),
        *_filters(),
    ]


def _filters() -> list[Json]:
    texts: Json = {"type": "array", "items": {"type": "string"}}
    price: Json = {"type": "number", "minimum": 0}
    schemas = dict.fromkeys(FACETS, texts) | dict.fromkeys(("min_price", "max_price"), price)
    return [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]


def _fields() -> Json:
    names: Json = {"type": "array", "items": {"type": "string", "enum": list(ITEM_FIELDS)}}
    return {
        "name": "fields",
        "in": "query",
        "description": "What items are to have beside what they always have.",
        "explode": False,  # names with commas between
        "schema": names,
    }


def _object(optional: Json | None = None, **properties: Json) -> Json:
    every = properties | (optional or {})
    return {"type": "object", "required": list(properties), "properties": every}


_TEXT: Json = {"type": "string"}
_WHOLE: Json = {"type": "integer"}

_HEX: Json = {"type": "string", "pattern": "^[0-9a-f]+$"}
_ITEM = _object(
    {"hashes": {"type": "object", "additionalProperties": _HEX}},
    id=_WHOLE,
    filename=_TEXT,
    title=_TEXT,
    brand=_TEXT,
    price={"type": ["number", "null"]},
    currency=_TEXT,
    colour=_TEXT,
    category=_TEXT,
    url=_TEXT,
    width=_WHOLE,
    height=_WHOLE,
    image=_TEXT,
    thumb=_TEXT,
    extra={"type": "object", "additionalProperties": _TEXT},
)
_COUNTS: Json = {"type": "array", "items": _object(value=_TEXT, count=_WHOLE)}
_ITEMS = _object(
    items={"type": "array", "items": _ref("Item")},
    total=_WHOLE,
    seed=_WHOLE,
    facets=_object(**dict.fromkeys(FACETS, _COUNTS)),
)
_HIT = _object(
    rank={"type": "integer", "minimum": 1},
    distance={"type": "integer", "minimum": 0},
    similarity={"type": "number", "minimum": 0, "maximum": 1},
    matched={"type": "string", "description": "How the query was read; empty: as it is."},
    copies={
        "type": "integer",
        "minimum": 1,
        "description": "With `fold`: how many items have this identical picture.",
    },
    item=_ref("Item"),
)
_RESULT = _object(
    by=_TEXT,
    k=_WHOLE,
    fingerprint=_TEXT,
    bits=_WHOLE,
    weak={"type": "boolean", "description": "Whether even the first is no nearer than chance."},
    exact={"type": "boolean", "description": "Whether proven to be the true nearest."},
    hits={"type": "array", "items": _HIT},
)
_GROUP = _object(
    size={"type": "integer", "minimum": 2},
    distance={
        "type": "integer",
        "minimum": 0,
        "description": "The smallest number of bits at which these items would still be one group.",
    },
    items={
        "type": "array",
        "items": _ref("Item"),
        "description": f"By id; {parameters.MAX_PER_PAGE} at most: ask `of` one for more.",
    },
)
_DUPLICATES = _object(
    by=_TEXT,
    distance=_WHOLE,
    bits=_WHOLE,
    total={"type": "integer", "minimum": 0, "description": "How many groups there are."},
    items={"type": "integer", "minimum": 0, "description": "How many items are in them."},
    page=_WHOLE,
    groups={"type": "array", "items": _GROUP},
)
_KIND = _object(name=_TEXT, label=_TEXT, bits=_WHOLE, description=_TEXT)
_PROBLEM = _object(type=_TEXT, title=_TEXT, status=_WHOLE, detail=_TEXT)
