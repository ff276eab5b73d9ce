"""the ledger as it began"""

import sqlalchemy as sa
from alembic import op

from reconcile.ledger.types import Amount, Id, Json, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "actions",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("cause", sa.String(length=48), nullable=False),
        sa.Column("subject", sa.String(length=255), server_default="", nullable=False),
        sa.Column("canary", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("by", sa.String(length=128), server_default="policy", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("intended_at", Moment(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("judged_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
        sa.UniqueConstraint("store", "order_id", "tag", name=op.f("uq_actions_store_order_id_tag")),
    )
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.create_index("ix_actions_store_intended_at", ["store", "intended_at"], unique=False)

    op.create_table(
        "alerts",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index("ix_alerts_next_at", ["next_at"], unique=False)

    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("filter", Json, nullable=False),
        sa.Column("cancelled_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_table(
        "checks",
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), server_default="", nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_fr", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("evidence_fr", sa.Text(), nullable=False),
        sa.Column("fix", sa.Text(), server_default="", nullable=False),
        sa.Column("fix_fr", sa.Text(), server_default="", nullable=False),
        sa.Column("checked_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("store", "slug", "subject", name=op.f("pk_checks")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("webhook_id", sa.String(length=128), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=True),
        sa.Column("api_version", sa.String(length=16), nullable=True),
        sa.Column("triggered_at", Moment(), nullable=True),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("state", sa.String(length=8), server_default="received", nullable=False),
        sa.Column("folded_at", Moment(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("store", "webhook_id", name=op.f("uq_deliveries_store_webhook_id")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_state_id", ["state", "id"], unique=False)
        batch_op.create_index("ix_deliveries_store_id", ["store", "id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("incident_id", sa.BigInteger(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(length=128), server_default="policy", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_store_id", ["store", "id"], unique=False)
        batch_op.create_index("ix_events_store_order_id", ["store", "order_id", "id"], unique=False)

    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "incidents",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=48), nullable=False),
        sa.Column("subject", sa.String(length=255), server_default="", nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("resolved_at", Moment(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=128), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("fixed_by", sa.String(length=128), nullable=True),
        sa.Column("fixed_at", Moment(), nullable=True),
        sa.Column("released", sa.Integer(), server_default="0", nullable=False),
        sa.Column("progress", sa.Text(), server_default="", nullable=False),
        sa.Column("alerted_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.create_index("ix_incidents_store_state", ["store", "state"], unique=False)

    op.create_table(
        "kept",
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("store", "key", name=op.f("pk_kept")),
    )
    op.create_table(
        "orders",
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("eligible_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("first_seen_at", Moment(), nullable=False),
        sa.Column("found_by", sa.String(length=8), nullable=False),
        sa.Column("total", Amount(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("detailed_at", Moment(), nullable=True),
        sa.Column("reread", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "traits",
            Json,
            server_default="[]",
            nullable=False,
        ),
        sa.Column("standing", sa.String(length=8), server_default="waiting", nullable=False),
        sa.Column("unread_since", Moment(), nullable=True),
        sa.Column(
            "sales",
            Json,
            server_default="[]",
            nullable=False,
        ),
        sa.Column(
            "discrepancies",
            Json,
            server_default="[]",
            nullable=False,
        ),
        sa.Column(
            "findings",
            Json,
            server_default="[]",
            nullable=False,
        ),
        sa.Column("decision", Json, nullable=True),
        sa.Column("cause", sa.String(length=48), nullable=True),
        sa.Column("subject", sa.String(length=255), server_default="", nullable=False),
        sa.Column("certainty", sa.String(length=8), nullable=True),
        sa.Column("noticed_at", Moment(), nullable=True),
        sa.Column("looked_at", Moment(), nullable=True),
        sa.Column("next_look_at", Moment(), nullable=True),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("absent_first_at", Moment(), nullable=True),
        sa.Column("absent_last_at", Moment(), nullable=True),
        sa.Column("arrived_at", Moment(), nullable=True),
        sa.Column("case_state", sa.String(length=12), nullable=True),
        sa.Column("case_opened_at", Moment(), nullable=True),
        sa.Column("case_closed_at", Moment(), nullable=True),
        sa.Column("closing", sa.String(length=12), nullable=True),
        sa.Column("closed_by", sa.String(length=128), nullable=True),
        sa.Column("held_until", Moment(), nullable=True),
        sa.Column("cause_gone_at", Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("touches", sa.Integer(), server_default="0", nullable=False),
        sa.Column("requeued_by", sa.String(length=128), nullable=True),
        sa.Column("requeued_at", Moment(), nullable=True),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("store", "order_id", name=op.f("pk_orders")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_due", ["store", "next_look_at"], unique=False)
        batch_op.create_index("ix_orders_store_case_state", ["store", "case_state", "created_at"], unique=False)
        batch_op.create_index("ix_orders_store_cause", ["store", "cause", "created_at"], unique=False)
        batch_op.create_index("ix_orders_store_created_at", ["store", "created_at"], unique=False)
        batch_op.create_index("ix_orders_store_eligible_at", ["store", "eligible_at"], unique=False)
        batch_op.create_index("ix_orders_store_name", ["store", "name"], unique=False)
        batch_op.create_index("ix_orders_store_standing", ["store", "standing", "created_at"], unique=False)

    op.create_table(
        "shops",
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("installed_at", Moment(), nullable=False),
        sa.Column("lease_token", sa.String(length=36), nullable=True),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("watermark", Moment(), nullable=True),
        sa.Column("next_sweep_at", Moment(), nullable=True),
        sa.Column("next_check_at", Moment(), nullable=True),
        sa.Column("next_subscriptions_at", Moment(), nullable=True),
        sa.Column("swept_at", Moment(), nullable=True),
        sa.Column("checked_at", Moment(), nullable=True),
        sa.Column("sweep_error", sa.Text(), nullable=True),
        sa.Column("pos_error", sa.Text(), nullable=True),
        sa.Column("pos_read_at", Moment(), nullable=True),
        sa.Column("pos_pause_until", Moment(), nullable=True),
        sa.Column("shopify_pause_until", Moment(), nullable=True),
        sa.Column("last_delivery_at", Moment(), nullable=True),
        sa.Column("set_up", Json, nullable=True),
        sa.Column(
            "spellings",
            Json,
            server_default="{}",
            nullable=False,
        ),
        sa.Column("known_reference", sa.String(length=255), nullable=True),
        sa.Column("touch", sa.String(length=16), server_default="unproven", nullable=False),
        sa.Column("touch_failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("touch_learned_at", Moment(), nullable=True),
        sa.Column("stopped_at", Moment(), nullable=True),
        sa.Column("stopped_by", sa.String(length=128), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("mode", sa.String(length=16), nullable=True),
        sa.Column(
            "declared",
            Json,
            server_default="{}",
            nullable=False,
        ),
        sa.Column("declared_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("store", name=op.f("pk_shops")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("stores", Json, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("last_used_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_table(
        "batch_items",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("result", sa.String(length=16), server_default="waiting", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_items_batch_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "store", "order_id", name=op.f("pk_batch_items")),
    )


def downgrade() -> None:
    op.drop_table("batch_items")
    op.drop_table("tokens")
    op.drop_table("shops")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_store_standing")
        batch_op.drop_index("ix_orders_store_name")
        batch_op.drop_index("ix_orders_store_eligible_at")
        batch_op.drop_index("ix_orders_store_created_at")
        batch_op.drop_index("ix_orders_store_cause")
        batch_op.drop_index("ix_orders_store_case_state")
        batch_op.drop_index("ix_orders_due")

    op.drop_table("orders")
    op.drop_table("kept")
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.drop_index("ix_incidents_store_state")

    op.drop_table("incidents")
    op.drop_table("heartbeats")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index("ix_events_store_order_id")
        batch_op.drop_index("ix_events_store_id")

    op.drop_table("events")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_store_id")
        batch_op.drop_index("ix_deliveries_state_id")

    op.drop_table("deliveries")
    op.drop_table("checks")
    op.drop_table("batches")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index("ix_alerts_next_at")

    op.drop_table("alerts")
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.drop_index("ix_actions_store_intended_at")

    op.drop_table("actions")
