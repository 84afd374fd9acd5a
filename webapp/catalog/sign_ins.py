"""Who is signed in to the desk, and how often somebody failed to: the same for all processes."""

import secrets
import time

import sqlalchemy as sa

from webapp.catalog.database import PATIENCE, WRITER_SECONDS
from webapp.catalog.reader import Catalog
from webapp.catalog.schema import sign_in_tries, sign_ins
from webapp.catalog.tokens import digest_of

LASTS_SECONDS = 12 * 3600
"""After so long one has to sign in again."""

MOST_TRIES = 10
"""So many wrong tokens in `TRIES_SECONDS` lock a client out."""

TRIES_SECONDS = 15 * 60

_ID_BYTES = 32
_CLOCK_SECONDS = 60  # by which a clock may be set back without a word


class SignIns:
    """The sign-ins of one catalogue; each belongs to the token that it began with."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._writing = catalog.engine.execution_options(**{PATIENCE: WRITER_SECONDS})

    def begin(self, holder: str) -> str:
        """Begin one for the token with the digest `holder`; returns its secret id."""
        sign_in_id = secrets.token_urlsafe(_ID_BYTES)
        now = int(time.time())
        row = {"digest": digest_of(sign_in_id), "holder": holder, "expires": now + LASTS_SECONDS}
        with self._writing.begin() as connection:
            connection.execute(sign_ins.delete().where(sign_ins.c.expires <= now))
            connection.execute(sign_ins.insert().values(**row))
        return sign_in_id

    def holder_of(self, sign_in_id: str) -> str | None:
        """Return the digest of the token that a sign-in began with; None where it has ended."""
        now = int(time.time())
        query = sa.select(sign_ins.c.holder).where(
            sign_ins.c.digest == digest_of(sign_in_id),
            sign_ins.c.expires > now,
            # A clock that was set back must not make it last longer.
            sign_ins.c.expires <= now + LASTS_SECONDS + _CLOCK_SECONDS,
        )
        with self._catalog.connect() as connection:
            return connection.scalar(query)

    def end(self, sign_in_id: str) -> None:
        """End one: its id is worth nothing from now on, in whatever browser."""
        with self._writing.begin() as connection:
            ended = sign_ins.c.digest == digest_of(sign_in_id)
            connection.execute(sign_ins.delete().where(ended))

    def locked_for(self, client: str) -> int:
        """Return the seconds that a client is locked out for; 0 where it may try."""
        now = int(time.time())
        tries = sign_in_tries.c
        latest = sa.select(tries.tried).where(
            tries.client == client, tries.tried > now - TRIES_SECONDS
        )
        query = latest.order_by(tries.id.desc()).limit(MOST_TRIES)
        with self._catalog.connect() as connection:
            before = list(connection.scalars(query))
        return int(before[-1]) + TRIES_SECONDS - now if len(before) == MOST_TRIES else 0

    def try_by(self, client: str) -> int:
        """Count a try of a client, before its token is looked at.

        Returns the seconds that it is locked out for; 0 where it may try.
        """
        now = int(time.time())
        tries, of_client = sign_in_tries, sign_in_tries.c.client == client
        with self._writing.begin() as connection:
            # Counted as it is written, so that tries at the same time do not slip through.
            # Those of a time to come are of a clock that was set back since.
            old = (tries.c.tried <= now - TRIES_SECONDS) | (tries.c.tried > now + _CLOCK_SECONDS)
            connection.execute(tries.delete().where(old))
            connection.execute(tries.insert().values(client=client, tried=now))
            latest = sa.select(tries.c.tried).where(of_client).order_by(tries.c.id.desc())
            before = list(connection.scalars(latest.limit(MOST_TRIES + 1)))
            if len(before) <= MOST_TRIES:
                return 0
            # While locked out, tries are not counted: the lock ends though somebody goes on.
            newest = sa.select(sa.func.max(tries.c.id)).where(of_client).scalar_subquery()
            connection.execute(tries.delete().where(tries.c.id == newest))
            return int(before[-1]) + TRIES_SECONDS - now

    def forget_tries(self, client: str) -> None:
        """Forget the tries of a client that had a right token in the end."""
        with self._writing.begin() as connection:
            connection.execute(sign_in_tries.delete().where(sign_in_tries.c.client == client))
