"""The products that the connector needs in the POS, by the SKU under which they are looked up.

Source: facts/connector-causes.md, A3a. The product titled "Shopify Return" has the SKU `Shopify Refund`.
"""

REQUIRED_SKUS = (
    "Shopify Shipping",
    "Shopify Discount",
    "Shopify Refund",
    "NO PRODUCT FOUND",
    "Shopify: Duties",
    "Shopify: Additional Fees",
    "Shopify Gift Card",
)

TITLES = {sku: sku for sku in REQUIRED_SKUS} | {
    "Shopify Refund": "Shopify Return",
    "NO PRODUCT FOUND": "No Product Found",
}
