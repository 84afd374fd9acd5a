"""Layout 1: the first tables. There may be some: the first version made them one at a time."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "items",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("path", sa.Text, nullable=False, unique=True),
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
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    for name in ("brand", "category", "colour", "digest", "price"):
        op.create_index(f"ix_items_{name}", "items", [name], if_not_exists=True)
    op.create_table(
        "makers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("versions", sa.Text, nullable=False, unique=True),
        if_not_exists=True,
    )
    op.create_table(
        "codes",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column(
            "item_id", sa.Integer, sa.ForeignKey("items.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("code", sa.LargeBinary, nullable=False),
        sa.Column("maker_id", sa.Integer, sa.ForeignKey("makers.id"), nullable=False),
        if_not_exists=True,
    )
    op.create_index("ix_codes_item_id", "codes", ["item_id"], if_not_exists=True)
    facts = op.create_table(
        "facts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
        if_not_exists=True,
    )
    op.bulk_insert(facts, [{"name": "schema", "value": 1}, {"name": "revision", "value": 0}])
