"""The tasks: ids in, no business logic. A message is only a hint; the ledger says what is due."""

import gc
import logging
from functools import cache

from reconcile import alerting, digest, heartbeat, inbox, loop
from reconcile.bootstrap import services_from
from reconcile.due import shops_due, stores_with_due_orders
from reconcile.housekeeping import beat_heart, tidy
from reconcile.services import Services
from reconcile.setup_check import check_set_up as walk_checklist
from reconcile.shops import enrol
from reconcile.sweep import sweep as sweep_shop
from workers.app import celery, is_ending
from workers.turns import Turns

logger = logging.getLogger(__name__)
folding = Turns()

ROUNDS = 20  # batches that one message may work off before it hands over
FULL_LOOK = 100  # orders; a POS is asked for no more at once


@cache
def services() -> Services:
    """This process's services, made at the first task so that nothing is read at import."""
    made = services_from()
    enrol(made)
    gc.collect()
    gc.freeze()  # what is loaded by now stays: no collection has to walk over it again
    return made


@celery.task(name="workers.tasks.tick")  # type: ignore[untyped-decorator]
def tick() -> None:
    """Only beat sends this one: the sign that it lives, and the drain that a lost wake-up would have brought."""
    beat_heart(services(), "beat")
    drain_inbox()


@celery.task(name="workers.tasks.drain_inbox")  # type: ignore[untyped-decorator]
def drain_inbox() -> None:
    """Fold what was received, and wake the shops that have something due.

    One thread at a time: on SQLite two would fold the same batch. Another worker is called in at every full batch.
    """
    for _ in folding.take():
        for _ in range(ROUNDS):
            if inbox.drain(services()) < inbox.BATCH or is_ending():
                wake_due()
                break
            drain_inbox.delay()
            wake_due(FULL_LOOK)  # the others are looked at when all is folded: fewer looks, and fuller ones
        else:
            return


def wake_due(at_least: int = 1) -> None:
    """One message for each shop with so many orders whose look is due."""
    beat_heart(services(), "worker")
    for store in stores_with_due_orders(services(), at_least):
        reconcile_shop.delay(store)


@celery.task(name="workers.tasks.reconcile_shop")  # type: ignore[untyped-decorator]
def reconcile_shop(store: str) -> None:
    shop = services().shop(store)
    for _ in range(ROUNDS):
        # Asked again after every look: what became due meanwhile was not woken for, as the shop was being looked at.
        if not loop.reconcile(shop, services()).looked or is_ending():
            break
    else:
        reconcile_shop.delay(store)  # behind the other shops that wait
    alerting.send_due(services())


@celery.task(name="workers.tasks.sweep")  # type: ignore[untyped-decorator]
def sweep() -> None:
    for store in shops_due(services(), "next_sweep_at"):
        sweep_one.delay(store)


@celery.task(name="workers.tasks.sweep_one")  # type: ignore[untyped-decorator]
def sweep_one(store: str) -> None:
    sweep_shop(services().shop(store), services())


@celery.task(name="workers.tasks.check_set_up")  # type: ignore[untyped-decorator]
def check_set_up() -> None:
    for store in shops_due(services(), "next_check_at"):
        check_one.delay(store)


@celery.task(name="workers.tasks.check_one")  # type: ignore[untyped-decorator]
def check_one(store: str) -> None:
    walk_checklist(services().shop(store), services())


@celery.task(name="workers.tasks.housekeeping")  # type: ignore[untyped-decorator]
def housekeeping() -> None:
    tidy(services(), keep=services().settings.history_kept)


@celery.task(name="workers.tasks.tell_people")  # type: ignore[untyped-decorator]
def tell_people() -> None:
    """The daily digests, the alerts that are due, and the heartbeats."""
    digest.write_due(services())
    alerting.send_due(services())
    heartbeat.beat_shops(services())
