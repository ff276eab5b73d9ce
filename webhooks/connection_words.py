"""The sentences of the connection check: what was looked at, what was found, and what to do about it."""

from dataclasses import dataclass

from reconcile.connection_check import Line
from webhooks.languages import gettext
from webhooks.languages import marked as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A line in words; `good` as the line has it."""

    slug: str
    good: bool | None
    what: str
    found: str
    fix: str


LEDGER = _("Ledger")
SECRETS = _("Webhook secrets")
SHOPIFY = _("Shopify: access")
SCOPE = _("Shopify: scope %(scope)s")
PERSONAL = _("Shopify: customer data")
WEBHOOKS = _("Shopify: webhooks")
TWICE = _("Webhooks that come twice")
CLOCK = _("Clock")
POS = _("POS: access")
PLACES = _("POS: locations")
SEEN = _("POS: permission")
SPELLING = _("Reference of %(order)s")
GRANT = _("Add %(scope)s to the app's scopes in the Dev Dashboard, release the version and update the app in the shop.")
ASK_FOR_DATA = _(
    "Dev Dashboard > the app > API access > Protected customer data: ask for it, with the fields named here."
)
WAIT = _(
    "Try again in a few minutes; if it lasts, look at the vendor's status page and at the address in the settings."
)
INVITE = _(
    "Run: flask --app webhooks.app stores invite --store %(store)s, and send the link to somebody of the shop who may approve."
)
REGISTER = _("Run: flask --app webhooks.app webhooks register --store %(store)s")
REGISTER_MOVED = _(
    "If they are an older address of this service: flask --app webhooks.app webhooks register --move --store %(store)s"
)

# What a line's slug says: what was looked at, what was found, what to do.
WORDS: dict[str, tuple[str, str, str]] = {
    "no_ledger": (
        LEDGER, _("its schema is not the one of this version"), _("Run: flask --app webhooks.app db upgrade"),
    ),
    "secrets": (SECRETS, _("%(n)s in force"), ""),
    "no_secrets": (
        SECRETS, _("none: every delivery is refused"), _("Put the app's client secret into webhook_secrets of %(store)s."),
    ),
    "shopify": (SHOPIFY, _("%(name)s, %(currency)s, %(zone)s"), ""),
    "shopify_refuses": (
        SHOPIFY, "%(why)s", _("Compare stores.%(store)s.shopify with the app's page in Shopify's Dev Dashboard."),
    ),
    "shopify_unreachable": (SHOPIFY, "%(why)s", WAIT),
    "shopify_unapproved": (SHOPIFY, "%(why)s", INVITE),
    "other_shop": (
        SHOPIFY, _("the credentials are those of %(domain)s"),
        _("Correct stores.%(store)s.shop, or take the credentials of the right shop."),
    ),
    "scope": (SCOPE, _("granted"), ""),
    "no_old_orders": (SCOPE, _("not granted: orders older than 60 days are not shown"), GRANT),
    "no_scope_to_observe": (SCOPE, _("not granted; not needed in the mode observe"), GRANT),
    "no_scope": (SCOPE, _("not granted"), GRANT),
    "protected": (PERSONAL, _("every field that a rule asks for is shown"), ""),
    "protected_refused": (PERSONAL, _("not shown: %(fields)s; these rules are silent: %(rules)s"), ASK_FOR_DATA),
    "no_customer_data": (PERSONAL, _("the app may not see orders: it has no access to protected customer data"), ASK_FOR_DATA),
    "protected_unseen": (PERSONAL, _("not known: the shop has no order yet to see it by"), ""),
    "protected_unread": (PERSONAL, _("not read: %(why)s"), ""),
    "no_webhook_url": (
        WEBHOOKS, _("not looked at: no webhook_url, so they are taken to be in the app's shopify.app.toml"),
        _("If they are not: set stores.%(store)s.webhook_url to this service's address."),
    ),
    "subscriptions_unread": (WEBHOOKS, _("not read: %(why)s"), ""),
    "subscriptions_missing": (WEBHOOKS, _("missing: %(topics)s"), REGISTER),
    "subscriptions": (WEBHOOKS, _("%(n)s topics are sent to %(url)s"), ""),
    "subscriptions_elsewhere": (WEBHOOKS, _("%(n)s go to another address: %(urls)s"), REGISTER_MOVED),
    "subscriptions_doubled": (
        WEBHOOKS, _("subscribed to twice: %(topics)s"),
        _("End one of the two: flask --app webhooks.app webhooks list --store %(store)s shows them."),
    ),
    "deliveries_twice": (
        TWICE, _("%(topics)s: one change brings two deliveries"),
        _("Take these topics out of the app's shopify.app.toml, or end those made here. Meanwhile no harm is done."),
    ),
    "clock": (CLOCK, _("agrees with Shopify's"), ""),
    "no_clock": (CLOCK, _("Shopify did not say what time it is"), ""),
    "clock_off": (
        CLOCK, _("%(seconds)s s against Shopify's"), _("Set this machine's clock by NTP: lateness is measured with it."),
    ),
    "pos": (POS, _("%(name)s at %(account)s; sees %(locations)s"), ""),
    "pos_refuses": (
        POS, "%(why)s", _("Compare stores.%(store)s.pos with the POS: the address, and a token of a user that may read."),
    ),
    "pos_unreachable": (POS, "%(why)s", WAIT),
    "pos_unapproved": (POS, "%(why)s", INVITE),
    "no_locations": (PLACES, _("none is seen"), _("Give the token's user access to the locations that sell.")),
    "location_unseen": (
        PLACES, _("none that the token sees is called %(name)s, where the connector sells"),
        _("Give the token's user access to it, unless the POS calls it otherwise: an order not seen looks missing."),
    ),
    "blind_spot": (SEEN, "%(what)s", _("Give the token's user the permission to read this.")),
    "order_unknown": (
        SPELLING, _("Shopify shows no order of this name"), _("Name one of the last 60 days as Shopify does, such as #1001."),
    ),
    "reference": (SPELLING, _("the POS has it as %(reference)s"), ""),
    "reference_learned": (
        SPELLING, _("the POS has it as %(reference)s, with the same total: another spelling than those of the settings"),
        _('Set stores.%(store)s.pos.references = ["%(pattern)s"]'),
    ),
    "reference_likely": (
        SPELLING, _("a POS record bears its number, as %(reference)s, with another total"),
        _('Compare the two. If they are one sale, set stores.%(store)s.pos.references = ["%(pattern)s"]'),
    ),
    "reference_absent": (
        SPELLING, _("none of the %(n)s POS records of those days bears its number"),
        _(
            "Take an order that you see in the POS. If it is there, its number stands in a field of its own (set"
            " stores.%(store)s.pos.reference_field), or at a location that the token does not see."
        ),
    ),
    "reference_unread": (SPELLING, _("not looked for: %(why)s"), ""),
}  # fmt: skip


def said(line: Line, store: str) -> Said:
    """The line in the language of whoever reads it."""
    facts = {**line.facts, "store": store}
    what, found, fix = (gettext(text, **facts) if text else "" for text in WORDS[line.slug])
    return Said(slug=line.slug, good=line.good, what=what, found=found, fix=fix)
