"""shops that the ledger holds"""

import sqlalchemy as sa
from alembic import op

from reconcile.ledger.types import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connected",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("by", sa.String(128), nullable=False),
        sa.Column("connected_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("store", name="pk_connected"),
    )


def downgrade() -> None:
    op.drop_table("connected")
