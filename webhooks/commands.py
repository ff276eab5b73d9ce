"""The command line: `flask --app webhooks.app …`."""

from datetime import datetime, timedelta

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from rich.table import Table

from reconcile import people
from reconcile.config import duration
from reconcile.errors import ConfigurationError, ReconcilerError
from reconcile.housekeeping import tidy
from reconcile.ledger.queries import OrderFilter
from reconcile.ledger.schema import migrate
from reconcile.setup_check import check_set_up
from reconcile.shops import enrol
from reconcile.sweep import sweep
from webhooks import commands_alerts, commands_connect, commands_reports, commands_stores, tokens
from webhooks.cli import CLI, Command, Since, chosen, console, counting, moment, usable_ledger
from webhooks.current import current_services, wake_workers
from webhooks.tokens import Role

HISTORY_KEPT = "90d"

GROWN = (commands_connect,)  # importing it gave `stores` more commands
db = AppGroup("db", help="The ledger's schema.")
token = AppGroup("token", help="The tokens of people and programs.")


def register(app: Flask) -> None:
    for group in (db, token, commands_stores.stores, commands_stores.webhooks, commands_alerts.alerts):
        app.cli.add_command(group)
    for command in (sweep_store, check, requeue, purge, commands_reports.audit, commands_reports.statement):
        app.cli.add_command(command)


@db.command("upgrade", cls=Command)
def upgrade() -> None:
    """Bring the ledger to the schema of this version; safe to run again."""
    services = current_services()
    migrate(services.ledger)
    enrol(services)
    click.echo("The ledger is up to date.")


@token.command("create", cls=Command)
@click.option(
    "--role", required=True, type=click.Choice([role.value for role in Role]), help="viewer < operator < admin"
)
@click.option("--store", "stores", multiple=True, help="Only for this shop; may be repeated. Left out: all shops.")
@click.option("--name", default="", help="Who it is for, as the history names them.")
@click.option("--lasts", default="", help="Such as 90d. Left out: until it is revoked.")
def create_token(role: str, stores: tuple[str, ...], name: str, lasts: str) -> None:
    """Make a token. It stands alone on the last line and is not shown again."""
    services = usable_ledger(current_services())
    secret = tokens.create(services, Role(role), stores, name, _lasting(lasts))
    click.echo(f"A token with the role {role}, for {', '.join(stores) or 'all shops'}. It is shown only now:")
    click.echo(secret)


@token.command("list", cls=Command)
def list_tokens() -> None:
    """Every token: whose, for what, and when it was last used."""
    services = usable_ledger(current_services())
    table = Table("id", "name", "begins", "role", "shops", "made", "last used", "state")
    now = services.clock.now()
    for one in tokens.listed(services):
        state = "in force" if one.is_valid(now) else "revoked" if one.revoked_at else "expired"
        shops = ", ".join(sorted(one.stores)) or "all"
        used = f"{one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never"
        table.add_row(str(one.id), one.name, one.prefix, one.role, shops, f"{one.created_at:%Y-%m-%d}", used, state)
    console().print(table)


@token.command("revoke", cls=Command)
@click.argument("named")
def revoke_token(named: str) -> None:
    """End a token at once; NAMED is its id, its name or how it begins."""
    for one in tokens.revoke(usable_ledger(current_services()), named):
        click.echo(f"Revoked: {one.name} ({one.prefix}…)")


@click.command("sweep", cls=Command)
@click.option("--store", required=True)
@click.option("--since", type=Since(), default="7d", show_default=True)
@with_appcontext
def sweep_store(store: str, since: datetime | timedelta) -> None:
    """Read every order that changed since then from Shopify, so that what no webhook told of is found."""
    services = usable_ledger(current_services())
    with counting() as progress:
        line = progress.add_task("orders read from Shopify", total=None)
        result = sweep(
            services.shop(store),
            services,
            moment(services, since),
            on_page=lambda seen: progress.update(line, completed=seen),
        )
    if result.error:
        raise ReconcilerError(f"{store} could not be swept: {result.error}")
    wake_workers()
    click.echo(f"{result.seen} orders read, {result.changed} of them were new or newer than in the ledger.")


@click.command("check", cls=Command)
@click.option("--store", help="Left out: every shop.")
@with_appcontext
def check(store: str | None) -> None:
    """Walk the connector's checklist: what is set so that orders can not arrive."""
    services = usable_ledger(current_services())
    for shop in chosen(services, store):
        french = shop.locale == "fr"
        table = Table("result", "check", "what was seen", "fix", title=shop.store)
        for found in check_set_up(shop, services):
            title, evidence, fix = (
                (found.title_fr, found.evidence_fr, found.fix_fr)
                if french
                else (found.title, found.evidence, found.fix)
            )
            table.add_row(found.result.value.replace("_", " "), title, evidence, fix)
        console().print(table)


@click.command("requeue", cls=Command)
@click.option("--store")
@click.option("--standing")
@click.option("--cause")
@click.option("--state", help="Of the case, or `open`.")
@click.option("--q", help="A part of the order's name or of a SKU.")
@click.option("--since", type=Since(), help="Created since: such as 7d, or a date.")
@click.option("--until", type=Since(), help="Created before.")
@click.option("--dry-run", is_flag=True, help="Only say which orders it would be.")
@with_appcontext
def requeue(
    store: str | None,
    standing: str | None,
    cause: str | None,
    state: str | None,
    q: str | None,
    since: datetime | timedelta | None,
    until: datetime | timedelta | None,
    dry_run: bool,
) -> None:
    """Look again at all orders of this filter and touch those that may be touched; an empty filter is refused."""
    services = usable_ledger(current_services())
    if store:
        services.shop(store)
    first, end = (None if at is None else moment(services, at) for at in (since, until))
    wanted = OrderFilter(store=store, standing=standing, cause=cause, state=state, q=q, since=first, until=end)
    stores = list(services.settings.shops)
    if dry_run:
        _show_preview(people.preview(services, stores, wanted))
        return
    batch_id = people.requeue_many(services, CLI, stores, wanted)
    wake_workers()
    counts = people.progress_of(services, stores, batch_id).counts
    said = ", ".join(f"{count} {result}" for result, count in counts.items()) or "no order fits the filter"
    click.echo(f"Batch {batch_id}: {said}.")


def _show_preview(found: people.Preview) -> None:
    table = Table("order", "standing", "cause", "total", "may not be, because")
    for one in found.sample:
        row = one.row
        total = f"{row.total} {row.currency}"
        table.add_row(
            f"{row.store} {row.name}", row.standing, row.cause or "", total, one.obstacle.reason if one.obstacle else ""
        )
    console().print(table)
    click.echo(f"{found.count} orders would be re-queued, {found.skipped} may not be. Nothing was changed.")


@click.command("purge", cls=Command)
@click.option("--keep", default=HISTORY_KEPT, show_default=True, help="How much of the history stays.")
@with_appcontext
def purge(keep: str) -> None:
    """Drop what is older than it need be kept: bodies of parked deliveries after 30 days, history and sent alerts."""
    kept = _lasting(keep)
    if kept is None:
        raise ConfigurationError(["--keep: write how long, such as 90d"])
    tidy(usable_ledger(current_services()), kept)
    click.echo(f"What was older than {keep} has been dropped; orders and the ids of deliveries stay.")


def _lasting(text: str) -> timedelta | None:
    try:
        return duration(text) if text else None
    except ValueError as error:
        raise ConfigurationError([str(error)]) from None
