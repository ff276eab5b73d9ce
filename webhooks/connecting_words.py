"""The words of the questions that connecting a shop asks."""

from reconcile.connecting import LINK, OWN, TOKEN
from webhooks.languages import marked as _

QUESTIONS = {
    "store": (_("A short name for the shop"), _("a-z, 0-9, - and _; it is in every address and log line")),
    "shop": (_("The shop's address at Shopify"), "demo-shop.myshopify.com"),
    "locale": (_("Language of the alerts"), _("en or fr")),
    "way": (_("How Shopify lets us in"), ""),
    "shopify.client_id": (_("The app's client id"), _("Dev Dashboard > the app > Settings")),
    "shopify.client_secret": (_("The app's client secret"), _("Dev Dashboard > the app > Settings; it signs the webhooks too")),
    "shopify.access_token": (_("The app's access token"), "shpat_…"),
    "webhook_secret": (_("The app's API secret key"), _("it signs the webhooks")),
    "webhook_url": (
        _("Where Shopify is to send: this service's public address"), "https://reconciler.example/webhooks/shopify",
    ),
    "pos.kind": (_("The POS"), ""),
    "pos_way": (_("How the POS lets us in"), ""),
    "pos.subdomain": (_("The first part of the POS's address"), _("demo, of demo.retail.heartland.us or ….lightspeed.app")),
    "pos.token": (_("The token of a POS user that may read"), _("Heartland: My Account > API Tokens; X: Personal Tokens")),
    "pos.client_id": (_("The POS app's client id"), ""),
    "pos.client_secret": (_("The POS app's client secret"), ""),
    "pos.refresh_token": (_("The refresh token that the POS gave for this account"), ""),
    "pos.account_id": (_("The POS's account number"), _("only where the token sees several")),
    "pos.references": (
        _("How the POS spells an order"), _("{name} is #1001, {number} is 1001; several with a comma between"),
    ),
    "order": (
        _("An order that you see in the POS"), _("such as #1001: its spelling is learned from it; may be left out"),
    ),
}  # fmt: skip
WAYS = {
    OWN: _("an app of the shop's own organisation (client credentials)"),
    LINK: _("an app that the merchant installs by a link from us"),
    TOKEN: _("the permanent token of an app made in the shop's admin before 2026"),
}
POS_WAYS = {
    TOKEN: _("a token that was made in the POS"),
    LINK: _("our app, which the merchant approves by a link from us"),
    OWN: _("our app, and a refresh token that it was given for this shop"),
}
