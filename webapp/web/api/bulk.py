"""The calls of the JSON API on all items at once: read them, change attributes of many."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice

from flask import Blueprint, Response, jsonify, request, stream_with_context

from webapp.catalog.bulk_changes import change_many
from webapp.catalog.export.items import exported_items
from webapp.catalog.given_attributes import Given
from webapp.catalog.tokens import Scope
from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.models import ItemPhoto
from webapp.web.api.item_changes import given_value
from webapp.web.api.operations import Answer, Body, operation
from webapp.web.guards.request_limits import Limit

bp = Blueprint("bulk", __name__, url_prefix="/api/v1")

LINES = "application/x-ndjson"
MOST_CHANGES = 2000
_LINES_AT_ONCE = 100


@operation(
    bp,
    "GET",
    "/export",
    "All items as the catalogue is at one moment, a line of JSON for each, by ascending id.",
    Answer("ExportedItem", content_type=LINES),
    name="export_items",
    problems=(503,),
    scope=Scope.READ,
    group=Limit.BULK,
)
def export() -> Response:
    """Write all items, a line for each, as the catalogue is at one moment."""
    hashbag().catalog.items([1])  # what is wrong with the database is said before the first line
    return Response(stream_with_context(_lines()), mimetype=LINES)


@operation(
    bp,
    "POST",
    "/import",
    "Change attributes of many items: all of them or, where a line is wrong, none.",
    Answer("Changed"),
    problems=(503,),
    body=Body(
        {LINES: {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}},
        f"A line of JSON for each item, at most {MOST_CHANGES}: its `id`, and what is to be "
        "changed, as for `PATCH`.",
    ),
    scope=Scope.WRITE,
    group=Limit.BULK,
)
def change_items() -> Response:
    """Change attributes of many items, all of them or, where a line is wrong, none."""
    core = hashbag()
    changed = change_many(core.catalog, list(_changes()))
    core.keep_up()
    return jsonify(changed=changed)


def _lines() -> Iterator[str]:
    with hashbag().catalog.at_one_moment() as catalog:
        every = (
            json.dumps(told, ensure_ascii=False) + "\n" for told in exported_items(catalog, _place)
        )
        while some := "".join(islice(every, _LINES_AT_ONCE)):
            yield some


def _place(_: ItemPhoto) -> Mapping[str, str]:
    return {}  # where photos lie is the owner's affair


def _changes() -> Iterator[tuple[int, Given]]:
    lines = request.get_data().strip().splitlines()
    if len(lines) > MOST_CHANGES:
        raise BadParameter("body", f"send at most {MOST_CHANGES:,} lines, not {len(lines):,}")
    for number, line in enumerate(lines, 1):
        yield _change(number, line)


def _change(number: int, line: bytes) -> tuple[int, Given]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadParameter(f"line {number}", f"is not JSON: {error}") from error
    if not isinstance(told, dict) or type(told.get("id")) is not int:
        raise BadParameter(
            f"line {number}", 'must be an object with an id, such as {"id": 12, "price": 49.9}'
        )
    try:
        given = {name: given_value(name, value) for name, value in told.items() if name != "id"}
    except BadParameter as problem:
        raise BadParameter(f"line {number}", str(problem)) from problem
    return told["id"], given
