"""The JSON API, version 1."""

from flask import Blueprint, Response, jsonify, request

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.hashing import bag_sense, fingerprint_text
from webapp.models import Fingerprint
from webapp.search.query import RANKINGS
from webapp.search.result import Level
from webapp.web import duplicates, frames, parameters, queries
from webapp.web.api import listings
from webapp.web.api.item_json import answer, items_json
from webapp.web.api.openapi import document
from webapp.web.api.operations import Answer, Body, operation
from webapp.web.api.result_json import frames_json, result_json
from webapp.web.guards.request_limits import Limit
from webapp.web.parameter import Args, Parameter
from webapp.web.uploads import PICTURE, form_of, hashed_upload

bp = Blueprint("api", __name__, url_prefix="/api/v1")


def _fingerprint(args: Args) -> Fingerprint:
    text = args.get("q", "")
    if not text:
        raise BadParameter("q", "give a fingerprint, or send a picture with POST")
    return fingerprint_text.decode(text)


Q = Parameter("q", {"type": "string"}, _fingerprint, required=True)


@operation(
    bp,
    "GET",
    "/items",
    "A random sample (`seed`, `n`), one page of all, newest first (`page`, `per_page`), or what "
    "follows a page (`cursor`).",
    Answer("Items"),
    name="list_items",
    parameters=(*listings.LISTING, parameters.FIELDS, *parameters.FILTERS),
)
def items() -> Response:
    """List a random sample, one page of all, or what follows a page."""
    core, args = hashbag(), request.args
    asked, filters = listings.read_listing(args), parameters.filters(args)
    listed = listings.list_ids(core.facets, asked, filters)
    facets = {
        name: [{"value": value, "count": count} for value, count in counts]
        for name, counts in core.facets.counts(filters).items()
    }
    return jsonify(
        items=items_json(core.snapshot.items(listed.ids)),
        total=core.facets.count(filters),
        seed=asked.seed,
        next=listed.cursor,
        facets=facets,
    )


@operation(
    bp,
    "GET",
    "/items/<int:item_id>",
    "One item.",
    Answer("Item"),
    name="get_item",
    parameters=(parameters.FIELDS,),
    problems=(404,),
)
def item(item_id: int) -> Response:
    """Show one item."""
    response = answer(hashbag().snapshot.item(item_id))
    response.make_conditional(request)
    return response


@operation(
    bp,
    "GET",
    "/items/<int:item_id>/similar",
    "The nearest neighbours of an item, itself left out.",
    Answer("Result"),
    name="similar_items",
    parameters=(parameters.PHOTO, *queries.QUESTION),
    problems=(404, 503),
)
def similar(item_id: int) -> Response:
    """List an item's nearest neighbours."""
    question = queries.search_query(request.args)
    asking = parameters.photo_number(request.args)
    return jsonify(result_json(hashbag().searcher.similar_to_item(item_id, question, asking)))


@operation(
    bp,
    "GET",
    "/search",
    "The nearest neighbours of a fingerprint.",
    Answer("Result"),
    parameters=(Q, frames.FRAME, *queries.QUESTION),
    problems=(503,),
)
def search() -> Response:
    """List the nearest neighbours of a fingerprint."""
    question = queries.search_query(request.args, harder=True)
    result = result_json(hashbag().searcher.similar_to(Q.read(request.args), question))
    return jsonify(result | frames_json(frames.from_address(request.args)))


@operation(
    bp,
    "POST",
    "/search",
    "The nearest neighbours of an uploaded picture, of which nothing is kept.",
    Answer("Result"),
    parameters=queries.QUESTION,
    problems=(422, 503),
    group=Limit.UPLOADS,
    body=Body(
        form_of(PICTURE), "Any parameter may also be a field of the form.", has_parameters=True
    ),
)
def search_picture() -> Response:
    """List the nearest neighbours of an uploaded picture."""
    question = queries.search_query(parameters.sent(), harder=True)
    upload = hashed_upload()
    result = result_json(hashbag().searcher.similar_to(upload.fingerprint, question))
    return jsonify(result | frames_json(upload.frames))


@operation(
    bp,
    "POST",
    "/fingerprints",
    "The fingerprint of an uploaded picture, to search with later; nothing is searched.",
    Answer("Fingerprint"),
    name="fingerprint_picture",
    problems=(422, 503),
    group=Limit.UPLOADS,
    body=Body(form_of(PICTURE), "One picture."),
)
def fingerprints() -> Response:
    """Tell the fingerprint of an uploaded picture; nothing is searched."""
    upload = hashed_upload()
    text = fingerprint_text.encode(upload.fingerprint)
    told = {"fingerprint": text} | frames_json(upload.frames)
    bag = bag_sense.shows_bag(upload.fingerprint)
    # Nothing is searched, so there is no level yet; what shows no bag is hardly like one.
    if bag is not None:
        told |= {"bag": bag} | ({} if bag else {"level_hint": Level.UNLIKE})
    return jsonify(told)


@operation(
    bp,
    "GET",
    "/duplicates",
    "Groups of items whose codes are nearly the same, largest first, then by smallest id.",
    Answer("Duplicates"),
    name="list_duplicates",
    parameters=duplicates.PARAMETERS,
    group=Limit.HEAVY,
    problems=(404, 503),
)
def near_duplicates() -> Response:
    """List groups of items whose codes are nearly the same, or the one that an item is in."""
    asked = duplicates.read_request()
    per_page = duplicates.PER_PAGE_ASKED.read(request.args)
    grouping = hashbag().duplicates.grouping(asked.kind, asked.distance)
    groups = duplicates.shown(asked, grouping, per_page, parameters.MAX_PER_PAGE)
    return jsonify(
        by=asked.kind.name,
        distance=asked.distance,
        bits=asked.kind.bits,
        total=len(grouping),
        items=len(grouping.ids),
        page=asked.page,
        groups=[
            {
                "size": one.size,
                "distance": one.distance,
                "items": items_json(list(one.items)),
                "photos": one.photos,
            }
            for one in groups
        ],
    )


@operation(bp, "GET", "/kinds", "The hash kinds.", Answer("Kinds"), name="list_kinds")
def kinds() -> Response:
    """List the hash kinds."""
    return jsonify(
        [
            {"name": k.name, "label": k.label, "bits": k.bits, "description": k.description}
            for k in RANKINGS.values()
        ]
    )


@operation(bp, "GET", "/openapi.json", "This document.", Answer("Document"), name="describe_api")
def openapi() -> Response:
    """Describe this API."""
    told = document(is_private=hashbag().settings.is_private)
    return jsonify(told | {"servers": [{"url": request.script_root or "/"}]})
