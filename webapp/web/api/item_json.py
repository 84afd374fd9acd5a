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
    if "hashes" not in parameters.item_fields(request.values):
        return [_item(item) for item in found]
    codes = hashbag().snapshot.fingerprints([item.id for item in found])
    return [_item(item) | _hashes(codes[item.id]) for item in found]


def answer(item: Item) -> Response:
    """Answer with one item; its ETag is what `If-Match` compares when it is changed."""
    return _with_version(items_json([item])[0], item)


def answer_change(item: Item, status: int = 200) -> Response:
    """Answer that an item was added or changed: that was done, whatever is the matter elsewhere.

    So nothing but the catalogue is asked, since there may be no index to be asked.
    """
    told = _item(item)
    if "hashes" in parameters.item_fields(request.args):  # a form's `fields` is the owner's own
        told |= _hashes(hashbag().catalog.fingerprints([item.id])[item.id])
    response = _with_version(told, item)
    response.status_code = status
    return response


def _with_version(told: Json, item: Item) -> Response:
    response = jsonify(told)
    fields = "".join(f"-{name}" for name in sorted(parameters.item_fields(request.args)))
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
    hashes = {name: to_hex(KINDS[name], codes[name]) for name in KINDS if name in codes}
    return {"hashes": hashes}
