"""What people ask of a catalogue: what is like a bag or a photo, under the filters they use."""

import io
import random
from collections.abc import Callable, Iterator

from PIL import Image

from webapp.context import Hashbag
from webapp.hashing import picture_work
from webapp.hashing.fingerprinting import EncodedPicture
from webapp.index.facets import Facets
from webapp.lab.demo.bag import DrawnBag
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.plan import plan
from webapp.models import Filters, Fingerprint, Item
from webapp.search import price_bands
from webapp.search.query import RANKINGS, Query
from webapp.search.result import Result
from webapp.search.searcher import Searcher

Question = Callable[[Searcher], Result]
"""Asks one searcher one thing."""

_RANKED = ("whash", "look")
_ITEMS = 100
_UPLOADS = 20
_BAGS = 100  # the last of so many drawn bags are sent: no stocked catalogue has their photos
_UPLOAD_PIXELS = 1000
_JPEG_QUALITY = 80
_K = 9
# "About the same price".
_NEAR = (0.8, 1.25)


def cases(core: Hashbag, seed: int) -> Iterator[tuple[str, list[Question]]]:
    """Yield cases, of a catalogue with an index: a name, and its questions, by the seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    ids = [chance.randint(1, core.catalog.count()) for _ in range(_ITEMS)]
    items = [core.catalog.item(one) for one in ids]
    facets = core.facets
    uploads = [_upload(bag) for bag in plan(_BAGS)[-_UPLOADS:]]
    for by in _RANKED:
        query = Query(RANKINGS[by], _K)
        yield f"{by}, an item", [_like(one, query) for one in items]
        yield f"{by}, an upload, tried harder", [_like_upload(one, by) for one in uploads]
        for name, narrowed in _NARROWED.items():
            asked = [_like(one, Query(RANKINGS[by], _K, narrowed(one))) for one in items]
            yield f"{by}, an item, {name}", asked
        yield f"{by}, an item's page", [_page(one, by, facets) for one in items]


def _a_price(item: Item) -> Filters:
    low, high = ((item.price or 0) * factor for factor in _NEAR)
    return Filters(min_price=low, max_price=high)


def _a_brand_and_price(item: Item) -> Filters:
    low, high = ((item.price or 0) * factor for factor in _NEAR)
    return Filters(brand=(item.brand,), min_price=low, max_price=high)


_NARROWED: dict[str, Callable[[Item], Filters]] = {
    "of a brand": lambda item: Filters(brand=(item.brand,)),
    "about its price": _a_price,
    "of a brand about its price": _a_brand_and_price,
}


def _like(item: Item, query: Query) -> Question:
    return lambda searcher: searcher.similar_to_item(item.id, query)


def _page(item: Item, by: str, facets: Facets) -> Question:
    """Ask for all that the page of an item shows: its nearest, and the nearest at other prices."""
    query = Query(RANKINGS[by], _K, fold=True)

    def ask(searcher: Searcher) -> Result:
        search = searcher.of_item(item.id, query)
        searcher.at_prices(search, price_bands.around(item, query.filters, facets))
        return searcher.answer(search)

    return ask


def _like_upload(fingerprint: Fingerprint, by: str) -> Question:
    query = Query(RANKINGS[by], _K, harder=True)
    return lambda searcher: searcher.similar_to(fingerprint, query)


def _upload(bag: DrawnBag) -> Fingerprint:
    """Draw a photo, and read it as one that is sent."""
    out = io.BytesIO()
    large = draw(bag).resize((_UPLOAD_PIXELS, _UPLOAD_PIXELS), Image.Resampling.BICUBIC)
    large.save(out, "JPEG", quality=_JPEG_QUALITY)
    return picture_work.runner().upload(EncodedPicture(out.getvalue())).fingerprint
