"""What people are told: alerts written into the ledger in the transaction that made them true, and sent later.

At most one per incident and hour: what comes sooner waits, and what is overtaken meanwhile is never sent.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from reconcile.config import Shop
from reconcile.errors import Unauthorised
from reconcile.incident_words import sentence_on, words
from reconcile.ledger.queries_incidents import IncidentRow, incident_of
from reconcile.ledger.tables import alerts, incidents, shops
from reconcile.model import Decision, Verb
from reconcile.support_words import POS_NAMES

APART = timedelta(hours=1)
GROWTHS = (2, 10)
REFUSALS_APART = timedelta(hours=6)
GROWN = {"en": "{times} times as many orders as at first", "fr": "{times} fois plus de commandes qu'au début"}
RESOLVED = {"en": "resolved", "fr": "résolu"}
NOTHING_LEFT = {"en": "Nothing is held back any more.", "fr": "Plus rien n'est retenu."}
REFUSED = {
    "en": ("{side} refuses our credentials", "Nothing is read from there until they are put right in the stores file."),
    "fr": ("{side} refuse nos identifiants", "Rien n'y est lu tant qu'ils ne sont pas corrigés dans le fichier des boutiques."),
}  # fmt: skip
BLIND = {
    "en": "a location of the POS is no longer seen, absent orders are unread",
    "fr": "un emplacement de la caisse n'est plus visible, les commandes absentes ne sont pas lues",
}
DOUBLED = {
    "en": ("stopped, a touch doubled a sale",
           "Order {name} arrived twice after a touch. Void one of its two sales in the POS."),
    "fr": ("arrêtée, une relance a doublé une vente",
           "La commande {name} est arrivée deux fois après une relance. Annulez l'une de ses deux ventes dans le POS."),
}  # fmt: skip
SUSPECT = {"en": "no more touches until they are released", "fr": "plus aucune relance avant que vous les libériez"}


def on_opening(connection: Connection, shop: Shop, incident_id: int, now: datetime, text: str = "") -> None:
    """A new incident; `text` stands in for its sentence where it holds back no orders."""
    found = _found(connection, shop, incident_id)
    at = _not_before(connection, found.row, now)
    _write(connection, shop, "incident.opened", _title(shop, found), text or _sentence(connection, shop, found, now),
           incident_id=incident_id, now=now, at=at)  # fmt: skip
    _remember(connection, incident_id, alerted_at=at, alerted_orders=max(1, found.orders), alerted_growth=1)


def on_growth(connection: Connection, shop: Shop, incident: Row[Any], count: int, now: datetime) -> None:
    """The incident holds back twice, or ten times, what it did when it was told of."""
    if incident.alerted_at is None or now - incident.alerted_at < APART:
        return
    times = max((times for times in GROWTHS if count >= times * incident.alerted_orders), default=1)
    if times <= incident.alerted_growth:
        return
    found = _found(connection, shop, incident.id)
    title = f"{_title(shop, found)} – {GROWN[shop.locale].format(times=times)}"
    _write(connection, shop, "incident.grown", title, _sentence(connection, shop, found, now),
           incident_id=incident.id, now=now, at=now)  # fmt: skip
    _remember(connection, incident.id, alerted_at=now, alerted_growth=times)


def on_resolution(connection: Connection, shop: Shop, incident: Row[Any], now: datetime) -> None:
    """Its last case has closed; said only when its opening was."""
    if incident.alerted_at is None:
        return
    title = f"{_title(shop, _found(connection, shop, incident.id))} – {RESOLVED[shop.locale]}"
    at = _not_before(connection, incident, now)
    _write(connection, shop, "incident.resolved", title, NOTHING_LEFT[shop.locale],
           incident_id=incident.id, now=now, at=at)  # fmt: skip
    _remember(connection, incident.id, alerted_at=at)


def on_decisions(connection: Connection, shop: Shop, decisions: Iterable[Decision], now: datetime) -> None:
    """Tell of a stop that these decisions show."""
    stopped = next((one for one in decisions if one.limit == "share" and one.verb is Verb.ASK), None)
    if stopped is not None:
        on_stop(connection, shop, stopped.reason, now)


def on_error(connection: Connection, shop: Shop, error: Exception, now: datetime) -> None:
    """Tell of refused credentials, when that is why nothing could be read."""
    if isinstance(error, Unauthorised):
        side = (
            "Shopify" if shop.domain in str(error) or "Shopify" in str(error) else POS_NAMES.get(shop.pos_kind, "POS")
        )
        on_refusal(connection, shop, side, str(error), now)


def on_stop(connection: Connection, shop: Shop, reason: str, now: datetime) -> None:
    """The policy has stopped itself: too much would be touched, or a touch has doubled a sale. Once a day."""
    title = f"{shop.store}: {SUSPECT[shop.locale]}"
    if not _told(connection, shop, title, now - timedelta(days=1)):
        _write(connection, shop, "policy.stopped", title, reason, incident_id=None, now=now, at=now)


def on_doubled(connection: Connection, shop: Shop, name: str, now: datetime) -> None:
    """A touch has brought an order in twice: the shop is stopped, and one of the two sales is one too many."""
    title, text = DOUBLED[shop.locale]
    write(connection, shop, "policy.stopped", title, text.format(name=name), now)


def on_refusal(connection: Connection, shop: Shop, side: str, error: str, now: datetime) -> None:
    """One side refuses our credentials: until somebody mends that nothing can be proven."""
    title, text = REFUSED[shop.locale]
    headline = f"{shop.store}: {title.format(side=side)}"
    if not _told(connection, shop, headline, now - REFUSALS_APART):
        _write(
            connection, shop, "credentials.refused", headline, f"{text} ({error})", incident_id=None, now=now, at=now
        )


def on_blindness(connection: Connection, shop: Shop, text: str, now: datetime) -> None:
    """Sales that were there are not shown: until the token sees them again, or they are believed gone, nothing is missing."""
    headline = f"{shop.store}: {BLIND[shop.locale]}"
    if not _told(connection, shop, headline, now - REFUSALS_APART):
        _write(connection, shop, "pos.blind", headline, text, incident_id=None, now=now, at=now)


def write(connection: Connection, shop: Shop, kind: str, title: str, text: str, now: datetime) -> None:
    """Any other message of the shop."""
    _write(connection, shop, kind, f"{shop.store}: {title}", text, incident_id=None, now=now, at=now)


def _told(connection: Connection, shop: Shop, title: str, since: datetime) -> bool:
    where = (alerts.c.store == shop.store, alerts.c.title == title, alerts.c.created_at > since)
    return connection.execute(select(alerts.c.id).where(*where).limit(1)).first() is not None


def _found(connection: Connection, shop: Shop, incident_id: int) -> IncidentRow:
    found = incident_of(connection, [shop.store], incident_id)
    if found is None:
        raise LookupError(f"{shop.store} has no incident {incident_id}")
    return found


def _title(shop: Shop, found: IncidentRow) -> str:
    return f"{shop.store}: {words(found.row.cause, shop.locale)[0]}"


def _sentence(connection: Connection, shop: Shop, found: IncidentRow, now: datetime) -> str:
    row = connection.execute(select(shops).where(shops.c.store == shop.store)).one()
    return sentence_on(found, shop, row, now) or words(found.row.cause, shop.locale)[1]


def _not_before(connection: Connection, incident: Row[Any], now: datetime) -> datetime:
    """An hour after the last alert on the same thing, whether it was this incident or one before it."""
    c = incidents.c
    alike = (c.store == incident.store, c.cause == incident.cause, c.subject == incident.subject)
    ids = select(c.id).where(*alike)
    connection.execute(
        delete(alerts).where(alerts.c.incident_id.in_(ids), alerts.c.sent_at.is_(None), alerts.c.tries == 0)
    )
    last = connection.execute(select(func.max(alerts.c.sent_at)).where(alerts.c.incident_id.in_(ids))).scalar()
    return max(now, last + APART) if last is not None else now


def _remember(connection: Connection, incident_id: int, **values: Any) -> None:
    connection.execute(update(incidents).where(incidents.c.id == incident_id).values(**values))


def _write(
    connection: Connection, shop: Shop, kind: str, title: str, text: str, *,
    incident_id: int | None, now: datetime, at: datetime,
) -> None:  # fmt: skip
    values = {"store": shop.store, "incident_id": incident_id, "kind": kind, "created_at": now, "next_at": at}
    connection.execute(insert(alerts).values(title=title, text=text, **values))
