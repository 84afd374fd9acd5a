"""Layout 2: ids and counts of 64 bits, and no index that nothing asks.

Filters and sorts are answered by the columns that travel with a generation, so the indexes of
brands, categories, colours and prices only made imports slower and the file larger.
"""

from alembic import op

revision = "2"
down_revision = "1"

_UNUSED = ("brand", "category", "colour", "price")
_WIDENED = {
    "items": ("id",),
    "makers": ("id",),
    "codes": ("item_id", "maker_id"),
    "facts": ("value",),
}


def upgrade() -> None:
    """Drop the indexes; widen the columns where they are not wide already."""
    for name in _UNUSED:
        op.drop_index(f"ix_items_{name}", "items")
    if op.get_bind().dialect.name == "sqlite":
        return  # its whole numbers have 64 bits
    for table, columns in _WIDENED.items():
        # All columns of a table at once: each statement writes the whole table anew.
        widened = ", ".join(f"ALTER COLUMN {column} TYPE bigint" for column in columns)
        op.execute(f"ALTER TABLE {table} {widened}")
    if op.get_bind().dialect.name == "postgresql":
        for table in ("items", "makers"):
            op.execute(f"ALTER SEQUENCE {table}_id_seq AS bigint")
