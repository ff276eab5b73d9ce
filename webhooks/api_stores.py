"""The API on shops: how each is, its checklist and its statement."""

from typing import Any

from reconcile import statement
from reconcile.ledger.queries_checks import checks_of
from reconcile.shop_overview import ShopOverview, overview
from webhooks.current import current_services
from webhooks.plain import plain
from webhooks.routes import Part, seen_shop, seen_stores
from webhooks.schemas import LocaleQuery, StatementQuery
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
def show_statement(given: dict[str, Any], store: str) -> dict[str, Any]:
    """Per day and currency: what Shopify sold, what the POS has, and the difference order by order."""
    shop = seen_shop(store)
    with current_services().ledger.read() as connection:
        days = statement.statement(connection, shop, given["since"], given["until"])
    span = {"from": given["since"].isoformat(), "to": given["until"].isoformat()}
    return {"store": store, **span, "days": [statement.to_json(day) for day in days]}


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
        "standings": one.standings,
        "inbox": {"received": one.received, "parked": one.parked},
        "due": one.due,
        "next_due_at": one.next_due_at,
        "busy": one.busy,
    }
