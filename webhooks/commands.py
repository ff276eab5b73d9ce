"""The command line: `flask --app webhooks.app …`."""

import click
from flask import Flask
from flask.cli import AppGroup
from rich.table import Table

from reconcile.ledger.schema import migrate
from reconcile.reseal import reseal
from reconcile.shops import enrol
from webhooks import commands_alerts, commands_connect, commands_reports, commands_stores, commands_work, tokens
from webhooks.cli import Command, as_json, console, counting, lasting, say_json, usable_ledger
from webhooks.current import current_services
from webhooks.tokens import Role

SHOWN_OF_TOKENS = ("id", "name", "prefix", "role", "created_at", "last_used_at", "expires_at", "revoked_at")
GROWN = (commands_connect,)  # importing it gave `stores` more commands
db = AppGroup("db", help="The ledger's schema.")
token = AppGroup("token", help="The tokens of people and programs.")


def register(app: Flask) -> None:
    for group in (db, token, commands_stores.stores, commands_stores.webhooks, commands_alerts.alerts):
        app.cli.add_command(group)
    for command in (*commands_work.COMMANDS, commands_reports.audit, commands_reports.statement):
        app.cli.add_command(command)


@db.command("upgrade", cls=Command)
def upgrade() -> None:
    """Bring the ledger to the schema of this version; safe to run again."""
    services = current_services()
    migrate(services.ledger)
    enrol(services)
    click.echo("The ledger is up to date.")


@db.command("reseal", cls=Command)
def reseal_ledger() -> None:
    """Seal everything anew with the first key of SECRET_KEY; the other keys may then go. Restart every process before."""
    services = usable_ledger(current_services())
    with counting() as progress:
        line = progress.add_task("sealed anew", total=None)
        done = reseal(services, lambda count: progress.update(line, completed=count))
    click.echo(f"{done} sealed values are sealed with the first key now; the older keys may go.")


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
    secret = tokens.create(services, Role(role), stores, name, lasting(lasts))
    click.echo(f"A token with the role {role}, for {', '.join(stores) or 'all shops'}. It is shown only now:")
    click.echo(secret)


@token.command("list", cls=Command)
@as_json
def list_tokens(in_json: bool) -> None:
    """Every token: whose, for what, and when it was last used."""
    services = usable_ledger(current_services())
    if in_json:
        say_json([_told(one) for one in tokens.listed(services)])
        return
    table = Table("id", "name", "begins", "role", "shops", "made", "last used", "state")
    now = services.clock.now()
    for one in tokens.listed(services):
        state = "in force" if one.is_valid(now) else "revoked" if one.revoked_at else "expired"
        shops = ", ".join(sorted(one.stores)) or "all"
        used = f"{one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never"
        table.add_row(str(one.id), one.name, one.prefix, one.role, shops, f"{one.created_at:%Y-%m-%d}", used, state)
    console().print(table)


def _told(one: tokens.Token) -> dict[str, object]:
    return {name: getattr(one, name) for name in SHOWN_OF_TOKENS} | {"stores": sorted(one.stores)}


@token.command("revoke", cls=Command)
@click.argument("named")
def revoke_token(named: str) -> None:
    """End a token at once; NAMED is its id, its name or how it begins."""
    for one in tokens.revoke(usable_ledger(current_services()), named):
        click.echo(f"Revoked: {one.name} ({one.prefix}…)")
