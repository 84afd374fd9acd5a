"""The desk's first page."""

from flask import render_template

from webapp.web.desk.guard import guarded

bp = guarded("desk_home", __name__)


@bp.get("")
def show() -> str:
    """Show what there is to do."""
    return render_template("desk/home.html")
