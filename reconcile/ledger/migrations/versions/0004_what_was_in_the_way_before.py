"""what was in the way before"""

import sqlalchemy as sa
from alembic import op

from reconcile.ledger.types import Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shops", sa.Column("set_up_past", Json, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("shops", "set_up_past")
