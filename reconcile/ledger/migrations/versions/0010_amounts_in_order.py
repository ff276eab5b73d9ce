"""the list by amount is read along its index, also among equal amounts"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NAME = "ix_orders_store_total"


def upgrade() -> None:
    op.drop_index(NAME, "orders")
    op.create_index(NAME, "orders", ["store", "total", "order_id"])


def downgrade() -> None:
    op.drop_index(NAME, "orders")
    op.create_index(NAME, "orders", ["store", "total"])
