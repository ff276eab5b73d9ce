"""What people do with one order: re-queue it, hold it, or close its case."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, literal, select, tuple_, update

from reconcile import history
from reconcile.errors import NotThere, Refused
from reconcile.ledger.tables import orders
from reconcile.ledger.types import Moment
from reconcile.model import CaseState, Closing, Standing
from reconcile.people.obstacles import Key, obstacles
from reconcile.services import Services

SETTLED = (Standing.MATCHED, Standing.EXCLUDED)
AT_ONCE = 400  # keys of one statement


def requeue(services: Services, who: str, store: str, order_id: int) -> None:
    """Look now, decide again in this person's name, attempts reset; raises `Refused` when it may not be."""
    now = services.clock.now()
    with services.ledger.write() as connection:
        row = order_for_change(connection, store, order_id)
        obstacle = obstacles(services, connection, [store], now).of(row)
        if obstacle:
            raise Refused(obstacle.reason, obstacle.limit)
        put_back(connection, [(store, order_id)], who, now)


def look_now(services: Services, who: str, store: str, order_id: int) -> None:
    """Read both sides again now; nothing else about the case changes."""
    now = services.clock.now()
    with services.ledger.write() as connection:
        row = order_for_change(connection, store, order_id)
        _change(connection, row, {"next_look_at": now})
        tell(connection, who, now, "look", "a look was asked for", (store, order_id))


def hold(services: Services, who: str, store: str, order_id: int, until: datetime) -> None:
    """Leave the order alone until then; it is still looked at, and closes if it arrives."""
    now = services.clock.now()
    if until <= now:
        raise Refused("The moment until which to hold it has passed already.", "until")
    with services.ledger.write() as connection:
        row = _unsettled(connection, store, order_id)
        values = {"case_state": CaseState.HELD.value, "held_until": until, "requeued_by": None, **_opened(row, now)}
        # One look at the end of the hold, so that it is not forgotten until the next regular one.
        values["next_look_at"] = min(row.next_look_at or until, until)
        _change(connection, row, values)
        tell(connection, who, now, "hold", f"held until {until:%Y-%m-%d %H:%M} UTC", (store, order_id))


def dismiss(services: Services, who: str, store: str, order_id: int, reason: str, *, by_hand: bool = False) -> None:
    """Close the case for good: nothing is touched any more. `by_hand`: staff have keyed the order in themselves."""
    now = services.clock.now()
    how = Closing.BY_HAND if by_hand else Closing.DISMISSED
    with services.ledger.write() as connection:
        row = _unsettled(connection, store, order_id)
        if row.case_state == CaseState.CLOSED and row.closing in (Closing.DISMISSED, Closing.BY_HAND):
            raise Refused(f"The case of {row.name} was closed already, by {row.closed_by}.", "closed")
        values = {
            "case_state": CaseState.CLOSED.value, "case_closed_at": now, "closing": how.value, "closed_by": who,
            "held_until": None, "requeued_by": None, "case_opened_at": row.case_opened_at or now,
        }  # fmt: skip
        _change(connection, row, values)
        tell(connection, who, now, "dismiss", f"closed, {how.value}: {reason}", (store, order_id))


def put_back(connection: Connection, keys: Sequence[Key], who: str, now: datetime, batch_id: str | None = None) -> None:
    """Re-queue these orders, in one transaction and as of one moment: the canary counts from it for all of them."""
    opened = func.coalesce(orders.c.case_opened_at, literal(now, Moment))
    values = {
        "requeued_by": who, "requeued_at": now, "attempts": 0, "next_look_at": now, "held_until": None,
        "batch_id": batch_id, "case_state": CaseState.RETRYING.value, "case_opened_at": opened,
        "case_closed_at": None, "closing": None, "closed_by": None,
    }  # fmt: skip
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        where = tuple_(orders.c.store, orders.c.order_id).in_(some)
        connection.execute(update(orders).where(where).values(**values))
    tell(connection, who, now, "requeue", "re-queued" if batch_id is None else f"re-queued in batch {batch_id}", *keys)


def tell(connection: Connection, who: str, now: datetime, kind: str, text: str, *keys: Key) -> None:
    """The event that names who did this to these orders."""
    rows = [{"store": s, "order_id": i, "at": now, "kind": kind, "who": who, "text": text} for s, i in keys]
    if rows:
        history.tell(connection, *rows)


def order_for_change(connection: Connection, store: str, order_id: int) -> Row[Any]:
    """The order's row, locked until the transaction ends."""
    query = select(orders).where(orders.c.store == store, orders.c.order_id == order_id).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        raise NotThere(f"There is no order {order_id} in {store}.")
    return row


def _unsettled(connection: Connection, store: str, order_id: int) -> Row[Any]:
    row = order_for_change(connection, store, order_id)
    if row.standing in SETTLED:
        raise Refused(f"{row.name} is {row.standing}: nothing is open on it.", row.standing)
    return row


def _opened(row: Row[Any], now: datetime) -> dict[str, Any]:
    return {"case_opened_at": row.case_opened_at or now, "case_closed_at": None, "closing": None, "closed_by": None}


def _change(connection: Connection, row: Row[Any], values: dict[str, Any]) -> None:
    where = (orders.c.store == row.store, orders.c.order_id == row.order_id)
    connection.execute(update(orders).where(*where).values(**values))
