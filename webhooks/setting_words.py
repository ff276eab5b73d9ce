"""The connector's settings as its own page names them, and where they are found there."""

from dataclasses import dataclass

from webhooks.languages import marked as _

ORDERS = _("Mortar > Settings > Advanced settings > Orders")
GENERAL = _("Mortar > Settings")


@dataclass(frozen=True, slots=True)
class Setting:
    name: str  # as on the connector's page, whatever the language
    says: str
    where: str = ORDERS


SETTINGS: dict[str, Setting] = {
    "employee": Setting("Employee", _("the POS user that the connector sells as"), GENERAL),
    "download_orders": Setting("Download Orders", _("off: nothing is carried")),
    "download_fulfilled_orders": Setting("Download Fulfilled Orders", _("off: orders shipped at once stay away")),
    "download_unfulfilled_orders": Setting("Download Unfulfilled Orders", _("off: orders wait until they are shipped")),
    "download_archived_orders": Setting("Download Archived Orders", _("off: orders archived at once stay away")),
    "download_paid_orders_with_no_transactions": Setting(
        "Download Paid Orders With No Transactions", _("off: imported and marketplace orders stay away")
    ),
    "do_not_download_partially_paid_orders": Setting(
        "Do Not Download Partially Paid Orders", _("on: orders wait until they are fully paid")
    ),
    "allow_manual_payments": Setting("Allow Manual Payments", _("off: orders wait until a manual payment is marked")),
    "require_capture": Setting("Require Capture", _("on: orders wait until the payment is captured")),
    "download_refunds": Setting("Download Refunds", _("off: refunds are not carried")),
    "automatically_invoice": Setting("Automatically Invoice", _("off: sales stay open in the POS")),
    "order_minimum_created": Setting(
        "Order Minimum Created", _("older orders are passed by; such as 2026-01-01T00:00:00Z")
    ),
    "allow_tags": Setting("Allow Orders only with these tags", _("separated by commas")),
    "ignore_tags": Setting("Ignore Orders with these tags", _("separated by commas")),
    "routing_tags": Setting("Routing tags", _("separated by commas")),
    "locations": Setting("Mapped locations", _("separated by commas"), GENERAL),
    "channels_excluded": Setting("Excluded channels", _("separated by commas")),
    "order_source": Setting("Order source", _("Heartland only"), GENERAL),
    "default_customer": Setting("Default customer", _("used for orders without a customer"), GENERAL),
    "in_store_prefix": Setting(
        "In-store prefix", _("of the names that the connector gives to sales of the till"), GENERAL
    ),
}
