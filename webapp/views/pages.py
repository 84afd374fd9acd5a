"""The pages people see."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from flask import Blueprint, Response, current_app, g, redirect, render_template, request
from werkzeug.datastructures import MultiDict

from webapp import fingerprints
from webapp.catalog import SORTS
from webapp.context import hashbag
from webapp.examples import examples
from webapp.exceptions import BadParameter, ItemNotFound
from webapp.hashing import query_fingerprint
from webapp.models import Fingerprint, Item, Result
from webapp.rankings import Ranking, ranking_named
from webapp.views import params
from webapp.views.presenting import FIRST_KINDS, narrowed
from webapp.views.uploads import uploaded_picture

bp = Blueprint("pages", __name__)

PER_PAGE = 60


@bp.before_request
def remember_filters() -> None:
    """Keep what narrows the grids in every link of the page."""
    g.filters = params.filters(request.args)


@bp.get("/")
def grid() -> str:
    """Show a random sample."""
    g.seed = params.seed(request.args)
    n = params.whole(request.args, "n", 81, 1, params.MAX_N)
    catalog = hashbag().catalog
    items, total = catalog.sample(g.filters, g.seed, n), catalog.count(g.filters)
    return render_template(
        "grid.html",
        items=items,
        total=total,
        n=n,
        next_seed=(g.seed * 48_271 + 11) % 1_000_003,
        facets=catalog.facets(),
    )


@bp.get("/browse")
def browse() -> str:
    """Show the whole catalogue, a page at a time."""
    catalog = hashbag().catalog
    sort = params.one_of(request.args, "sort", tuple(SORTS))
    total = catalog.count(g.filters)
    pages = max(1, -(-total // PER_PAGE))
    page = params.whole(request.args, "page", 1, 1, 10**9)
    if page > pages:
        raise ItemNotFound(f"page {page} is past the end: there are {pages} pages")
    return render_template(
        "browse.html",
        items=catalog.page(g.filters, sort, page, PER_PAGE),
        total=total,
        page=page,
        pages=pages,
        sort=sort,
        sorts={name: label for name, (label, _) in SORTS.items()},
        facets=catalog.facets(),
    )


@bp.get("/items/<int:item_id>")
def item(item_id: int) -> str:
    """Show one item beside its neighbours."""
    core = hashbag()
    shown = core.catalog.item(item_id)
    asked = params.question(request.args, narrowed=g.filters)
    result = core.searcher.similar_to_item(item_id, asked)
    return render_template(
        "item.html", item=shown, result=result, asked=asked, facets=core.catalog.facets()
    )


@bp.get("/search")
def search() -> str:
    """Show the upload form, or the neighbours of an upload's fingerprint."""
    text = request.args.get("q", "")
    core = hashbag()
    if not text:
        return render_template("search.html", limit=core.settings.max_upload_mb)
    asked = params.question(request.args, harder=True, narrowed=g.filters)
    result = core.searcher.similar_to(fingerprints.decode(text), asked)
    return render_template(
        "found.html", result=result, asked=asked, q=text, facets=core.catalog.facets()
    )


@bp.post("/search")
def search_picture() -> Response:
    """Hash an upload in memory and go to its permanent address."""
    asked = request.args if "by" in request.args else request.form
    by = params.ranking(asked).name if asked.get("by") else None
    codes = query_fingerprint(uploaded_picture().image)
    to = narrowed("pages.search", q=fingerprints.encode(codes), by=by)
    return Response(status=303, headers={"Location": to})


@bp.get("/compare")
def compare() -> str | Response:
    """Show one row of neighbours for each of several kinds."""
    args = request.args
    if "item" not in args and "q" not in args:
        return _compare_something()
    shown, asked = _compared(args)
    kinds = [ranking_named(name) for name in dict.fromkeys(args.getlist("by")) if name]
    kinds = kinds or [ranking_named(name) for name in FIRST_KINDS]
    results = [_row(shown, asked, kind) for kind in kinds]
    return render_template(
        "compare.html",
        item=shown,
        q=args.get("q"),
        results=results,
        found_by=_found_by(results),
        facets=hashbag().catalog.facets(),
    )


def _compare_something() -> str | Response:
    some = hashbag().catalog.sample(g.filters, params.seed(request.args), 1)
    if not some:
        return render_template("compare.html", item=None, q=None, results=[], found_by={})
    return redirect(narrowed("pages.compare", item=some[0].id))  # type: ignore[return-value]


def _compared(args: MultiDict[str, str]) -> tuple[Item | None, Fingerprint]:
    if args.get("item"):
        item_id = params.whole(args, "item", 0, 1, 2**53)
        catalog = hashbag().catalog
        return catalog.item(item_id), catalog.fingerprints([item_id])[item_id]
    if not args.get("q"):
        raise BadParameter("item", "name an item or a fingerprint to compare by")
    return None, fingerprints.decode(args["q"])


def _row(shown: Item | None, asked: Fingerprint, by: Ranking) -> Result:
    question = params.question(request.args, by, harder=shown is None, narrowed=g.filters)
    searcher = hashbag().searcher
    if shown is not None:
        return searcher.similar_to_item(shown.id, question)
    return searcher.similar_to(asked, question)


def _found_by(results: Sequence[Result]) -> dict[int, list[str]]:
    """Name the kinds that found each item, for items that several found."""
    times = Counter(hit.item.id for result in results for hit in result.hits)
    return {
        item_id: [r.by for r in results if any(hit.item.id == item_id for hit in r.hits)]
        for item_id, count in times.items()
        if count > 1
    }


@bp.get("/about")
def about() -> str:
    """Explain what the hashes see."""
    folder = Path(str(current_app.static_folder), "examples")
    return render_template("about.html", examples=examples(folder))
