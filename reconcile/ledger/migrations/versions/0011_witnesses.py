"""sales that are known at each location of the POS"""

import sqlalchemy as sa
from alembic import op

from reconcile.ledger.types import Json

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shops", sa.Column("witnesses", Json, server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("shops", "witnesses")
