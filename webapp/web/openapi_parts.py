"""Parts that the descriptions of several calls have in common, in OpenAPI 3.1."""

from http import HTTPStatus

from webapp.web.openapi_schemas import Json, ref
from webapp.web.parameters import OPTIONAL_FIELDS


def call(
    summary: str, schema: Json | None, parameters: list[Json], *problems: int, status: int = 200
) -> Json:
    """Describe a call: what it answers where all is well, if anything, and its problems."""
    content: Json = {"content": {"application/json": as_(schema)}} if schema else {}
    answers: Json = {str(status): {"description": HTTPStatus(status).phrase, **content}}
    for problem in problems:
        answers[str(problem)] = {
            "description": "A problem; its `detail` says what to do.",
            "content": {"application/problem+json": as_(ref("Problem"))},
        }
    return {"summary": summary, "parameters": parameters, "responses": answers}


def as_(schema: Json) -> Json:
    """Describe a body that has a schema."""
    return {"schema": schema}


def item_id() -> Json:
    """Describe the number of an item in an address."""
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def whole(name: str, least: int, most: int, default: int | None = None) -> Json:
    """Describe a parameter that is a whole number."""
    schema: Json = {"type": "integer", "minimum": least, "maximum": most}
    return {
        "name": name,
        "in": "query",
        "schema": schema if default is None else schema | {"default": default},
    }


def fields() -> Json:
    """Describe the parameter that asks for optional fields of items."""
    names: Json = {"type": "array", "items": {"type": "string", "enum": list(OPTIONAL_FIELDS)}}
    return {
        "name": "fields",
        "in": "query",
        "description": "What items are to have beside what they always have.",
        "explode": False,  # names with commas between
        "schema": names,
    }
