"""Layout 5: a log of live changes, which searches follow without a new index."""

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"


def upgrade() -> None:
    """Add the log: of each item that was changed by itself, the revision of its last change."""
    op.create_table(
        "changes",
        sa.Column(
            "item_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_changes_revision", "changes", ["revision"])
