"""what was told, where and when"""

import sqlalchemy as sa
from alembic import op

from reconcile.ledger.types import Json, Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = {
    "shops": (
        ("time_zone", sa.String(64), None),
        ("digest_at", Moment(), None),
        ("heart_beat_at", Moment(), None),
        ("heart_error", sa.Text(), None),
    ),
    "incidents": (("alerted_orders", sa.Integer(), "0"), ("alerted_growth", sa.Integer(), "1")),
    "alerts": (("quieted", sa.Boolean(), sa.false()), ("taken_by", Json, "[]")),
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=default is None, server_default=default))


def downgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, _, _ in columns:
            op.drop_column(table, name)
