"""Several kinds of hash, side by side."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.datastructures import MultiDict

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.explain import comparison
from webapp.explain.comparison import ComparedKind
from webapp.hashing import fingerprint_text
from webapp.models import Fingerprint, Item
from webapp.search.look import LOOK, PARTS
from webapp.search.query import RANKINGS, ranking_named
from webapp.web import downloads, parameters, queries
from webapp.web.filter_context import remember_filters
from webapp.web.guards.request_limits import Limit, limited
from webapp.web.links import narrowed
from webapp.web.template_globals import FIRST_KINDS

bp = Blueprint("compare", __name__)
bp.before_request(remember_filters)


@bp.get("/compare")
@limited(Limit.HEAVY)
def page() -> str | Response:
    """Show one row of neighbours for each of several kinds."""
    args = request.args
    if "item" not in args and "q" not in args:
        return _compare_something()
    shown = _compared_item(args)
    rows = _rows(shown)
    if downloads.wanted():
        every = (line for row in rows for line in downloads.of_result(row.result))
        return downloads.answer("compared", every)
    return render_template(
        "compare.html",
        item=shown,
        q=args.get("q"),
        asking=parameters.photo_number(args),
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


def _compared_item(args: MultiDict[str, str]) -> Item | None:
    if args.get("item"):
        return hashbag().snapshot.item(parameters.integer(args, "item", 0, 1, 2**53))
    if not args.get("q"):
        raise BadParameter("item", "name an item or a fingerprint to compare by")
    return None


def _rows(shown: Item | None) -> list[ComparedKind]:
    """Search by each kind with the same fingerprint, so that a photo is decoded once at most."""
    args, searcher = request.args, hashbag().searcher
    query = queries.plain_query(args, LOOK, g.filters, harder=shown is None)
    if shown:
        asking = parameters.photo_number(args)
        fingerprint = searcher.fingerprint_of(shown.id, harder=query.harder, photo=asking)
    else:
        fingerprint = fingerprint_text.decode(args["q"])
    names = [name for name in dict.fromkeys(args.getlist("by")) if name]
    kinds = [ranking_named(name) for name in names or _usual(fingerprint)]
    ask = partial(searcher.of, fingerprint, left_out=frozenset({shown.id} if shown else ()))
    return [comparison.row(searcher, partial(ask, replace(query, by=by))) for by in kinds]


def _usual(fingerprint: Fingerprint) -> Sequence[str]:
    """Name what is compared unless something is chosen: of the first kinds those that can be.

    A link made by an earlier version may lack the code of some, or have other kinds alone.
    """
    is_look_there = all(part in fingerprint for part in PARTS)
    there = [
        name for name in RANKINGS if name in fingerprint or (name == LOOK.name and is_look_there)
    ]
    return [name for name in FIRST_KINDS if name in there] or there or FIRST_KINDS
