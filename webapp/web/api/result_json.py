"""The answer of a search as the JSON API tells it."""

from collections.abc import Iterable

from webapp.hashing import fingerprint_text
from webapp.hashing.bag_finder import Frame
from webapp.search.result import Result
from webapp.web import frames
from webapp.web.api.item_json import Json, items_json


def result_json(result: Result) -> Json:
    """Describe an answer, with the optional fields of items that the request asks for."""
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


def frames_json(found: Iterable[Frame]) -> Json:
    """Tell where bags were found in an upload."""
    return {frames.PARAMETER: [frames.numbers(one) for one in found]}
