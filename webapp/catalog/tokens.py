"""Named tokens for the API: made once, kept as hashes, revoked at once in every process."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from webapp.catalog.database import PATIENCE, WRITER_SECONDS
from webapp.catalog.reader import Catalog
from webapp.catalog.schema import tokens
from webapp.exceptions import BadParameter

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_SECRET_BYTES = 32
_BEGINNING = "hb_"
"""So that scanners of source code know a token when they see one."""


class Scope(StrEnum):
    """What a token allows; each allows what those before it do."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def allows(self, wanted: "Scope") -> bool:
        """Say whether it allows what another scope is for."""
        order = list(Scope)
        return order.index(self) >= order.index(wanted)


@dataclass(frozen=True, slots=True)
class Token:
    """A token by its name; what it is itself, only its holder knows. `created`: Unix seconds."""

    name: str
    scope: Scope
    created: int


class Tokens:
    """The tokens of one catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._writing = catalog.engine.execution_options(**{PATIENCE: WRITER_SECONDS})

    def create(self, name: str, scope: Scope) -> str:
        """Make a token and return it: it is not kept, so it cannot be shown again.

        Raises:
            BadParameter: the name cannot be used, or there is one of this name.
        """
        if not _NAME.fullmatch(name):
            raise BadParameter("name", "must be 1 to 40 letters, digits, '_', '.' or '-'")
        secret = _BEGINNING + secrets.token_urlsafe(_SECRET_BYTES)
        row = {
            "name": name,
            "digest": digest_of(secret),
            "scope": scope,
            "created": int(time.time()),
        }
        try:
            with self._writing.begin() as connection:
                connection.execute(tokens.insert().values(**row))
        except sa.exc.IntegrityError as error:
            raise BadParameter(
                "name", f"there is a token '{name}' already: revoke it first, or choose another"
            ) from error
        return secret

    def revoke(self, name: str) -> None:
        """Make a token worthless.

        Raises:
            BadParameter: there is none of this name.
        """
        with self._writing.begin() as connection:
            gone = connection.execute(tokens.delete().where(tokens.c.name == name)).rowcount
        if not gone:
            raise BadParameter("name", f"there is no token '{name}'")

    def all(self) -> Sequence[Token]:
        """List the tokens by name."""
        query = sa.select(tokens.c.name, tokens.c.scope, tokens.c.created).order_by(tokens.c.name)
        with self._catalog.connect() as connection:
            return [
                Token(name, Scope(scope), made) for name, scope, made in connection.execute(query)
            ]

    def scope_of(self, secret: str) -> Scope | None:
        """Return what a token allows; None where it is none of ours, or was revoked.

        How long it takes does not tell how nearly a guess was right.
        """
        return self.scope_of_digest(digest_of(secret))

    def scope_of_digest(self, digest: str) -> Scope | None:
        """Return what the token with a digest allows; None where there is none any more."""
        found = None
        query = sa.select(tokens.c.digest, tokens.c.scope)
        with self._catalog.connect() as connection:
            for known, scope in connection.execute(query):
                if hmac.compare_digest(known, digest):
                    found = Scope(scope)
        return found


def digest_of(secret: str) -> str:
    """Return what is kept of a token."""
    # A token is long and random, so a slow hash, as for passwords, would protect nothing more.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
