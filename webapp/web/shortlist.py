"""A visitor's shortlist: the address holds it, and a cookie remembers the latest."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from webapp.context import hashbag
from webapp.exceptions import BadParameter, EngineUnavailable, IndexNotReady
from webapp.models import Item
from webapp.search.result import Result
from webapp.web import parameters, queries
from webapp.web.errors import without_search
from webapp.web.filter_context import remember_filters
from webapp.web.links import link

bp = Blueprint("shortlist", __name__)
bp.before_request(remember_filters)

MOST = 24
_COOKIE = "shortlist"
_YEAR_SECONDS = 365 * 24 * 3600
_ANY_ID = 2**53

Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """An item on a list, and the list, as a parameter, if it were moved or taken off."""

    item: Item
    earlier: str | None
    later: str | None
    without: str


@bp.get("/list")
def show() -> Response | str:
    """Show the bags of an address side by side, and what is like all of them."""
    own = remembered()
    if "ids" not in request.args and own:
        return make_response(redirect(_address(own)))
    ids = _read(request.args.get("ids", ""))
    items = hashbag().snapshot.items(ids)
    page = {
        "listed": _listed(items),
        "missing": len(ids) - len(items),
        "text": _written(ids),
        "is_own": ids == own,
    }
    try:
        return render_template("list.html", **page, result=_like_all(items))
    except (EngineUnavailable, IndexNotReady) as problem:
        return without_search("list.html", problem, **page)


def _like_all(items: Sequence[Item]) -> Result | None:
    if not items:
        return None
    query = queries.plain_query(request.args, queries.ranking(request.args), g.filters)
    searcher = hashbag().searcher
    return searcher.answer(searcher.of_items([item.id for item in items], query))


@bp.post("/list")
def change() -> Answer:
    """Put a bag on the visitor's list or take it off, or put another list in its place."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(403, "a list is changed on pages of this site only")
    sent = parameters.sent()
    number = parameters.integer(sent, "toggle", 0, 0, _ANY_ID)
    ids = _toggled(number) if number else _read(request.form.get("ids", ""))
    back = _local(sent.get("back", ""))
    answer = redirect(f"{back}#heart-{number}" if back and number else _address(ids), 303)
    answer.set_cookie(
        _COOKIE,
        _written(ids),
        max_age=_YEAR_SECONDS,
        path=request.script_root or "/",
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer


def remembered() -> Ids:
    """Return the visitor's own list; a cookie that cannot be read is none."""
    if "shortlist" not in g:
        try:
            g.shortlist = _read(request.cookies.get(_COOKIE, ""))
        except BadParameter:
            g.shortlist = ()
    found: Ids = g.shortlist
    return found


def _read(text: str) -> Ids:
    """Read numbers with commas between; each counts once."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and len(part) < 17 for part in parts):
        raise BadParameter("ids", "write numbers of bags with commas between, such as 12,40,7")
    ids = tuple(dict.fromkeys(int(part) for part in parts))
    if len(ids) > MOST:
        raise BadParameter("ids", f"a list has at most {MOST} bags, not {len(ids)}")
    return ids


def _written(ids: Sequence[int]) -> str:
    return ",".join(map(str, ids))


def _toggled(number: int) -> Ids:
    """Return the visitor's list with an item on it, or off it where it was on it."""
    own = remembered()
    if number in own:
        return tuple(one for one in own if one != number)
    if len(own) >= MOST:
        raise BadParameter("toggle", f"a list has at most {MOST} bags: take one off first")
    hashbag().snapshot.item(number)
    return (*own, number)


def _listed(items: Sequence[Item]) -> list[Listed]:
    ids = [item.id for item in items]

    def moved(place: int, to: int) -> str | None:
        if not 0 <= to < len(ids):
            return None
        others = ids[:place] + ids[place + 1 :]
        return _written([*others[:to], ids[place], *others[to:]])

    return [
        Listed(
            item,
            moved(place, place - 1),
            moved(place, place + 1),
            _written(ids[:place] + ids[place + 1 :]),
        )
        for place, item in enumerate(items)
    ]


def _address(ids: Sequence[int]) -> str:
    return link("shortlist.show", ids=_written(ids) or None)


def _local(address: str) -> str:
    """Return an address of this site, without its fragment; "" for any other."""
    parts = urlsplit(address)
    is_local = address.startswith("/") and not address.startswith(("//", "/\\"))
    if not is_local or parts.scheme or parts.netloc or "\\" in address:
        return ""
    return parts._replace(fragment="").geturl().rstrip("?")
