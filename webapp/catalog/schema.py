"""The catalogue's tables, as this version of Hashbag reads and writes them.

The migrations make them: a change here needs one there, with the next number.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from webapp.models import ATTRIBUTES, ITEM_FIELDS, ItemField

LAYOUT = 5
"""The number of this layout of the tables; the database has its own in `facts`."""

metadata = sa.MetaData()

# 64 bits; SQLite gives new ids only to a column that is called INTEGER, and it is as wide there.
Whole = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_COLUMN_TYPES: dict[object, type[sa.types.TypeEngine[Any]]] = {
    int: sa.Integer,
    str: sa.Text,
    float | None: sa.Float,
    Mapping[str, str]: sa.JSON,
}


# A list may leave a text out.
_defaults = {one.name: "" for one in ITEM_FIELDS if one.type is str and one.name in ATTRIBUTES}
_defaults |= {"source": "", "occurrence": "0", "photo_count": "1"}


def _column(one: ItemField) -> sa.Column[Any]:
    """Make the column of an item's field."""
    if one.name == "id":
        return sa.Column("id", Whole, primary_key=True)
    return sa.Column(
        one.name,
        _COLUMN_TYPES[one.type],
        nullable=one.type == float | None,
        server_default=_defaults.get(one.name),
        # SHA-256 of the photo's file, in hex.
        index=one.name in {"digest", "source"} or None,
    )


items = sa.Table(
    "items",
    metadata,
    *map(_column, ITEM_FIELDS),
    # Paths are relative to the instance folder for photos inside it, so that it can be moved.
    sa.UniqueConstraint("path", "occurrence", name="uq_items_path"),
    # An id is never given twice: links and caches of a removed item must not show another.
    sqlite_autoincrement=True,
)

# The photos of an item but the first, which is in `items`; most items have none.
photos = sa.Table(
    "photos",
    metadata,
    sa.Column("item_id", sa.ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # from 2
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("filename", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False, index=True),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
)

# Items that were taken out by hand: an import leaves their photos out.
removed = sa.Table(
    "removed",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("occurrence", sa.Integer, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False, index=True),
)

# Items that were added, changed or removed one by one since the oldest index that is kept: searches
# follow them without a new index. Of each the revision of its last change.
changes = sa.Table(
    "changes",
    metadata,
    # No foreign key: removed items stay in it.
    sa.Column("item_id", Whole, primary_key=True, autoincrement=False),
    sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    # Whether its photos changed, or it itself came or went: else only what is said of it.
    sa.Column("recoded", sa.Boolean, nullable=False),
)

# Named tokens of programs and people that use the API; the tokens themselves are not kept.
tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),  # SHA-256, in hex
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("created", Whole, nullable=False),  # seconds since 1970
)

# Requests that added an item, by the key that their sender gave: sent again, they add no second.
requests = sa.Table(
    "requests",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),  # of what was sent: SHA-256, in hex
    sa.Column("item_id", Whole, nullable=False),
    sa.Column("created", Whole, nullable=False, index=True),  # seconds since 1970
)

# Who is signed in to the desk; the id itself only the browser has.
sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),  # of its id: SHA-256, in hex
    sa.Column("holder", sa.Text, nullable=False),  # the digest of the token that it began with
    sa.Column("expires", Whole, nullable=False, index=True),  # seconds since 1970
)

# Tries to sign in that failed, for some minutes; no address is kept, only its keyed hash.
sign_in_tries = sa.Table(
    "sign_in_tries",
    metadata,
    sa.Column("id", Whole, primary_key=True),
    sa.Column("client", sa.Text, nullable=False, index=True),
    sa.Column("tried", Whole, nullable=False, index=True),  # seconds since 1970
)

# Items that were removed at the desk, for some time, so that it can be undone.
binned = sa.Table(
    "binned",
    metadata,
    # No foreign key: the item is gone. It comes back with the same number.
    sa.Column("item_id", Whole, primary_key=True, autoincrement=False),
    sa.Column("batch", sa.Text, nullable=False, index=True),  # what was removed at once
    sa.Column("removed", Whole, nullable=False, index=True),  # seconds since 1970
    # Its row of `items`, its rows of `photos` and of `codes`, these in base 64.
    sa.Column("content", sa.JSON, nullable=False),
)

# Their photos: no file is removed that one of them needs.
binned_photos = sa.Table(
    "binned_photos",
    metadata,
    sa.Column("item_id", sa.ForeignKey("binned.item_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("path", sa.Text, nullable=False, index=True),
    sa.Column("digest", sa.Text, nullable=False, index=True),
)

# Pairs of items that look the same and are not, as the owner said.
kept_apart = sa.Table(
    "kept_apart",
    metadata,
    # No foreign keys: an item that is removed may come back.
    sa.Column("first", Whole, primary_key=True, autoincrement=False),
    sa.Column("second", Whole, primary_key=True, autoincrement=False),
)

# What visitors do, as numbers a day: no photo, no words, no address.
daily_counts = sa.Table(
    "daily_counts",
    metadata,
    sa.Column("day", sa.Integer, primary_key=True),  # days since 1970
    sa.Column("name", sa.Text, primary_key=True),
    # Of which item, for what is counted of each; else 0. No foreign key: counts stay.
    sa.Column("item_id", Whole, primary_key=True, autoincrement=False, server_default="0"),
    sa.Column("count", sa.Integer, nullable=False),
)

makers = sa.Table(
    "makers",
    metadata,
    sa.Column("id", Whole, primary_key=True),
    # The libraries that made a code, with their versions.
    sa.Column("versions", sa.Text, nullable=False, unique=True),
)

codes = sa.Table(
    "codes",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column(
        "item_id", sa.ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
    # Which of the item's photos it is of, from 1.
    sa.Column("photo", sa.Integer, primary_key=True, server_default="1"),
    sa.Column("code", sa.LargeBinary, nullable=False),
    sa.Column("maker_id", sa.ForeignKey("makers.id"), nullable=False),
)

facts = sa.Table(
    "facts",
    metadata,
    # "schema" is the layout of the tables, "revision" grows with every change of what is in them,
    # and "unlogged" is the revision of the last change that is not in the log of live changes.
    # On a server the log is that of several machines: "forgotten" is the revision up to which it
    # was emptied, "indexed by <machine>" up to which the indexes of one know all. Where machines
    # share their indexes, `webapp.catalog.shared_registry` has more: names begin with `SHARING`.
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", Whole, nullable=False),
)

SHARING = "sharing "


def set_fact(connection: sa.Connection, name: str, value: int | sa.ColumnElement[int]) -> None:
    """Write one of the facts, whether it is there already or not."""
    update = facts.update().where(facts.c.name == name).values(value=value)
    if not connection.execute(update).rowcount:
        connection.execute(facts.insert().values(name=name, value=value))
