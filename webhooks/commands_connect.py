"""Commands that connect shops: guided, or many from a file; into the ledger, or as a part of the stores file."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from reconcile import people
from reconcile.config import Shop, read_tables
from reconcile.connecting import (
    APP,
    HERE,
    KIND,
    LINK,
    LOCALE,
    OLD_APP,
    SHOP,
    SPELLINGS,
    TOKEN,
    WAY,
    Question,
    of_pos,
    pos_ways,
    table_from,
)  # fmt: skip
from reconcile.connection_check import Line, pos_lines, reference_line, shopify_lines
from reconcile.errors import ConfigurationError, ReconcilerError, Refused
from reconcile.people import invites
from reconcile.services import Services
from reconcile.subscriptions import end_all
from webhooks.cli import CLI, FAILED, MARKS, Command, as_json, chosen, console, say_json, usable_ledger
from webhooks.commands_stores import stores
from webhooks.connecting_words import POS_WAYS, QUESTIONS, WAYS
from webhooks.connection_words import said
from webhooks.current import current_services, wake_workers
from webhooks.languages import gettext
from webhooks.stores_part import stores_part

Answers = dict[str, str]


@stores.command("add", cls=Command)
@click.option("--store", default="", help="The shop's short name; asked for when left out.")
@click.option(
    "--toml", "as_toml", is_flag=True, help="Print the part of stores.toml instead of keeping the shop in the ledger."
)
@click.option(
    "--from", "file", type=click.Path(dir_okay=False, path_type=Path),
    help="Connect every shop of a file like stores.toml; its secrets may stand there in clear.",
)  # fmt: skip
def add_stores(store: str, as_toml: bool, file: Path | None) -> None:
    """Connect a shop: asks what is needed and tries each answer at once. Exit 1 if a shop was not connected."""
    services = usable_ledger(current_services())
    if file is not None:
        _add_many(services, file)
        return
    name = store or _asked("store")
    _must_be_free(services, name)
    answers = _shopify_answers(services, name)
    _pos_answers(services, name, answers)
    _spelling(services, name, answers)
    if as_toml:
        click.echo(stores_part(name, table_from(answers)))
        return
    shop = people.connect(services, CLI, name, table_from(answers))
    wake_workers()
    click.echo(
        f"{name} is connected, in the mode observe: nothing is written anywhere. No process has to be restarted."
    )
    _next_steps(services, shop)


def _must_be_free(services: Services, name: str) -> None:
    if name in services.settings.shops:
        raise Refused(f"There is a shop {name} already; `stores set` changes it, if it is in the ledger.")


def _shopify_answers(services: Services, name: str) -> Answers:
    answers = {SHOP.key: _asked(SHOP), LOCALE.key: _asked(LOCALE), HERE.key: _where_to_send(services)}
    for key, text in WAYS.items():
        click.echo(f"  {key}: {gettext(text)}")
    answers["way"] = _asked(WAY)
    asked = OLD_APP if answers["way"] == TOKEN else APP
    while True:
        answers |= {one.key: _asked(one) for one in asked}
        if answers["way"] == LINK or _is_good(shopify_lines(_trial(services, name, answers), services), name):
            return answers


def _pos_answers(services: Services, name: str, answers: Answers) -> None:
    kind = answers[KIND.key] = _asked(KIND)
    way = answers["pos_way"] = _way_into(kind)
    while True:
        answers |= {one.key: _asked(one) for one in of_pos(kind, way)}
        if way == LINK or _is_good(pos_lines(_trial(services, name, answers), services), name):
            return


def _way_into(kind: str) -> str:
    """How this POS lets us in; asked where it has more than one way."""
    ways = pos_ways(kind)
    if len(ways) == 1:
        return ways[0]
    for way in ways:
        click.echo(f"  {way}: {gettext(POS_WAYS[way])}")
    return _asked(Question(key="pos_way", choices=ways, default=ways[0]))


def _spelling(services: Services, name: str, answers: Answers) -> None:
    """Learned from one order, where both sides let us in already; else asked."""
    waits = LINK in (answers["way"], answers["pos_way"])
    known = "" if waits else _asked("order", default="")
    if known:
        line = reference_line(_trial(services, name, answers), services, known)
        _show([line], name)
        if line.slug == "reference":
            return
        if line.facts.get("pattern") and click.confirm(f"Take {line.facts['pattern']} as the spelling?", err=True):
            answers[SPELLINGS.key] = line.facts["pattern"]
            return
    answers[SPELLINGS.key] = _asked(SPELLINGS)


def _trial(services: Services, name: str, answers: Answers) -> Shop:
    """The shop as far as it is known; what was not asked yet is filled with what cannot be meant."""
    table = table_from(answers)
    table["pos"] = {"kind": KIND.default, "subdomain": "unknown", "token": "unknown"} | table["pos"]
    return people.read_table(services, name, table)


def _where_to_send(services: Services) -> str:
    known = str(services.settings.defaults.get("webhook_url", "")) or next(
        (shop.webhook_url for shop in services.settings.shops.values() if shop.webhook_url), ""
    )
    return _asked(replace(HERE, default=known))


def _asked(question: Question | str, default: str | None = None) -> str:
    one = Question(key=question) if isinstance(question, str) else question
    text, hint = (gettext(part) if part else "" for part in QUESTIONS[one.key])
    shown = f"{text} ({hint})" if hint else text
    fallback = default if default is not None else one.default or ("" if one.optional else None)
    kind = click.Choice(one.choices) if one.choices else None
    answer: str = click.prompt(
        shown, default=fallback, type=kind, hide_input=one.secret, err=True, show_default=bool(fallback)
    )
    return answer


def _is_good(lines: Iterator[Line], name: str) -> bool:
    """Show what was found; True when the first line, whether we are let in, is good, and it is the right shop."""
    seen = list(lines)
    _show(seen, name)
    return bool(seen[0].good) and all(line.slug != "other_shop" for line in seen)


def _show(lines: list[Line], name: str) -> None:
    for line in lines:
        one = said(line, name)
        console(stderr=True).print(MARKS[one.good], f"{one.what}: {one.found}", f"→ {one.fix}" if one.fix else "")


def _next_steps(services: Services, shop: Shop) -> None:
    if invites.sides_by_link(shop):
        click.echo("Send this link to the merchant; it is good once, for seven days:")
        click.echo(invites.invite(services, CLI, shop.store))
    if invites.SHOPIFY in invites.sides_by_link(shop):
        return  # the webhooks are subscribed to as soon as the app is installed
    click.echo(f"Next: flask --app webhooks.app webhooks register --store {shop.store}")
    click.echo(f"Then: flask --app webhooks.app sweep --store {shop.store} --since 7d")


# --- many at once ---------------------------------------------------------------------------------------------------


def _add_many(services: Services, file: Path) -> None:
    table, failed = Table("", "shop", "what", "found", "what to do"), 0
    for name, own in read_tables(file, os.environ).items():
        lines, problem = _add_one(services, name, own)
        for line in lines:
            one = said(line, name)
            if one.good is not True:
                table.add_row(MARKS[one.good], name, one.what, one.found, one.fix)
        table.add_row(
            MARKS[not problem], name, "connected" if not problem else "not connected", problem, "", end_section=True
        )
        failed += bool(problem)
    wake_workers()
    console().print(table)
    if failed:
        raise SystemExit(FAILED)


def _add_one(services: Services, name: str, table: dict[str, Any]) -> tuple[list[Line], str]:
    """Try both sides, and connect the shop when both let us in; answers what was found and what stood in the way."""
    try:
        _must_be_free(services, name)
        shop = people.read_table(services, name, table)
        by_link = invites.sides_by_link(shop)
        look = {invites.SHOPIFY: shopify_lines, invites.POS: pos_lines}
        sides = [list(lines(shop, services)) for side, lines in look.items() if side not in by_link]
        lines = [line for side in sides for line in side]
        if any(not side[0].good for side in sides) or any(line.slug == "other_shop" for line in lines):
            return lines, "we are not let in"
        people.connect(services, CLI, name, table)
    except ConfigurationError as error:
        return [], "; ".join(error.problems)
    except ReconcilerError as error:
        return [], str(error)
    return lines, ""


# --- what is connected ----------------------------------------------------------------------------------------------


@stores.command("list", cls=Command)
@as_json
def list_stores(in_json: bool) -> None:
    """Every shop: where it is kept, its POS, its mode."""
    services = usable_ledger(current_services())
    rows = [
        {"store": shop.store, "domain": shop.domain, "pos": shop.pos_kind, "mode": shop.mode.value,
         "kept_in": "ledger" if people.is_connected(services, shop.store) else "stores file"}
        for shop in chosen(services, None)
    ]  # fmt: skip
    if in_json:
        say_json(rows)
        return
    if not rows:
        click.echo("There is no shop yet. Connect one: flask --app webhooks.app stores add")
        return
    table = Table("shop", "domain", "POS", "mode at the start", "kept in")
    for row in rows:
        table.add_row(*row.values())
    console().print(table)


@stores.command("invite", cls=Command)
@click.option("--store", required=True)
def invite_store(store: str) -> None:
    """A link by which the merchant lets us in, at Shopify, at Lightspeed, or both; it stands alone on the last line."""
    services = usable_ledger(current_services())
    link = invites.invite(services, CLI, store)
    click.echo("Send this link to the merchant. An older one is void now.", err=True)
    click.echo(link)


@stores.command("set", cls=Command)
@click.option("--store", required=True)
@click.argument("key")
@click.argument("value", required=False)
def set_key(store: str, key: str, value: str | None) -> None:
    """Change one setting of a shop in the ledger, such as `pos.token` or `webhook_secrets`; a value left out is asked for.

    Lists take commas. A new webhook secret goes before the old ones: take the old ones away with a whole list later.
    """
    services = usable_ledger(current_services())
    table = people.connected_table(services, store)
    given = value if value is not None else click.prompt(key, hide_input=True, err=True)
    people.reconnect(services, CLI, store, _with(table, key, given), key)
    click.echo(f"{store}: {key} is changed. Try it: flask --app webhooks.app stores check --store {store}")


def _with(table: dict[str, Any], key: str, given: str) -> dict[str, Any]:
    part, _, name = key.rpartition(".")
    inner = dict(table.get(part, {}) if part else table)
    before = inner.get(name)
    if key == "webhook_secrets" and "," not in given:
        inner[name] = [given, *[one for one in before or () if one != given]]
    elif isinstance(before, list) or name in ("references", "webhook_secrets"):
        inner[name] = [one.strip() for one in given.split(",") if one.strip()]
    else:
        inner[name] = given
    return {**table, part: inner} if part else inner


@stores.command("remove", cls=Command)
@click.option("--store", required=True)
@click.option("--yes", is_flag=True, help="Without asking.")
def remove_store(store: str, yes: bool) -> None:
    """End a shop's webhooks and forget how it is reached; its orders and their history stay."""
    services = usable_ledger(current_services())
    people.connected_table(services, store)  # says that it is in the stores file, before anything is asked
    if not yes:
        click.confirm(f"Take {store} away?", abort=True, err=True)
    try:
        ended = end_all(services.shop(store), services)
    except ReconcilerError as error:
        click.echo(f"Its webhooks could not be ended: {error}", err=True)
        ended = 0
    people.disconnect(services, CLI, store)
    click.echo(f"{store} is taken away; {ended} webhook subscriptions were ended.")
