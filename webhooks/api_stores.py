"""The API on shops: how each is, its checklist, its statement and its wrong stock."""

from typing import Any

from flask import Response, request

from reconcile import statement, stock
from reconcile.inferred import inferred
from reconcile.ledger.queries_checks import checks_of
from reconcile.ledger.queries_live import LIVE_DAYS, live_figures
from reconcile.shop_overview import ShopOverview, overview
from reconcile.shops import declared_of, limits_of, row_of, zone_of
from webhooks.current import current_services
from webhooks.plain import plain
from webhooks.routes import Part, seen_shop, seen_stores
from webhooks.schemas import FormatQuery, LocaleQuery, StatementQuery
from webhooks.schemas_live import InferredAnswer, LiveAnswer
from webhooks.schemas_more import ChecksAnswer, StoresAnswer, StoreSchema

part = Part("stores", "The shops: health, limits, checklist and statement.")
ONE = "/stores/<string:store>"


@part.get("/stores", StoresAnswer)
def list_stores() -> dict[str, Any]:
    """Every shop that the token sees."""
    return {"items": [_shown(one) for one in overview(current_services(), seen_stores())]}


@part.get(ONE, StoreSchema)
def one_store(store: str) -> dict[str, Any]:
    """One shop."""
    return shown_store(store)


@part.get(f"{ONE}/checks", ChecksAnswer, query=LocaleQuery)
def list_checks(given: dict[str, Any], store: str) -> dict[str, Any]:
    """The checklist as it was last walked, in the shop's language or `locale`."""
    tail = "_fr" if given.get("locale", seen_shop(store).locale) == "fr" else ""
    with current_services().ledger.read() as connection:
        rows = checks_of(connection, store)
    items = [
        {**row._mapping, **{part: getattr(row, part + tail) for part in ("title", "evidence", "fix")}} for row in rows
    ]
    return {"store": store, "checked_at": max((row.checked_at for row in rows), default=None), "items": items}


@part.get(f"{ONE}/statement", query=StatementQuery)
def show_statement(given: dict[str, Any], store: str) -> dict[str, Any] | Response:
    """Per day on the shop's clock and currency: what Shopify sold, what the POS has, the difference order by order."""
    shop = seen_shop(store)
    with current_services().ledger.read() as connection:
        zone = zone_of(shop, row_of(connection, store))
        days = statement.statement(connection, shop, given["since"], given["until"], zone)
    if _wants_csv(given):
        return _csv(statement.to_csv(days), f"statement-{store}-{given['since']}-{given['until']}")
    span = {"from": given["since"].isoformat(), "to": given["until"].isoformat(), "time_zone": zone.key}
    return {"store": store, **span, "days": [statement.to_json(day) for day in days]}


@part.get(f"{ONE}/stock", query=FormatQuery)
def show_stock(given: dict[str, Any], store: str) -> dict[str, Any] | Response:
    """What the POS has not deducted, or has deducted too often, per SKU and location: what oversells today."""
    seen_shop(store)
    with current_services().ledger.read() as connection:
        lines = stock.wrong_stock(connection, store)
    if _wants_csv(given):
        return _csv(stock.to_csv(lines), f"stock-{store}")
    return {"store": store, "items": [stock.to_json(line) for line in lines]}


@part.get(f"{ONE}/inferred", InferredAnswer)
def list_inferred(store: str) -> dict[str, Any]:
    """What is declared of each switch of the connector, and how probably it holds orders back, as the orders show."""
    services, shop = current_services(), seen_shop(store)
    with services.ledger.read() as connection:
        row = row_of(connection, store)
        found = inferred(connection, shop, row, declared_of(services, store, row), services.clock.now())
    return {"store": store, "items": found}


@part.get(f"{ONE}/live", LiveAnswer)
def show_live(store: str) -> dict[str, Any]:
    """How right the reconciler was at this shop in the last 30 days, counted from its own cases and touches."""
    seen_shop(store)
    with current_services().ledger.read() as connection:
        figures = live_figures(connection, store, current_services().clock.now() - LIVE_DAYS)
    return {
        "store": store,
        **plain(figures),
        "since": figures.since,
        "false_alarms_per_1000": figures.false_alarms_per_1000,
    }


def _wants_csv(given: dict[str, Any]) -> bool:
    best = request.accept_mimetypes.best_match(["application/json", "text/csv"], "application/json")
    return bool(given.get("format", "csv" if best == "text/csv" else "json") == "csv")


def _csv(text: str, name: str) -> Response:
    said = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text, content_type="text/csv; charset=utf-8", headers=said)


def shown_store(store: str) -> dict[str, Any]:
    """One shop of the caller's as the API gives it."""
    return _shown(overview(current_services(), seen_stores(store))[0])


def _shown(one: ShopOverview) -> dict[str, Any]:
    row = one.row
    stopped = None
    if one.stop_reason is not None:
        by_switch = {"by": "settings", "reason": one.stop_reason, "at": None}
        by_person = {"by": row.stopped_by, "reason": row.stop_reason, "at": row.stopped_at}
        stopped = by_person if row.stopped_at is not None else by_switch
    return {
        **row._mapping,
        "mode": one.mode.value,
        "locale": one.shop.locale,
        "pos": one.shop.pos_kind,
        "touch": {"effect": row.touch, "failures": row.touch_failures, "since": row.touch_learned_at},
        "stopped": stopped,
        "health": row._mapping,
        "grace_s": int(one.grace.total_seconds()),
        "arrivals": one.arrivals,
        "declared": plain(one.declared),
        "limits": limits_of(one.shop),
        "standings": one.standings,
        "inbox": {"received": one.received, "parked": one.parked},
        "due": one.due,
        "next_due_at": one.next_due_at,
        "busy": one.busy,
    }
