"""Who may do what over HTTP: a bearer token in the header `Authorization`."""

import hmac

from flask import request

from webapp.catalog.tokens import Scope
from webapp.context import hashbag
from webapp.exceptions import NoCatalog, NotAllowed, NotSignedIn

_SCHEME = "bearer"


def check(wanted: Scope) -> None:
    """Refuse a request without a token that allows this.

    Raises:
        NotSignedIn: it has no token, or one that is not known.
        NotAllowed: its token does not allow this, or nobody has one.
    """
    scope = scope_of(token())
    if scope is None:
        if not has_tokens():
            raise NotAllowed(
                "changes over HTTP are off: whoever runs this catalogue can set "
                "HASHBAG_ADMIN_TOKEN, or make a token with `hashbag token create`"
            )
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


def token() -> str:
    """Return the bearer token that came with the request; empty where none did."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == _SCHEME else ""


def has_tokens() -> bool:
    """Say whether anybody can have a token."""
    if hashbag().settings.admin_token:
        return True
    try:
        return bool(hashbag().tokens.all())
    except NoCatalog:
        return False
