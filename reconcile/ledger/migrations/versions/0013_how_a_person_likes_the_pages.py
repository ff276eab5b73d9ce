"""how a person likes the pages"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("theme", sa.String(8)),
        sa.PrimaryKeyConstraint("who", name="pk_preferences"),
    )


def downgrade() -> None:
    op.drop_table("preferences")
