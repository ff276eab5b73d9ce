"""What people do: each one transaction, with an event that names who. The caller's shops are checked before.

An order, incident or delivery that is not there raises `NotThere`; what may not be done raises `Refused` with the reason.
"""

from reconcile.people.batches import BatchItem, BatchProgress, Preview, cancel_batch, preview, progress_of, requeue_many
from reconcile.people.connecting import connect, connected_table, disconnect, is_connected, read_table, reconnect
from reconcile.people.deliveries import replay
from reconcile.people.incidents import acknowledge, assign, note, say_fixed
from reconcile.people.orders import dismiss, hold, look_now, requeue
from reconcile.people.stores import (
    check_now,
    declare,
    release,
    reset_touch,
    set_limits,
    set_mode,
    stop_store,
    sweep_since,
)

__all__ = [
    "BatchItem",
    "BatchProgress",
    "Preview",
    "acknowledge",
    "assign",
    "cancel_batch",
    "check_now",
    "connect",
    "connected_table",
    "declare",
    "disconnect",
    "dismiss",
    "hold",
    "is_connected",
    "look_now",
    "note",
    "preview",
    "progress_of",
    "read_table",
    "reconnect",
    "release",
    "replay",
    "requeue",
    "requeue_many",
    "reset_touch",
    "say_fixed",
    "set_limits",
    "set_mode",
    "stop_store",
    "sweep_since",
]
