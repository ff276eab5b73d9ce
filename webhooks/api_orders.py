"""The API on orders: the list, one order with all that is known of it, and what a person does with one."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row
from werkzeug.exceptions import NotFound

from reconcile import people, support
from reconcile.config import Shop
from reconcile.ledger import queries
from reconcile.people.obstacles import obstacles
from reconcile.pos.stored import sale_from_json
from reconcile.rules import catalogue
from reconcile.shopify.stored import order_from_json
from reconcile.side_by_side import side_by_side
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.plain import plain
from webhooks.routes import ID, Part, seen_shop, seen_stores
from webhooks.schemas import DismissBody, HoldBody, LocaleQuery, OrderDetail, OrderSchema, OrdersPage, OrdersQuery

part = Part("orders", "Shopify's orders, where each stands, and what may be done with it.")
ONE = f"/orders/<string:store>/<{ID}:order_id>"


@part.get("/orders", OrdersPage, query=OrdersQuery)
def list_orders(given: dict[str, Any]) -> dict[str, Any]:
    """Orders, the newest first."""
    wanted: queries.OrderFilter = given["wanted"]
    stores = seen_stores(wanted.store)
    with current_services().ledger.read() as connection:
        page = queries.orders_page(connection, stores, wanted, limit=given["limit"], cursor=given["cursor"])
    return {"items": [shown(row) for row in page.rows], "next": page.next}


@part.get(ONE, OrderDetail)
def one_order(store: str, order_id: int) -> dict[str, Any]:
    """One order: both sides, findings with their evidence, every touch, its history."""
    shop, services = seen_shop(store), current_services()
    with services.ledger.read() as connection:
        row = queries.order_of(connection, store, order_id)
        if row is None:
            raise NotFound(f"There is no order {order_id} in {store}.")
        history = queries.events_of(connection, store, order_id)
        touches = queries.actions_of(connection, store, order_id)
        obstacle = obstacles(services, connection, [store], services.clock.now()).of(row)
    return {
        **shown(row),
        **_sides(row),
        "discrepancies": row.discrepancies,
        "findings": [_explained(finding, shop) for finding in row.findings],
        "actions": touches,
        "events": history,
        "may_requeue": obstacle is None,
        "may_not_because": obstacle.reason if obstacle else None,
    }


@part.get(f"{ONE}/support", query=LocaleQuery)
def support_report(given: dict[str, Any], store: str, order_id: int) -> dict[str, Any]:
    """A report for the connector's support, ready to be sent; in the shop's language, or `locale`."""
    seen_shop(store)
    services = current_services()
    with services.ledger.read() as connection:
        made = support.report(connection, services, store, order_id, given.get("locale"))
    if made is None:
        raise NotFound(f"There is no order {order_id} in {store}.")
    return made.to_json()


@part.write("POST", f"{ONE}/requeue", OrderSchema, status=202)
def requeue(store: str, order_id: int) -> dict[str, Any]:
    """Look now and decide again, attempts reset; 409 says why it may not be."""
    seen_shop(store)
    people.requeue(current_services(), caller().name, store, order_id)
    wake_workers()
    return _order(store, order_id)


@part.write("POST", f"{ONE}/hold", OrderSchema, body=HoldBody)
def hold(given: dict[str, Any], store: str, order_id: int) -> dict[str, Any]:
    """Leave the order alone until then; it is still looked at."""
    seen_shop(store)
    people.hold(current_services(), caller().name, store, order_id, given["until"])
    return _order(store, order_id)


@part.write("POST", f"{ONE}/dismiss", OrderSchema, body=DismissBody)
def dismiss(given: dict[str, Any], store: str, order_id: int) -> dict[str, Any]:
    """Close the case: nothing is touched any more."""
    seen_shop(store)
    people.dismiss(current_services(), caller().name, store, order_id, given["reason"], by_hand=given["by_hand"])
    return _order(store, order_id)


def shown(row: Row[Any]) -> dict[str, Any]:
    """An order's row with the address of its page in Shopify."""
    shop = current_services().shop(row.store)
    return {**row._mapping, "shopify_url": f"{shop.admin_url}/orders/{row.order_id}"}


def _order(store: str, order_id: int) -> dict[str, Any]:
    with current_services().ledger.read() as connection:
        row = queries.order_of(connection, store, order_id)
    if row is None:
        raise NotFound(f"There is no order {order_id} in {store}.")
    return shown(row)


def _sides(row: Row[Any]) -> dict[str, Any]:
    order, sales = order_from_json(row.body), [sale_from_json(sale) for sale in row.sales]
    sides = side_by_side(order, sales)
    lines = None
    if sides.lines is not None:
        lines = [plain({"sku": p.what, "quantity": [p.shopify, p.pos], "same": p.same}) for p in sides.lines]
        lines = [
            {"sku": n["sku"], "shopify": n["quantity"][0], "pos": n["quantity"][1], "same": n["same"]} for n in lines
        ]
    amounts = [{**plain(pair), "same": pair.same} for pair in sides.amounts]
    return {"order": plain(order), "sales": plain(sales), "sides": {"amounts": amounts, "lines": lines}}


def _explained(finding: Mapping[str, Any], shop: Shop) -> dict[str, Any]:
    """A finding with its cause's title and fix, in the shop's language."""
    rule = catalogue().get(finding["cause"])
    if rule is None:
        return {**finding, "title": finding["cause"], "fix": ""}
    french = shop.locale == "fr"
    return {**finding, "title": rule.title_fr if french else rule.title, "fix": rule.fix_fr if french else rule.fix}
