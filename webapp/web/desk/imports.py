"""The desk's import: a list and its photos as a zip, checked first, then taken in elsewhere."""

import re
from http import HTTPStatus
from pathlib import PurePath

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from webapp.catalog.sent_photos import file_name
from webapp.context import hashbag
from webapp.exceptions import BadParameter, CatalogBusy, ItemNotFound
from webapp.maintenance import import_report
from webapp.maintenance.import_slot import ENDINGS, ImportSlot, Stage, State
from webapp.web.desk.guard import LARGEST_BYTES, guarded

bp = guarded("desk_import", __name__)

_RUNS = 20
_MOST_NOTES = 500
_SECONDS_TO_LOOK_AGAIN = "3"
_RUN = re.compile(r"[\d.T-]{10,40}", re.ASCII)


@bp.get("/import")
def show() -> Response:
    """Show the import that is under way, or ask for one; and what came of those before."""
    instance = hashbag().settings.instance
    state = _slot().state
    report = import_report.read(instance, state.report) if state and state.report else None
    page = render_template(
        "desk/import.html",
        state=state,
        report=report,
        runs=[(name, import_report.read(instance, name)) for name in _names()],
        endings=ENDINGS,
        most_mb=LARGEST_BYTES["desk_import.send"] // 1024**2,
    )
    answer = make_response(page)
    if state and state.is_under_way:
        answer.headers["Refresh"] = _SECONDS_TO_LOOK_AGAIN
    return answer


@bp.post("/import")
def send() -> Response:
    """Take a list and its photos, and have them checked."""
    slot, core = _slot(), hashbag()
    try:
        listed, archive = _file("list"), _file("photos")
        if listed is None:
            raise BadParameter("list", "choose the list")  # noqa: TRY301 - told as any other
        ending = _ending(listed)
        with slot.held():
            if not _awaits_decision(slot.state):
                slot.clear(dropped=_is_unwanted(slot.state))
            _keep(slot, listed, archive, ending)
    except (BadParameter, CatalogBusy) as problem:
        reason = problem.reason if isinstance(problem, BadParameter) else str(problem)
        flash(f"{reason[0].upper()}{reason[1:]}.", "problem")
    else:
        core.import_check.start()
    return _back()


def _keep(slot: ImportSlot, listed: FileStorage, archive: FileStorage | None, ending: str) -> None:
    """Keep what was sent, all of it or nothing."""
    place = slot.place_list(ending)
    try:
        listed.save(place)
        if archive:
            archive.save(slot.archive)
        slot.tell(State(Stage.CHECKING, file_name(listed.filename or "")))
    except OSError:  # half of it would only take the room that the disk lacks
        slot.clear(dropped=True)
        place.unlink(missing_ok=True)
        raise


@bp.post("/import/take")
def take() -> Response:
    """Have what was checked taken in, if it is what was shown."""
    slot = _slot()
    try:
        with slot.held():
            state = slot.state
            if not state or state.stage is not Stage.CHECKED or not _is_shown(state):
                return _back()
            slot.tell(State(Stage.TAKING, state.name))
    except CatalogBusy:
        return _back()
    hashbag().import_taking.start()
    return _back()


@bp.post("/import/drop")
def drop() -> Response:
    """Forget what was sent, if it is what was shown."""
    slot = _slot()
    try:
        with slot.held():
            state = slot.state
            if state and _is_shown(state):
                slot.clear(dropped=_is_unwanted(state))
    except CatalogBusy:
        flash("It is under way, and cannot be stopped.", "problem")
    return _back()


@bp.get("/import/runs/<name>")
def run(name: str) -> str:
    """Show what came of one import: what was rejected or remarked, moved, and gone."""
    report = import_report.read(hashbag().settings.instance, name) if _RUN.fullmatch(name) else None
    if report is None:
        raise ItemNotFound("there is no report of this import any more")
    return render_template("desk/run.html", name=name, report=report, most=_MOST_NOTES)


def _is_shown(state: State) -> bool:
    """Say whether somebody decided on this import; tell them where another came meanwhile."""
    if request.form.get("which") == state.which:
        return True
    flash("Nothing is done yet: another list was sent meanwhile. Look at it first.", "problem")
    return False


def _slot() -> ImportSlot:
    return ImportSlot(hashbag().settings.instance)


def _names() -> list[str]:
    return list(import_report.names(hashbag().settings.instance)[:_RUNS])


def _file(field: str) -> FileStorage | None:
    found = request.files.get(field)
    return found if found and found.filename else None


def _ending(listed: FileStorage) -> str:
    """Return the ending of a list's name, which says how it is written."""
    ending = PurePath((listed.filename or "").lower()).suffix
    if ending not in ENDINGS:
        raise BadParameter("list", f"the list's name must end in one of {', '.join(ENDINGS)}")
    return ending


def _awaits_decision(state: State | None) -> bool:
    """Say whether a list was looked through and shown: another one is that one, mended."""
    return state is not None and state.stage is Stage.CHECKED


def _is_unwanted(state: State | None) -> bool:
    """Say whether photos that came, and no item has yet, are to go."""
    return state is not None and state.stage in {Stage.CHECKED, Stage.CHECKING}


def _back() -> Response:
    return redirect(url_for("desk_import.show"), HTTPStatus.SEE_OTHER)
