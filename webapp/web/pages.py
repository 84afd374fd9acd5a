"""The pages people see."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, render_template, request

from webapp.context import hashbag
from webapp.exceptions import EngineUnavailable, IndexNotReady, ItemNotFound
from webapp.explain.examples import examples
from webapp.hashing import fingerprint_text
from webapp.index.item_sorts import SORTS
from webapp.models import Item
from webapp.search import price_bands
from webapp.search.result import Result
from webapp.search.searcher import Search
from webapp.web import downloads, errors, frames, parameters, queries, refinements
from webapp.web.filter_context import remember_filters
from webapp.web.guards.request_limits import Limit, limited
from webapp.web.links import Value, narrowed
from webapp.web.template_globals import sorted_hits
from webapp.web.uploads import hashed_upload

bp = Blueprint("pages", __name__)
bp.before_request(remember_filters)

PER_PAGE = 60


@bp.get("/")
def grid() -> str:
    """Show a random sample."""
    g.seed = parameters.seed(request.args)
    n = parameters.N.read(request.args)
    core = hashbag()
    items = core.snapshot.items(core.facets.sample(g.filters, g.seed, n).tolist())
    total = core.facets.count(g.filters)
    g.found_nothing = not total
    next_seed = (g.seed * 48_271 + 11) % 1_000_003
    return render_template("grid.html", items=items, total=total, n=n, next_seed=next_seed)


@bp.get("/browse")
def browse() -> str | Response:
    """Show the whole catalogue, a page at a time."""
    core = hashbag()
    sort = parameters.one_of(request.args, "sort", tuple(SORTS))
    total = core.facets.count(g.filters)
    g.found_nothing = not total
    if downloads.wanted():
        every = core.facets.page(g.filters, sort, 1, max(1, total))
        return downloads.answer("bags", downloads.of_ids(every.tolist()))
    pages = max(1, -(-total // PER_PAGE))
    page = parameters.PAGE.read(request.args)
    if page > pages:
        raise ItemNotFound(f"page {page} is past the end: there are {pages} pages")
    ids = core.facets.page(g.filters, sort, page, PER_PAGE)
    shown = core.snapshot.items(ids.tolist())
    return render_template(
        "browse.html", items=shown, total=total, page=page, pages=pages, sort=sort
    )


@bp.get("/items/<int:item_id>")
def item(item_id: int) -> str | Response:
    """Show one item beside its neighbours, and the same look at other prices.

    While nothing can be searched it is shown without them, and the answer is 503 all the same.
    """
    shown = hashbag().snapshot.item(item_id)
    asking = parameters.photo_number(request.args)
    try:
        found = _like(shown, asking)
    except (EngineUnavailable, IndexNotReady) as problem:
        if downloads.wanted():
            raise
        return errors.without_search("item.html", problem, item=shown, asking=asking)
    if downloads.wanted():
        return downloads.answer(f"like-{item_id}", downloads.of_result(found.result))
    return render_template("item.html", item=shown, asking=asking, **vars(found))


@dataclass(frozen=True)
class _Found:
    """What an item's page shows beside it."""

    search: Search
    result: Result
    bands: Sequence[tuple[price_bands.Band, Result]]


def _like(item: Item, asking: int) -> _Found:
    core = hashbag()
    asked = queries.search_query(request.args, fold=True, narrowed=g.filters)
    search = core.searcher.of_item(item.id, asked, asking)
    wanted = price_bands.around(item, g.filters, core.facets)
    bands = core.searcher.at_prices(search, wanted)  # first: their scan also proves the answer
    result = sorted_hits(core.searcher.answer(search), parameters.hit_order(request.args))
    return _Found(search, result, bands)


@bp.get("/search")
def search() -> str | Response:
    """Show the upload form, or the neighbours of an upload's fingerprint."""
    text = request.args.get("q", "")
    core = hashbag()
    if not text:
        return render_template("search.html", limit=core.settings.max_upload_mb)
    asked = queries.search_query(request.args, harder=True, fold=True, narrowed=g.filters)
    search = core.searcher.of(fingerprint_text.decode(text), asked)
    wanted = price_bands.thirds(g.filters, core.facets)
    bands = core.searcher.at_prices(search, wanted)  # first: their scan also proves the answer
    result = sorted_hits(core.searcher.answer(search), parameters.hit_order(request.args))
    if downloads.wanted():
        return downloads.answer("like-a-photo", downloads.of_result(result))
    g.found_nothing = result.weak or not result.hits
    return render_template(
        "found.html",
        q=text,
        asked_here=_asked_here(),
        frames=frames.shown(frames.from_address(request.args)),
        search=search,
        result=result,
        bands=bands,
    )


def _asked_here() -> bool:
    """Whether who sees a result most likely searched for it: a shared link is opened elsewhere."""
    site = request.headers.get("Sec-Fetch-Site")
    return (
        site == "same-origin" if site else urlsplit(request.referrer or "").netloc == request.host
    )


@bp.post("/search")
@limited(Limit.UPLOADS)
def search_picture() -> Response:
    """Hash an upload in memory and go to its permanent address."""
    asked = parameters.sent()
    queries.search_query(asked, narrowed=g.filters)  # nonsense is refused here, not there
    upload = hashed_upload()
    choices: dict[str, Value] = {
        name: asked.get(name) for name in ("by", "k", "lean", "harder", "fold")
    }
    choices |= refinements.in_fields(asked)
    choices |= {"q": fingerprint_text.encode(upload.fingerprint)}
    # A phone that shares a photo to the installed app comes from no page; else `_asked_here` knows.
    shared_to_us = request.headers.get("Sec-Fetch-Site") == "none"
    anchor = "mine" if shared_to_us else None
    shown = frames.in_address(upload.frames)
    to = narrowed("pages.search", choices, frame=shown, _anchor=anchor)
    return Response(status=303, headers={"Location": to})


@bp.get("/about")
def about() -> str:
    """Explain what the hashes see; without their names where visitors are shown none."""
    if not hashbag().settings.shows_tools:
        return render_template("about-shop.html")
    folder = Path(str(current_app.static_folder), "examples")
    return render_template("about.html", examples=examples(folder))
