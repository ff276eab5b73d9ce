"""feeds that are followed"""

import sqlalchemy as sa
from alembic import op

from reconcile.ledger.types import Json, Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FOUND_BY = ("key", "at", "unfinished")


def upgrade() -> None:
    op.create_table(
        "feeds",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("feed", sa.String(32), nullable=False),
        sa.Column("origin", sa.String(255), nullable=False),
        sa.Column("upto", sa.BigInteger()),
        sa.Column("followed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("store", "feed", name=op.f("pk_feeds")),
    )
    op.create_table(
        "feed_rows",
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("feed", sa.String(32), nullable=False),
        sa.Column("record_id", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("at", Moment()),
        sa.Column("unfinished", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("body", Json, nullable=False),
        sa.PrimaryKeyConstraint("store", "feed", "record_id", name=op.f("pk_feed_rows")),
    )
    for name in FOUND_BY:
        op.create_index(f"ix_feed_rows_{name}", "feed_rows", ["store", "feed", name])


def downgrade() -> None:
    op.drop_table("feed_rows")
    op.drop_table("feeds")
