"""The description of the JSON API, in OpenAPI 3.1."""

from importlib.metadata import version

from webapp.explore.duplicates import DEFAULT_KIND, most_distance
from webapp.hashing.bag_finder import MOST_FRAMES
from webapp.hashing.kinds import KINDS
from webapp.models import FACETS
from webapp.search.colour_wish import TINTS
from webapp.search.look import BALANCED, LEANINGS
from webapp.search.query import RANKINGS
from webapp.web import frames, openapi_changes, parameters
from webapp.web.batch_search import MOST_PICTURES, MOST_UPLOADS
from webapp.web.duplicates import PER_PAGE
from webapp.web.listings import CURSOR_PATTERN
from webapp.web.openapi_parts import as_, call, fields, item_id, whole
from webapp.web.openapi_schemas import SCHEMAS, Json, ref
from webapp.web.uploads import MARGINS


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
            "/api/v1/items": {"get": _items(), "post": openapi_changes.add()},
            "/api/v1/export": {"get": openapi_changes.export()},
            "/api/v1/import": {"post": openapi_changes.change_many()},
            "/api/v1/items/{id}": {
                "get": call("One item.", ref("Item"), [item_id(), fields()], 400, 404),
                "patch": openapi_changes.change(),
                "delete": openapi_changes.remove(),
            },
            "/api/v1/items/by/{column}/{value}": {"get": _lookup()},
            "/api/v1/items/{id}/similar": {
                "get": call(
                    "The nearest neighbours of an item, itself left out.",
                    ref("Result"),
                    [item_id(), _asking(), *_question()],
                    400,
                    404,
                    503,
                )
            },
            "/api/v1/search": {"get": _search(), "post": _search_picture()},
            "/api/v1/search/batch": {"post": _search_pictures()},
            "/api/v1/fingerprints": {"post": _fingerprints()},
            "/api/v1/duplicates": {"get": _duplicates()},
            "/api/v1/kinds": {
                "get": call("The hash kinds.", {"type": "array", "items": ref("Kind")}, [])
            },
        },
        "components": {"schemas": SCHEMAS, "securitySchemes": openapi_changes.SECURITY},
    }


def _items() -> Json:
    return call(
        "A random sample (`seed`, `n`), one page of all, newest first (`page`, `per_page`), or "
        "what follows a page (`cursor`).",
        ref("Items"),
        [
            whole("seed", 0, 2**53),
            whole("n", 1, parameters.MAX_N, 81),
            whole("page", 1, 10**9),
            whole("per_page", 1, parameters.MAX_PER_PAGE, 60),
            _cursor(),
            fields(),
            *_filters(),
        ],
        400,
    )


def _cursor() -> Json:
    words = (
        "What the answer before had as `next`: each item is listed once, whatever comes and goes "
        "meanwhile. Begin with `per_page` alone."
    )
    schema: Json = {"type": "string", "pattern": CURSOR_PATTERN}
    return {"name": "cursor", "in": "query", "description": words, "schema": schema}


def _lookup() -> Json:
    told = {
        "column": "A column of the catalogue, such as `sku`; case, spaces and signs do not matter.",
        "value": "What the items have in it, as in the owner's list.",
    }
    text: Json = {"type": "string", "minLength": 1}
    named: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": text, "description": words}
        for name, words in told.items()
    ]
    found: Json = {
        "type": "object",
        "required": ["items", "total"],
        "properties": {
            "items": {"type": "array", "items": ref("Item"), "maxItems": parameters.MAX_PER_PAGE},
            "total": {"type": "integer", "minimum": 1},
        },
    }
    return call("The items with a value in a column.", found, [*named, fields()], 400, 404)


def _search() -> Json:
    q: Json = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
    frame: Json = {
        "name": frames.PARAMETER,
        "in": "query",
        "description": "Where bags were found in the upload, for the answer to tell: x,y,w,h.",
        "schema": {"type": "array", "maxItems": MOST_FRAMES, "items": {"type": "string"}},
    }
    found = "The nearest neighbours of a fingerprint."
    return call(found, ref("Result"), [q, frame, *_question()], 400, 503)


def _search_picture() -> Json:
    found = "The nearest neighbours of an uploaded picture, of which nothing is kept."
    described = call(found, ref("Result"), _question(), 400, 411, 413, 415, 422, 503)
    return described | _upload("Any parameter may also be a field of the form.", _question())


def _search_pictures() -> Json:
    found = (
        "The nearest neighbours of each of several pictures, in their order; for one that cannot "
        "be searched with, its problem. Nothing is kept."
    )
    described = call(found, ref("Results"), _question(), 400, 411, 413, 415, 422, 503)
    all_of_them = f"All pictures together: {MOST_UPLOADS} times what one upload may have."
    upload = _upload(all_of_them, _question(), most=MOST_PICTURES)
    return described | upload


def _fingerprints() -> Json:
    found = "The fingerprint of an uploaded picture, to search with later; nothing is searched."
    described = call(found, ref("Fingerprint"), [], 400, 411, 413, 415, 422, 503)
    return described | _upload("One picture.", [])


def _upload(description: str, parameters: list[Json], most: int = 1) -> Json:
    """Describe a form with a picture, or several, and with these parameters as fields."""
    image: Json = {"type": "string", "format": "binary"}
    if most > 1:
        image = {"type": "array", "items": image, "minItems": 1, "maxItems": most}
    crop: Json = {"type": "string", "description": "x,y,w,h as fractions from 0 to 1"}
    off = "Percent of the picture to cut off from this side, in place of `crop`."
    percent: Json = {"type": "number", "minimum": 0, "exclusiveMaximum": 100, "description": off}
    fields = {str(one["name"]): one["schema"] for one in parameters}
    form: Json = {
        "type": "object",
        "required": ["image"],
        "properties": {"image": image, "crop": crop} | dict.fromkeys(MARGINS, percent) | fields,
    }
    content: Json = {"multipart/form-data": as_(form)}
    return {"requestBody": {"required": True, "description": description, "content": content}}


def _duplicates() -> Json:
    by: Json = {"type": "string", "enum": list(KINDS), "default": DEFAULT_KIND}
    distance = whole("distance", 0, max(map(most_distance, KINDS.values())))
    distance["description"] = (
        "By how many bits items may differ to be in one group; the most, and what is meant when "
        "left out, depend on the kind."
    )
    of = whole("of", 1, 2**53)
    of["description"] = "An item: its group alone, a page of its items at a time."
    return call(
        "Groups of items whose codes are nearly the same, largest first, then by smallest id.",
        ref("Duplicates"),
        [
            {"name": "by", "in": "query", "schema": by},
            distance,
            whole("page", 1, 10**9, 1),
            whole("per_page", 1, parameters.MAX_PER_PAGE, PER_PAGE),
            of,
            fields(),
        ],
        400,
        404,
        503,
    )


def _asking() -> Json:
    photo = whole("photo", 1, parameters.MOST_PHOTOS, 1)
    return photo | {"description": "Which of the item's photos asks: its place in `images`."}


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
        whole("k", 1, parameters.MAX_K, 9),
        {"name": "lean", "in": "query", "description": words, "schema": lean},
        whole("harder", 0, 1),
        *_refinements(),
        whole("fold", 0, 1, 0),
        fields(),
        *_filters(),
    ]


def _refinements() -> list[Json]:
    bag: Json = {"type": "string", "pattern": "^(item:|q:|$)"}
    tint: Json = {"type": "string", "enum": list(TINTS)}
    ids: Json = {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 9}
    told = {
        "tint": ("In a colour by its name, in place of the query's own.", tint),
        "colour_of": ("In the colour of another bag: item:12, or q: and a fingerprint.", bag),
        "not": ("Leaves out what is nearer to one of these items than to the query.", ids),
    }
    return [
        {"name": name, "in": "query", "description": words, "schema": schema}
        for name, (words, schema) in told.items()
    ]


def _filters() -> list[Json]:
    texts: Json = {"type": "array", "items": {"type": "string"}}
    price: Json = {"type": "number", "minimum": 0}
    schemas = dict.fromkeys(FACETS, texts) | dict.fromkeys(("min_price", "max_price"), price)
    words: Json = {"type": "string", "maxLength": 200, "description": "Words that items have."}
    schemas |= {"text": words}
    return [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]
