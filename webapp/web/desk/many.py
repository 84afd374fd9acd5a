"""The desk's way to change, or take out, all bags that pass the filters."""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.catalog.given_attributes import columns_of
from webapp.catalog.many_items import MOST_AT_ONCE, change_many
from webapp.context import hashbag
from webapp.exceptions import BadParameter, ItemNotFound
from webapp.models import ATTRIBUTES
from webapp.web.desk.guard import guarded
from webapp.web.filter_context import remember_filters
from webapp.web.links import narrowed

bp = guarded("desk_many", __name__)
bp.before_request(remember_filters)

_SHOWN = 24

# No extra column is called so: filters and these fields come in one form.
_DO, _NAME, _OTHER, _VALUE, _WHICH = (
    "many." + n for n in ("do", "name", "other", "value", "which")
)
_REMOVE, _SET = "remove", "set"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done with all of them: `name` gets the value, unless they are `removed`."""

    removed: bool
    name: str = ""
    value: str = ""


@bp.get("/many")
def ask() -> str:
    """Ask what is to be done with the bags that pass the filters."""
    names = (*ATTRIBUTES, *(n for n in hashbag().facets.values if n not in ATTRIBUTES))
    return render_template("desk/many.html", total=len(_ids()), names=names, most=MOST_AT_ONCE)


@bp.get("/many/check")
def check() -> str:
    """Say what would be done, with how many bags and which, before it is."""
    return _checking(_wish())


@bp.post("/many")
def do() -> Response | str:
    """Do it with exactly those that were shown, or with none."""
    core, wish, ids = hashbag(), _wish(), _ids()
    if request.form.get(_WHICH) != _digest(ids):
        flash(
            "Nothing is done yet: meanwhile other bags pass these filters. Look again.", "problem"
        )
        return _checking(wish)
    try:
        if wish.removed:
            core.item_bin.remove(ids)
        else:
            changed = change_many(core.catalog, ids, {wish.name: wish.value})
    except ItemNotFound as problem:
        flash(f"Nothing is done yet: {problem}", "problem")
        return redirect(narrowed("desk_many.check", _as_fields(wish)), HTTPStatus.SEE_OTHER)
    core.keep_up()
    if wish.removed:
        return redirect(url_for("desk_removed.show"), HTTPStatus.SEE_OTHER)
    flash(f"Changed {changed:,} of {len(ids):,}; the others had it so already.")
    return redirect(url_for("desk_bags.show"), HTTPStatus.SEE_OTHER)


def _checking(wish: Wish) -> str:
    ids = _ids()
    if not ids:
        raise BadParameter("filters", "no bag passes them: nothing is to be done")
    if len(ids) > MOST_AT_ONCE:
        raise BadParameter(
            "filters",
            f"{len(ids):,} bags pass them; at most {MOST_AT_ONCE:,} can be changed at once",
        )
    return render_template(
        "desk/check.html",
        wish=wish,
        total=len(ids),
        items=hashbag().snapshot.items(ids[:_SHOWN]),
        which=_digest(ids),
        fields=_as_fields(wish),
        everything=len(ids) == hashbag().facets.count(),
    )


def _wish() -> Wish:
    """Read what is to be done.

    Raises:
        BadParameter: it cannot be done.
    """
    if request.values.get(_DO, _SET) == _REMOVE:
        return Wish(removed=True)
    name = (request.values.get(_OTHER) or request.values.get(_NAME) or "").strip()
    value = " ".join(request.values.get(_VALUE, "").split())
    if not name:
        raise BadParameter("attribute", "choose one, or write its name")
    columns_of({name: value}, {})
    return Wish(removed=False, name=name, value=value)


def _as_fields(wish: Wish) -> dict[str, str | int | float | None]:
    if wish.removed:
        return {_DO: _REMOVE}
    return {_DO: _SET, _OTHER: wish.name, _VALUE: wish.value}


def _ids() -> list[int]:
    """Return the ids, ascending, of the bags that pass the filters."""
    facets = hashbag().facets
    found: list[int] = facets.ids[facets.matching(g.filters)].tolist()
    return found


def _digest(ids: list[int]) -> str:
    return hashlib.sha256(repr(ids).encode()).hexdigest()
