"""What a search asks, read from an address or a form."""

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.models import Filters
from webapp.search.look import BALANCED, LEANINGS, LOOK, WISHED, Leaning, two_part_leaning
from webapp.search.query import Query, Ranking, ranking_named
from webapp.web import parameters, refinements
from webapp.web.parameters import Args


def search_query(
    args: Args,
    *,
    harder: bool = False,
    fold: bool = False,
    narrowed: Filters | None = None,
) -> Query:
    """Read a search; `harder` and `fold` are what they mean when left out."""
    colour = refinements.colour(args)
    by = ranking(args, LOOK.name if colour else None)
    if colour and not refinements.ranks_colour(by.name):
        wish = "tint" if colour.tint else "colour_of"
        raise BadParameter(
            wish, f"{by.name} does not ask for a colour: choose by=look or by=colour"
        )
    return Query(
        by,
        parameters.integer(args, "k", 9, 1, parameters.MAX_K),
        parameters.filters(args) if narrowed is None else narrowed,
        lean(args, WISHED if colour else BALANCED),
        bool(parameters.integer(args, "harder", int(harder), 0, 1)),
        bool(parameters.integer(args, "fold", int(fold), 0, 1)),
        colour,
        refinements.unlike(args),
    )


def plain_query(args: Args, by: Ranking, narrowed: Filters, *, harder: bool = False) -> Query:
    """Read what a comparison or a list asks: nothing refines it; it folds identical pictures."""
    return Query(
        by,
        parameters.integer(args, "k", 9, 1, parameters.MAX_K),
        narrowed,
        lean(args),
        bool(parameters.integer(args, "harder", int(harder), 0, 1)),
        fold=bool(parameters.integer(args, "fold", 1, 0, 1)),
    )


def ranking(args: Args, default: str | None = None) -> Ranking:
    """Read what ranks."""
    return ranking_named(args.get("by") or default or hashbag().settings.default_kind)


def lean(args: Args, default: Leaning = BALANCED) -> Leaning:
    """Read how far the look leans to what: by name, or a number from shape to colour."""
    text = args.get("lean", "").strip()
    named = {leaning.name: leaning for leaning in LEANINGS}
    if not text or text in named:
        return named.get(text, default)
    found = parameters.decimal(text)
    if not 0 <= found <= 1:
        raise BadParameter(
            "lean",
            f"must be from 0, all shape, to 1, all colour, or {', '.join(named)}, not {text[:40]}",
        )
    return two_part_leaning(found)
