"""Alerts: who is told what, when, how often, and how it is signed; on a real web server at the other end."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from typing import Any

import pytest
from sqlalchemy import select, update
from standardwebhooks import Webhook

from reconcile import alerting, digest, heartbeat, incidents, notices
from reconcile.alert_channels import send_test
from reconcile.alert_settings import AlertSettings
from reconcile.clock import ManualClock
from reconcile.config import Shop
from reconcile.errors import Retryable, Unauthorised
from reconcile.ledger.tables import alerts, orders, shops
from reconcile.ledger.tables import incidents as incident_rows
from reconcile.model import Decision, Verb
from reconcile.services import Services
from reconcile.shops import change, row_for_change
from tests.rows import PLACED, a_sale, an_order, keep

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HELD_BACK: dict[str, Any] = {
    "cause": "archived_orders_off", "subject": "Download Archived Orders", "certainty": "likely",
    "case_state": "needs_person",
}  # fmt: skip


class Receiver:
    """Takes what is posted or asked of it; refuses the paths in `broken`."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.broken: set[str] = set()
        receiver = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                broken = self.path in receiver.broken
                if not broken:
                    receiver.got.append((self.path, dict(self.headers), body))
                self.send_response(500 if broken else 204)
                self.end_headers()

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def said(self, path: str = "/hook") -> list[dict[str, Any]]:
        return [json.loads(body) for where, _, body in self.got if where == path]

    def titles(self) -> list[str]:
        return [one["data"]["title"] for one in self.said()]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def with_alerts(services: Services, receiver: Receiver, **alert_settings: Any) -> Services:
    shop = replace(
        services.shop("demo"), alert_url=f"http://{receiver.host}/hook", alert_secret=SECRET,
        alerts=AlertSettings(**alert_settings), time_zone="America/Toronto",
    )  # fmt: skip
    return replace(services, settings=replace(services.settings, shops={"demo": shop}))


@pytest.fixture
def told(services: Services, receiver: Receiver) -> Services:
    return with_alerts(services, receiver)


def hold_back(services: Services, *numbers: int) -> None:
    for number in numbers:
        keep(services.ledger, an_order(number, currency="USD"), **HELD_BACK)


def refresh(services: Services, *, alert: bool = True) -> None:
    with services.ledger.write() as connection:
        incidents.refresh(connection, services.shop("demo"), services.clock.now(), alert=alert)
    alerting.send_due(services)


def close_all(services: Services) -> None:
    with services.ledger.write() as connection:
        connection.execute(update(orders).values(case_state="closed"))


def rows(services: Services) -> list[Any]:
    with services.ledger.read() as connection:
        return list(connection.execute(select(alerts).order_by(alerts.c.id)))


# --- what is told ---------------------------------------------------------------------------------------------------


def test_a_new_incident_is_told_in_its_sentence_signed_after_the_standard(told: Services, receiver: Receiver) -> None:
    hold_back(told, 1001, 1002)
    refresh(told)
    ((_, headers, body),) = receiver.got
    said = json.loads(body)
    assert said["type"] == "incident.opened"
    assert said["data"]["text"].startswith(
        "Since 03:00, 2 archived orders worth $215 have not arrived; Download Archived Orders is almost certainly off. "
    )
    lowered = {name.lower(): value for name, value in headers.items()}
    at = datetime.fromtimestamp(int(lowered["webhook-timestamp"]), UTC)
    assert lowered["webhook-signature"] == Webhook(SECRET).sign(lowered["webhook-id"], at, body.decode())
    assert at == told.clock.now()


def test_it_is_told_once(told: Services, receiver: Receiver) -> None:
    hold_back(told, 1001)
    refresh(told)
    refresh(told)
    assert len(receiver.got) == 1


def test_observe_opens_incidents_in_silence(told: Services, receiver: Receiver) -> None:
    hold_back(told, 1001)
    refresh(told, alert=False)
    hold_back(told, *range(1002, 1020))
    refresh(told, alert=False)
    close_all(told)
    refresh(told, alert=False)
    assert rows(told) == []


def test_growth_is_told_twice_at_most_and_an_hour_apart(told: Services, receiver: Receiver, clock: ManualClock) -> None:
    hold_back(told, 1001, 1002)
    refresh(told)
    hold_back(told, 1003, 1004)
    clock.advance(timedelta(minutes=59))
    refresh(told)
    assert len(receiver.got) == 1
    clock.advance(timedelta(minutes=1))
    refresh(told)
    hold_back(told, *range(1005, 1021))
    refresh(told)
    clock.advance(timedelta(hours=1))
    refresh(told)
    hold_back(told, *range(1021, 1100))
    clock.advance(timedelta(hours=1))
    refresh(told)
    assert [title.rpartition("– ")[2] for title in receiver.titles()[1:]] == [
        "2 times as many orders as at first",
        "10 times as many orders as at first",
    ]


def test_a_resolution_waits_for_the_hour_and_a_flapping_incident_does_not_ring_twice(
    told: Services, receiver: Receiver, clock: ManualClock
) -> None:
    hold_back(told, 1001)
    refresh(told)
    close_all(told)
    clock.advance(timedelta(minutes=10))
    refresh(told)
    hold_back(told, 1002)
    clock.advance(timedelta(minutes=10))
    refresh(told)
    assert len(receiver.got) == 1
    clock.advance(timedelta(minutes=40))
    alerting.send_due(told)
    assert [one["type"] for one in receiver.said()] == ["incident.opened", "incident.opened"]
    close_all(told)
    clock.advance(timedelta(hours=1))
    refresh(told)
    assert receiver.titles()[-1].endswith("– resolved")


def test_refused_credentials_and_a_stop_are_told_once(told: Services, receiver: Receiver, clock: ManualClock) -> None:
    for _ in range(3):
        with told.ledger.write() as connection:
            notices.on_refusal(connection, told.shop("demo"), "Shopify", "401", clock.now())
            notices.on_stop(connection, told.shop("demo"), "40% would be touched", clock.now())
        alerting.send_due(told)
    assert [one["type"] for one in receiver.said()] == ["credentials.refused", "policy.stopped"]


def test_a_pos_that_refuses_us_is_told_of_and_one_that_is_down_is_not(told: Services, receiver: Receiver) -> None:
    with told.ledger.write() as connection:
        for error in (Retryable("it failed"), Unauthorised("GET demo.example/api refuses the credentials", 401)):
            notices.on_error(connection, told.shop("demo"), error, told.clock.now())
    alerting.send_due(told)
    assert receiver.titles() == ["demo: Heartland Retail refuses our credentials"]


def test_much_at_once_is_told_of(told: Services, receiver: Receiver) -> None:
    suspect = Decision(verb=Verb.ASK, reason="40% of the last day's orders would be touched", limit="share")
    with told.ledger.write() as connection:
        notices.on_decisions(connection, told.shop("demo"), [suspect], told.clock.now())
    alerting.send_due(told)
    assert receiver.said()[0]["data"]["text"] == suspect.reason


def test_in_the_shops_language(told: Services, receiver: Receiver) -> None:
    french = replace(told.shop("demo"), locale="fr")
    told = replace(told, settings=replace(told.settings, shops={"demo": french}))
    hold_back(told, 1001)
    refresh(told)
    assert receiver.said()[0]["data"]["text"].startswith("Depuis 03 h 00, 1 commande archivée d'une valeur de 107,50")


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "Order #1001 arrived twice after a touch. Void one of its two sales in the POS."),
        ("fr", "La commande #1001 est arrivée deux fois après une relance."
         " Annulez l'une de ses deux ventes dans le POS."),
    ],
)  # fmt: skip
def test_a_sale_that_a_touch_has_doubled_is_told_of(told: Services, receiver: Receiver, locale: str, said: str) -> None:
    shop = replace(told.shop("demo"), locale=locale)
    with told.ledger.write() as connection:
        notices.on_doubled(connection, shop, "#1001", told.clock.now())
    alerting.send_due(told)
    (message,) = receiver.said()
    assert (message["type"], message["data"]["text"]) == ("policy.stopped", said)


# --- on their way ---------------------------------------------------------------------------------------------------


def test_what_was_not_taken_is_sent_again_only_to_the_channel_that_failed(
    services: Services, receiver: Receiver, clock: ManualClock
) -> None:
    told = with_alerts(services, receiver, apprise=(f"json://{receiver.host}/apprise",))
    receiver.broken = {"/hook"}
    hold_back(told, 1001)
    refresh(told)
    assert [where for where, _, _ in receiver.got] == ["/apprise"]
    (row,) = rows(told)
    assert (row.sent_at, row.tries) == (None, 1)
    assert "500" in row.error
    receiver.broken = set()
    clock.advance(timedelta(seconds=59))
    assert alerting.send_due(told) == 0
    clock.advance(timedelta(seconds=1))
    assert alerting.send_due(told) == 1
    assert [where for where, _, _ in receiver.got] == ["/apprise", "/hook"]


def test_it_is_given_up_visibly(told: Services, receiver: Receiver, clock: ManualClock) -> None:
    receiver.broken = {"/hook"}
    hold_back(told, 1001)
    refresh(told)
    for _ in range(10):
        clock.advance(timedelta(hours=6))
        alerting.send_due(told)
    (row,) = rows(told)
    assert (row.next_at, row.tries) == (None, 6)
    assert row.error


def test_without_a_channel_it_says_so(services: Services) -> None:
    hold_back(services, 1001)
    refresh(services)
    (row,) = rows(services)
    assert row.next_at is None
    assert "alert_url" in row.error


def test_quiet_hours_end_in_one_summary(services: Services, receiver: Receiver, clock: ManualClock) -> None:
    told = with_alerts(services, receiver, quiet_from=time(22), quiet_until=time(7))
    clock.set(datetime(2026, 11, 3, 4, tzinfo=UTC))  # 23:00 in Toronto
    hold_back(told, 1001)
    refresh(told)
    keep(told.ledger, an_order(1002), **HELD_BACK | {"cause": "sku_unknown", "subject": "MUG-01"})
    clock.advance(timedelta(hours=3))
    refresh(told)
    assert receiver.got == []
    clock.set(datetime(2026, 11, 3, 12, tzinfo=UTC))
    assert alerting.send_due(told) == 1
    (said,) = receiver.said()
    assert said["data"]["title"] == "demo: 2 messages from the quiet hours"
    assert "Download Archived Orders" in said["data"]["text"]
    assert "MUG-01" in said["data"]["text"]


@pytest.mark.parametrize(
    ("since", "until", "at", "ends"),
    [
        (time(22), time(7), "2026-11-02T23:00", "2026-11-03T07:00"),
        (time(22), time(7), "2026-11-02T06:59", "2026-11-02T07:00"),
        (time(22), time(7), "2026-11-02T07:00", None),
        (time(12), time(13), "2026-11-02T12:00", "2026-11-02T13:00"),
        (time(12), time(13), "2026-11-02T13:00", None),
        (None, None, "2026-11-02T13:00", None),
    ],
)
def test_when_it_is_quiet(since: time | None, until: time | None, at: str, ends: str | None) -> None:
    said = AlertSettings(quiet_from=since, quiet_until=until).quiet_ends(datetime.fromisoformat(f"{at}Z"), UTC)
    assert said == (datetime.fromisoformat(f"{ends}Z") if ends else None)


def test_a_test_message_reaches_every_channel(services: Services, receiver: Receiver, clock: ManualClock) -> None:
    told = with_alerts(services, receiver, apprise=(f"json://{receiver.host}/apprise", "no address at all"))
    answers = send_test(told.shop("demo"), clock.now())
    assert [(name, bool(problem)) for name, problem in answers] == [
        ("webhook", False),
        ("json", False),
        ("apprise", True),
    ]
    assert {where for where, _, _ in receiver.got} == {"/hook", "/apprise"}


# --- the digest -----------------------------------------------------------------------------------------------------


def test_the_digest_comes_daily_also_when_all_is_well(
    services: Services, receiver: Receiver, clock: ManualClock
) -> None:
    told = with_alerts(services, receiver, digest_at=time(8))
    clock.set(datetime(2026, 11, 2, 12, tzinfo=UTC))  # Monday 07:00 in Toronto
    assert digest.write_due(told) == 0
    for number in (1001, 1002):
        order = an_order(number, created_at=datetime(2026, 11, 2, 4, 59, tzinfo=UTC))  # Sunday 23:59
        keep(told.ledger, order, [a_sale(order)])
    clock.advance(timedelta(hours=1))
    assert [digest.write_due(told), digest.write_due(told)] == [1, 0]
    alerting.send_due(told)
    assert receiver.said()[0]["data"]["text"] == "Sunday: 2 of 2 orders proven in the POS.\nNothing needs you."
    clock.advance(timedelta(days=1))
    assert digest.write_due(told) == 1


def test_of_two_workers_that_find_a_digest_due_one_writes_it(
    services: Services, receiver: Receiver, clock: ManualClock
) -> None:
    told = with_alerts(services, receiver, digest_at=time(8))
    digest.write_due(told)
    clock.advance(timedelta(days=1))
    with ThreadPoolExecutor(1) as pool:
        with told.ledger.write() as connection:
            row_for_change(connection, "demo")
            other = pool.submit(digest.write_due, told)
            sleep(0.3)
            change(connection, "demo", digest_at=clock.now() + timedelta(days=1))  # this one was faster
        assert other.result(timeout=20) == 0
    assert rows(told) == []


def test_a_digest_covers_every_day_since_the_one_before(
    services: Services, receiver: Receiver, clock: ManualClock
) -> None:
    told = with_alerts(services, receiver, digest_at=time(8), digest_days=("mon", "sat"))
    clock.set(datetime(2026, 11, 7, 12, tzinfo=UTC))
    digest.write_due(told)
    clock.set(datetime(2026, 11, 7, 14, tzinfo=UTC))
    digest.write_due(told)
    keep(told.ledger, an_order(1001, created_at=datetime(2026, 11, 7, 15, tzinfo=UTC)), **HELD_BACK)
    order = an_order(1002, created_at=datetime(2026, 11, 8, 15, tzinfo=UTC))
    keep(told.ledger, order, [a_sale(order)])
    clock.set(datetime(2026, 11, 9, 14, tzinfo=UTC))
    assert digest.write_due(told) == 1
    text = rows(told)[-1].text
    assert text.startswith("Saturday and Sunday: 1 of 2 orders proven in the POS.\n1 missing")


def test_no_channel_no_digest(services: Services, clock: ManualClock) -> None:
    shop = replace(services.shop("demo"), alerts=AlertSettings(digest_at=time(8)))
    silent = replace(services, settings=replace(services.settings, shops={"demo": shop}))
    digest.write_due(silent)
    clock.advance(timedelta(days=2))
    assert digest.write_due(silent) == 0


# --- the heartbeat --------------------------------------------------------------------------------------------------


def fresh(services: Services, **values: Any) -> None:
    now = services.clock.now()
    with services.ledger.write() as connection:
        connection.execute(update(shops).values(**{"swept_at": now, "checked_at": now, "pos_read_at": now} | values))


@pytest.fixture
def alive(services: Services, receiver: Receiver) -> Services:
    made = with_alerts(services, receiver, heartbeat_url=f"http://{receiver.host}/beat")
    fresh(made)
    return made


def test_a_heart_beats_once_a_minute_while_all_is_fresh(
    alive: Services, receiver: Receiver, clock: ManualClock
) -> None:
    assert [heartbeat.beat_shops(alive), heartbeat.beat_shops(alive)] == [1, 0]
    clock.advance(timedelta(minutes=1))
    assert heartbeat.beat_shops(alive) == 1
    assert [where for where, _, _ in receiver.got] == ["/beat", "/beat"]


@pytest.mark.parametrize(
    "trouble",
    [
        {"swept_at": PLACED - timedelta(days=1)},
        {"pos_failing_since": PLACED},
        {"checked_at": PLACED - timedelta(days=1)},
    ],
)
def test_it_stops_when_something_is_stale(alive: Services, receiver: Receiver, trouble: dict[str, Any]) -> None:
    fresh(alive, **trouble)
    assert heartbeat.beat_shops(alive) == 0
    assert receiver.got == []
    with alive.ledger.read() as connection:
        assert connection.execute(select(shops.c.heart_error)).scalar_one()


def test_it_stops_when_orders_are_not_judged(alive: Services) -> None:
    keep(alive.ledger, an_order(1001), next_look_at=alive.clock.now() - timedelta(minutes=11))
    assert heartbeat.beat_shops(alive) == 0


def test_an_incident_remembers_what_was_told(told: Services) -> None:
    hold_back(told, 1001, 1002)
    refresh(told)
    with told.ledger.read() as connection:
        row = connection.execute(select(incident_rows)).one()
    assert (row.alerted_at, row.alerted_orders, row.alerted_growth) == (told.clock.now(), 2, 1)


def test_secrets_of_a_shop_are_not_in_its_words(told: Services) -> None:
    shop: Shop = told.shop("demo")
    assert SECRET not in repr(shop)
    assert "/hook" not in repr(shop)
