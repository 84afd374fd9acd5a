"""Who may do what over HTTP: a bearer token in the header `Authorization`."""

import hmac

from flask import request

from webapp.catalog.tokens import Scope
from webapp.catalog.writer import CatalogWriter
from webapp.context import hashbag
from webapp.exceptions import NoCatalog, NotAllowed, NotSignedIn, TooManyRequests
from webapp.web.guards.clients import client_digest
from webapp.web.guards.secret_key import is_kept

_SCHEME = "bearer"


def check(wanted: Scope) -> None:
    """Refuse a request without a token that allows this.

    Raises:
        NotSignedIn: it has no token, or one that is not known.
        NotAllowed: its token does not allow this, or nobody has one.
        TooManyRequests: the client had too many wrong tokens, here or at the desk's sign-in.
    """
    secret = bearer()
    if secret:
        _refuse_guesses(_locked_for())
    scope = scope_of(secret)
    if scope is None:
        if not has_tokens():
            raise NotAllowed(
                "changes over HTTP are off: whoever runs this catalogue can set "
                "HASHBAG_ADMIN_TOKEN, or make a token with `hashbag token create`"
            )
        if secret:
            _refuse_guesses(count_try())
        raise NotSignedIn("send a token that is valid here: `Authorization: Bearer ...`")
    if not scope.allows(wanted):
        raise NotAllowed(f"this token may only {scope}: ask for one that may {wanted}")


def scope_of(secret: str) -> Scope | None:
    """Return what a token allows; None for one that is not known."""
    admin = hashbag().settings.admin_token
    if admin and hmac.compare_digest(secret.encode(), admin.encode()):
        return Scope.ADMIN
    if not secret:
        return None
    try:
        return hashbag().tokens.scope_of(secret)
    except NoCatalog:
        return None


def bearer() -> str:
    """Return the token that a request has in its header; empty where it has none."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == _SCHEME else ""


def count_try() -> int:
    """Count a try of this client with a token, for all processes, before one says it was wrong.

    Returns the seconds that it is locked out for; 0 where it may try.
    """
    CatalogWriter(hashbag().catalog).make_catalog()
    return hashbag().sign_ins.try_by(client_digest())


def _locked_for() -> int:
    if not is_kept(hashbag().settings):
        return 0  # without a key nobody was counted; on a full disk none could be drawn
    try:
        return hashbag().sign_ins.locked_for(client_digest())
    except NoCatalog:  # nobody tried yet
        return 0


def _refuse_guesses(seconds: int) -> None:
    if seconds:
        raise TooManyRequests(
            f"these were too many wrong tokens: try again in {-(-seconds // 60)} minutes", seconds
        )


def has_tokens() -> bool:
    """Say whether anybody can have a token."""
    if hashbag().settings.admin_token:
        return True
    try:
        return bool(hashbag().tokens.all())
    except NoCatalog:
        return False
