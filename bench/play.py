"""Plays a scenario: the sandbox's day against the product's own code on one simulated clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select

from bench.client import Sandbox
from reconcile import inbox, loop
from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.config import Settings, Shop, declared_from
from reconcile.due import shops_due
from reconcile.ledger.schema import migrate
from reconcile.ledger.tables import orders, shops
from reconcile.model import Mode
from reconcile.rounds import usual_of
from reconcile.services import Services
from reconcile.setup_check import check_set_up
from reconcile.shops import enrol, row_of
from reconcile.sweep import sweep
from sandbox.till import Credentials
from sandbox.tills import KINDS
from webhooks.app import create_app

START = datetime(2026, 11, 2, tzinfo=UTC)
TICK = timedelta(seconds=2)  # beat's
STEP = timedelta(seconds=60)  # what comes from outside is taken in once in so long
TAIL_STEP = timedelta(minutes=3)  # when the day is over, and its last orders have been judged
LAST_JUDGED = timedelta(hours=1)
LONGEST_TAIL = timedelta(hours=72)
FOREVER = datetime.max.replace(tzinfo=UTC)
STORE = "demo"
SECRET = "sandbox-webhook-secret"
CREDENTIALS = Credentials(token="sandbox-pos-token", client_id="sandbox-client", client_secret="sandbox-client-secret")


@dataclass(slots=True)
class Played:
    """What a scenario left behind: the product's services and the sandbox's truth."""

    services: Services
    shop: Shop
    truth: dict[str, Any]
    graces: list[tuple[datetime, timedelta]] = field(default_factory=list)

    def grace_at(self, eligible_at: datetime) -> timedelta:
        """The grace that was in force when an order reached it."""
        return self._reached(eligible_at)[1]

    def late_from(self, eligible_at: datetime) -> datetime:
        """When an order reaches its grace; where that has been shortened meanwhile, not before it was."""
        since, grace = self._reached(eligible_at)
        return max(eligible_at + grace, since)

    def _reached(self, eligible_at: datetime) -> tuple[datetime, timedelta]:
        for (since, grace), (until, _) in pairwise([*self.graces, (FOREVER, timedelta())]):
            if max(eligible_at + grace, since) < until:
                return since, grace
        return self.graces[-1]


def play(
    scenario: dict[str, Any],
    sandbox: Sandbox,
    folder: Path,
    hourly: Callable[[Played], None] = lambda played: None,
    installed_at: datetime = START,
) -> Played:
    """Play a scenario to its end: until every order is judged and every held order followed.

    `hourly` is called once in every hour of the shop's time. What happens before `installed_at` the product has to find.
    """
    played, clock, door = prepare(scenario, sandbox, folder, installed_at)
    end = START + timedelta(hours=float(scenario.get("hours", 24)))
    _run(played, sandbox, clock, door, end, hourly)
    played.truth = sandbox.truth()
    return played


def prepare(
    scenario: dict[str, Any], sandbox: Sandbox, folder: Path, installed_at: datetime = START
) -> tuple[Played, ManualClock, FlaskClient]:
    """The sandbox reset to the scenario, and the product installed for its shop: services, their clock, the front door."""
    made = sandbox.reset(
        scenario=scenario, start=START.isoformat(), webhook_url=None, secret=SECRET, pos_token=CREDENTIALS.token,
        client_id=CREDENTIALS.client_id, client_secret=CREDENTIALS.client_secret,
    )  # fmt: skip
    if installed_at > START:
        sandbox.advance(installed_at)  # its deliveries reach nobody
    clock = ManualClock(installed_at)
    shop = shop_for(scenario, sandbox, made["shop_domain"])
    settings = Settings(
        shops={STORE: shop},
        database_url=f"sqlite:///{folder / 'ledger.db'}",
        secret_key="a simulated day needs no secret",
    )
    services = make_services(settings, clock, sleep=lambda seconds: None)  # nobody waits on a simulated day
    migrate(services.ledger)
    enrol(services)
    return Played(services, shop, {}), clock, create_app(services).test_client()


def shop_for(scenario: dict[str, Any], sandbox: Sandbox, domain: str) -> Shop:
    """The stores file's entry for the scenario's shop: what is true of the connector, with `declared` laid over it."""
    kind = scenario.get("pos", "heartland")
    declared = declared_from({**sandbox.declared(), **scenario.get("declared", {})})
    return Shop(
        store=STORE,
        domain=domain,
        mode=Mode(scenario.get("mode", "auto")),
        webhook_secrets=(SECRET,),
        shopify={"client_id": "sandbox-client", "client_secret": "sandbox-client-secret", "base_url": sandbox.url},
        pos_kind=kind,
        pos=KINDS[kind].settings(sandbox.url, CREDENTIALS),
        references=("{name}", "{number}"),
        declared=declared,
    )


def _run(
    played: Played,
    sandbox: Sandbox,
    clock: ManualClock,
    door: FlaskClient,
    end: datetime,
    hourly: Callable[[Played], None],
) -> None:
    upcoming: datetime | None = clock.now()
    hour = 0
    while True:
        now = _next_moment(
            played.services, clock.now(), upcoming, TAIL_STEP if clock.now() > end + LAST_JUDGED else STEP
        )
        if now is None or now > end + LONGEST_TAIL or (now > end and upcoming is None and not _open_ends(played)):
            return
        answer = sandbox.advance(now)
        clock.set(now)
        upcoming = datetime.fromisoformat(answer["next_event_at"]) if answer["next_event_at"] else None
        for delivery in answer["deliveries"]:
            door.post("/webhooks/shopify", data=delivery["body"].encode(), headers=delivery["headers"])
        work(played)
        if (now - START) // timedelta(hours=1) > hour:
            hour = (now - START) // timedelta(hours=1)
            hourly(played)


def _next_moment(services: Services, now: datetime, upcoming: datetime | None, step: timedelta) -> datetime | None:
    """The next instant at which anything can happen: in the sandbox, or because the ledger says that it is due."""
    with services.ledger.read() as connection:
        look: datetime | None = connection.execute(select(func.min(orders.c.next_look_at))).scalar()
        row = connection.execute(select(shops)).one()
    ahead = [moment for moment in (upcoming, look, row.next_sweep_at) if moment is not None]
    regular = max(min(ahead), now + step) if ahead else None
    if regular is None or look is None or look <= now or step is not STEP:
        return regular  # what is overdue waits for something, such as a POS that is left alone
    return min(regular, max(look, now + TICK))


def work(played: Played) -> None:
    """What worker and beat do in one tick."""
    services, shop = played.services, played.shop
    while inbox.drain(services):
        pass
    for _ in shops_due(services, "next_sweep_at"):
        sweep(shop, services)
    for _ in shops_due(services, "next_check_at"):
        check_set_up(shop, services)
    while (outcome := loop.reconcile(shop, services)).more:
        pass
    if outcome.looked:
        _note_grace(played)


def _note_grace(played: Played) -> None:
    with played.services.ledger.read() as connection:
        usual = usual_of(played.shop, row_of(connection, played.shop.store))
    if not played.graces or played.graces[-1][1] != usual:
        played.graces.append((played.services.clock.now(), usual))


def _open_ends(played: Played) -> bool:
    """Whether an order still waits for its verdict, or a touch for its outcome."""
    now = played.services.clock.now()
    with played.services.ledger.read() as connection:
        rows = connection.execute(
            select(orders.c.standing, orders.c.decision, orders.c.looked_at, orders.c.next_look_at)
        )
        for row in rows:
            limit = (row.decision or {}).get("limit")
            soon = row.next_look_at is not None and row.next_look_at - now < timedelta(minutes=30)
            if row.standing in ("waiting", "unread") or (limit in ("canary", "cap", "proof", "settling") and soon):
                return True
            if (row.decision or {}).get("verb") == "touch":
                return True
    return False
