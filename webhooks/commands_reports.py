"""Commands that only read: the audit and the statement."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

import click
from flask.cli import with_appcontext
from rich.table import Table

from reconcile import statement as statements
from reconcile.audit import Audit, Problem
from reconcile.audit import audit as run_audit
from reconcile.config import Shop
from reconcile.errors import ConfigurationError
from reconcile.services import Services
from reconcile.setup_check import Result
from reconcile.shops import row_of, zone_of
from reconcile.wire_report import listening, wire_report
from webhooks.cli import Command, Since, as_json, console, counting, moment, say_json, usable_ledger
from webhooks.current import current_services
from webhooks.report import audit_html

SHOWN = 50  # problems in the terminal; the HTML report has all


@click.command("audit", cls=Command)
@click.option("--store", required=True)
@click.option("--since", type=Since(), default="30d", show_default=True)
@click.option(
    "--html", "html_file", type=click.Path(dir_okay=False, path_type=Path), help="Write a report to this file."
)
@click.option(
    "--wire-report", "wire_file", type=click.Path(dir_okay=False, path_type=Path),
    help="Write what the POS's wire format looks like at this shop, without any value.",
)  # fmt: skip
@as_json
@with_appcontext
def audit(
    store: str, since: datetime | timedelta, html_file: Path | None, wire_file: Path | None, in_json: bool
) -> None:
    """The read-only first look: which orders are proven in the POS, which are not, and why. Writes to neither side."""
    services = current_services()
    shop = services.shop(store)
    for path in filter(None, (html_file, wire_file)):
        if not path.absolute().parent.is_dir():
            raise ConfigurationError([f"{path}: there is no folder {path.parent}"])
    with counting() as progress:
        lines: dict[str, int] = {}

        def tell(what: str, count: int) -> None:
            if what not in lines:
                lines[what] = int(progress.add_task(what, total=None))
            progress.update(lines[what], completed=count)  # type: ignore[arg-type]

        with _recorded(services, shop, wire_file):
            found = run_audit(shop, services, moment(services, since), progress=tell)
    if in_json:
        say_json(asdict(found))
    else:
        _show(found, french=shop.locale == "fr")
    if html_file:
        html_file.write_text(audit_html(found, shop))


@contextmanager
def _recorded(services: Services, shop: Shop, path: Path | None) -> Iterator[None]:
    """Write the wire report, also when the audit fails: an account that answers in another way is what it is for."""
    if path is None:
        yield
        return
    with listening(services.pos(shop)) as wire:
        try:
            yield
        finally:
            said = wire_report(wire, shop.pos_kind, services.clock.now())
            path.write_text(json.dumps(said, indent=2) + "\n")


def _show(found: Audit, *, french: bool) -> None:
    screen = console()
    sums = Table(
        "standing", "orders", "value", title=f"{found.store}, {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}"
    )
    for standing, count in sorted(found.standings.items(), key=lambda item: -item[1]):
        value = ", ".join(f"{amount} {currency}" for currency, amount in found.value[standing].items())
        sums.add_row(standing, str(count), value)
    screen.print(sums)
    if found.problems:
        screen.print(_problems(found.problems))
    if len(found.problems) > SHOWN:
        screen.print(f"… and {len(found.problems) - SHOWN} more.")
    failed = [check for check in found.checks if check.result is Result.FAIL]
    for check in failed:
        title, fix = (check.title_fr, check.fix_fr) if french else (check.title, check.fix)
        screen.print(f"Not as it must be: {title}. {fix}")
    if not found.problems:
        screen.print("Every order is proven in the POS, or is not meant to be there.")


def _problems(problems: tuple[Problem, ...]) -> Table:
    table = Table("order", "placed", "standing", "cause", "certainty", "total")
    for one in problems[:SHOWN]:
        placed = f"{one.created_at:%Y-%m-%d %H:%M}"
        total = f"{one.total} {one.currency}"
        table.add_row(one.name, placed, one.standing, one.cause or "", one.certainty or "", total)
    return table


@click.command("statement", cls=Command)
@click.option("--store", required=True)
@click.option("--since", type=Since(), default="30d", show_default=True)
@click.option("--until", type=Since(), help="The last day; left out: today.")
@as_json
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, with every order that differs.")
@with_appcontext
def statement(
    store: str, since: datetime | timedelta, until: datetime | timedelta | None, in_json: bool, as_csv: bool
) -> None:
    """Per day on the shop's clock: what Shopify sold, what the POS has, and the difference, explained order by order."""
    services = usable_ledger(current_services())
    shop = services.shop(store)
    with counting() as progress, services.ledger.read() as connection:
        progress.add_task("the days are added up", total=None)
        zone = zone_of(shop, row_of(connection, store))
        first, last = (_day(services, at, zone) for at in (since, until or timedelta()))
        days = statements.statement(connection, shop, first, last, zone)
    if as_csv:
        click.echo(statements.to_csv(days), nl=False)
        return
    if in_json:
        say_json([statements.to_json(day) for day in days])
        return
    table = Table("day", "currency", "orders", "Shopify", "POS", "difference", "why")
    for day in days:
        why = ", ".join(f"{reason} {amount:.2f}" for reason, amount in day.by_reason().items())
        sums = (day.shopify.net, day.pos.net, day.net_difference)
        table.add_row(
            day.day.isoformat(), day.currency, str(day.shopify.orders), *(f"{amount:.2f}" for amount in sums), why
        )
    console().print(table)


def _day(services: Services, at: datetime | timedelta, zone: tzinfo) -> date:
    """A day that was written is the shop's own; so long ago is counted on the shop's clock."""
    return at.date() if isinstance(at, datetime) else moment(services, at).astimezone(zone).date()
