"""The desk's page of what was removed, which brings it back."""

import time
from http import HTTPStatus

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from webapp.context import hashbag
from webapp.exceptions import ItemNotFound
from webapp.web.desk.guard import guarded

bp = guarded("desk_removed", __name__)

_SHOWN = 12


@bp.get("/removed")
def show() -> str:
    """List what can be brought back."""
    batches = hashbag().item_bin.batches(_SHOWN)
    return render_template("desk/removed.html", batches=batches, now=int(time.time()))


@bp.post("/removed/<batch>/undo")
def undo(batch: str) -> Response:
    """Bring back what was removed at once."""
    core = hashbag()
    try:
        ids = core.item_bin.restore(batch)
    except ItemNotFound as problem:
        flash(f"{problem}"[:1].upper() + f"{problem}."[1:], "problem")
        return redirect(url_for("desk_removed.show"), HTTPStatus.SEE_OTHER)
    core.keep_up()
    one = len(ids) == 1
    flash(
        f"Undone: {'the bag is' if one else f'{len(ids):,} bags are'} back, with the same "
        f"number{'' if one else 's'}, so links lead there again."
    )
    if one:
        return redirect(url_for("desk_items.edit", item_id=ids[0]), HTTPStatus.SEE_OTHER)
    return redirect(url_for("desk_removed.show"), HTTPStatus.SEE_OTHER)
