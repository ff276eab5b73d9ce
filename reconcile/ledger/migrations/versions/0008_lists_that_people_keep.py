"""lists that people keep, and the indexes that their pages read"""

import sqlalchemy as sa
from alembic import op

from reconcile.ledger.types import Id, Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_orders_store_total": ("orders", ["store", "total"]),
    "ix_orders_arrivals": ("orders", ["store", "arrived_at", "eligible_at"]),
    "ix_deliveries_store_order_id": ("deliveries", ["store", "order_id"]),
}


def upgrade() -> None:
    op.create_table(
        "views",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_views"),
        sa.UniqueConstraint("who", "name", name="uq_views_who_name"),
    )
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
    op.drop_table("views")
