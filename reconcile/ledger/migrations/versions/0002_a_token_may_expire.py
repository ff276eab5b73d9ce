"""a token may expire"""

import sqlalchemy as sa
from alembic import op

from reconcile.ledger.types import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tokens", sa.Column("expires_at", Moment(), nullable=True))


def downgrade() -> None:
    op.drop_column("tokens", "expires_at")
