"""Alerts: one message per new incident, sent to the shop's webhook URL; kept in the ledger until it was taken."""

import hashlib
import hmac
import json
import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select, update

from reconcile.config import Shop
from reconcile.errors import ReconcilerError
from reconcile.http import Http
from reconcile.ledger.tables import alerts
from reconcile.services import Services

logger = logging.getLogger(__name__)

PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5))


def send_due(services: Services) -> int:
    """Send what is waiting; a failed one waits longer each time and is given up after five tries, visibly."""
    now = services.clock.now()
    with services.ledger.read() as connection:
        query = select(alerts).where(alerts.c.next_at <= now).order_by(alerts.c.id).limit(50)
        waiting = connection.execute(query).all()
    sent = 0
    for row in waiting:
        shop = services.settings.shops.get(row.store)
        if shop is None or not shop.alert_url:
            _note(services, row, next_at=None, error="no alert_url is set for this shop")
            continue
        sent += _send(services, shop, row)
    return sent


def _send(services: Services, shop: Shop, row: Row[Any]) -> int:
    body = {"id": row.id, "store": row.store, "kind": row.kind, "title": row.title, "text": row.text}
    raw = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if shop.alert_secret:
        headers["X-Reconciler-Signature"] = hmac.new(shop.alert_secret.encode(), raw, hashlib.sha256).hexdigest()
    try:
        Http(shop.alert_url).post("", json=body, headers=headers, write=True)
    except ReconcilerError as error:
        pause = PAUSES[row.tries] if row.tries < len(PAUSES) else None
        next_at = services.clock.now() + pause if pause else None
        _note(services, row, next_at=next_at, error=str(error), tries=row.tries + 1)
        return 0
    _note(services, row, next_at=None, sent_at=services.clock.now(), error=None, tries=row.tries + 1)
    return 1


def _note(services: Services, row: Row[Any], **values: Any) -> None:
    with services.ledger.write() as connection:
        connection.execute(update(alerts).where(alerts.c.id == row.id).values(**values))
