"""Several kinds of hash, side by side."""

from functools import partial

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.datastructures import MultiDict

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.explain import comparison
from webapp.hashing import fingerprint_text
from webapp.models import Fingerprint, Item
from webapp.search.query import Ranking, ranking_named
from webapp.search.searcher import Search
from webapp.web import parameters
from webapp.web.filter_context import remember_filters
from webapp.web.links import narrowed
from webapp.web.template_globals import FIRST_KINDS

bp = Blueprint("compare", __name__)
bp.before_request(remember_filters)


@bp.get("/compare")
def page() -> str | Response:
    """Show one row of neighbours for each of several kinds."""
    args = request.args
    if "item" not in args and "q" not in args:
        return _compare_something()
    shown, asked = _compared(args)
    names = [name for name in dict.fromkeys(args.getlist("by")) if name]
    kinds = [ranking_named(name) for name in names or FIRST_KINDS]
    searcher = hashbag().searcher
    rows = [comparison.row(searcher, partial(_search, shown, asked, by)) for by in kinds]
    return render_template(
        "compare.html",
        item=shown,
        q=args.get("q"),
        rows=rows,
        found_by=comparison.found_by(rows),
        overlaps=comparison.overlaps(rows),
        steps=comparison.steps(rows),
    )


def _compare_something() -> str | Response:
    some = hashbag().facets.sample(g.filters, parameters.seed(request.args), 1).tolist()
    if not some:
        return render_template("compare.html", item=None, q=None, rows=[], found_by={})
    return redirect(narrowed("compare.page", item=some[0], by=request.args.getlist("by")))  # type: ignore[return-value]


def _compared(args: MultiDict[str, str]) -> tuple[Item | None, Fingerprint]:
    if args.get("item"):
        item_id = parameters.integer(args, "item", 0, 1, 2**53)
        return hashbag().snapshot.item(item_id), {}
    if not args.get("q"):
        raise BadParameter("item", "name an item or a fingerprint to compare by")
    return None, fingerprint_text.decode(args["q"])


def _search(shown: Item | None, asked: Fingerprint, by: Ranking) -> Search:
    harder = shown is None
    question = parameters.search_query(
        request.args, by, harder=harder, fold=True, narrowed=g.filters
    )
    searcher = hashbag().searcher
    return searcher.of_item(shown.id, question) if shown else searcher.of(asked, question)
