"""What a search asks, read from an address or a form."""

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.models import Filters
from webapp.search import colour_wish
from webapp.search.look import BALANCED, LEANINGS, LOOK, WISHED, Leaning, two_part_leaning
from webapp.search.query import RANKINGS, Query, Ranking, ranking_named
from webapp.web import parameters, refinements
from webapp.web.parameter import Args, Parameter, Whole

K = Whole("k", 1, parameters.MAX_K, 9)
HARDER = Whole("harder", 0, 1)
FOLD = Whole("fold", 0, 1, 0)


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
    if colour:
        colour_wish.check_asks_colour(by.name, "tint" if colour.tint else "colour_of")
    return Query(
        by,
        K.read(args),
        parameters.filters(args) if narrowed is None else narrowed,
        lean(args, WISHED if colour else BALANCED),
        bool(HARDER.read(args, int(harder))),
        bool(FOLD.read(args, int(fold))),
        colour,
        refinements.unlike(args),
    )


def plain_query(args: Args, by: Ranking, narrowed: Filters, *, harder: bool = False) -> Query:
    """Read what a comparison or a list asks: nothing refines it; it folds identical pictures."""
    return Query(
        by,
        K.read(args),
        narrowed,
        lean(args),
        bool(HARDER.read(args, int(harder))),
        fold=bool(FOLD.read(args, 1)),
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


BY = Parameter("by", {"type": "string", "enum": list(RANKINGS)}, ranking)
LEAN = Parameter(
    "lean",
    {
        "oneOf": [
            {"type": "string", "enum": [leaning.name for leaning in LEANINGS]},
            {"type": "number", "minimum": 0, "maximum": 1},
        ],
        "default": BALANCED.name,
    },
    lean,
    "What the look leans to. A number leans from shape, at 0, to colour, at 1, and leaves the "
    "learned kind out; where that is not installed, the names do too.",
)
QUESTION = (
    BY,
    K,
    LEAN,
    HARDER,
    *refinements.PARAMETERS,
    FOLD,
    parameters.FIELDS,
    *parameters.FILTERS,
)
"""What every search takes."""
