"""The first page: is everything in the POS, and if not, what is broken, since when, what it costs and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import Connection

from reconcile.incident_overview import IncidentOverview
from reconcile.ledger.queries_measures import Bar, bars, standings_since, unsettled
from reconcile.shop_overview import overview
from webhooks.charts import Column, Curve, lines, stacked
from webhooks.current import current_services
from webhooks.health import processes
from webhooks.incidents_shown import shown_incidents
from webhooks.languages import gettext as _
from webhooks.languages import zone
from webhooks.page_session import my_store, my_stores, page, pages
from webhooks.page_words import WORST_FIRST, count_of, number, span

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SPANS = {"day": (HOUR, 24), "week": (6 * HOUR, 28), "month": (DAY, 30)}
SETTLED_FIRST = tuple(reversed(WORST_FIRST))


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Where the orders of some days stand."""

    since: datetime
    standings: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.standings.values())

    @property
    def proven(self) -> float | None:
        """The part that is proven in the POS, of those that are meant to be there; None when there are none."""
        meant = self.total - self.standings.get("excluded", 0)
        return self.standings.get("matched", 0) / meant if meant else None


@pages.get("/")
@page()
def front() -> ResponseReturnValue:
    """What is held back, worst first, and how every shop is."""
    services, asked = current_services(), request.args.get("store")
    stores = [my_store(asked)] if asked else my_stores()
    shops, incidents = overview(services, stores), shown_incidents(stores)
    with services.ledger.read() as connection:
        shares, charts = _shares(connection, stores), _charts(connection, stores)
        open_now, speed = unsettled(connection, stores), _speeds(connection, stores)
    return render_template(
        "front.html", shops=shops, incidents=incidents, shares=shares, open_now=open_now, asked=asked,
        held_back=sum(one.incident.orders for one in incidents), at_risk=_at_risk(incidents), speed=speed,
        open_total=sum(sum(found.values()) for found in open_now.values()), processes=processes(services), **charts,
    )  # fmt: skip


def _at_risk(incidents: Sequence[IncidentOverview]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for one in incidents:
        for currency, amount in one.incident.at_risk.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sums


def _speeds(connection: Connection, stores: Sequence[str]) -> dict[str, Bar | None]:
    """How fast each shop's connector carried the orders of the last day; None: it carried none."""
    since = current_services().clock.now() - DAY
    found = {store: bars(connection, [store], since, DAY, 1)[0] for store in stores}
    return {store: bar if bar.seconds else None for store, bar in found.items()}


def _shares(connection: Connection, stores: Sequence[str]) -> dict[str, Share]:
    now = current_services().clock.now().astimezone(zone(stores[0] if len(stores) == 1 else None))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = {"today": midnight, "week": midnight - 6 * DAY}
    return {name: Share(since=at, standings=standings_since(connection, stores, at)) for name, at in since.items()}


def _charts(connection: Connection, stores: Sequence[str]) -> dict[str, Any]:
    wanted = request.args.get("span", "")
    chosen = wanted if wanted in SPANS else "day"
    step, count = SPANS[chosen]
    clock = zone(stores[0] if len(stores) == 1 else None)
    now = current_services().clock.now().astimezone(clock)
    hour = now.replace(minute=0, second=0, microsecond=0)
    end = (hour.replace(hour=0) + DAY) if step == DAY else hour + HOUR
    found = bars(connection, stores, end - count * step, step, count)
    labels = [
        f"{bar.since.astimezone(clock):%d.%m.}" if step == DAY else _hour(bar.since.astimezone(clock), step)
        for bar in found
    ]
    return {
        "drawn": {word for bar in found for word in bar.standings}, "timed": any(bar.seconds for bar in found),
        "span": chosen, "bars": list(zip(labels, found, strict=True)), "standing_chart": _standings(found, labels),
        "speed_chart": _speed(found, labels),
    }  # fmt: skip


def _hour(at: datetime, step: timedelta) -> str:
    return f"{at:%H:%M}" if step == HOUR else f"{at:%d.%m. %Hh}"


def _standings(found: Sequence[Bar], labels: Sequence[str]) -> Markup:
    columns = [
        Column(label=label, parts=tuple(
            (word, bar.standings[word], f"{label}: {count_of(bar.standings[word], word)}")
            for word in SETTLED_FIRST if bar.standings.get(word)
        ))
        for label, bar in zip(labels, found, strict=True)
    ]  # fmt: skip
    return stacked(columns, _("Orders by standing, by the time they were placed"), unit=_("orders"), figure=number)


def _speed(found: Sequence[Bar], labels: Sequence[str]) -> Markup:
    curves = [
        Curve(kind=kind, points=tuple(_point(bar.share(part), label, name) for label, bar in zip(labels, found, strict=True)))
        for kind, part, name in (("p99", 0.99, "p99"), ("median", 0.5, _("median")))
    ]  # fmt: skip
    return lines(curves, labels, _("Time to reach the POS: median and 99th percentile"), unit=_("time"), figure=number)


def _point(seconds: float | None, label: str, name: str) -> tuple[float, str] | None:
    return None if seconds is None else (seconds, f"{label}: {name} {span(seconds)}")
