"""The desk's first page: the catalogue, its index, the disk, and what people search."""

import shutil
from http import HTTPStatus

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from webapp.catalog.daily_counts import today
from webapp.catalog.write_lock import is_building
from webapp.context import hashbag
from webapp.exceptions import IndexNotReady
from webapp.index.overlay import OverlaidGeneration
from webapp.maintenance.status import status_of
from webapp.web import visits
from webapp.web.desk.guard import guarded

bp = guarded("desk_home", __name__)

_DAYS = 14
_DAYS_OF_MOST = 30
_MOST = 12


@bp.get("")
def show() -> str:
    """Show how things are."""
    core = hashbag()
    visits.write_now()
    published = core.snapshot.published
    opened = core.daily_counts.most(visits.OPENED, _DAYS_OF_MOST, _MOST)
    items = {item.id: item for item in core.snapshot.items([item_id for item_id, _ in opened])}
    indexed = not isinstance(published, IndexNotReady)
    count = core.facets.count() if indexed else core.catalog.count()  # which may take long
    return render_template(
        "desk/home.html",
        items=count,
        photos=count + core.catalog.count_further_photos(),
        generation="" if isinstance(published, IndexNotReady) else published.name.partition("+")[0],
        problem=str(published) if isinstance(published, IndexNotReady) else "",
        live=len(published.recent.entries) if isinstance(published, OverlaidGeneration) else 0,
        building=is_building(core.catalog) or core.merging.is_running,
        free=shutil.disk_usage(core.settings.instance).free,
        days=core.daily_counts.by_day(_DAYS),
        today=today(),
        opened=[(items[item_id], count) for item_id, count in opened if item_id in items],
        visits=visits,
    )


@bp.get("/sizes")
def sizes() -> str:
    """Show what is on the disk, how large, and made by which versions."""
    core = hashbag()
    return render_template(
        "desk/sizes.html", status=status_of(core.catalog, core.generations, core.maps)
    )


@bp.post("/rebuild")
def rebuild() -> Response:
    """Have a new index built, elsewhere."""
    core = hashbag()
    if is_building(core.catalog):
        flash("An index is being built already.")
    else:
        core.merging.start()
        flash("A new index is being built; searches go on with the one there is.")
    return redirect(url_for("desk_home.show"), HTTPStatus.SEE_OTHER)
