"""Layout 3: items know the source that named them, several may share a photo, removals are kept."""

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"

_KEPT = (
    "id, path, filename, title, brand, price, currency, colour, category, url, width, height, "
    "media_type, digest, extra"
)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _occurrence() -> sa.Column[int]:
    return sa.Column("occurrence", sa.Integer, nullable=False, server_default="0")


def upgrade() -> None:
    """Add the columns, the rule that a path and an occurrence are one item's, and the table."""
    if op.get_bind().dialect.name == "sqlite":
        _make_items_anew()
    else:
        op.add_column("items", _occurrence())
        op.add_column("items", _text("source"))
        op.drop_constraint("items_path_key", "items", type_="unique")
        op.create_unique_constraint("uq_items_path", "items", ["path", "occurrence"])
    op.create_index("ix_items_source", "items", ["source"])
    op.create_table(
        "removed",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("occurrence", sa.Integer, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_index("ix_removed_digest", "removed", ["digest"])


def _make_items_anew() -> None:
    """Copy the items to a table of the new layout: SQLite cannot drop a rule of a table."""
    op.create_table(
        "new_items",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        _text("filename"),
        _text("title"),
        _text("brand"),
        sa.Column("price", sa.Float),
        _text("currency"),
        _text("colour"),
        _text("category"),
        _text("url"),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        _text("media_type"),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("extra", sa.JSON, nullable=False),
        _occurrence(),
        _text("source"),
        sa.UniqueConstraint("path", "occurrence", name="uq_items_path"),
        sqlite_autoincrement=True,
    )
    op.execute(f"INSERT INTO new_items ({_KEPT}) SELECT {_KEPT} FROM items")  # noqa: S608 - our own names  # nosec B608
    # Ids of removed items are never given again.
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'new_items'")
    op.execute("UPDATE sqlite_sequence SET name = 'new_items' WHERE name = 'items'")
    op.drop_table("items")
    op.rename_table("new_items", "items")
    op.create_index("ix_items_digest", "items", ["digest"])
