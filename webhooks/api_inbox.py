"""The API on the inbox: what Shopify has sent, and what could not be read of it."""

from typing import Any

from werkzeug.exceptions import NotFound

from reconcile import people
from reconcile.ledger.queries_inbox import deliveries_page, delivery_of
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.routes import ID, Part, seen_stores
from webhooks.schemas import DeliveriesQuery
from webhooks.schemas_more import DeliveriesPage, DeliverySchema

part = Part("deliveries", "The inbox: every webhook that was acknowledged.")


@part.get("/deliveries", DeliveriesPage, query=DeliveriesQuery)
def list_deliveries(given: dict[str, Any]) -> dict[str, Any]:
    """Deliveries, the newest first."""
    stores = seen_stores(given.pop("store", None))
    with current_services().ledger.read() as connection:
        page = deliveries_page(connection, stores, **given)
    return {"items": page.rows, "next": page.next}


@part.write("POST", f"/deliveries/<{ID}:delivery_id>/replay", DeliverySchema, status=202)
def replay(delivery_id: int) -> Any:
    """Fold a parked delivery again."""
    services, stores = current_services(), seen_stores()
    people.replay(services, caller().name, stores, delivery_id)
    wake_workers()
    with services.ledger.read() as connection:
        row = delivery_of(connection, stores, delivery_id)
    if row is None:
        raise NotFound(f"There is no delivery {delivery_id}.")
    return row
