"""Layout 5: changes without a new index: their log, who may make them, what the desk keeps."""

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"


def _whole() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables; in the log is of each item that was changed the revision of that change."""
    op.create_table(
        "changes",
        sa.Column("item_id", _whole(), primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("recoded", sa.Boolean, nullable=False),
    )
    op.create_index("ix_changes_revision", "changes", ["revision"])
    op.execute(
        "INSERT INTO facts (name, value) SELECT 'unlogged', value FROM facts "
        "WHERE name = 'revision' AND NOT EXISTS (SELECT 1 FROM facts WHERE name = 'unlogged')"
    )
    op.create_table(
        "tokens",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("created", _whole(), nullable=False),
    )
    op.create_table(
        "requests",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("item_id", _whole(), nullable=False),
        sa.Column("created", _whole(), nullable=False),
    )
    op.create_index("ix_requests_created", "requests", ["created"])
    _add_sign_ins()
    _add_bin()
    _add_what_the_owner_says_and_sees()


def _add_sign_ins() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("expires", _whole(), nullable=False),
    )
    op.create_index("ix_sign_ins_expires", "sign_ins", ["expires"])
    op.create_table(
        "sign_in_tries",
        sa.Column("id", _whole(), primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("tried", _whole(), nullable=False),
    )
    op.create_index("ix_sign_in_tries_client", "sign_in_tries", ["client"])
    op.create_index("ix_sign_in_tries_tried", "sign_in_tries", ["tried"])


def _add_bin() -> None:
    op.create_table(
        "binned",
        sa.Column("item_id", _whole(), primary_key=True, autoincrement=False),
        sa.Column("batch", sa.Text, nullable=False),
        sa.Column("removed", _whole(), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
    )
    op.create_index("ix_binned_batch", "binned", ["batch"])
    op.create_index("ix_binned_removed", "binned", ["removed"])
    op.create_table(
        "binned_photos",
        sa.Column(
            "item_id",
            _whole(),
            sa.ForeignKey("binned.item_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_index("ix_binned_photos_path", "binned_photos", ["path"])
    op.create_index("ix_binned_photos_digest", "binned_photos", ["digest"])


def _add_what_the_owner_says_and_sees() -> None:
    op.create_table(
        "kept_apart",
        sa.Column("first", _whole(), primary_key=True, autoincrement=False),
        sa.Column("second", _whole(), primary_key=True, autoincrement=False),
    )
    op.create_table(
        "daily_counts",
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("item_id", _whole(), primary_key=True, autoincrement=False, server_default="0"),
        sa.Column("count", sa.Integer, nullable=False),
    )
