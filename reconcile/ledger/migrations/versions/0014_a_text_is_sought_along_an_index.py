"""a text is sought along an index, which also does what the one on the dates did"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NAME, BEFORE = "ix_orders_sought", "ix_orders_store_created_at"
# A database's `lower` may know A to Z only: an order whose other letters it misses is found by them once it changes.
SQLITE = """UPDATE orders SET sought = substr(lower(name || coalesce((
    SELECT char(10) || group_concat(json_extract(line.value, '$.sku'), char(10)) FROM json_each(orders.body, '$.lines') AS line
    WHERE json_extract(line.value, '$.sku') <> ''), '')), 1, 600)"""
POSTGRESQL = """UPDATE orders SET sought = left(lower(name || coalesce((
    SELECT chr(10) || string_agg(line->>'sku', chr(10)) FROM jsonb_array_elements(orders.body->'lines') AS line
    WHERE line->>'sku' <> ''), '')), 600)"""


def upgrade() -> None:
    op.add_column("orders", sa.Column("sought", sa.Text(), server_default="", nullable=False))
    op.execute(SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL)
    op.create_index(NAME, "orders", ["store", "created_at", "sought", "order_id"])
    op.drop_index(BEFORE, "orders")


def downgrade() -> None:
    op.create_index(BEFORE, "orders", ["store", "created_at"])
    op.drop_index(NAME, "orders")
    op.drop_column("orders", "sought")
