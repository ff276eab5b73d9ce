"""Commands for setting a shop up: is everything as it must be, and the webhook subscriptions."""

from collections.abc import Iterator
from dataclasses import dataclass

import click
from flask.cli import AppGroup
from rich.table import Table

from reconcile.config import Shop
from reconcile.errors import ConfigurationError, ReconcilerError
from reconcile.model import Mode
from reconcile.remote_clock import clock_skew
from reconcile.services import Services
from reconcile.shopify.admin import TOPICS
from reconcile.sweep import missing_topics
from webhooks.cli import FAILED, MARKS, Command, chosen, console
from webhooks.current import current_services

SKEW_ALLOWED_S = 30.0

stores = AppGroup("stores", help="The shops of the stores file.")
webhooks = AppGroup("webhooks", help="Shopify's webhook subscriptions.")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at; `good` is None when it could not be told."""

    what: str
    good: bool | None
    said: str
    fix: str = ""


@stores.command("check", cls=Command)
@click.option("--store", help="This shop only.")
@click.option("--all", "every", is_flag=True, help="Every shop; so it is also without --store.")
def check_stores(store: str | None, every: bool) -> None:
    """Credentials, scopes, permissions, webhooks and clock of each shop, each with what to do. Exit 1 if one is bad."""
    if store and every:
        raise ConfigurationError(["--all and --store: choose one"])
    services = current_services()
    bad = 0
    for shop in chosen(services, store):
        table = Table("", "what", "found", "what to do", title=f"{shop.store} ({shop.domain})")
        for line in look_at(shop, services):
            table.add_row(MARKS[line.good], line.what, line.said, line.fix)
            bad += line.good is False
        console().print(table)
    if bad:
        click.echo(f"{bad} to mend.")
        raise SystemExit(FAILED)
    click.echo("All is as it must be.")


def look_at(shop: Shop, services: Services) -> Iterator[Line]:
    yield _secrets(shop)
    yield from _shopify(shop, services)
    yield _subscriptions(shop, services)
    yield _clock(shop, services)
    yield from _pos(shop, services)


def _secrets(shop: Shop) -> Line:
    if shop.webhook_secrets:
        return Line("webhook secrets", True, f"{len(shop.webhook_secrets)} in force")
    fix = f"Put the app's client secret into stores.{shop.store}.webhook_secrets."
    return Line("webhook secrets", False, "none: every delivery is refused", fix)


def _shopify(shop: Shop, services: Services) -> Iterator[Line]:
    try:
        facts = services.admin(shop).shop_facts()
    except ReconcilerError as error:
        fix = f"Compare stores.{shop.store}.shopify with the app's page in Shopify's Dev Dashboard."
        yield Line("Shopify credentials", False, str(error), fix)
        return
    yield Line("Shopify credentials", True, f"{facts.name}, {facts.currency}, {facts.timezone}")
    if facts.domain != shop.domain:
        fix = f"Correct stores.{shop.store}.shop, or take the credentials of the right shop."
        yield Line("Shopify shop", False, f"the credentials are those of {facts.domain}", fix)
    yield from (_scope(shop, scope, facts.scopes) for scope in ("read_orders", "write_orders", "read_all_orders"))


def _scope(shop: Shop, scope: str, granted: frozenset[str]) -> Line:
    # Shopify lists only the stronger of the two: who may write may read.
    if scope in granted or scope.replace("read_", "write_") in granted:
        return Line(f"scope {scope}", True, "granted")
    fix = f"Add {scope} to the app's scopes in the Dev Dashboard, release the version and update the app in the shop."
    if scope == "read_all_orders":
        return Line(f"scope {scope}", None, "not granted: orders older than 60 days are not shown", fix)
    if scope == "write_orders" and shop.mode is Mode.OBSERVE:
        return Line(f"scope {scope}", None, "not granted; not needed in the mode observe", fix)
    return Line(f"scope {scope}", False, "not granted", fix)


def _subscriptions(shop: Shop, services: Services) -> Line:
    what = "webhook subscriptions"
    if not shop.webhook_url:
        said = "not looked at: no webhook_url, so they are taken to be in the app's shopify.app.toml"
        return Line(
            what, None, said, f"If they are not: set stores.{shop.store}.webhook_url to this service's address."
        )
    try:
        missing = missing_topics(shop, services)
    except ReconcilerError as error:
        return Line(what, None, f"not read: {error}")
    if missing:
        return Line(what, False, f"missing: {', '.join(missing)}", "Run: flask --app webhooks.app webhooks register")
    return Line(what, True, f"{len(TOPICS)} topics are sent to {shop.webhook_url}")


def _clock(shop: Shop, services: Services) -> Line:
    skew = clock_skew(shop.shopify.get("base_url") or f"https://{shop.domain}", services.clock)
    if skew is None:
        return Line("clock", None, "Shopify did not say what time it is")
    seconds = skew.total_seconds()
    said = "agrees with Shopify's" if abs(seconds) < SKEW_ALLOWED_S else f"{seconds:+.0f} s against Shopify's"
    fix = "" if abs(seconds) < SKEW_ALLOWED_S else "Set this machine's clock by NTP: lateness is measured with it."
    return Line("clock", abs(seconds) < SKEW_ALLOWED_S, said, fix)


def _pos(shop: Shop, services: Services) -> Iterator[Line]:
    try:
        identity = services.pos(shop).identity()
    except ReconcilerError as error:
        fix = f"Compare stores.{shop.store}.pos with the POS: the address, and a token of a user that may read."
        yield Line("POS credentials", False, str(error), fix)
        return
    names = ", ".join(location.name for location in identity.locations) or "no location"
    yield Line("POS credentials", True, f"{identity.name or 'token'} at {identity.account}; sees {names}")
    if not identity.locations:
        yield Line("POS locations", False, "none is seen", "Give the token's user access to the locations that sell.")
    for blind in identity.blind_spots:
        yield Line("POS permission", None, blind, "Give the token's user the permission to read this.")


@webhooks.command("register", cls=Command)
@click.option("--store", help="Left out: every shop with a webhook_url.")
def register_webhooks(store: str | None) -> None:
    """Subscribe to every topic that is missing; those that are there stay as they are."""
    services = current_services()
    for shop in chosen(services, store):
        if not shop.webhook_url:
            text = f"stores.{shop.store}.webhook_url: missing; it is where Shopify is to send"
            if store:
                raise ConfigurationError([text])
            click.echo(text)
            continue
        missing = missing_topics(shop, services)
        for topic in missing:
            services.admin(shop).subscribe(topic, shop.webhook_url)
        click.echo(f"{shop.store}: {len(missing)} subscribed, {len(TOPICS) - len(missing)} were there.")


@webhooks.command("list", cls=Command)
@click.option("--store", help="Left out: every shop.")
def list_webhooks(store: str | None) -> None:
    """The subscriptions that Shopify has, and whether each is ours."""
    services = current_services()
    for shop in chosen(services, store):
        table = Table("topic", "address", "ours", title=shop.store)
        for found in services.admin(shop).subscriptions():
            table.add_row(found.topic, found.uri, "yes" if found.uri == shop.webhook_url else "no")
        console().print(table)
