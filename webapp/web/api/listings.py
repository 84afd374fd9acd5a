"""Listing items in the JSON API: a sample, a page, or what follows one, by a cursor."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from webapp.exceptions import BadParameter
from webapp.index.facets import Facets
from webapp.models import Filters
from webapp.web import parameters
from webapp.web.parameter import Args, Parameter, Whole

_CURSOR = "^before-[0-9]{1,19}$"


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked for: a page or, without one, what is older than an item, or else a sample."""

    seed: int
    n: int
    per_page: int
    page: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class ListedIds:
    """The ids to list; `cursor` asks for what follows, None where nothing does."""

    ids: Sequence[int]
    cursor: str | None


def read_listing(args: Args) -> Listing:
    """Read what is asked for.

    Raises:
        BadParameter: a parameter cannot be used, or both a page and a cursor are given.
    """
    before = _before(args)
    page = parameters.PAGE.read(args)
    if before is not None and args.get("page", "").strip():
        raise BadParameter("cursor", "give this or page, not both")
    is_page = before is None and ("page" in args or "per_page" in args)
    is_sample = before is None and not is_page
    return Listing(
        parameters.seed(args) if is_sample else parameters.SEED.read(args),
        parameters.N.read(args),
        PER_PAGE.read(args),
        page if is_page else None,
        before,
    )


def list_ids(facets: Facets, asked: Listing, filters: Filters) -> ListedIds:
    """List the ids asked for; pages are newest first, which is by falling id.

    A cursor names an item by its id, which no other ever gets: whatever comes and goes meanwhile,
    who follows cursors meets each item once that is there all the time.
    """
    if asked.page is not None:
        ids = facets.page(filters, "newest", asked.page, asked.per_page).tolist()
    elif asked.before is not None:
        ids = facets.before(filters, asked.before, asked.per_page).tolist()
    else:
        return ListedIds(facets.sample(filters, asked.seed, asked.n).tolist(), None)
    has_more = bool(ids) and len(facets.before(filters, ids[-1], 1)) > 0
    return ListedIds(ids, f"before-{ids[-1]}" if has_more else None)


def _before(args: Args) -> int | None:
    text = args.get("cursor", "").strip()
    if not text:
        return None
    if not re.match(_CURSOR, text, re.ASCII):
        raise BadParameter("cursor", "give what an answer had as `next`")
    return min(int(text.removeprefix("before-")), parameters.MOST_NUMBER)


PER_PAGE = Whole("per_page", 1, parameters.MAX_PER_PAGE, 60)
CURSOR = Parameter(
    "cursor",
    {"type": "string", "pattern": _CURSOR},
    _before,
    "What the answer before had as `next`: each item is listed once, whatever comes and goes "
    "meanwhile. Begin with `per_page` alone.",
)
LISTING = (parameters.SEED, parameters.N, parameters.PAGE, PER_PAGE, CURSOR)
