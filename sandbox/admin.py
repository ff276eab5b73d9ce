"""The sandbox's pages for a person: the connector's settings, and an order as Shopify shows it to the merchant.

They stand where the real ones stand in the shop's admin, so that what a page of the product tells somebody to change can
be changed: a setting holds from the moment it is saved, and is not retroactive.
"""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

from sandbox.connector_settings import DEFAULT_CUSTOMER
from sandbox.goods import ORDER_SOURCE
from sandbox.pos_refusals import ADDRESS, is_complete
from sandbox.shop import ShopOrder
from sandbox.stage import Stage

# In the words and the order of Mortar > Settings > Advanced settings > Orders.
SWITCHES: Final = {
    "download_orders": "Download Orders",
    "download_fulfilled_orders": "Download Fulfilled Orders",
    "download_unfulfilled_orders": "Download Unfulfilled Orders",
    "download_archived_orders": "Download Archived Orders",
    "download_paid_orders_with_no_transactions": "Download Paid Orders With No Transactions",
    "do_not_download_partially_paid_orders": "Do Not Download Partially Paid Orders",
    "allow_manual_payments": "Allow Manual Payments",
    "require_capture": "Require Capture",
    "download_refunds": "Download Refunds",
}
CHOICES: Final = {
    "order_source": ("Order source", (ORDER_SOURCE, "")),
    "default_customer": ("Default customer", (DEFAULT_CUSTOMER, "")),
}
BUYER: Final = ("email", *ADDRESS)


def admin_blueprint(opened: Callable[[], Stage]) -> Blueprint:
    """The pages below `/admin`."""
    routes = Blueprint("admin", __name__, template_folder="templates")

    @routes.get("/")
    def home() -> str:
        stage = opened()
        with stage.world.shop.lock:
            incomplete = [one for one in stage.world.shop.orders.values() if is_incomplete(one)]
        return render_template("home.html", domain=stage.world.shop.domain, incomplete=incomplete)

    @routes.get("/apps/mortar/settings")
    def settings() -> str:
        known = opened().world.settings_now()
        return render_template("settings.html", known=known, switches=SWITCHES, choices=CHOICES)

    @routes.post("/apps/mortar/settings")
    def save() -> Redirect:
        wanted: dict[str, Any] = {name: name in request.form for name in SWITCHES}
        wanted |= {name: request.form[name] for name in CHOICES if name in request.form}
        opened().world.set_settings(wanted)
        return redirect(url_for("admin.settings", saved=1), 303)

    @routes.get("/orders/<int:order_id>")
    def order(order_id: int) -> str:
        return render_template("order.html", order=_order(opened(), order_id), fields=BUYER)

    @routes.post("/orders/<int:order_id>")
    def change_order(order_id: int) -> Redirect:
        stage = opened()
        _order(stage, order_id)
        stage.change_order(order_id, {"buyer": {name: request.form.get(name, "").strip() for name in BUYER}})
        return redirect(url_for("admin.order", order_id=order_id, saved=1), 303)

    routes.after_request(_guarded)
    return routes


def is_incomplete(order: ShopOrder) -> bool:
    """Whether the merchant still has to complete the buyer."""
    return order.buyer is not None and not is_complete(order.buyer)


def _order(stage: Stage, order_id: int) -> ShopOrder:
    found = stage.world.shop.orders.get(order_id)
    if found is None:
        raise NotFound(f"There is no order {order_id} in this shop.")
    return found


def _guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
    return response
