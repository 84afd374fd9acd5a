"""The log of live changes: the items that were added, changed or removed one by one.

An import is followed by a new index and needs no log. What is changed live is searched before
there is one: whoever searches reads here what the index does not know yet.

Machines that share a catalogue on a server have an index each, or a copy of one that some host
built. The log keeps what any of them does not know yet, but waits for none that was not heard of
for a month.
"""

import socket
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from webapp.catalog.reader import FORGOTTEN, Catalog
from webapp.catalog.schema import changes, codes, facts, makers, set_fact
from webapp.hashing.kinds import KINDS
from webapp.models import Fingerprint, Item

_CHUNK_ITEMS = 500  # SQLite limits the values in one statement
_WAITS_SECONDS = 30 * 24 * 3600
_INDEXED = "indexed by "

_SOME: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)
_SINCE = (
    sa.select(changes.c.item_id, changes.c.recoded)
    .where(changes.c.revision > sa.bindparam("revision"))
    .order_by(changes.c.item_id)
)
_CODES = (
    sa.select(codes.c.item_id, codes.c.photo, codes.c.kind, codes.c.code, makers.c.versions)
    .join(makers)
    .where(codes.c.item_id.in_(_SOME))
)
_REVISION = sa.select(facts.c.value).where(facts.c.name == "revision").scalar_subquery()


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed live up to a revision.

    `ids`: of all that were added, changed or removed, ascending; `recoded`: of those that came,
    went or got other photos. `unlogged`: what `Catalog.unlogged_revision` was then; `is_whole`: the
    log has all live changes since the revision that was asked for. `items`: those that are still
    there. `codes`: of the photos of those that are recoded, by item and number of
    photo, which can be compared with codes made here.
    """

    revision: int
    ids: Sequence[int]
    recoded: frozenset[int]
    unlogged: int
    is_whole: bool
    items: Sequence[Item]
    codes: Mapping[tuple[int, int], Fingerprint]


def changes_since(catalog: Catalog, revision: int) -> Changes:
    """Read what was changed live after a revision, all of it as it is at one moment."""
    with catalog.at_one_moment() as frozen, frozen.connect() as connection:
        rows = connection.execute(_SINCE, {"revision": revision}).all()
        found: dict[int, bool] = dict(rows)
        ids, recoded = list(found), [item_id for item_id in found if found[item_id]]
        items, codes = frozen.items(ids), _codes(connection, recoded)
        unlogged, is_whole = frozen.unlogged_revision, frozen.forgotten_revision <= revision
        return Changes(frozen.revision, ids, frozenset(recoded), unlogged, is_whole, items, codes)


def oldest_since(catalog: Catalog, revision: int) -> float | None:
    """Return when the oldest of the live changes after a revision was made, in Unix seconds.

    Of an item that was changed more than once the last change counts. None where there is none.
    """
    query = sa.select(sa.func.min(changes.c.revision)).where(changes.c.revision > revision)
    with catalog.connect() as connection:
        oldest = connection.scalar(query)
    return None if oldest is None else oldest / 1000  # revisions are milliseconds


def _codes(connection: sa.Connection, ids: Sequence[int]) -> Mapping[tuple[int, int], Fingerprint]:
    found: dict[tuple[int, int], dict[str, bytes]] = {}
    comparable: dict[tuple[str, str], bool] = {}
    for start in range(0, len(ids), _CHUNK_ITEMS):
        rows = connection.execute(_CODES, {"ids": ids[start : start + _CHUNK_ITEMS]}).all()
        for item_id, photo, kind, code, versions in rows:
            made = (kind, versions)
            if made not in comparable:
                comparable[made] = kind in KINDS and KINDS[kind].can_compare(versions)
            if comparable[made]:
                found.setdefault((item_id, photo), {})[kind] = code
    return dict(found)


def note(
    connection: sa.Connection, ids: Sequence[int], recoded: Collection[int], *, live: bool
) -> None:
    """Note that items were changed, in the transaction that changed them and their revision.

    `recoded`: those that came, went or got other codes. What is not changed `live` is noted only
    where it is in the log already: searches take those items from the log, and must not keep them
    as they were.
    """
    for start in range(0, len(ids), _CHUNK_ITEMS):
        some = ids[start : start + _CHUNK_ITEMS]
        those = changes.c.item_id.in_(some)
        query = sa.select(changes.c.item_id, changes.c.recoded).where(those)
        known = dict(connection.execute(query).all())
        noted = some if live else list(known)
        if noted:
            connection.execute(changes.delete().where(those))
            now = connection.scalar(sa.select(_REVISION))
            rows = [
                {
                    "item_id": item_id,
                    "revision": now,
                    "recoded": known.get(item_id, False) or item_id in recoded,
                }
                for item_id in noted
            ]
            connection.execute(changes.insert(), rows)


def forget(catalog: Catalog, revision: int) -> None:
    """Drop what was changed up to a revision that every index knows which is kept here.

    What the index of another machine does not know yet stays.
    """
    with catalog.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            revision = _known_to_all(connection, catalog, revision)
            set_fact(connection, FORGOTTEN, revision)
        connection.execute(changes.delete().where(changes.c.revision <= revision))


def _known_to_all(connection: sa.Connection, catalog: Catalog, revision: int) -> int:
    """Note what the indexes of this machine know; return what those of all machines do."""
    set_fact(connection, f"{_INDEXED}{socket.gethostname()}:{catalog.instance}", revision)
    of_machines = facts.c.name.startswith(_INDEXED, autoescape=True)
    # A revision is about as large as the time at which it was made, in milliseconds.
    oldest = int(1000 * (time.time() - _WAITS_SECONDS))
    connection.execute(facts.delete().where(of_machines, facts.c.value < min(oldest, revision)))
    known = sa.select(sa.func.min(facts.c.value)).where(of_machines)
    return int(connection.execute(known).scalar_one())


def forget_shared(connection: sa.Connection, revision: int) -> None:
    """Drop what was changed up to a revision that every index knows which all machines share."""
    set_fact(connection, FORGOTTEN, revision)
    connection.execute(changes.delete().where(changes.c.revision <= revision))
