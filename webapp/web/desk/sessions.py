"""The desk's cookie, and who is signed in by it."""

import hmac
from contextlib import suppress

from flask import Flask, Request, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from webapp.catalog.sign_ins import LASTS_SECONDS
from webapp.catalog.tokens import Scope, digest_of
from webapp.context import hashbag
from webapp.exceptions import CatalogError, NoCatalog
from webapp.web.secret_key import secret_key

PATH = "/admin"

_ID = "id"


class DeskSessions(SecureCookieSessionInterface):
    """Signs the desk's cookie; other pages neither get it nor make one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie of a request to the desk; no other page has a session."""
        if request.path != PATH and not request.path.startswith(f"{PATH}/"):
            return None
        with suppress(
            CatalogError
        ):  # told when the request is let in: errors have pages from there
            sign_with_key(app)
        return super().open_session(app, request)

    def get_cookie_path(self, app: Flask) -> str:
        """Have browsers send it to the desk only."""
        return str(app.config["APPLICATION_ROOT"]).rstrip("/") + PATH

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's
        """Have browsers send a cookie that came over TLS over TLS only."""
        return request.is_secure


def sign_with_key(app: Flask) -> None:
    """Give the application the key that signs cookies, unless it has it.

    Raises:
        CatalogError: there is none, and none can be kept.
    """
    if not app.secret_key:
        app.secret_key = secret_key(app.extensions["hashbag"].settings)


def register(app: Flask) -> None:
    """Have the application keep sessions of the desk."""
    app.session_interface = DeskSessions()
    app.config.update(
        SESSION_COOKIE_NAME="hashbag_desk",
        # Not "Strict": a link to the desk in a letter would come without the cookie, and the page
        # that asks to sign in would put another in its place.
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        PERMANENT_SESSION_LIFETIME=LASTS_SECONDS,
    )


def sign_in(token: str) -> bool:
    """Begin a session with a token that may write; False for any other."""
    holder = digest_of(token)
    if not _may_write(holder):
        return False
    session.clear()  # with the CSRF token of whoever was here before
    session[_ID] = hashbag().sign_ins.begin(holder)
    return True


def sign_out() -> None:
    """End the session, for every copy of its cookie."""
    if _ID in session:
        hashbag().sign_ins.end(session[_ID])
    session.clear()


def is_signed_in() -> bool:
    """Say whether the request is of somebody whose token may still write."""
    if "signed_in" not in g:
        g.signed_in = _is_signed_in()
    found: bool = g.signed_in
    return found


def _is_signed_in() -> bool:
    if _ID not in session:
        return False
    try:
        holder = hashbag().sign_ins.holder_of(session[_ID])
    except NoCatalog:
        return False
    return holder is not None and _may_write(holder)


def _may_write(holder: str) -> bool:
    """Say whether there is a token with this digest, and it may write."""
    admin = hashbag().settings.admin_token
    if admin and hmac.compare_digest(holder, digest_of(admin)):
        return True
    try:
        scope = hashbag().tokens.scope_of_digest(holder)
    except NoCatalog:
        return False
    return scope is not None and scope.allows(Scope.WRITE)
