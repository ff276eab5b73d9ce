"""What Prometheus reads: the front door is counted here, everything else is read from the ledger when asked."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from flask import Flask
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import Connection, case, func, select
from sqlalchemy.exc import SQLAlchemyError

from reconcile.inbox import MENTION_TOPICS, ORDER_TOPICS
from reconcile.ledger.tables import actions, deliveries, heartbeats, orders, shops
from reconcile.model import Standing
from reconcile.privacy import PRIVACY_TOPICS
from reconcile.services import Services

KEY = "metrics"
KNOWN_TOPICS = ORDER_TOPICS | MENTION_TOPICS | PRIVACY_TOPICS | {"app/uninstalled"}
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

PROVEN_OVER = timedelta(hours=24)
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where the web processes count together when there are several

Family = GaugeMetricFamily | CounterMetricFamily


class Metrics:
    """The application's registry; one per application, so that tests may make many."""

    def __init__(self, services: Services) -> None:
        self.registry = CollectorRegistry()
        counted = CollectorRegistry() if os.environ.get(SHARED) else self.registry
        self._deliveries = Counter(
            "reconciler_deliveries", "Deliveries at the front door.", ["topic", "result"], registry=counted
        )
        self.front_door_seconds = Histogram(
            "reconciler_front_door_seconds", "From request to answer.", buckets=SECONDS, registry=counted
        )
        if counted is not self.registry:
            MultiProcessCollector(self.registry)  # type: ignore[no-untyped-call]
        self.registry.register(LedgerCollector(services))

    def delivery(self, topic: str, result: str) -> None:
        """Count one; a topic that nobody asked for is `other`, so that no stranger can make series."""
        shown = topic if topic in KNOWN_TOPICS else "other"
        self._deliveries.labels(shown, result).inc()


def metrics_of(app: Flask) -> Metrics:
    return cast(Metrics, app.extensions[KEY])


class LedgerCollector(Collector):
    """The state of the shops, read in one view of the ledger."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Family]:
        up = GaugeMetricFamily("reconciler_ledger_up", "Whether the ledger answers.")
        try:
            with self._services.ledger.read() as connection:
                families = list(self._families(connection, self._services.clock.now()))
        except SQLAlchemyError:
            families = []
        up.add_metric([], float(bool(families)))
        yield up
        yield from families

    def describe(self) -> list[Family]:
        return []  # so that registering reads nothing

    def _families(self, connection: Connection, now: datetime) -> Iterator[Family]:
        yield _orders(connection)
        yield from _due(connection, now)
        yield _unjudged(connection, now)
        yield from _proven(connection, now)
        yield from _inbox(connection, now)
        yield from _shops(connection, now)
        yield _touches(connection)
        yield from _processes(connection, now)


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"reconciler_{name}", text, labels=labels)


def _counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"reconciler_{name}", text, labels=labels)


def _orders(connection: Connection) -> Family:
    family = _gauge("orders", "Orders by where they stand.", "store", "standing")
    query = select(orders.c.store, orders.c.standing, func.count()).group_by(orders.c.store, orders.c.standing)
    for store, standing, count in connection.execute(query):
        family.add_metric([store, standing], count)
    return family


def _due(connection: Connection, now: datetime) -> Iterator[Family]:
    size = _gauge("orders_due", "Orders whose look is due.", "store")
    age = _gauge("orders_due_oldest_seconds", "How long the look that is most behind has been due.", "store")
    query = select(orders.c.store, func.count(), func.min(orders.c.next_look_at)).where(orders.c.next_look_at <= now)
    for store, count, since in connection.execute(query.group_by(orders.c.store)):
        size.add_metric([store], count)
        age.add_metric([store], (now - since).total_seconds())
    yield from (size, age)


def _unjudged(connection: Connection, now: datetime) -> Family:
    """Of the orders that should be in the POS by now: since when the one has been that nobody could judge for longest."""
    age = _gauge("orders_unjudged_oldest_seconds", "Since the oldest order without a verdict became eligible.", "store")
    unjudged = orders.c.standing.in_([Standing.WAITING.value, Standing.UNREAD.value])
    query = select(orders.c.store, func.min(orders.c.eligible_at)).where(unjudged, orders.c.eligible_at <= now)
    for store, since in connection.execute(query.group_by(orders.c.store)):
        age.add_metric([store], (now - since).total_seconds())
    return age


def _proven(connection: Connection, now: datetime) -> Iterator[Family]:
    """Of the orders that became eligible in the last day and are judged: how many are proven to be in the POS."""
    share = _gauge("proven_ratio", "Share of the last day's judged orders that are in the POS, and the same.", "store")
    judged = orders.c.standing.not_in([Standing.WAITING.value, Standing.EXCLUDED.value])
    proven = func.sum(case((orders.c.standing == Standing.MATCHED.value, 1), else_=0))
    recent = orders.c.eligible_at.between(now - PROVEN_OVER, now)
    for store in connection.execute(select(shops.c.store)).scalars():
        query = select(func.count(), proven).where(orders.c.store == store, recent, judged)
        count, good = connection.execute(query).one()
        if count:
            share.add_metric([store], int(good) / count)
    yield share


def _inbox(connection: Connection, now: datetime) -> Iterator[Family]:
    size = _gauge("inbox", "Deliveries that wait to be folded, or are parked.", "store", "state")
    age = _gauge("inbox_oldest_seconds", "Age of the oldest delivery that waits to be folded.")
    unfolded = deliveries.c.state.in_(["received", "parked"])
    query = select(deliveries.c.store, deliveries.c.state, func.count()).where(unfolded)
    for store, state, count in connection.execute(query.group_by(deliveries.c.store, deliveries.c.state)):
        size.add_metric([store, state], count)
    oldest = select(deliveries.c.received_at).where(deliveries.c.state == "received").order_by(deliveries.c.id).limit(1)
    since = connection.execute(oldest).scalar()
    age.add_metric([], max((now - since).total_seconds(), 0) if since else 0)
    yield from (size, age)


def _shops(connection: Connection, now: datetime) -> Iterator[Family]:
    ages = {
        column: _gauge(name, text, "store")
        for column, name, text in (
            ("swept_at", "sweep_age_seconds", "Since the shop was last swept whole."),
            ("checked_at", "check_age_seconds", "Since the set-up was last checked."),
            ("last_delivery_at", "last_delivery_age_seconds", "Since the last delivery that was folded."),
            ("pos_read_at", "pos_read_age_seconds", "Since the POS was last read whole."),
        )
    }
    stopped = _gauge("stopped", "Whether the shop's stop switch is on.", "store")
    for row in connection.execute(select(shops)):
        stopped.add_metric([row.store], float(row.stopped_at is not None))
        for column, family in ages.items():
            at = getattr(row, column)
            if at is not None:
                family.add_metric([row.store], (now - at).total_seconds())
    yield from (*ages.values(), stopped)


def _touches(connection: Connection) -> Family:
    family = _counter("touches", "Touches by how they went.", "store", "outcome")
    query = select(actions.c.store, actions.c.outcome, func.count()).group_by(actions.c.store, actions.c.outcome)
    for store, outcome, count in connection.execute(query):
        family.add_metric([store, outcome or "open"], count)
    return family


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life of one kind of process, or of one process (`host:pid`), which tells what the remotes said to it."""

    name: str
    process: str
    at: datetime
    told: Mapping[str, Any]


def _processes(connection: Connection, now: datetime) -> Iterator[Family]:
    rows = connection.execute(select(heartbeats).order_by(heartbeats.c.at))
    beats = [_beat(row.name, row.at, row.detail) for row in rows]
    yield _ages(beats, now)
    yield _calls(beats)
    yield _slowed(beats)
    yield _left(beats, "pos_budget_left_ratio", "left", "the POS")
    yield _left(beats, "shopify_budget_left_ratio", "shopify_left", "Shopify")


def _beat(name: str, at: datetime, detail: str) -> Beat:
    kind, _, process = name.partition(" ")
    return Beat(kind, process, at, _told(detail))


def _ages(beats: Sequence[Beat], now: datetime) -> Family:
    family = _gauge("heartbeat_age_seconds", "Since a process last showed that it is alive.", "process")
    for beat in beats:
        if not beat.process:
            family.add_metric([beat.name], (now - beat.at).total_seconds())
    return family


def _calls(beats: Sequence[Beat]) -> Family:
    family = _counter("remote_calls", "Calls of a worker to the POS and to Shopify since it started.", "side", "worker")
    for beat in beats:
        for side, count in _numbers(beat.told).items() if beat.name == "worker" else ():
            family.add_metric([side, beat.process], count)
    return family


def _slowed(beats: Sequence[Beat]) -> Family:
    text = "How often a worker was asked to slow down since it started."
    family = _counter("slowed", text, "side", "store", "worker")
    for beat in beats:
        for side, key in (("pos", "slowed"), ("shopify", "shopify_slowed")):
            for store, count in _numbers(beat.told.get(key)).items():
                family.add_metric([side, store, beat.process], count)
    return family


def _left(beats: Sequence[Beat], name: str, key: str, who: str) -> Family:
    family = _gauge(name, f"Share of its calls that {who} said is left, where it says so.", "store")
    newest: dict[str, float] = {}
    for beat in beats:
        newest |= _numbers(beat.told.get(key))  # whoever has asked last knows best
    for store, share in newest.items():
        family.add_metric([store], share)
    return family


def _numbers(told: object) -> dict[str, float]:
    found = told.items() if isinstance(told, dict) else ()
    return {name: value for name, value in found if isinstance(value, (int, float))}


def _told(detail: str) -> dict[str, Any]:
    try:
        found = json.loads(detail)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
