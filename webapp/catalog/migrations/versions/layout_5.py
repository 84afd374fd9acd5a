"""Layout 5: changes without a new index: their log, tokens of who may make them, known requests."""

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
