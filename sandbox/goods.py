"""What the demo shop sells, and the products, places and people that its POS knows before the first order."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sandbox.heartland.books import HeartlandBooks

KINDS: Final = ("Mug", "Tote", "Candle", "Scarf", "Notebook", "Soap", "Print", "Lamp", "Bowl", "Cushion")
COLOURS: Final = ("Red", "Blue", "Green", "Sand", "Black", "White")
# The connector's own products by SKU and title: help.accumula.com 8471186. "Shopify Return" has another SKU.
REQUIRED: Final = {
    "Shopify Shipping": "Shopify Shipping",
    "Shopify Discount": "Shopify Discount",
    "Shopify Refund": "Shopify Return",
    "NO PRODUCT FOUND": "No Product Found",
    "Shopify: Duties": "Shopify: Duties",
    "Shopify: Additional Fees": "Shopify: Additional Fees",
    "Shopify Gift Card": "Shopify Gift Card",
}
SHIPPING, REFUND, NOT_FOUND, DUTIES, FEES, GIFT_CARD = (
    "Shopify Shipping", "Shopify Refund", "NO PRODUCT FOUND", "Shopify: Duties", "Shopify: Additional Fees",
    "Shopify Gift Card",
)  # fmt: skip
LOCATIONS: Final = ("Main Street", "Warehouse")
UNMAPPED: Final = "Pop-up Stall"
ORDER_SOURCE: Final = "Online Store"


@dataclass(frozen=True, slots=True)
class Product:
    sku: str
    title: str
    price: Decimal


def _products() -> tuple[Product, ...]:
    """Sixty products, no two at one price: two baskets of one total are rare."""
    return tuple(
        Product(f"{kind[:3].upper()}-{colour[:3].upper()}", f"{kind}, {colour.lower()}", _price(place))
        for place, (kind, colour) in enumerate((kind, colour) for kind in KINDS for colour in COLOURS)
    )


def _price(place: int) -> Decimal:
    return Decimal(700 + place * 137 + place * place % 89).scaleb(-2)


PRODUCTS: Final = _products()
ARCHIVED: Final = Product("OLD-01", "Mug of last year", Decimal("11.31"))
TWIN: Final = Product("TWIN-01", "Bowl, entered twice", Decimal("23.47"))
UNKNOWN: Final = Product("NEW-01", "Vase, not yet in the POS", Decimal("31.83"))


def stock(books: HeartlandBooks) -> None:
    """Open a Heartland account: products, and locations with tills."""
    for product in (*PRODUCTS, ARCHIVED, TWIN, TWIN):
        books.add_item(product.sku, product.title, price=product.price)
    for sku, title in REQUIRED.items():
        books.add_item(sku, title, track_inventory=False)
    for name in (*LOCATIONS, UNMAPPED, ORDER_SOURCE):
        books.add_location(name, stations=2)
    places = [books.locations.keyed(name)[0].id for name in LOCATIONS]
    for item in list(books.items.by_id.values()):
        for place in places:
            books.set_stock(item.id, place, Decimal(500 if item.track_inventory else 0))
