"""What machines that share a storage tell each other by the catalogue: what is built, who follows.

What one machine builds for all, an index or a map, is a *bundle* of files in the storage, and rows
of `facts` name it. First it is announced, for all to fetch; then it is made the newest, for all to
serve from their next answer on. Both is up to the machine that builds, one at a time.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from webapp.catalog.change_log import forget_shared
from webapp.catalog.reader import Catalog
from webapp.catalog.schema import SHARING, facts, set_fact
from webapp.exceptions import CatalogBusy, NoCatalog

SECONDS_BETWEEN_SIGNS = 2.0
"""How often a machine says that it is there."""

_THERE_SECONDS = 10
"""Who said so within this time is waited for."""

_FORGOTTEN_SECONDS = 24 * 3600
_TOKEN_BITS = 62
_SEEN = f"{SHARING}host seen: "

_NOW = sa.cast(sa.func.extract("epoch", sa.func.now()), sa.BigInteger)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What one machine built for all.

    `digest`: SHA-256, in hex, of the file that has the checksums of the others. `value`: what it is
    of: of an index the catalogue's revision.
    """

    number: int
    digest: str
    value: int


@dataclass(frozen=True, slots=True)
class Registered:
    """What there is of one sort, at one moment; `revision` is the catalogue's then.

    `bundles`: ascending by number; those after the newest are announced. `newest`: the number of
    the one to serve, 0 where there is none.
    """

    revision: int
    bundles: Sequence[Bundle]
    newest: int

    @property
    def served(self) -> Sequence[Bundle]:
        """The bundles that may be served, the newest first."""
        return [one for one in reversed(self.bundles) if one.number <= self.newest]


@dataclass(frozen=True, slots=True)
class BuildersTurn:
    """The right to build, until another machine takes it; and the number of what is built."""

    token: int
    number: int


class SharedRegistry:
    """The bundles of one sort, such as "generation", and who has them."""

    def __init__(self, catalog: Catalog, sort: str) -> None:
        self._catalog = catalog
        self._newest, self._builder = f"{SHARING}{sort}", f"{SHARING}builder of {sort}"
        self._bundle = re.compile(rf"{self._newest} (\d+) ([0-9a-f]{{64}})")
        self._of_hosts = f"{SHARING}host has {sort}: "
        self._query = sa.select(facts.c.name, facts.c.value).where(
            (facts.c.name == "revision") | facts.c.name.startswith(self._newest)
        )

    def read(self) -> Registered:
        """Read what there is, by one question to the database."""
        try:
            with self._catalog.connect() as connection:
                return self._registered(connection)
        except NoCatalog:
            return Registered(0, (), 0)

    def _registered(self, connection: sa.Connection) -> Registered:
        rows: dict[str, int] = dict(connection.execute(self._query).all())
        found = [(self._bundle.fullmatch(name), value) for name, value in rows.items()]
        bundles = [Bundle(int(match[1]), match[2], value) for match, value in found if match]
        bundles.sort(key=lambda one: one.number)
        return Registered(rows["revision"], bundles, rows.get(self._newest, 0))

    def take_turn(self, least: int) -> BuildersTurn:
        """Begin to build, a bundle of a number not below `least` that no other had.

        The caller holds the lock under which is built. What was announced by one that was killed
        is forgotten. Should another machine begin while this one goes on without knowing that it
        lost the lock, nothing that this one built is named any more.
        """
        token = secrets.randbits(_TOKEN_BITS)
        with self._catalog.engine.begin() as connection:
            found = self._registered(connection)
            left = [one for one in found.bundles if one.number > found.newest]
            self._delete(connection, left)
            set_fact(connection, self._builder, token)
        numbers = [one.number for one in found.bundles]
        return BuildersTurn(token, max(least, found.newest + 1, *(one + 1 for one in numbers)))

    def announce(self, turn: BuildersTurn, digest: str, value: int) -> Bundle:
        """Name a bundle whose files are in the storage, for other machines to fetch.

        Raises:
            CatalogBusy: another machine builds by now.
        """
        with self._catalog.engine.begin() as connection:
            self._check(connection, turn)
            set_fact(connection, f"{self._newest} {turn.number} {digest}", value)
        return Bundle(turn.number, digest, value)

    def serve(self, turn: BuildersTurn, *, kept: int, forgets: bool) -> None:
        """Have all serve what was announced; keep the names of so many, and no others.

        With `forgets` the log of live changes loses what all of these know.

        Raises:
            CatalogBusy: another machine builds by now.
        """
        with self._catalog.engine.begin() as connection:
            self._check(connection, turn)
            set_fact(connection, self._newest, turn.number)
            bundles = self._registered(connection).bundles
            self._delete(connection, bundles[:-kept])
            if forgets:
                forget_shared(connection, min(one.value for one in bundles[-kept:]))
            self._forget_hosts(connection)

    def clear(self, turn: BuildersTurn) -> None:
        """Name nothing any more.

        Raises:
            CatalogBusy: another machine builds by now.
        """
        with self._catalog.engine.begin() as connection:
            self._check(connection, turn)
            self._delete(connection, self._registered(connection).bundles)
            connection.execute(facts.delete().where(facts.c.name == self._newest))

    def note(self, host: str, number: int) -> None:
        """Note that a machine is there, and that it has what it can have up to a number."""
        with self._catalog.engine.begin() as connection:
            set_fact(connection, self._of_hosts + host, number)
            set_fact(connection, _SEEN + host, _NOW)

    def awaited(self, number: int) -> Sequence[str]:
        """Name the machines that are there and have not fetched up to a number yet."""
        return [
            host
            for host, (known, ago) in self.hosts().items()
            if ago < _THERE_SECONDS and known < number
        ]

    def hosts(self) -> Mapping[str, tuple[int, int]]:
        """Return of each machine up to which number it has all, and seconds since it said so."""
        with self._catalog.connect() as connection:
            return self._hosts(connection)

    def _hosts(self, connection: sa.Connection) -> Mapping[str, tuple[int, int]]:
        of_hosts = facts.c.name.startswith(self._of_hosts) | facts.c.name.startswith(_SEEN)
        query = sa.select(facts.c.name, facts.c.value, _NOW).where(of_hosts)
        rows = connection.execute(query).all()
        known = {name: value for name, value, _ in rows}
        return {
            name.removeprefix(_SEEN): (
                known.get(self._of_hosts + name.removeprefix(_SEEN), 0),
                now - seen,
            )
            for name, seen, now in rows
            if name.startswith(_SEEN)
        }

    def _forget_hosts(self, connection: sa.Connection) -> None:
        gone = [
            host for host, (_, ago) in self._hosts(connection).items() if ago > _FORGOTTEN_SECONDS
        ]
        names = [prefix + host for host in gone for prefix in (self._of_hosts, _SEEN)]
        connection.execute(facts.delete().where(facts.c.name.in_(names)))

    def _check(self, connection: sa.Connection, turn: BuildersTurn) -> None:
        """Lock the right to build until the transaction ends."""
        own = (facts.c.name == self._builder) & (facts.c.value == turn.token)
        if not connection.execute(facts.update().where(own).values(value=turn.token)).rowcount:
            raise CatalogBusy("another machine began to build meanwhile: what it builds counts")

    def _delete(self, connection: sa.Connection, bundles: Sequence[Bundle]) -> None:
        names = [f"{self._newest} {one.number} {one.digest}" for one in bundles]
        connection.execute(facts.delete().where(facts.c.name.in_(names)))
