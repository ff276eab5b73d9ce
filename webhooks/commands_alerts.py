"""Commands on alerts: does a message reach the people of a shop, and what waits to be told."""

import click
from flask.cli import AppGroup
from rich.table import Table
from sqlalchemy import select

from reconcile.alert_channels import send_test
from reconcile.heartbeat import what_is_stale
from reconcile.ledger.tables import alerts as told
from reconcile.shops import row_of
from webhooks.cli import FAILED, MARKS, Command, as_json, chosen, console, say_json, usable_ledger
from webhooks.current import current_services

SHOWN = 50
TOLD = ("store", "kind", "title", "created_at", "sent_at", "next_at", "tries", "error")

alerts = AppGroup("alerts", help="What people are told.")


@alerts.command("test", cls=Command)
@click.option("--store", help="Left out: every shop.")
def test_alerts(store: str | None) -> None:
    """Send a test message to every channel of a shop, now. Exit 1 if one did not take it, or there is none."""
    services = current_services()
    table = Table("", "shop", "channel", "answer")
    failed = False
    for shop in chosen(services, store):
        answers = send_test(shop, services.clock.now())
        for name, problem in answers:
            table.add_row(MARKS[not problem], shop.store, name, problem or "taken")
            failed |= bool(problem)
        if not answers:
            fix = f"none: set stores.{shop.store}.alert_url or stores.{shop.store}.alerts.apprise"
            table.add_row(MARKS[False], shop.store, "", fix)
            failed = True
    console().print(table)
    if failed:
        raise SystemExit(FAILED)


@alerts.command("list", cls=Command)
@click.option("--store", help="Left out: every shop.")
@as_json
def list_alerts(store: str | None, in_json: bool) -> None:
    """The latest messages: sent, waiting, or given up with the reason; and why a shop's heartbeat is silent."""
    services = usable_ledger(current_services())
    table = Table("made", "shop", "what", "title", "state")
    chosen_shops = list(chosen(services, store))
    with services.ledger.read() as connection:
        mine = told.c.store.in_([shop.store for shop in chosen_shops])
        rows = connection.execute(select(told).where(mine).order_by(told.c.id.desc()).limit(SHOWN)).all()
        stale = [
            f"{shop.store}: no heartbeat: {reason}"
            for shop in chosen_shops
            if shop.alerts.heartbeat_url
            for reason in what_is_stale(connection, shop, row_of(connection, shop.store), services.clock.now())
        ]
    if in_json:
        say_json({"alerts": [{name: getattr(row, name) for name in TOLD} for row in rows], "no_heartbeat": stale})
        return
    for row in rows:
        waits = f"waits until {row.next_at:%Y-%m-%d %H:%M}" if row.next_at else "given up"
        state = f"sent {row.sent_at:%Y-%m-%d %H:%M}" if row.sent_at else waits
        table.add_row(
            f"{row.created_at:%Y-%m-%d %H:%M}", row.store, row.kind, row.title, f"{state} {row.error or ''}".strip()
        )
    console().print(table)
    for line in stale:
        click.echo(line)
