"""What the JSON API answers, as the schemas of its OpenAPI document."""

from collections.abc import Mapping

from webapp.models import ATTRIBUTES, FACETS, PUBLIC_FIELDS
from webapp.search.result import Level
from webapp.web.parameters import MAX_PER_PAGE

Json = dict[str, object]


def ref(name: str) -> Json:
    """Refer to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(optional: Json | None = None, **properties: Json) -> Json:
    every = properties | (optional or {})
    return {"type": "object", "required": list(properties), "properties": every}


_TEXT: Json = {"type": "string"}
_WHOLE: Json = {"type": "integer"}

_SCHEMA_OF_TYPE: dict[object, Json] = {
    int: _WHOLE,
    str: _TEXT,
    float | None: {"type": ["number", "null"]},
    Mapping[str, str]: {"type": "object", "additionalProperties": _TEXT},
}
_HEX: Json = {"type": "string", "pattern": "^[0-9a-f]+$"}
_ITEM = _object(
    {"hashes": {"type": "object", "additionalProperties": _HEX}},
    **{one.name: _SCHEMA_OF_TYPE[one.type] for one in PUBLIC_FIELDS},
    image=_TEXT,
    thumb=_TEXT,
    images={
        "type": "array",
        "minItems": 1,
        "items": _TEXT,
        "description": "The addresses of all its photos; the first is `image`.",
    },
)
_COUNTS: Json = {"type": "array", "items": _object(value=_TEXT, count=_WHOLE)}
_ITEMS = _object(
    items={"type": "array", "items": ref("Item")},
    total=_WHOLE,
    seed=_WHOLE,
    next={
        "type": ["string", "null"],
        "description": "The `cursor` of what follows a page; null where nothing does.",
    },
    facets={
        **_object(**dict.fromkeys(FACETS, _COUNTS)),
        "additionalProperties": _COUNTS,
        "description": "And of each extra column with few values; its name is a filter as well.",
    },
)
_LEVEL: Json = {"type": "string", "enum": list(Level)}
_LEVEL_OR_NONE: Json = {"type": ["string", "null"], "enum": [*Level, None]}
_BAG: Json = {
    "type": "boolean",
    "description": "Whether the picture seems to show a bag; left out where that is not known.",
}
_HIT = _object(
    rank={"type": "integer", "minimum": 1},
    distance={"type": "integer", "minimum": 0},
    similarity={"type": "number", "minimum": 0, "maximum": 1},
    level=_LEVEL_OR_NONE
    | {
        "description": "How near it is, in words that mean the same by every kind and in every "
        "catalogue; null where a colour is wished for, as levels are known of bags as they are. "
        "Where one model in several colours was photographed alike, the wrong one may be called "
        "the same picture."
    },
    matched={"type": "string", "description": "How the query was read; empty: as it is."},
    copies={
        "type": "integer",
        "minimum": 1,
        "description": "With `fold`: how many items have this identical picture.",
    },
    photo={
        "type": "integer",
        "minimum": 1,
        "description": "Which of the item's photos is nearest: its place in `images`, from 1.",
    },
    item=ref("Item"),
)
_FRAME: Json = {
    "type": "array",
    "description": "Of an upload: where bags were found before a real background, each as x, y, "
    "width, height in fractions of the whole picture; the largest, first, is looked at alone too. "
    "Each can be sent back as `crop`.",
    "items": {
        "type": "array",
        "minItems": 4,
        "maxItems": 4,
        "items": {"type": "number", "minimum": 0, "maximum": 1},
    },
}
_RESULT = _object(
    {"frame": _FRAME, "bag": _BAG},
    by=_TEXT,
    k=_WHOLE,
    fingerprint=_TEXT,
    bits=_WHOLE,
    level=_LEVEL_OR_NONE
    | {
        "description": "The highest level of a hit; unlike if there is none, null where hits have "
        "no level."
    },
    weak={
        "type": "boolean",
        "deprecated": True,
        "description": "Whether something was found, and all of it is unlike: see `level`.",
    },
    exact={"type": "boolean", "description": "Whether proven to be the true nearest."},
    hits={"type": "array", "items": _HIT},
)
_HINT: Json = _LEVEL | {
    "description": "The level that a search will most likely have; there only if that is known."
}
_FINGERPRINT = _object({"bag": _BAG, "level_hint": _HINT}, fingerprint=_TEXT, frame=_FRAME)
_GROUP = _object(
    size={"type": "integer", "minimum": 2},
    distance={
        "type": "integer",
        "minimum": 0,
        "description": "The smallest number of bits at which these items would still be one group.",
    },
    items={
        "type": "array",
        "items": ref("Item"),
        "description": f"By id; {MAX_PER_PAGE} at most: ask `of` one for more.",
    },
    photos={
        "type": "array",
        "items": {"type": "integer", "minimum": 1},
        "description": "Which photo of each of these items is nearest to another's: its place in "
        "`images`, from 1.",
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
_PROBLEM = _object(
    {"request_id": {"type": "string", "description": "Name it when you report the problem."}},
    type=_TEXT,
    title=_TEXT,
    status=_WHOLE,
    detail=_TEXT,
)

_RESULTS = _object(results={"type": "array", "items": {"anyOf": [ref("Result"), ref("Problem")]}})
_EXPORTED_PHOTO = _object(
    filename=_TEXT,
    digest={"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of its file."},
    width=_WHOLE,
    height=_WHOLE,
    media_type=_TEXT,
    hashes={"type": "object", "additionalProperties": _HEX},
)
_EXPORTED = _object(
    id=_WHOLE,
    **{one.name: _SCHEMA_OF_TYPE[one.type] for one in PUBLIC_FIELDS if one.name in ATTRIBUTES},
    extra={"type": "object", "additionalProperties": _TEXT},
    photos={"type": "array", "minItems": 1, "items": _EXPORTED_PHOTO},
)

SCHEMAS: Json = {
    "Item": _ITEM,
    "Result": _RESULT,
    "Results": _RESULTS,
    "Fingerprint": _FINGERPRINT,
    "Items": _ITEMS,
    "Duplicates": _DUPLICATES,
    "ExportedItem": _EXPORTED,
    "Changed": _object(changed={"type": "integer", "description": "How many are others now."}),
    "Kind": _KIND,
    "Kinds": {"type": "array", "items": ref("Kind")},
    "Found": _object(
        items={"type": "array", "items": ref("Item"), "maxItems": MAX_PER_PAGE},
        total={"type": "integer", "minimum": 1},
    ),
    "Document": {"type": "object", "description": "An OpenAPI document."},
    "Problem": _PROBLEM,
}
