"""Signing in to the desk, and out."""

import re
from http import HTTPStatus

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.catalog.tokens import Scope
from webapp.context import hashbag
from webapp.web.desk import sessions
from webapp.web.desk.guard import guarded
from webapp.web.guards.access import count_try, has_tokens
from webapp.web.guards.clients import client_digest

bp = guarded("desk", __name__)

_REST = r"(/[\w.~%,+-]+)*/?(\?[^\s\\#]*)?"
_PAGE_OF_THE_DESK = re.compile(sessions.PATH + _REST, re.ASCII)
# A page of ours, and no other address: `//elsewhere` is one too, for a browser.
_PAGE = re.compile(rf"(?=/)(?!//){_REST}", re.ASCII)


@bp.get("/sign-in")
def sign_in_form() -> AnyResponse:
    """Ask for a token, or say how to make one."""
    return redirect(_wanted()) if sessions.is_signed_in(_scope()) else _asking()


@bp.post("/sign-in")
def sign_in() -> AnyResponse:
    """Begin a session with a token; after many wrong ones, only later."""
    if not has_tokens():
        return _asking()
    if seconds := count_try():
        minutes = -(-seconds // 60)
        problem = f"That were too many tries: try again in {minutes} minute{'s'[: minutes > 1]}."
        answer = _asking(problem, HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = str(seconds)
        return answer
    scope = _scope()
    if not sessions.sign_in(request.form.get("token", "").strip(), scope):
        may = "change" if scope == Scope.WRITE else "look at"
        return _asking(f"This is no token that may {may} the catalogue.", HTTPStatus.FORBIDDEN)
    hashbag().sign_ins.forget_tries(client_digest())
    return redirect(_wanted(), HTTPStatus.SEE_OTHER)


@bp.get("/sign-out")
def sign_out_form() -> str:
    """Ask whether to sign out: for pages that have no form for it."""
    return render_template("desk/sign-out.html")


@bp.post("/sign-out")
def sign_out() -> AnyResponse:
    """End the session."""
    sessions.sign_out()
    return redirect(url_for("desk.sign_in_form"), HTTPStatus.SEE_OTHER)


def _asking(problem: str = "", status: int = HTTPStatus.OK) -> Response:
    page = render_template(
        "desk/sign-in.html",
        has_tokens=has_tokens(),
        problem=problem,
        to=request.values.get("to"),
        only_looks=_scope() == Scope.READ,
    )
    return make_response(page, status)


def _scope() -> Scope:
    """Return what a token must allow for the page that one came for."""
    is_private = hashbag().settings.is_private
    page = request.values.get("to", "")
    return Scope.READ if is_private and not _PAGE_OF_THE_DESK.fullmatch(page) else Scope.WRITE


def _wanted() -> str:
    """Return the page that one came for; where it is none of ours, the first page for one."""
    page = request.values.get("to", "")
    pages = _PAGE if hashbag().settings.is_private else _PAGE_OF_THE_DESK
    if page and pages.fullmatch(page):
        return request.script_root + page
    return url_for("desk_home.show" if sessions.is_signed_in() else "pages.grid")
