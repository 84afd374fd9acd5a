"""The desk's list of all bags, narrowed by the filters of all grids."""

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.context import hashbag
from webapp.exceptions import ItemNotFound
from webapp.index.item_sorts import SORTS
from webapp.web import parameters
from webapp.web.desk.guard import guarded
from webapp.web.filter_context import remember_filters

bp = guarded("desk_bags", __name__)
bp.before_request(remember_filters)

_PER_PAGE = 60


@bp.get("/bags")
def show() -> str:
    """List the bags that pass the filters, a page at a time."""
    core = hashbag()
    sort = parameters.one_of(request.args, "sort", tuple(SORTS))
    total = core.facets.count(g.filters)
    pages = max(1, -(-total // _PER_PAGE))
    page = parameters.integer(request.args, "page", 1, 1, 10**9)
    if page > pages:
        raise ItemNotFound(f"page {page} is past the end: there are {pages} pages")
    ids = core.facets.page(g.filters, sort, page, _PER_PAGE)
    shown = core.snapshot.items(ids.tolist())
    return render_template(
        "desk/bags.html", items=shown, total=total, page=page, pages=pages, sort=sort
    )


@bp.get("/bags/by-number")
def by_number() -> Response:
    """Go to the bag of a number."""
    number = parameters.integer(request.args, "number", 0, 1, 2**63 - 1)
    return redirect(url_for("desk_items.edit", item_id=hashbag().catalog.item(number).id))
