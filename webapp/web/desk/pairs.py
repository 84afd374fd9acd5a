"""The desk's page of bags that look the same: keep one, or say that they are not."""

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.catalog.kept_apart import pairs_of
from webapp.context import hashbag
from webapp.exceptions import BadParameter, ItemNotFound
from webapp.explore.copies import copies
from webapp.explore.grouping import Grouping
from webapp.web import duplicates, parameters
from webapp.web.desk.guard import guarded

bp = guarded("desk_pairs", __name__)

_PER_PAGE = 12
_TOO_MANY_DIGITS = 19  # of a number that a database can have
_MOST_MEMBERS = 12
"""Of a larger group one decides by its own page: too many to be seen here at once."""


@bp.get("/duplicates")
def show() -> str:
    """Show groups of bags that look the same and are not decided on."""
    asked, core = duplicates.read_request(), hashbag()
    apart = core.kept_apart.pairs()
    grouping = core.duplicates.grouping(asked.kind, asked.distance) if core.facets.count() else None
    open_ones = list(_undecided(grouping, apart)) if grouping else []
    pages = max(1, -(-len(open_ones) // _PER_PAGE))
    page = min(asked.page, pages)  # what was decided on is gone from the last page
    numbers = open_ones[(page - 1) * _PER_PAGE : page * _PER_PAGE]
    groups = core.duplicates.groups(grouping, numbers, _MOST_MEMBERS) if grouping else []
    return render_template(
        "desk/pairs.html",
        asked=asked,
        groups=[(group, copies(core.catalog, group)) for group in groups],
        total=len(open_ones),
        page=page,
        pages=pages,
        apart=len(apart),
    )


@bp.post("/duplicates/keep")
def keep() -> Response:
    """Keep one of a group, and remove the others that were shown."""
    core, members = hashbag(), _members()
    kept = parameters.integer(request.form, "keep", 0, 1, 2**63 - 1)
    if kept not in members:
        raise BadParameter("keep", "choose one of the bags of the group")
    gone = [one for one in members if one != kept]
    try:
        core.item_bin.remove(gone)
    except ItemNotFound:
        flash("Nothing is removed: some of these bags were removed meanwhile.", "problem")
        return _back()
    core.keep_up()
    flash(
        f"Number {kept} stays; {len(gone)} other{'s are' if len(gone) > 1 else ' is'} removed. "
        "Under \u2018Removed\u2019 it can be undone."
    )
    return _back()


@bp.post("/duplicates/apart")
def apart() -> Response:
    """Remember that the bags of a group are not the same."""
    hashbag().kept_apart.add(_members())
    flash("Remembered: they are not the same.")
    return _back()


@bp.post("/duplicates/forget")
def forget() -> Response:
    """Forget which bags are not the same: all of them are asked about again."""
    hashbag().kept_apart.forget()
    flash("Forgotten: all groups are shown again.")
    return _back()


def _undecided(grouping: Grouping, apart: frozenset[tuple[int, int]]) -> Iterator[int]:
    """Yield the numbers of the groups of which some two were not decided on."""
    for number in range(len(grouping)):
        ids = grouping.members(number)
        if len(ids) > _MOST_MEMBERS or not all(pair in apart for pair in pairs_of(ids.tolist())):
            yield number


def _members() -> list[int]:
    """Read which bags were shown as a group."""
    texts = request.form.getlist("member")
    are_numbers = all(t.isascii() and t.isdigit() and len(t) < _TOO_MANY_DIGITS for t in texts)
    if not (are_numbers and 2 <= len(texts) <= _MOST_MEMBERS):
        raise BadParameter("member", "the form is damaged: load the page again")
    return sorted({int(text) for text in texts})


def _back() -> Response:
    asked = {name: request.form.get(name, "") for name in ("by", "distance", "page")}
    where = url_for("desk_pairs.show") + "?" + urlencode({n: v for n, v in asked.items() if v})
    return redirect(where, HTTPStatus.SEE_OTHER)
