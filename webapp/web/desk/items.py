"""The desk's pages of one bag: add it, change it, take it out."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response

from webapp.catalog.given_attributes import columns_of
from webapp.catalog.item_version import version_of
from webapp.catalog.known_requests import KnownRequest
from webapp.catalog.sent_photos import SentPhoto
from webapp.context import hashbag
from webapp.exceptions import (
    BadParameter,
    ChangedMeanwhile,
    IndexNotReady,
    ItemNotFound,
    UnreadableImage,
)
from webapp.models import Item
from webapp.search.look import LOOK
from webapp.search.query import Query, ranking_named
from webapp.search.result import Hit, Level, Result
from webapp.web.desk import item_form
from webapp.web.desk.guard import foreign_form, guarded
from webapp.web.desk.item_form import ItemForm
from webapp.web.desk.kept_forms import FORM_AGAIN, is_kept
from webapp.web.template_filters import heading

bp = guarded("desk_items", __name__)


@bp.errorhandler(CSRFError)
def again(error: CSRFError) -> Response | tuple[str, int]:
    """Show a form that is of an earlier sign-in again, to be looked at and sent from this one."""
    if not is_kept():
        return foreign_form(error)
    flash(FORM_AGAIN, "problem")
    form = item_form.as_typed()
    item_id = (request.view_args or {}).get("item_id")
    if item_id is None:
        return _adding(form, HTTPStatus.BAD_REQUEST)
    item = hashbag().catalog.item(item_id)
    return _editing(item, form, HTTPStatus.BAD_REQUEST, request.form)


_ALIKE = 9


@bp.get("/add")
def add_form() -> Response:
    """Ask for the photos and attributes of a new bag."""
    return _adding(item_form.empty())


@bp.post("/add")
def add() -> Response:
    """Add a bag; what is wrong is told in the form, with all else as it was typed."""
    core = hashbag()
    try:
        # A currency that was left empty may be written with the price.
        given = {name: value for name, value in item_form.typed().items() if value}
        sent = item_form.photos(least=1)
        columns_of(given, {})  # before photos are read, which takes longer
        read = [core.live_items.read(one) for one in sent]
    except (BadParameter, UnreadableImage) as problem:
        return _adding(item_form.as_typed(_as_parameter(problem)), HTTPStatus.UNPROCESSABLE_ENTITY)
    item, _ = core.live_items.add(read, given, _as_sent(sent, given))
    core.keep_up()
    return _to("desk_items.added", item)


@bp.get("/items/<int:item_id>/added")
def added(item_id: int) -> str:
    """Show a bag that was just added, what it is like, and whether it was there already."""
    item = hashbag().snapshot.item(item_id)
    problem, result = "", None
    same: dict[int, Hit] = {}
    try:
        result = _alike(item)
        same = _same_pictures(item, result)
    except (IndexNotReady, UnreadableImage) as error:
        problem = str(error)
    others = [hit for hit in result.hits if hit.item.id not in same] if result else []
    return render_template(
        "desk/added.html",
        item=item,
        result=result,
        same=same,
        hits=[*same.values(), *others],
        problem=problem,
        version=version_of(item),
    )


@bp.get("/items/<int:item_id>")
def edit(item_id: int) -> Response:
    """Show a bag's attributes and photos, to be changed."""
    item = hashbag().catalog.item(item_id)
    return _editing(item, item_form.of_item(item))


@bp.post("/items/<int:item_id>")
def change(item_id: int) -> Response:
    """Change a bag, unless somebody else did meanwhile: then both are shown."""
    core = hashbag()
    try:
        given = item_form.changes()
        read = [core.live_items.read(one) for one in item_form.photos()]
        item = core.live_items.change(item_id, given, read, request.form.get("version", ""))
    except ChangedMeanwhile:
        now = core.catalog.item(item_id)
        lost = " Choose your photos once more: browsers do not keep them." if read else ""
        told = "Nothing is saved yet: somebody else changed this bag while you did."
        flash(told + lost, "problem")
        return _editing(now, item_form.merged(now, given), HTTPStatus.CONFLICT)
    except (BadParameter, UnreadableImage) as problem:
        now = core.catalog.item(item_id)
        form = item_form.as_typed(_as_parameter(problem))
        return _editing(now, form, HTTPStatus.UNPROCESSABLE_ENTITY, request.form)
    core.keep_up()
    flash(f"Saved {heading(item)}.")
    return _to("desk_items.edit", item)


@bp.post("/items/<int:item_id>/remove")
def remove(item_id: int) -> Response:
    """Take a bag out; the page of what was removed undoes it."""
    core = hashbag()
    try:
        core.item_bin.remove([item_id], request.form.get("version") or None)
    except ChangedMeanwhile:
        flash("It was not removed: somebody changed it meanwhile. Look at it again.", "problem")
        return redirect(url_for("desk_items.edit", item_id=item_id), HTTPStatus.SEE_OTHER)
    except ItemNotFound:
        flash("It was removed already.")
    core.keep_up()
    return redirect(url_for("desk_removed.show"), HTTPStatus.SEE_OTHER)


def _alike(item: Item) -> Result:
    core = hashbag()
    asked = Query(ranking_named(LOOK.name), _ALIKE, harder=True)
    return core.searcher.similar_to_item(item.id, asked)


def _same_pictures(item: Item, alike: Result) -> dict[int, Hit]:
    """Return what has the picture of one of a bag's photos, by id; `alike` is like the first."""
    asked, searcher = Query(ranking_named(LOOK.name), _ALIKE), hashbag().searcher
    of_further = [searcher.similar_to_item(item.id, asked, one.number) for one in item.further]
    return {
        hit.item.id: hit
        for result in (*of_further, alike)
        for hit in result.hits
        if hit.level is Level.SAME_PICTURE
    }


def _as_parameter(problem: BadParameter | UnreadableImage) -> BadParameter:
    return problem if isinstance(problem, BadParameter) else BadParameter("image", str(problem))


def _as_sent(sent: Sequence[SentPhoto], given: item_form.Typed) -> KnownRequest:
    """Name what was sent, so that the same form sent twice adds one bag."""
    digest = hashlib.sha256(repr(sorted(given.items())).encode("utf-8", "surrogatepass"))
    for photo in sent:
        digest.update(hashlib.sha256(photo.data).digest())
    content = digest.hexdigest()
    return KnownRequest(f"desk {request.form.get('form', '')[:40]} {content}", content)


def _adding(form: ItemForm, status: int = HTTPStatus.OK) -> Response:
    page = render_template("desk/add.html", form=form, once=secrets.token_urlsafe(12))
    return make_response(page, status)


def _editing(
    item: Item, form: ItemForm, status: int = HTTPStatus.OK, sent: Mapping[str, str] | None = None
) -> Response:
    """Show the form; `sent`: the version and what was shown, as the form had them before."""
    version = sent.get("version", "") if sent else version_of(item)
    was = sent.get("was", "") if sent else item_form.of_item(item).was
    page = render_template("desk/edit.html", item=item, form=form, version=version, was=was)
    return make_response(page, status)


def _to(page: str, item: Item) -> Response:
    return redirect(url_for(page, item_id=item.id), HTTPStatus.SEE_OTHER)
