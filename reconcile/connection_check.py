"""Is a shop connected as it must be? Credentials, scopes, personal data, subscriptions, clock, POS: a line for each.

A line says what was found in a slug and facts; `webhooks/connection_words.py` has the sentences, in both languages.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from reconcile.config import BY_LINK, Shop
from reconcile.errors import ReconcilerError, Retryable, Unauthorised
from reconcile.ledger.schema import schema_problem
from reconcile.model import Mode
from reconcile.remote_clock import clock_skew
from reconcile.services import Services
from reconcile.shopify.admin import TOPICS
from reconcile.spelling import learn
from reconcile.subscriptions import coming_twice, subscribed

SKEW_ALLOWED_S = 30.0
NEEDED = ("read_orders", "write_orders", "read_all_orders")
# What a rule asks of them: without one of these only that rule is silent.
PROTECTED = {
    "customer": "no_customer", "email": "customer_incomplete", "shippingAddress": "customer_incomplete",
    "billingAddress": "customer_incomplete",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at; `good` is None when it could not be told, or need not be mended."""

    slug: str
    good: bool | None
    facts: dict[str, str] = field(default_factory=dict)


def look_at(shop: Shop, services: Services, order: str = "") -> Iterator[Line]:
    """Every line of a shop; `order` names one that is in the POS, by which the spelling of the reference is learned."""
    ledger = schema_problem(services.ledger)
    if ledger:
        yield Line("no_ledger", False)
    yield _secrets(shop)
    shopify = list(shopify_lines(shop, services))
    yield from shopify
    if shopify[0].good:
        yield from _subscriptions(shop, services)
    if not ledger:
        yield from _twice(shop, services)
    yield _clock(shop, services)
    pos = list(pos_lines(shop, services))
    yield from pos
    if order and shopify[0].good and pos[0].good:
        yield reference_line(shop, services, order)


def _secrets(shop: Shop) -> Line:
    if shop.webhook_secrets:
        return Line("secrets", True, {"n": str(len(shop.webhook_secrets))})
    return Line("no_secrets", False)


def shopify_lines(shop: Shop, services: Services) -> Iterator[Line]:
    """Who Shopify says we are, and what we may do there; the first line is whether it lets us in at all."""
    try:
        facts = services.admin(shop).shop_facts()
    except ReconcilerError as error:
        yield _refusal("shopify", shop.shopify.get("grant"), error)
        return
    yield Line("shopify", True, {"name": facts.name, "currency": facts.currency, "zone": facts.timezone})
    if facts.domain != shop.domain:
        yield Line("other_shop", False, {"domain": facts.domain})
    yield from (_scope(shop, scope, facts.scopes) for scope in NEEDED)
    yield from _protected(shop, services)


def _refusal(side: str, grant: str | None, error: ReconcilerError) -> Line:
    """We are not let in: nobody is there, or where the merchant approves by a link they have to do so (again)."""
    unapproved = grant == BY_LINK and isinstance(error, Unauthorised)
    how = "unapproved" if unapproved else "unreachable" if isinstance(error, Retryable) else "refuses"
    return Line(f"{side}_{how}", False, {"why": str(error)})


def _scope(shop: Shop, scope: str, granted: frozenset[str]) -> Line:
    # Shopify lists only the stronger of the two: who may write may read.
    if scope in granted or scope.replace("read_", "write_") in granted:
        return Line("scope", True, {"scope": scope})
    if scope == "read_all_orders":
        return Line("no_old_orders", None, {"scope": scope})
    if scope == "write_orders" and shop.mode is Mode.OBSERVE:
        return Line("no_scope_to_observe", None, {"scope": scope})
    return Line("no_scope", False, {"scope": scope})


def _protected(shop: Shop, services: Services) -> Iterator[Line]:
    try:
        refused = services.admin(shop).protected_fields()
    except ReconcilerError as error:
        yield Line("protected_unread", None, {"why": str(error)})
        return
    if refused is None:
        yield Line("protected_unseen", None)
    elif "orders" in refused:
        yield Line("no_customer_data", False)
    elif refused:
        rules = sorted({PROTECTED[name] for name in refused if name in PROTECTED})
        yield Line("protected_refused", None, {"fields": ", ".join(sorted(refused)), "rules": ", ".join(rules)})
    else:
        yield Line("protected", True)


def _subscriptions(shop: Shop, services: Services) -> Iterator[Line]:
    if not shop.webhook_url:
        yield Line("no_webhook_url", None)
        return
    try:
        found = subscribed(shop, services)
    except ReconcilerError as error:
        yield Line("subscriptions_unread", None, {"why": str(error)})
        return
    if found.missing:
        yield Line("subscriptions_missing", False, {"topics": ", ".join(found.missing)})
    else:
        yield Line("subscriptions", True, {"n": str(len(TOPICS)), "url": shop.webhook_url})
    if found.elsewhere:
        there = sorted({one.uri for one in found.elsewhere})
        yield Line("subscriptions_elsewhere", None, {"n": str(len(found.elsewhere)), "urls": ", ".join(there)})
    if found.doubled:
        yield Line("subscriptions_doubled", False, {"topics": ", ".join(found.doubled)})


def _twice(shop: Shop, services: Services) -> Iterator[Line]:
    topics = coming_twice(shop, services)
    if topics:
        yield Line("deliveries_twice", False, {"topics": ", ".join(topics)})


def _clock(shop: Shop, services: Services) -> Line:
    skew = clock_skew(shop.shopify.get("base_url") or f"https://{shop.domain}", services.clock)
    if skew is None:
        return Line("no_clock", None)
    seconds = skew.total_seconds()
    if abs(seconds) < SKEW_ALLOWED_S:
        return Line("clock", True)
    return Line("clock_off", False, {"seconds": f"{seconds:+.0f}"})


def pos_lines(shop: Shop, services: Services) -> Iterator[Line]:
    """Who the POS says we are, and what we do not see; the first line is whether it lets us in at all."""
    try:
        identity = services.pos(shop).identity()
    except ReconcilerError as error:
        yield _refusal("pos", shop.pos.get("grant"), error)
        return
    names = ", ".join(location.name for location in identity.locations)
    yield Line("pos", True, {"name": identity.name or "–", "account": identity.account, "locations": names or "–"})
    if not identity.locations:
        yield Line("no_locations", False)
    yield from _unseen_locations(shop, {location.name for location in identity.locations})
    yield from (Line("blind_spot", None, {"what": blind}) for blind in identity.blind_spots)


def _unseen_locations(shop: Shop, seen: set[str]) -> Iterator[Line]:
    """Locations that the connector is declared to sell at and the token does not see: their orders would look missing."""
    for name in shop.declared.locations or ():
        if seen and name not in seen:
            yield Line("location_unseen", None, {"name": name})


def reference_line(shop: Shop, services: Services, name: str) -> Line:
    """How the POS spells this order, which is known to be in it."""
    try:
        order = services.admin(shop).order_named(name)
        if order is None:
            return Line("order_unknown", False, {"order": name})
        found = learn(order, shop, services.pos(shop))
    except ReconcilerError as error:
        return Line("reference_unread", None, {"order": name, "why": str(error)})
    facts = {"order": name, "reference": found.reference, "pattern": found.pattern, "n": str(found.looked_at)}
    if found.known:
        return Line("reference", True, facts)
    if not found.pattern:
        return Line("reference_absent", False, facts)
    return Line("reference_learned" if found.same_total else "reference_likely", False, facts)
