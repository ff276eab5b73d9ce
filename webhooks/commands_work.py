"""Commands that do the service's work by hand: sweep, check, re-queue, purge."""

import time
from collections import Counter
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import click
from flask.cli import with_appcontext
from rich.table import Table

from reconcile import people
from reconcile.check_result import CheckResult
from reconcile.config import Shop
from reconcile.errors import ReconcilerError
from reconcile.housekeeping import tidy
from reconcile.ledger.queries import OrderFilter
from reconcile.services import Services
from reconcile.setup_check import check_set_up
from reconcile.sweep import sweep
from webhooks.cli import (
    CLI,
    Command,
    Since,
    as_json,
    chosen,
    console,
    counting,
    lasting,
    moment,
    say_json,
    usable_ledger,
)
from webhooks.current import current_services, wake_workers

ASK_AGAIN_S = 1.0


@click.command("sweep", cls=Command)
@click.option("--store", required=True)
@click.option("--since", type=Since(), default="7d", show_default=True)
@as_json
@with_appcontext
def sweep_store(store: str, since: datetime | timedelta, in_json: bool) -> None:
    """Read every order that changed since then from Shopify, so that what no webhook told of is found."""
    services = usable_ledger(current_services())
    shop, start = services.shop(store), moment(services, since)
    with counting() as progress:
        line = progress.add_task("orders read from Shopify", total=_to_read(shop, services, start))
        result = sweep(shop, services, start, on_page=lambda seen: progress.update(line, completed=seen))
    if result.error:
        raise ReconcilerError(f"{store} could not be swept: {result.error}")
    wake_workers()
    if in_json:
        say_json({"store": store, "since": start, "read": result.seen, "changed": result.changed})
        return
    click.echo(f"{result.seen} orders read, {result.changed} of them were new or newer than in the ledger.")


def _to_read(shop: Shop, services: Services, since: datetime) -> int | None:
    """For the bar's end; where Shopify does not say, there is none."""
    try:
        return services.admin(shop).count_updated_since(since)
    except ReconcilerError:
        return None


@click.command("check", cls=Command)
@click.option("--store", help="Left out: every shop.")
@as_json
@with_appcontext
def check(store: str | None, in_json: bool) -> None:
    """Walk the connector's checklist: what is set so that orders can not arrive."""
    services = usable_ledger(current_services())
    with counting() as progress:
        shops = chosen(services, store)
        line = progress.add_task("shops checked", total=len(shops))
        walked = []
        for shop in shops:
            walked.append((shop, check_set_up(shop, services)))
            progress.advance(line)
    if in_json:
        say_json([{"store": shop.store, "checks": [asdict(one) for one in found]} for shop, found in walked])
        return
    for shop, found in walked:
        console().print(_checklist(shop, found))


def _checklist(shop: Shop, found: list[CheckResult]) -> Table:
    table = Table("result", "check", "what was seen", "fix", title=shop.store)
    for one in found:
        french = (one.title_fr, one.evidence_fr, one.fix_fr)
        words = french if shop.locale == "fr" else (one.title, one.evidence, one.fix)
        table.add_row(one.result.value.replace("_", " "), *words)
    return table


# --- re-queue -------------------------------------------------------------------------------------------------------


@click.command("requeue", cls=Command)
@click.option("--store")
@click.option("--standing")
@click.option("--cause")
@click.option("--subject", help="Of the cause, such as the field or the SKU that it is about.")
@click.option("--state", help="Of the case, or `open`.")
@click.option("--q", help="A part of the order's name or of a SKU.")
@click.option("--since", type=Since(), help="Created since: such as 7d, or a date.")
@click.option("--until", type=Since(), help="Created before.")
@click.option("--dry-run", is_flag=True, help="Only say which orders it would be.")
@click.option("--wait", type=click.IntRange(min=1), metavar="MINUTES", help="Follow the batch for so long, with a bar.")
@as_json
@with_appcontext
def requeue(
    store: str | None,
    standing: str | None,
    cause: str | None,
    subject: str | None,
    state: str | None,
    q: str | None,
    since: datetime | timedelta | None,
    until: datetime | timedelta | None,
    dry_run: bool,
    wait: int | None,
    in_json: bool,
) -> None:
    """Look again at all orders of this filter and touch those that may be touched; an empty filter is refused."""
    services = usable_ledger(current_services())
    if store:
        services.shop(store)
    first, end = (None if at is None else moment(services, at) for at in (since, until))
    wanted = OrderFilter(
        store=store, standing=standing, cause=cause, subject=subject, state=state, q=q, since=first, until=end
    )
    if wanted.is_empty:
        raise click.UsageError("An empty filter would re-queue everything: name at least one part of it.")
    stores = list(services.settings.shops)
    if dry_run:
        found = people.preview(services, stores, wanted)
        say_json(_preview_in_json(found)) if in_json else _show_preview(found)
        return
    batch_id = people.requeue_many(services, CLI, stores, wanted)
    wake_workers()
    if wait:
        _follow(services, stores, batch_id, wait * 60.0)
    _tell_batch(people.progress_of(services, stores, batch_id), in_json)


def _follow(services: Services, stores: list[str], batch_id: str, most_s: float) -> None:
    """Until every order of the batch has its result, or the time is over: what is left goes on without us."""
    end = time.monotonic() + most_s
    with counting() as progress:
        line = progress.add_task("orders settled", total=None)
        while time.monotonic() < end:
            now = people.progress_of(services, stores, batch_id)
            total = sum(now.counts.values())
            open_yet = now.counts.get("waiting", 0) + now.counts.get("touched", 0)
            progress.update(line, total=total, completed=total - open_yet)
            if now.done:
                return
            time.sleep(ASK_AGAIN_S)


def _tell_batch(now: people.BatchProgress, in_json: bool) -> None:
    if in_json:
        say_json({"batch_id": now.batch_id, "done": now.done, "counts": now.counts})
        return
    said = ", ".join(f"{count} {result}" for result, count in now.counts.items()) or "no order fits the filter"
    click.echo(f"Batch {now.batch_id}: {said}.")
    why = Counter(one.reason for one in now.items if one.result == "skipped")
    for reason, count in why.most_common():
        click.echo(f"  {count} skipped: {reason}")
    if not now.done:
        click.echo(f"The workers go on with it. How it fares: the page, or GET /api/v1/batches/{now.batch_id}")


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


def _preview_in_json(found: people.Preview) -> dict[str, Any]:
    shown = ("store", "order_id", "name", "standing", "cause", "total", "currency")
    sample = [
        {name: getattr(one.row, name) for name in shown} | {"obstacle": one.obstacle.reason if one.obstacle else None}
        for one in found.sample
    ]
    return {"count": found.count, "skipped": found.skipped, "sample": sample}


# --- purge ----------------------------------------------------------------------------------------------------------


@click.command("purge", cls=Command)
@click.option("--keep", default="", help="How much of the history stays. Left out: KEEP_HISTORY, or else 90d.")
@as_json
@with_appcontext
def purge(keep: str, in_json: bool) -> None:
    """Drop what is older than it need be kept: bodies of parked deliveries after KEEP_BODIES, history and sent alerts."""
    services = usable_ledger(current_services())
    kept = lasting(keep) or services.settings.history_kept
    with counting() as progress:
        line = progress.add_task("dropped", total=None)
        dropped = tidy(services, kept, lambda what, count: progress.update(line, description=what, completed=count))
    if in_json:
        say_json(dropped)
        return
    told = ", ".join(f"{count} {what}" for what, count in dropped.items())
    click.echo(f"What was older than {kept.days} days has been dropped: {told}. Orders and the ids of deliveries stay.")


COMMANDS = (sweep_store, check, requeue, purge)
