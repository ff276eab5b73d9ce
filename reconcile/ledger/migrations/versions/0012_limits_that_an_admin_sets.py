"""limits that an admin sets, and what people did is found among all that happened"""

import sqlalchemy as sa
from alembic import op

from reconcile.ledger.types import Json

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NAME = "ix_events_people"
PEOPLE = sa.text("who NOT IN ('policy', 'shopify')")


def upgrade() -> None:
    op.create_index(NAME, "events", ["store", "id"], sqlite_where=PEOPLE, postgresql_where=PEOPLE)
    op.add_column("shops", sa.Column("limits", Json, server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("shops", "limits")
    op.drop_index(NAME, "events")
