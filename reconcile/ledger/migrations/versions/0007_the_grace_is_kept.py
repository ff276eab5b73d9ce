"""the grace is kept"""

import sqlalchemy as sa
from alembic import op

from reconcile.ledger.types import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shops", sa.Column("grace_s", sa.Float(), nullable=True))
    op.add_column("shops", sa.Column("arrivals", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("shops", sa.Column("grace_at", Moment(), nullable=True))


def downgrade() -> None:
    for column in ("grace_at", "arrivals", "grace_s"):
        op.drop_column("shops", column)
