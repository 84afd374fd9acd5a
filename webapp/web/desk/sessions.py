"""The desk's cookie, and who is signed in by it."""

import hmac
from contextlib import suppress

from flask import Flask, Request, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from webapp.catalog.sign_ins import LASTS_SECONDS
from webapp.catalog.tokens import Scope, digest_of
from webapp.context import hashbag
from webapp.exceptions import CatalogError, NoCatalog
from webapp.web.guards.secret_key import secret_key

PATH = "/admin"

_ID = "id"


class DeskSessions(SecureCookieSessionInterface):
    """Signs the desk's cookie; other pages neither get it nor make one.

    In a private catalogue all pages ask for it.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie of a request to the desk; no other page has a session."""
        is_private = app.extensions["hashbag"].settings.is_private
        if not is_private and not f"{request.path}/".startswith(f"{PATH}/"):
            return None
        with suppress(
            CatalogError
        ):  # told when the request is let in: errors have pages from there
            sign_with_key(app)
        return super().open_session(app, request)

    def get_cookie_path(self, app: Flask) -> str:
        """Have browsers send it to the desk only, or to all pages where these ask for it."""
        root = str(app.config["APPLICATION_ROOT"]).rstrip("/")
        return root + ("/" if app.extensions["hashbag"].settings.is_private else PATH)

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
    is_private = app.extensions["hashbag"].settings.is_private
    app.config.update(
        # Two names: one cookie would hide another of the same name and a longer path.
        SESSION_COOKIE_NAME="hashbag" if is_private else "hashbag_desk",
        # Not "Strict": a link to the desk in a letter would come without the cookie, and the page
        # that asks to sign in would put another in its place.
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        PERMANENT_SESSION_LIFETIME=LASTS_SECONDS,
    )


def sign_in(token: str, wanted: Scope) -> bool:
    """Begin a session with a token that allows what is wanted; False for any other."""
    holder = digest_of(token)
    scope = _scope_of(holder)
    if scope is None or not scope.allows(wanted):
        return False
    g.pop("signed_in", None)
    session.clear()  # with the CSRF token of whoever was here before
    session[_ID] = hashbag().sign_ins.begin(holder)
    return True


def sign_out() -> None:
    """End the session, for every copy of its cookie."""
    if _ID in session:
        hashbag().sign_ins.end(session[_ID])
    session.clear()


def is_signed_in(wanted: Scope = Scope.WRITE) -> bool:
    """Say whether the request is of somebody whose token still allows what is wanted."""
    if "signed_in" not in g:
        g.signed_in = _signed_in()
    scope: Scope | None = g.signed_in
    return scope is not None and scope.allows(wanted)


def _signed_in() -> Scope | None:
    """Return what whoever signed in may do; None where nobody did."""
    if _ID not in session:
        return None
    try:
        holder = hashbag().sign_ins.holder_of(session[_ID])
    except NoCatalog:
        return None
    return _scope_of(holder) if holder else None


def _scope_of(holder: str) -> Scope | None:
    """Return what the token with a digest allows; None where there is none."""
    admin = hashbag().settings.admin_token
    if admin and hmac.compare_digest(holder, digest_of(admin)):
        return Scope.ADMIN
    try:
        return hashbag().tokens.scope_of_digest(holder)
    except NoCatalog:
        return None
