"""The JSON API, version 1."""

from collections.abc import Iterable

from flask import Blueprint, Response, jsonify, request

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.hashing import bag_sense, fingerprint_text
from webapp.hashing.bag_finder import Frame
from webapp.models import Level, Result
from webapp.search.query import RANKINGS
from webapp.web import duplicates, frames, parameters, queries
from webapp.web.item_json import Json, answer, items_json
from webapp.web.openapi import document
from webapp.web.upload_slots import takes_pictures
from webapp.web.uploads import hashed_upload

bp = Blueprint("api", __name__, url_prefix="/api/v1")


@bp.get("/items")
def items() -> Response:
    """List a random sample, or one page of all."""
    core, args = hashbag(), request.args
    filters = parameters.filters(args)
    if "page" in args or "per_page" in args:
        seed = parameters.integer(args, "seed", 0, 0, 2**53)
        page = parameters.integer(args, "page", 1, 1, 10**9)
        per_page = parameters.integer(args, "per_page", 60, 1, parameters.MAX_PER_PAGE)
        ids = core.facets.page(filters, "newest", page, per_page)
    else:
        seed = parameters.seed(args)
        n = parameters.integer(args, "n", 81, 1, parameters.MAX_N)
        ids = core.facets.sample(filters, seed, n)
    facets = {
        name: [{"value": value, "count": count} for value, count in counts]
        for name, counts in core.facets.counts(filters).items()
    }
    shown = items_json(core.snapshot.items(ids.tolist()))
    return jsonify(items=shown, total=core.facets.count(filters), seed=seed, facets=facets)


@bp.get("/items/<int:item_id>")
def item(item_id: int) -> Response:
    """Show one item."""
    response = answer(hashbag().snapshot.item(item_id))
    response.make_conditional(request)
    return response


@bp.get("/items/<int:item_id>/similar")
def similar(item_id: int) -> Response:
    """List an item's nearest neighbours."""
    question = queries.search_query(request.args)
    asking = parameters.photo_number(request.args)
    return jsonify(_result(hashbag().searcher.similar_to_item(item_id, question, asking)))


@bp.get("/search")
def search() -> Response:
    """List the nearest neighbours of a fingerprint."""
    text = request.args.get("q", "")
    if not text:
        raise BadParameter("q", "give a fingerprint, or send a picture with POST")
    question = queries.search_query(request.args, harder=True)
    result = _result(hashbag().searcher.similar_to(fingerprint_text.decode(text), question))
    return jsonify(result | _found_in(frames.from_address(request.args)))


@bp.post("/search")
@takes_pictures
def search_picture() -> Response:
    """List the nearest neighbours of an uploaded picture."""
    question = queries.search_query(parameters.sent(), harder=True)
    upload = hashed_upload()
    result = _result(hashbag().searcher.similar_to(upload.fingerprint, question))
    return jsonify(result | _found_in(upload.frames))


@bp.post("/fingerprints")
@takes_pictures
def fingerprints() -> Response:
    """Tell the fingerprint of an uploaded picture; nothing is searched."""
    upload = hashed_upload()
    text = fingerprint_text.encode(upload.fingerprint)
    told = {"fingerprint": text} | _found_in(upload.frames)
    bag = bag_sense.shows_bag(upload.fingerprint)
    # Nothing is searched, so there is no level yet; what shows no bag is hardly like one.
    if bag is not None:
        told |= {"bag": bag} | ({} if bag else {"level_hint": Level.UNLIKE})
    return jsonify(told)


@bp.get("/duplicates")
def near_duplicates() -> Response:
    """List groups of items whose codes are nearly the same, or the one that an item is in."""
    asked = duplicates.read_request()
    per_page = parameters.integer(
        request.args, "per_page", duplicates.PER_PAGE, 1, parameters.MAX_PER_PAGE
    )
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
            {"size": one.size, "distance": one.distance, "items": items_json(list(one.items))}
            for one in groups
        ],
    )


@bp.get("/kinds")
def kinds() -> Response:
    """List the hash kinds."""
    return jsonify(
        [
            {"name": k.name, "label": k.label, "bits": k.bits, "description": k.description}
            for k in RANKINGS.values()
        ]
    )


@bp.get("/openapi.json")
def openapi() -> Response:
    """Describe this API."""
    return jsonify(document() | {"servers": [{"url": request.script_root or "/"}]})


def _result(result: Result) -> Json:
    told = items_json([hit.item for hit in result.hits])
    return {
        "by": result.by,
        "k": result.k,
        "fingerprint": fingerprint_text.encode(result.fingerprint),
        "bits": result.bits,
        "exact": result.exact,
        "weak": result.weak,
        "level": result.level,
        **({} if result.bag is None else {"bag": result.bag}),
        "hits": [
            {
                "rank": hit.rank,
                "distance": hit.distance,
                "similarity": round(hit.similarity, 4),
                "level": hit.level,
                "matched": hit.matched,
                "copies": hit.copies,
                "photo": hit.photo,
                "item": as_json,
            }
            for hit, as_json in zip(result.hits, told, strict=True)
        ],
    }


def _found_in(found: Iterable[Frame]) -> Json:
    """Tell where bags were found in an upload."""
    return {frames.PARAMETER: [frames.numbers(one) for one in found]}
