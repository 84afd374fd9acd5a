"""Near-duplicates as a page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request

from webapp.context import hashbag
from webapp.exceptions import ItemNotFound
from webapp.explore.copies import copies
from webapp.explore.duplicates import (
    DEFAULT_KIND,
    Group,
    kind_named,
    most_distance,
    usual_distance,
)
from webapp.explore.grouping import Grouping
from webapp.hashing.hash_kind import HashKind
from webapp.hashing.kinds import KINDS
from webapp.web import distance_bars, downloads, parameters
from webapp.web.guards.request_limits import Limit, limited
from webapp.web.parameter import Args, Parameter, Whole

bp = Blueprint("duplicates", __name__)

FIRST = ("shape", "phash", "dhash")
"""The kinds whose links are always shown: they take different bags for duplicates least often."""

PER_PAGE = 20
SHOWN = 12
"""How many cards a group has on a page with several groups."""
_MEMBERS = 60


@dataclass(frozen=True, slots=True)
class DuplicatesRequest:
    """A request: the kind and distance that items are grouped by, and `of`, an item.

    With `of`, only the group of that item is asked for.
    """

    kind: HashKind
    distance: int
    page: int
    of: int | None

    @property
    def most(self) -> int:
        """The largest distance that may be asked."""
        return most_distance(self.kind)

    @property
    def choices(self) -> Mapping[str, int]:
        """The distances that the page offers as links, by their names."""
        return distance_bars.distances_offered(self.kind)

    @property
    def looser(self) -> int | None:
        """The next larger distance that the page offers; None at the largest."""
        larger = [one for one in (*self.choices.values(), self.most) if one > self.distance]
        return min(larger, default=None)


def _kind(args: Args) -> HashKind:
    return kind_named(args.get("by") or DEFAULT_KIND)


BY = Parameter("by", {"type": "string", "enum": list(KINDS), "default": DEFAULT_KIND}, _kind)
DISTANCE = Whole(
    "distance",
    0,
    max(map(most_distance, KINDS.values())),
    told="By how many bits items may differ to be in one group; the most, and what is meant when "
    "left out, depend on the kind.",
)
PER_PAGE_ASKED = Whole("per_page", 1, parameters.MAX_PER_PAGE, PER_PAGE)
OF = Whole(
    "of",
    1,
    parameters.MOST_NUMBER,
    told="An item: its group alone, a page of its items at a time.",
)
PARAMETERS = (BY, DISTANCE, parameters.PAGE, PER_PAGE_ASKED, OF, parameters.FIELDS)


def read_request() -> DuplicatesRequest:
    """Read a request's parameters."""
    args = request.args
    kind = _kind(args)
    return DuplicatesRequest(
        kind,
        DISTANCE.read(args, usual_distance(kind)),
        parameters.PAGE.read(args),
        OF.optional(args),
    )


def shown(asked: DuplicatesRequest, grouping: Grouping, per_page: int, most: int) -> list[Group]:
    """Return a page of groups, each with its first `most` items; with `of`, a page of that group.

    Raises:
        ItemNotFound: there is no item of the number asked.
    """
    duplicates = hashbag().duplicates
    if asked.of is None:
        first = (asked.page - 1) * per_page
        numbers = range(min(first, len(grouping)), min(first + per_page, len(grouping)))
        return duplicates.groups(grouping, numbers, most)
    number = grouping.number_of(hashbag().snapshot.item(asked.of).id)
    return [] if number is None else [duplicates.group(grouping, number, asked.page, per_page)]


def _rows(grouping: Grouping, *, others: bool) -> Iterator[downloads.Row]:
    """Yield the items of all groups, as files.

    With `others` those that may go: without the largest of each group, and without items with
    several photos, of which others would be lost.
    """
    catalog = hashbag().catalog
    for number, group in enumerate(hashbag().duplicates.all_groups(grouping), 1):
        for copy in copies(catalog, group):
            if not (others and (copy.largest or copy.item.photo_count > 1)):
                yield {
                    "group": number,
                    "size": group.size,
                    "distance": group.distance,
                    "largest": copy.largest,
                    "bytes": copy.bytes,
                    "photo": copy.photo.number,
                    **downloads.of_item(copy.item),
                    "filename": copy.photo.filename,
                    "width": copy.photo.width,
                    "height": copy.photo.height,
                }


@bp.get("/duplicates")
@limited(Limit.HEAVY)
def page() -> str | Response:
    """Show groups of items whose photos are nearly the same, or the one that an item is in."""
    wanted, core = read_request(), hashbag()
    if not core.facets.count():
        return render_template("duplicates.html", asked=wanted, grouping=None, item=None)
    grouping = core.duplicates.grouping(wanted.kind, wanted.distance)
    if downloads.wanted():
        others = parameters.one_of(request.args, "others", ("0", "1")) == "1"
        return downloads.answer("duplicates", _rows(grouping, others=others))
    item = core.snapshot.item(wanted.of) if wanted.of else None
    per_page = _MEMBERS if item else PER_PAGE
    groups = shown(wanted, grouping, per_page, SHOWN)
    things = sum(group.size for group in groups) if item else len(grouping)
    pages = max(1, -(-things // per_page))
    if wanted.page > pages:
        raise ItemNotFound(f"page {wanted.page} is past the end: there are {pages} pages")
    return render_template(
        "duplicates.html",
        asked=wanted,
        item=item,
        grouping=grouping,
        groups=[(group, copies(core.catalog, group)) for group in groups],
        pages=pages,
        histogram=distance_bars.histogram_of(wanted.kind, core.duplicates.pair_counts(wanted.kind)),
        total=core.facets.count(),
        FIRST=FIRST,
    )
