"""Layout 4: an item may have several photos, each with codes of its own."""

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def _photo() -> sa.Column[int]:
    return sa.Column("photo", sa.Integer, nullable=False, server_default="1")


def upgrade() -> None:
    """Add the table of further photos, their number, and of each code the photo that it is of."""
    op.add_column("items", sa.Column("photo_count", sa.Integer, nullable=False, server_default="1"))
    op.create_table(
        "photos",
        sa.Column(
            "item_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            sa.ForeignKey("items.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
    )
    op.create_index("ix_photos_digest", "photos", ["digest"])
    if op.get_bind().dialect.name == "sqlite":
        _make_codes_anew()
    else:
        op.add_column("codes", _photo())
        op.drop_constraint("codes_pkey", "codes", type_="primary")
        op.create_primary_key("codes_pkey", "codes", ["kind", "item_id", "photo"])


def _make_codes_anew() -> None:
    """Copy the codes to a table of the new layout: SQLite cannot change a table's key."""
    op.create_table(
        "new_codes",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column(
            "item_id", sa.Integer, sa.ForeignKey("items.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("photo", sa.Integer, primary_key=True, server_default="1"),
        sa.Column("code", sa.LargeBinary, nullable=False),
        sa.Column("maker_id", sa.Integer, sa.ForeignKey("makers.id"), nullable=False),
    )
    op.execute(
        "INSERT INTO new_codes (kind, item_id, code, maker_id) "
        "SELECT kind, item_id, code, maker_id FROM codes"
    )
    op.drop_table("codes")
    op.rename_table("new_codes", "codes")
    op.create_index("ix_codes_item_id", "codes", ["item_id"])
