"""Commands for setting a shop up: is everything as it must be, and the webhook subscriptions."""

from dataclasses import asdict

import click
from flask.cli import AppGroup
from flask_babel import force_locale
from rich.table import Table

from reconcile.config import Shop
from reconcile.connection_check import look_at
from reconcile.errors import ConfigurationError, ReconcilerError
from reconcile.services import Services
from reconcile.shopify.admin import TOPICS
from reconcile.subscriptions import register, subscribed
from webhooks.cli import FAILED, MARKS, Command, as_json, chosen, console, counting, say_json
from webhooks.connection_words import Said, said
from webhooks.current import current_services

stores = AppGroup("stores", help="The shops: connect them, check them.")
webhooks = AppGroup("webhooks", help="Shopify's webhook subscriptions.")


@stores.command("check", cls=Command)
@click.option("--store", help="This shop only.")
@click.option("--all", "every", is_flag=True, help="Every shop; so it is also without --store.")
@click.option("--order", default="", help="An order that is in the POS, such as #1001: its spelling there is learned.")
@as_json
def check_stores(store: str | None, every: bool, order: str, in_json: bool) -> None:
    """Credentials, scopes, personal data, webhooks, clock and POS, each with what to do. Exit 1 if one has to be mended."""
    if store and every:
        raise ConfigurationError(["--all and --store: choose one"])
    services = current_services()
    shops = chosen(services, store)
    if not shops and not in_json:
        click.echo("There is no shop yet. Connect one: flask --app webhooks.app stores add")
        return
    if order and len(shops) > 1:
        raise ConfigurationError(["--order: name its shop with --store"])
    with counting() as progress:
        line = progress.add_task("shops checked", total=len(shops))
        looked = []
        for shop in shops:
            with force_locale(shop.locale):
                looked.append((shop, [said(one, shop.store) for one in look_at(shop, services, order)]))
            progress.advance(line)
    bad = sum(one.good is False for _, lines in looked for one in lines)
    if in_json:
        say_json([_in_json(shop, lines) for shop, lines in looked])
    else:
        console().print(overview(looked) if len(shops) > 1 else details(*looked[0]))
        click.echo(f"{bad} to mend." if bad else "All is as it must be.")
    if bad:
        raise SystemExit(FAILED)


def _in_json(shop: Shop, lines: list[Said]) -> dict[str, object]:
    return {"store": shop.store, "domain": shop.domain, "lines": [asdict(one) for one in lines]}


def details(shop: Shop, lines: list[Said]) -> Table:
    table = Table("", "what", "found", "what to do", title=f"{shop.store} ({shop.domain})")
    for line in lines:
        table.add_row(MARKS[line.good], line.what, line.found, line.fix)
    return table


def overview(looked: list[tuple[Shop, list[Said]]]) -> Table:
    """All shops in one table: what is in order is one line a shop, what is not is said with its fix."""
    table = Table("", "shop", "what", "found", "what to do")
    for shop, lines in looked:
        good = sum(line.good is True for line in lines)
        for line in lines:
            if line.good is not True:
                table.add_row(MARKS[line.good], shop.store, line.what, line.found, line.fix)
        table.add_row(MARKS[True], shop.store, f"{good} of {len(lines)}", "as it must be", "", end_section=True)
    return table


@webhooks.command("register", cls=Command)
@click.option("--store", help="Left out: every shop with a webhook_url.")
@click.option("--move", is_flag=True, help="End those that go to another address: this service has moved.")
@as_json
def register_webhooks(store: str | None, move: bool, in_json: bool) -> None:
    """Subscribe to every topic that is missing; those that are there stay. Exit 1 if a shop could not be reached."""
    services = current_services()
    done = []
    for shop in chosen(services, store):
        if not shop.webhook_url and store:
            raise ConfigurationError([f"stores.{shop.store}.webhook_url: missing; it is where Shopify is to send"])
        done.append(_registered(shop, services, move))
    if in_json:
        say_json(done)
    else:
        for one in done:
            click.echo(f"{one['store']}: {one['error'] or _counts(one)}")
    if any(one["error"] for one in done):
        raise SystemExit(FAILED)


def _registered(shop: Shop, services: Services, move: bool) -> dict[str, object]:
    told: dict[str, object] = {"store": shop.store, "subscribed": [], "ended": 0, "error": ""}
    if not shop.webhook_url:
        return told | {"error": f"stores.{shop.store}.webhook_url: missing; it is where Shopify is to send"}
    try:
        missing, ended = register(shop, services, move=move)
    except ReconcilerError as error:
        return told | {"error": str(error)}
    return told | {"subscribed": missing, "ended": ended}


def _counts(one: dict[str, object]) -> str:
    made = len(one["subscribed"])  # type: ignore[arg-type]
    moved = f", {one['ended']} to another address ended" if one["ended"] else ""
    return f"{made} subscribed, {len(TOPICS) - made} were there{moved}."


@webhooks.command("list", cls=Command)
@click.option("--store", help="Left out: every shop.")
@as_json
def list_webhooks(store: str | None, in_json: bool) -> None:
    """The subscriptions that Shopify has for this app, whether each is ours, and what is missing."""
    services = current_services()
    found = [(shop, subscribed(shop, services)) for shop in chosen(services, store)]
    if in_json:
        rows = [{"store": shop.store, **asdict(has), "missing": has.missing} for shop, has in found]
        say_json(rows)
        return
    for shop, has in found:
        table = Table("topic", "address", "ours", title=shop.store)
        for one in has.here:
            table.add_row(one.topic, one.uri, "yes")
        for one in has.elsewhere:
            table.add_row(one.topic, one.uri, "no")
        for topic in has.missing:
            table.add_row(topic, "", "missing")
        console().print(table)
