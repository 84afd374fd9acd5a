"""What all pages of the desk share: nobody gets in without a token, or writes from elsewhere."""

from http import HTTPStatus

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from webapp.catalog.tokens import Scope
from webapp.web.desk.kept_forms import kept_fields
from webapp.web.desk.sessions import PATH, is_signed_in, sign_with_key

_OPEN = frozenset({"desk.sign_in", "desk.sign_in_form"})

_FOR = {"desk.sign_out": Scope.READ, "desk.sign_out_form": Scope.READ}
"""What a token must allow for these; for all else, to write."""

LARGEST_BYTES = {"desk_import.send": 1024**3}
"""Of the body of a request, where it may be larger than a picture."""

_csrf = CSRFProtect()


def register(app: Flask) -> None:
    """Check forms of the desk for whether they come from it.

    Other pages' forms need no check: nobody is signed in to them.
    """
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    _csrf.init_app(app)


def guarded(name: str, import_name: str) -> Blueprint:
    """Make a blueprint of the desk: it lets in only who may, and its answers are kept nowhere."""
    bp = Blueprint(name, import_name, url_prefix=PATH)
    bp.before_request(_let_in)
    bp.after_request(_keep_nowhere)
    bp.register_error_handler(CSRFError, foreign_form)
    return bp


def _let_in() -> AnyResponse | tuple[str, int] | None:
    """Ask who is not signed in to sign in: before anything is read but what is to be kept."""
    sign_with_key(current_app)
    endpoint = request.endpoint or ""
    if endpoint not in _OPEN and not is_signed_in(_FOR.get(endpoint, Scope.WRITE)):
        if request.method not in {"GET", "HEAD"}:
            page = render_template("desk/foreign.html", kept=kept_fields())
            return page, HTTPStatus.FORBIDDEN
        wanted = request.full_path.rstrip("?")
        return redirect(url_for("desk.sign_in_form", to=wanted), HTTPStatus.SEE_OTHER)
    request.max_content_length = LARGEST_BYTES.get(
        endpoint, current_app.config["MAX_CONTENT_LENGTH"]
    )
    _csrf.protect()
    return None


def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def foreign_form(_: CSRFError) -> tuple[str, int]:
    """Refuse a form that another site sent, or that is of a sign-in that ended."""
    return render_template("desk/foreign.html"), HTTPStatus.BAD_REQUEST
