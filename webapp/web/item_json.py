"""Items as the JSON API tells them."""

from collections.abc import Sequence

from flask import Response, jsonify, request

from webapp.catalog.item_version import version_of
from webapp.context import hashbag
from webapp.hashing.code_packing import to_hex
from webapp.hashing.kinds import KINDS
from webapp.models import PUBLIC_FIELDS, Fingerprint, Item
from webapp.web import parameters
from webapp.web.links import media

Json = dict[str, object]


def items_json(found: Sequence[Item]) -> list[Json]:
    """Describe items, with the optional fields that the request asks for."""
    items = [_item(item) for item in found]
    if "hashes" in parameters.item_fields(request.values):
        codes = hashbag().snapshot.fingerprints([item.id for item in found])
        for item_json, item in zip(items, found, strict=True):
            item_json["hashes"] = _hashes(codes[item.id])
    return items


def answer(item: Item, status: int = 200) -> Response:
    """Answer with one item; its ETag is what `If-Match` compares when it is changed."""
    response = jsonify(items_json([item])[0])
    response.status_code = status
    fields = "".join(f"-{name}" for name in sorted(parameters.item_fields(request.values)))
    response.set_etag(version_of(item) + fields)
    response.cache_control.no_cache = True
    return response


def _item(item: Item) -> Json:
    first = media("media.image", item)
    return {
        **{field.name: getattr(item, field.name) for field in PUBLIC_FIELDS},
        "image": first,
        "thumb": media("media.thumb", item),
        "images": [first, *(media("media.image", photo) for photo in item.further)],
    }


def _hashes(codes: Fingerprint) -> Json:
    return {name: to_hex(KINDS[name], codes[name]) for name in KINDS if name in codes}
