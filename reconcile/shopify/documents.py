"""The GraphQL texts that are sent, for Admin API 2026-10 (https://shopify.dev/docs/api/admin-graphql).

A field that the app may be refused is optional: when Shopify refuses it in a way that loses the whole order, the
document is made again without it.
"""

from collections.abc import Collection
from functools import cache

MONEY = "{ shopMoney { amount } }"
PAGE_INFO = "pageInfo { hasNextPage endCursor }"
ADDRESS = "{ firstName lastName address1 city province zip }"

LINE = f"id sku title quantity currentQuantity originalUnitPriceSet {MONEY} totalDiscountSet {MONEY} isGiftCard"
REFUND_LINE = "lineItem { id sku } quantity restockType"
FULFILMENT_ORDER = "status assignedLocation { name }"

# refused without read_customers, protected customer data, read_products, or a fulfilment-order scope
OPTIONAL = {
    "product": "product { id }",
    "customer": "customer { id }",
    "email": "email",
    "shippingAddress": f"shippingAddress {ADDRESS}",
    "billingAddress": f"billingAddress {ADDRESS}",
    "transactions": f"transactions(first: 50) {{ kind status gateway amountSet {MONEY} createdAt }}",
    "fulfillmentOrders": f"fulfillmentOrders(first: 10) {{ nodes {{ {FULFILMENT_ORDER} }} {PAGE_INFO} }}",
}

HEADER = f"""
  id legacyResourceId name number createdAt updatedAt cancelledAt closedAt test tags sourceName app {{ id }}
  currencyCode displayFinancialStatus displayFulfillmentStatus paymentGatewayNames taxesIncluded
  totalPriceSet {MONEY} currentTotalPriceSet {MONEY} totalTaxSet {MONEY} currentTotalTaxSet {MONEY}
  totalDiscountsSet {MONEY} totalShippingPriceSet {MONEY}
  originalTotalDutiesSet {MONEY} originalTotalAdditionalFeesSet {MONEY}
  fulfillments {{ createdAt status }}
  refunds {{
    id createdAt totalRefundedSet {MONEY}
    refundLineItems(first: 20) {{ nodes {{ {REFUND_LINE} }} {PAGE_INFO} }}
  }}"""


@cache
def orders_changed(without: frozenset[str]) -> str:
    """Orders by a search, oldest change first."""
    return f"""query OrdersChanged($first: Int!, $after: String, $query: String!) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ ...OrderFields }}
    {PAGE_INFO}
  }}
}}
{order_fields(without)}"""


@cache
def orders_by_id(without: frozenset[str]) -> str:
    return f"""query OrdersById($ids: [ID!]!) {{
  nodes(ids: $ids) {{ ...OrderFields }}
}}
{order_fields(without)}"""


def order_fields(without: Collection[str]) -> str:
    """The one fragment that every order is read with."""
    own = [text for name, text in OPTIONAL.items() if name not in (*without, "product")]
    lines = f"lineItems(first: 50) {{ nodes {{ {_line(without)} }} {PAGE_INFO} }}"
    return "\n  ".join((f"fragment OrderFields on Order {{{HEADER}", lines, *own)) + "\n}"


def _line(without: Collection[str]) -> str:
    return LINE if "product" in without else f"{LINE} {OPTIONAL['product']}"


@cache
def more_of(connection: str, without: frozenset[str]) -> str:
    """The pages of an order's or a refund's own list that did not fit in its first reading."""
    owner, selection = {
        "lineItems": ("Order", _line(without)),
        "fulfillmentOrders": ("Order", FULFILMENT_ORDER),
        "refundLineItems": ("Refund", REFUND_LINE),
    }[connection]
    return f"""query MoreOfOne($ids: [ID!]!, $after: String) {{
  nodes(ids: $ids) {{
    ... on {owner} {{ {connection}(first: 100, after: $after) {{ nodes {{ {selection} }} {PAGE_INFO} }} }}
  }}
}}"""


TAGS_ADD = """mutation Touch($id: ID!, $tags: [String!]!) {
  tagsAdd(id: $id, tags: $tags) { node { id } userErrors { field message } }
}"""

SUBSCRIPTIONS = f"""query Subscriptions($after: String) {{
  webhookSubscriptions(first: 100, after: $after) {{ nodes {{ id topic uri }} {PAGE_INFO} }}
}}"""

SUBSCRIBE = """mutation Subscribe($topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
    webhookSubscription { id topic uri }
    userErrors { field message }
  }
}"""

UNSUBSCRIBE = """mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}"""

SHOP_FACTS = """query ShopFacts {
  shop { name myshopifyDomain currencyCode ianaTimezone }
  currentAppInstallation { accessScopes { handle } }
}"""

ORDERS_COUNT = """query OrdersCount($query: String) {
  ordersCount(query: $query, limit: null) { count }
}"""

PROTECTED = f"""query Protected {{
  orders(first: 1) {{ nodes {{ id customer {{ id }} email shippingAddress {ADDRESS} billingAddress {ADDRESS} }} }}
}}"""
