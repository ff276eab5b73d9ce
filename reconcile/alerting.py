"""Alerts on their way: each is kept in the ledger until every channel of its shop has taken it.

In quiet hours they wait; at their end what has gathered is one summary. A channel that fails is tried again later and
given up after six tries, visibly; the others are not sent it twice.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select, update

from reconcile.alert_channels import Channel, Message, channels_of
from reconcile.config import Shop
from reconcile.errors import ReconcilerError
from reconcile.ledger.tables import alerts
from reconcile.services import Services
from reconcile.shops import row_of, zone_of

logger = logging.getLogger(__name__)

PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5))
TAKEN_FOR = timedelta(minutes=2)  # another worker leaves them alone for so long
BATCH = 50
SUMMARY = {"en": "{count} messages from the quiet hours", "fr": "{count} messages des heures calmes"}


def send_due(services: Services) -> int:
    """Send what is due; answers how many messages every channel has taken."""
    sent = 0
    for store, found in groupby(_taken(services), key=lambda row: row.store):
        rows, shop = list(found), services.settings.shops.get(store)
        sent += _send_to(services, shop, rows) if shop else _give_up(services, rows, "no such shop any more")
    return sent


def _taken(services: Services) -> list[Row[Any]]:
    """The alerts that are due, taken so that two workers do not both send them."""
    now = services.clock.now()
    due = alerts.c.next_at <= now
    first = select(alerts.c.id).where(due).order_by(alerts.c.id).limit(BATCH)
    with services.ledger.read() as connection:
        if connection.execute(first.limit(1)).first() is None:
            return []
    taking = update(alerts).where(alerts.c.id.in_(first), due).values(next_at=now + TAKEN_FOR).returning(alerts)
    with services.ledger.write() as connection:
        return sorted(connection.execute(taking), key=lambda row: (row.store, row.id))


def _send_to(services: Services, shop: Shop, rows: Sequence[Row[Any]]) -> int:
    channels = channels_of(shop)
    if not channels:
        return _give_up(services, rows, "no alert_url and no alerts.apprise is set for this shop")
    now = services.clock.now()
    with services.ledger.read() as connection:
        zone = zone_of(shop, row_of(connection, shop.store))
    ends = shop.alerts.quiet_ends(now, zone)
    if ends is not None:
        _note(services, rows, next_at=ends, quieted=True)
        return 0
    gathered = [row for row in rows if row.quieted]
    parcels = [[row] for row in rows if not row.quieted]
    parcels += [gathered] if gathered else []
    return sum(_send(services, channels, parcel, _message(shop, parcel), now) for parcel in parcels)


def _message(shop: Shop, rows: Sequence[Row[Any]]) -> Message:
    first = rows[0]
    number = f"msg_{shop.store}_{first.id}"
    if len(rows) == 1:
        return Message(
            message_id=number,
            store=shop.store,
            kind=first.kind,
            title=first.title,
            text=first.text,
            at=first.created_at,
        )
    title = f"{shop.store}: {SUMMARY[shop.locale].format(count=len(rows))}"
    text = "\n\n".join(f"{row.title}\n{row.text}" for row in rows)
    return Message(
        message_id=f"{number}_{rows[-1].id}",
        store=shop.store,
        kind="summary",
        title=title,
        text=text,
        at=first.created_at,
    )


def _send(
    services: Services, channels: Sequence[Channel], rows: Sequence[Row[Any]], message: Message, now: datetime
) -> int:
    """Send one message to each channel that has not taken it yet."""
    taken = set.intersection(*(set(row.taken_by) for row in rows))
    problems = []
    for channel in channels:
        if channel.key in taken:
            continue
        try:
            channel.send(message, now)
            taken.add(channel.key)
        except ReconcilerError as error:
            logger.warning("an alert was not taken by %s: %s", channel.name, error, extra={"store": message.store})
            problems.append(f"{channel.name}: {error}")
    tries = max(row.tries for row in rows) + 1
    values: dict[str, Any] = {"tries": tries, "taken_by": sorted(taken), "error": "; ".join(problems) or None}
    if problems:
        values["next_at"] = now + PAUSES[tries - 1] if tries <= len(PAUSES) else None
    else:
        values |= {"next_at": None, "sent_at": now}
    _note(services, rows, **values)
    return not problems


def _give_up(services: Services, rows: Sequence[Row[Any]], why: str) -> int:
    _note(services, rows, next_at=None, error=why)
    return 0


def _note(services: Services, rows: Sequence[Row[Any]], **values: Any) -> None:
    with services.ledger.write() as connection:
        connection.execute(update(alerts).where(alerts.c.id.in_([row.id for row in rows])).values(**values))
