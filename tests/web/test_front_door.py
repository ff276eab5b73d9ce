"""The front door: what is acknowledged is in the ledger, and nothing that Shopify did not sign ever is."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Row, func, insert, select, text

from reconcile.config import Shop
from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries
from reconcile.services import Services
from tests.conftest import wait_until
from tests.web.sender import BODY, DOOR, headers, send, signature
from webhooks import shopify
from webhooks.app import create_app
from webhooks.inbox_writer import InboxWriter, NotStored

MIB = 1024 * 1024


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


@pytest.fixture
def door(app: Flask) -> FlaskClient:
    return app.test_client()


def stored(services: Services) -> list[Row[Any]]:
    with services.ledger.read() as connection:
        return list(connection.execute(select(deliveries).order_by(deliveries.c.id)).all())


def test_a_signed_delivery_is_stored_sealed_and_acknowledged(door: FlaskClient, services: Services) -> None:
    answer = send(door)
    assert (answer.status_code, answer.data) == (200, b"")
    (row,) = stored(services)
    assert (row.store, row.topic, row.state) == ("demo", "orders/updated", "received")
    assert row.webhook_id == "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
    assert (row.event_id, row.api_version) == ("98880550-7158-44d4-b7cd-2c97c8a091b5", "2026-10")
    assert row.triggered_at == datetime(2026, 11, 2, 8, 58, 43, 610785, tzinfo=UTC)
    assert row.received_at == services.clock.now()
    assert b"#9999" not in row.body
    assert services.vault.open(row.body) == BODY


def test_shopifys_own_test_vector(door: FlaskClient, services: Services) -> None:
    vector = "LlDmjVaSgzeFkFt7cvFIloDSaik0TmhfSvcsne2k5DI="
    assert shopify.is_signed(BODY, vector, ["hush"])
    assert not shopify.is_signed(BODY + b" ", vector, ["hush"])


def test_a_repeated_delivery_is_acknowledged_and_kept_once(door: FlaskClient, services: Services) -> None:
    assert [send(door).status_code for _ in range(3)] == [200, 200, 200]
    assert len(stored(services)) == 1


def test_one_id_from_many_connections_at_once_is_one_row(app: Flask, services: Services) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(app.test_client()).status_code, range(40)))
    assert answers == [200] * 40
    assert len(stored(services)) == 1


def test_many_at_once_are_all_there(app: Flask, services: Services) -> None:
    def deliver(number: int) -> int:
        return send(app.test_client(), BODY, headers(webhook_id=f"w{number}")).status_code

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(deliver, range(200))) == [200] * 200
    assert {row.webhook_id for row in stored(services)} == {f"w{number}" for number in range(200)}


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"not JSON", b"[]", b'{"id": "wrong"}', b"null"])
def test_what_a_signed_body_says_is_not_the_doors_business(door: FlaskClient, services: Services, body: bytes) -> None:
    assert send(door, body).status_code == 200
    assert services.vault.open(stored(services)[0].body) == body


@pytest.mark.parametrize("topic", ["customers/redact", "app/uninstalled", "a/topic_of_2031", "Order"])
def test_every_topic_is_kept(door: FlaskClient, services: Services, topic: str) -> None:
    assert send(door, sent=headers(topic=topic)).status_code == 200
    assert stored(services)[0].topic == topic


REFUSED = {
    "unsigned": (401, headers(hmac_sha256=None)),
    "empty signature": (401, headers(hmac_sha256="")),
    "forged": (401, headers(secret="another")),
    "signed for another body": (401, headers(b"{}")),
    "signature in hex": (401, headers(hmac_sha256="ab" * 32)),
    "signature not ASCII": (401, headers(hmac_sha256="é" * 44)),
    "signature cut": (401, headers(hmac_sha256=signature(BODY)[:-1])),
    "signature twice": (401, headers(hmac_sha256=f"{signature(BODY)},{signature(BODY)}")),
    "families contradict each other in the signature": (401, headers() | {"Shopify-Hmac-Sha256": "other"}),
    "unknown shop": (401, headers(shop_domain="other.myshopify.com")),
    "unknown shop, not ASCII": (401, headers(shop_domain="démo.myshopify.com")),
    "no shop": (400, headers(shop_domain=None)),
    "families contradict each other in the shop": (400, headers() | {"Shopify-Shop-Domain": "b.myshopify.com"}),
    "no topic": (400, headers(topic=None)),
    "topic empty": (400, headers(topic="")),
    "topic too long": (400, headers(topic="o" * 65)),
    "topic twice": (400, headers(topic="orders/create,orders/updated")),
    "families contradict each other in the topic": (400, headers() | {"Shopify-Topic": "shop/redact"}),
    "no webhook id": (400, headers(webhook_id=None)),
    "webhook id empty": (400, headers(webhook_id="")),
    "webhook id too long": (400, headers(webhook_id="w" * 129)),
    "webhook id twice": (400, headers(webhook_id="1,2")),
    "webhook id not ASCII": (400, headers(webhook_id="wé")),
    "families contradict each other in the id": (400, headers() | {"Shopify-Webhook-Id": "other"}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_delivery_leaves_nothing(door: FlaskClient, services: Services, name: str) -> None:
    status, sent = REFUSED[name]
    answer = send(door, BODY, sent)
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["error"] == {400: "invalid_request", 401: "unauthorised"}[status]
    assert set(answer.json) == {"error", "message", "details"}
    assert stored(services) == []


def test_no_answer_tells_which_shops_there_are(door: FlaskClient) -> None:
    forged = send(door, BODY, headers(secret="another"))
    unknown = send(door, BODY, headers(secret="", shop_domain="other.myshopify.com"))
    assert (forged.status_code, forged.data) == (unknown.status_code, unknown.data)


def test_the_newer_header_family_is_as_good(door: FlaskClient, services: Services) -> None:
    assert send(door, BODY, headers(family="Shopify-")).status_code == 200
    assert stored(services)[0].event_id == "98880550-7158-44d4-b7cd-2c97c8a091b5"


def test_both_families_that_say_the_same_are_one(door: FlaskClient, services: Services) -> None:
    assert send(door, BODY, headers() | headers(family="Shopify-")).status_code == 200


def test_the_shops_name_is_read_in_any_case(door: FlaskClient, services: Services) -> None:
    assert send(door, BODY, headers(shop_domain="Demo.MyShopify.com")).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": None, "api_version": None, "triggered_at": None},
        {"event_id": "e" * 400, "api_version": "v" * 40, "triggered_at": "yesterday"},
        {"triggered_at": "2026-11-02T08:58:43"},
        {"triggered_at": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_what_is_not_needed_may_be_missing_or_odd(
    door: FlaskClient, services: Services, changes: dict[str, str | None]
) -> None:
    assert send(door, BODY, headers(**changes)).status_code == 200
    assert stored(services)[0].triggered_at is None


@pytest.mark.parametrize("secret", ["new", "old"])
def test_while_a_secret_is_rotated_both_are_good(services: Services, secret: str) -> None:
    door = with_shop(services, webhook_secrets=("new", "old")).test_client()
    assert send(door, BODY, headers(secret=secret)).status_code == 200
    assert send(door, BODY, headers(secret="older")).status_code == 401


def test_a_shop_without_a_secret_lets_nobody_in(services: Services) -> None:
    door = with_shop(services, webhook_secrets=()).test_client()
    assert send(door, BODY, headers(secret="")).status_code == 401


def with_shop(services: Services, **changes: Any) -> Flask:
    shop = replace(services.shop("demo"), **changes)
    return create_app(replace(services, settings=replace(services.settings, shops={"demo": shop})))


def test_another_shops_secret_opens_nothing(services: Services) -> None:
    other = Shop(store="other", domain="other.myshopify.com", webhook_secrets=("theirs",))
    settings = replace(services.settings, shops={"demo": services.shop("demo"), "other": other})
    door = create_app(replace(services, settings=settings)).test_client()
    assert send(door, BODY, headers(secret="theirs")).status_code == 401
    assert send(door, BODY, headers(secret="theirs", shop_domain="other.myshopify.com")).status_code == 200
    assert send(door, BODY, headers()).status_code == 200
    assert {(row.store, row.webhook_id) for row in stored(services)} == {
        (store, headers()["X-Shopify-Webhook-Id"]) for store in ("demo", "other")
    }


def test_five_mebibytes_are_taken_and_one_byte_more_is_not(door: FlaskClient, services: Services) -> None:
    largest = b"x" * (5 * MIB)
    assert send(door, largest).status_code == 200
    answer = send(door, largest + b"x")
    assert (answer.status_code, answer.json and answer.json["error"]) == (413, "too_large")
    assert len(stored(services)) == 1


def chunked(body: bytes) -> dict[str, Any]:
    """A request without a length, whose end the server marks."""
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    return {"input_stream": BytesIO(body), "environ_overrides": environ}


def test_a_chunked_body_is_counted_while_it_comes(door: FlaskClient, services: Services) -> None:
    assert door.post(DOOR, headers=headers(), **chunked(BODY)).status_code == 200
    too_large = b"x" * (5 * MIB + 1)
    assert door.post(DOOR, headers=headers(too_large), **chunked(too_large)).status_code == 413
    assert len(stored(services)) == 1


def test_a_truncated_body_is_refused(door: FlaskClient, services: Services) -> None:
    cut = door.post(
        DOOR, headers=headers(), input_stream=BytesIO(BODY[:10]), environ_overrides={"CONTENT_LENGTH": str(len(BODY))}
    )
    assert cut.status_code == 400
    assert stored(services) == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_is_answered(door: FlaskClient, method: str) -> None:
    answer = door.open(DOOR, method=method)
    assert (answer.status_code, answer.json and answer.json["error"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"


@contextmanager
def locked(services: Services) -> Iterator[None]:
    """Another program holds the ledger, so that no delivery can be written."""
    other = Ledger(services.ledger.url.render_as_string(hide_password=False))
    with other.engine.connect() as connection:
        if other.is_sqlite:
            connection.begin()  # BEGIN IMMEDIATE: the one write lock there is
        else:
            connection.execute(text("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE"))
        yield
        connection.rollback()
    other.dispose()


def test_a_locked_ledger_is_503_and_once_it_is_free_the_same_delivery_is_taken(services: Services, app: Flask) -> None:
    app.extensions[shopify.WRITER] = InboxWriter(services.ledger, wait_s=1.5)
    door = app.test_client()
    with locked(services):
        began = time.monotonic()
        answers = [send(door), send(door, sent=headers(webhook_id="w2"))]
        assert time.monotonic() - began < 8
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers] == [(503, "5")] * 2
    assert answers[0].json is not None
    assert answers[0].json["error"] == "unavailable"
    assert send(door).status_code == 200
    assert send(door, sent=headers(webhook_id="w2")).status_code == 200
    assert sorted(row.webhook_id for row in stored(services)) == [headers()["X-Shopify-Webhook-Id"], "w2"]


def test_the_door_gives_up_within_the_five_seconds_that_shopify_allows(services: Services, app: Flask) -> None:
    with locked(services):
        began = time.monotonic()
        assert send(app.test_client()).status_code == 503
        assert time.monotonic() - began < 4.5


def test_no_place_in_the_queue_is_503_at_once(services: Services, app: Flask) -> None:
    app.extensions[shopify.WRITER] = InboxWriter(services.ledger, wait_s=2, queued=1)
    with locked(services), ThreadPoolExecutor(6) as pool:
        sent = [pool.submit(send, app.test_client(), BODY, headers(webhook_id=f"w{n}")) for n in range(6)]
        assert {one.result().status_code for one in sent} == {503}
    wait_until(lambda: send(app.test_client()).status_code == 200, 20)


def test_a_ledger_without_its_tables_is_503(tmp_path: Any, services: Services) -> None:
    empty = Ledger(f"sqlite:///{tmp_path / 'empty.db'}")
    answer = send(create_app(replace(services, ledger=empty)).test_client())
    assert answer.status_code == 503
    assert answer.json is not None
    assert "no such table" not in answer.json["message"]
    empty.dispose()


def test_one_row_that_the_database_refuses_does_not_take_the_others_with_it(services: Services) -> None:
    writer = InboxWriter(services.ledger, wait_s=5)
    good = {
        "store": "demo", "webhook_id": "good", "topic": "t", "received_at": services.clock.now(), "body": b"sealed",
        "event_id": None, "api_version": None, "triggered_at": None,
    }  # fmt: skip
    bad = good | {"webhook_id": "bad", "topic": None}

    def store(row: dict[str, Any]) -> str:
        try:
            return "new" if writer.store(row) else "known"
        except NotStored:
            return "refused"

    with ThreadPoolExecutor(4) as pool, locked(services):  # while nothing can be written they gather
        rows = (good | {"webhook_id": "first"}, good, bad, good)
        given = [pool.submit(store, row | {"body": b"sealed %d" % number}) for number, row in enumerate(rows)]
        time.sleep(0.2)
    assert given[0].result() == "new"
    assert sorted(one.result() for one in given[1:]) == ["known", "new", "refused"]
    assert {row.webhook_id for row in stored(services)} == {"first", "good"}


def test_a_broker_that_is_gone_costs_no_answer_and_no_time(services: Services) -> None:
    settings = replace(services.settings, redis_url="redis://127.0.0.1:9/0")
    door = create_app(replace(services, settings=settings)).test_client()
    began = time.monotonic()
    assert [send(door, sent=headers(webhook_id=f"w{n}")).status_code for n in range(20)] == [200] * 20
    assert time.monotonic() - began < 5
    assert len(stored(services)) == 20


def test_after_the_commit_the_workers_are_woken(services: Services, app: Flask) -> None:
    seen: list[int] = []

    class Waker:
        def wake(self) -> None:
            seen.append(len(stored(services)))

    app.extensions["waker"] = Waker()
    send(app.test_client())
    send(app.test_client(), sent=headers(secret="forged", webhook_id="w2"))
    assert seen == [1]


def test_a_burst_reaches_the_broker_as_few_messages(services: Services, valkey: str) -> None:
    import redis

    client = redis.Redis.from_url(valkey)
    client.delete("reconciler")
    door = create_app(replace(services, settings=replace(services.settings, redis_url=valkey))).test_client()
    for number in range(50):
        send(door, sent=headers(webhook_id=f"w{number}"))
    wait_until(lambda: client.llen("reconciler") > 0, 10)
    assert int(client.llen("reconciler")) < 25  # type: ignore[arg-type]
    assert b"#9999" not in b"".join(client.lrange("reconciler", 0, -1))  # type: ignore[arg-type]


def test_the_same_id_of_an_old_delivery_is_still_known(door: FlaskClient, services: Services) -> None:
    with services.ledger.write() as connection:
        row = {"store": "demo", "webhook_id": "old", "topic": "orders/create", "state": "folded"}
        at = services.clock.now() - timedelta(days=400)
        connection.execute(insert(deliveries).values(received_at=at, **row))
    assert send(door, sent=headers(webhook_id="old")).status_code == 200
    with services.ledger.read() as connection:
        assert connection.execute(select(func.count()).select_from(deliveries)).scalar_one() == 1
    assert stored(services)[0].state == "folded"
