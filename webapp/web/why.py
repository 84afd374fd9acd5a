"""Why one item matched."""

from flask import Blueprint, g, render_template, request

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.explain.occlusion import OcclusionMaps, occlusion_maps
from webapp.explain.why import Explanation, explain
from webapp.hashing import fingerprint_text
from webapp.models import Item, ItemPhoto
from webapp.search.searcher import Search
from webapp.web import parameters, queries
from webapp.web.filter_context import remember_filters
from webapp.web.guards.request_limits import Limit, limited

bp = Blueprint("why", __name__)
bp.before_request(remember_filters)


@bp.get("/why")
@limited(Limit.HEAVY)
def page() -> str:
    """Show the bits that ranked an item, and how near they are among all."""
    args = request.args
    if "to" not in args:
        raise BadParameter("to", "name the item whose match is to be explained")
    found = hashbag().snapshot.item(parameters.integer(args, "to", 0, 1, 2**53))
    shown = _asked_by()
    asking = parameters.photo_number(args)
    search = _search(shown, asking)
    explained = explain(search, found.id)
    matched = found.photo(explained.photo)
    return render_template(
        "why.html",
        item=shown,
        q=args.get("q"),
        found=found,
        search=search,
        explained=explained,
        asking=asking,
        matched=matched,
        occlusion_maps=_occlusion_maps(explained, shown, asking, matched)
        if args.get("parts")
        else {},
    )


def _occlusion_maps(
    explained: Explanation, shown: Item | None, asking: int, matched: ItemPhoto
) -> dict[str, OcclusionMaps]:
    """Compute the maps of each kind that has them; only on request, as it takes seconds."""
    each = {
        one.kind.name: occlusion_maps(
            hashbag().catalog, one, shown.photo(asking) if shown else None, matched
        )
        for one in explained.evidence
    }
    return {name: both for name, both in each.items() if both}


def _asked_by() -> Item | None:
    if request.args.get("item"):
        return hashbag().snapshot.item(parameters.integer(request.args, "item", 0, 1, 2**53))
    if not request.args.get("q"):
        raise BadParameter("item", "name the item or the fingerprint that was searched with")
    return None


def _search(shown: Item | None, asking: int) -> Search:
    question = queries.search_query(request.args, harder=shown is None, narrowed=g.filters)
    searcher = hashbag().searcher
    if shown:
        return searcher.of_item(shown.id, question, asking)
    return searcher.of(fingerprint_text.decode(request.args["q"]), question)
