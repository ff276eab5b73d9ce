"""when the POS came back"""

import sqlalchemy as sa
from alembic import op

from reconcile.ledger.types import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OUTAGE = ("pos_failing_since", "pos_down_from", "pos_back_at")


def upgrade() -> None:
    for column in OUTAGE:
        op.add_column("shops", sa.Column(column, Moment(), nullable=True))
    op.add_column("orders", sa.Column("disturbed", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("orders", "disturbed")
    for column in OUTAGE:
        op.drop_column("shops", column)
