"""The ledger's tables. Every fact lives here; the broker may be emptied at any moment."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from reconcile.ledger.types import Amount, Id, Json, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# One row per shop of the stores file: its lease, its watermark, and what was learned of it.
shops = Table(
    "shops",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("domain", String(255), nullable=False),
    Column("installed_at", Moment, nullable=False),
    Column("lease_token", String(36)),
    Column("lease_until", Moment),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("watermark", Moment),  # every order updated before it was seen
    Column("next_sweep_at", Moment),
    Column("next_check_at", Moment),
    Column("next_subscriptions_at", Moment),
    Column("swept_at", Moment),
    Column("checked_at", Moment),
    Column("sweep_error", Text),
    Column("pos_error", Text),
    Column("pos_read_at", Moment),
    Column("pos_pause_until", Moment),
    Column("grace_s", Float),  # worked out every few minutes from the arrivals; None: the setting
    Column("arrivals", Integer, nullable=False, server_default="0"),  # that it rests on
    Column("grace_at", Moment),
    Column("pos_failing_since", Moment),  # None: the latest read went well
    Column("pos_down_from", Moment),  # the latest outage that is over
    Column("pos_back_at", Moment),
    Column("shopify_pause_until", Moment),
    Column("last_delivery_at", Moment),
    Column("set_up", Json),  # the newest reading of the POS's settings
    Column("set_up_past", Json, nullable=False, server_default="[]"),  # the last reading of each trouble that is over
    Column("spellings", Json, nullable=False, server_default="{}"),  # pattern → orders matched under it
    Column("known_reference", String(255)),  # one that is in the POS: the positive control of every proof of absence
    Column("witnesses", Json, nullable=False, server_default="{}"),  # sales known at each location (witnesses.py)
    Column("touch", String(16), nullable=False, server_default="unproven"),
    Column("touch_failures", Integer, nullable=False, server_default="0"),
    Column("touch_learned_at", Moment),
    Column("stopped_at", Moment),
    Column("stopped_by", String(128)),
    Column("stop_reason", Text),
    Column("mode", String(16)),  # set by an admin; None: the stores file's
    Column("declared", Json, nullable=False, server_default="{}"),  # set by an admin, over the stores file's
    Column("limits", Json, nullable=False, server_default="{}"),  # the same
    Column("declared_at", Moment),
    Column("time_zone", String(64)),  # IANA, as Shopify says
    Column("digest_at", Moment),  # when the next daily digest is due
    Column("heart_beat_at", Moment),  # when the shop's heartbeat URL was last called
    Column("heart_error", Text),
)

# The inbox. `body` is sealed and dropped once folded; it stays only while parked.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("store", String(64), nullable=False),
    Column("webhook_id", String(128), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("event_id", String(128)),
    Column("api_version", String(16)),
    Column("triggered_at", Moment),
    Column("received_at", Moment, nullable=False),
    Column("state", String(8), nullable=False, server_default="received"),  # received | folded | parked
    Column("folded_at", Moment),
    Column("order_id", BigInteger),
    Column("error", Text),
    Column("body", LargeBinary),
    UniqueConstraint("store", "webhook_id"),
    Index("ix_deliveries_state_id", "state", "id"),
    Index("ix_deliveries_store_id", "store", "id"),
    Index("ix_deliveries_store_order_id", "store", "order_id"),
)

# Orders as last seen on both sides, and the case on each.
orders = Table(
    "orders",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(255), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("eligible_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),  # the last update that the POS should follow; our own echo is none
    Column("first_seen_at", Moment, nullable=False),
    Column("found_by", String(8), nullable=False),  # webhook | sweep | look: what first told of it
    Column("total", Amount, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("body", Json, nullable=False),  # the reduced order (shopify/stored.py)
    Column("sought", Text, nullable=False, server_default=""),  # what a text is looked for in (shopify/stored.py)
    Column("detailed_at", Moment),  # when payments, locations and holds were last read from Shopify
    Column("reread", Boolean, nullable=False, server_default=false()),  # two versions share one second: ask Shopify
    Column("traits", Json, nullable=False, server_default="[]"),
    Column("standing", String(8), nullable=False, server_default="waiting"),
    Column("unread_since", Moment),
    Column("sales", Json, nullable=False, server_default="[]"),  # POS records as last seen (pos/stored.py)
    Column("discrepancies", Json, nullable=False, server_default="[]"),
    Column("findings", Json, nullable=False, server_default="[]"),
    Column("decision", Json),
    Column("cause", String(48)),  # the settled first cause
    Column("subject", String(255), nullable=False, server_default=""),
    Column("certainty", String(8)),
    Column("noticed_at", Moment),  # when a cause was first found
    Column("looked_at", Moment),
    Column("next_look_at", Moment),  # None: nothing more to look for
    Column("looks", Integer, nullable=False, server_default="0"),
    Column("absent_first_at", Moment),  # first and latest whole read that showed no record under any spelling
    Column("absent_last_at", Moment),
    Column("arrived_at", Moment),  # the POS record's own creation time
    Column(
        "disturbed", Boolean, nullable=False, server_default=false()
    ),  # something was in its way, such as an outage of the POS
    Column("case_state", String(12)),  # None: never needed one
    Column("case_opened_at", Moment),
    Column("case_closed_at", Moment),
    Column("closing", String(12)),
    Column("closed_by", String(128)),
    Column("held_until", Moment),
    Column("cause_gone_at", Moment),
    Column("attempts", Integer, nullable=False, server_default="0"),  # touches since the last re-queue, for this cause
    Column("touches", Integer, nullable=False, server_default="0"),  # touches ever
    Column("requeued_by", String(128)),
    Column("requeued_at", Moment),
    Column("batch_id", String(36)),
    Index("ix_orders_due", "store", "next_look_at"),
    Index("ix_orders_store_standing", "store", "standing", "created_at"),
    Index("ix_orders_store_case_state", "store", "case_state", "created_at"),
    Index("ix_orders_store_cause", "store", "cause", "created_at"),
    Index("ix_orders_store_eligible_at", "store", "eligible_at"),
    Index("ix_orders_store_name", "store", "name"),
    Index("ix_orders_store_total", "store", "total", "order_id"),
    # A search for text passes many orders and takes few: it reads nothing but this.
    Index("ix_orders_sought", "store", "created_at", "sought", "order_id"),
    Index("ix_orders_arrivals", "store", "arrived_at", "eligible_at"),
)

# The journal: written before the touch is sent, and again when its answer is known.
actions = Table(
    "actions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("store", String(64), nullable=False),
    Column("order_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("tag", String(64), nullable=False),
    Column("state", String(8), nullable=False),  # intended | done | refused | unknown
    Column("cause", String(48), nullable=False),
    Column("subject", String(255), nullable=False, server_default=""),
    Column("canary", Boolean, nullable=False, server_default=false()),
    Column("by", String(128), nullable=False, server_default="policy"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("intended_at", Moment, nullable=False),
    Column("answered_at", Moment),
    Column("answer", Text),
    Column("outcome", String(12)),  # arrived | not_arrived | doubled
    Column("judged_at", Moment),
    UniqueConstraint("store", "order_id", "tag"),
    Index("ix_actions_store_intended_at", "store", "intended_at"),
)

BY_PEOPLE = text("who NOT IN ('policy', 'shopify')")  # in words, so that a planner sees that its index serves

# Append-only history of what happened to an order, a shop or an incident.
events = Table(
    "events",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("store", String(64), nullable=False),
    Column("order_id", BigInteger),
    Column("incident_id", BigInteger),
    Column("at", Moment, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("who", String(128), nullable=False, server_default="policy"),
    Column("text", Text, nullable=False),
    Index("ix_events_store_order_id", "store", "order_id", "id"),
    Index("ix_events_store_id", "store", "id"),
    Index("ix_events_people", "store", "id", sqlite_where=BY_PEOPLE, postgresql_where=BY_PEOPLE),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("store", String(64), nullable=False),
    Column("cause", String(48), nullable=False),
    Column("subject", String(255), nullable=False, server_default=""),
    Column("state", String(12), nullable=False),  # open | acknowledged | resolved
    Column("opened_at", Moment, nullable=False),
    Column("since", Moment, nullable=False),  # when the first order of it became eligible
    Column("resolved_at", Moment),
    Column("acknowledged_by", String(128)),
    Column("note", Text),
    Column("fixed_by", String(128)),
    Column("fixed_at", Moment),
    Column("released", Integer, nullable=False, server_default="0"),  # orders touched since the cause was seen gone
    Column("progress", Text, nullable=False, server_default=""),  # the sentence shown: "not fixed yet", …
    Column("alerted_at", Moment),
    Column("alerted_orders", Integer, nullable=False, server_default="0"),  # how many it held back at its opening
    Column("alerted_growth", Integer, nullable=False, server_default="1"),  # the largest growth told of: 1, 2 or 10
    Index("ix_incidents_store_state", "store", "state"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("store", String(64), nullable=False),
    Column("incident_id", BigInteger),
    Column("kind", String(32), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("next_at", Moment),  # None: sent, or given up
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("sent_at", Moment),
    Column("error", Text),
    Column("quieted", Boolean, nullable=False, server_default=false()),  # it waits for the end of the quiet hours
    Column("taken_by", Json, nullable=False, server_default="[]"),  # the channels that have it already
    Index("ix_alerts_next_at", "next_at"),
)

checks = Table(
    "checks",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("slug", String(64), primary_key=True),
    Column("subject", String(255), primary_key=True, server_default=""),
    Column("result", String(16), nullable=False),  # pass | fail | does_not_apply | unknown
    Column("position", Integer, nullable=False, server_default="0"),
    Column("title", Text, nullable=False),
    Column("title_fr", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("evidence_fr", Text, nullable=False),
    Column("fix", Text, nullable=False, server_default=""),
    Column("fix_fr", Text, nullable=False, server_default=""),
    Column("checked_at", Moment, nullable=False),
)

batches = Table(
    "batches",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("by", String(128), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("filter", Json, nullable=False),
    Column("cancelled_at", Moment),
)

batch_items = Table(
    "batch_items",
    metadata,
    Column("batch_id", String(36), ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
    Column("store", String(64), primary_key=True),
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("result", String(16), nullable=False, server_default="waiting"),  # waiting|touched|arrived|skipped|cancelled
    Column("reason", Text, nullable=False, server_default=""),
    Column("at", Moment),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("name", String(128), nullable=False),
    Column("prefix", String(12), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of 256 random bits
    Column("role", String(8), nullable=False),  # viewer | operator | admin
    Column("stores", Json, nullable=False),  # []: all
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Column("expires_at", Moment),  # None: never
    Column("revoked_at", Moment),
)

# What an adapter must keep: rotating tokens, cursors. Values are sealed.
kept = Table(
    "kept",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("kept_at", Moment, nullable=False),
)

# Shops that were connected with `stores add` or on the page: a table like those of the stores file, sealed.
connected = Table(
    "connected",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),  # another one: every process reads it again
    Column("by", String(128), nullable=False),
    Column("connected_at", Moment, nullable=False),
)

# How far each feed of a POS was followed, and of which account.
feeds = Table(
    "feeds",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("feed", String(32), primary_key=True),
    Column("origin", String(255), nullable=False),
    Column("upto", BigInteger),  # None: not begun
    Column("followed_at", Moment, nullable=False),
)

# The newest version of each record of a feed, found by its key; dropped when no look can need it any more.
feed_rows = Table(
    "feed_rows",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("feed", String(32), primary_key=True),
    Column("record_id", String(64), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("key", String(255), nullable=False),
    Column("at", Moment),
    Column("unfinished", Boolean, nullable=False, server_default=false()),
    Column("body", Json, nullable=False),
    Index("ix_feed_rows_key", "store", "feed", "key"),
    Index("ix_feed_rows_at", "store", "feed", "at"),
    Index("ix_feed_rows_unfinished", "store", "feed", "unfinished"),
)

# A filter of the list of orders that a person keeps under a name.
views = Table(
    "views",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("who", String(128), nullable=False),
    Column("name", String(64), nullable=False),
    Column("query", Text, nullable=False),  # as in the page's address
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("who", "name"),
)

# How a person likes the pages; None: as the browser says.
preferences = Table(
    "preferences",
    metadata,
    Column("who", String(128), primary_key=True),
    Column("language", String(8)),
    Column("theme", String(8)),
)

# Who was alive when.
heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", String(64), primary_key=True),  # "beat", "worker", "web"
    Column("at", Moment, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
)
