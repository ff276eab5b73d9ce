"""Every sample of what Shopify sends goes in at the front door, and ends as an order or parked with a reason."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from reconcile import inbox
from reconcile.ledger.tables import deliveries, orders
from reconcile.services import Services
from tests.unit.test_payload import FILES, FIXTURES, ORDERS, sample
from tests.web.sender import headers, send
from webhooks.app import create_app

NAMES = [str(path.relative_to(FIXTURES)) for path in FILES]
PERSONAL = ("jon@example.com", "bob.norman", "Norman", "Chestnut Street", "555-625-1199", "order_status_url")


def topic_of(name: str) -> str:
    """The topic that the file's name speaks of; without one it is taken for an order."""
    stem = Path(name).stem
    group, _, word = stem.partition(".")
    return f"{group}/{word}" if word and not word.isdigit() else "orders/updated"


def delivered(services: Services, name: str, body: bytes) -> Row[Any]:
    answer = send(create_app(services).test_client(), body, headers(body, topic=topic_of(name), webhook_id=name[-60:]))
    assert answer.status_code == 200
    assert inbox.drain(services) == 1
    with services.ledger.read() as connection:
        return connection.execute(select(deliveries)).one()


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_folded_or_parked_with_its_reason(services: Services, name: str) -> None:
    row = delivered(services, name, json.dumps(sample(name)).encode())
    with services.ledger.read() as connection:
        found = connection.execute(select(orders)).all()
    if name in ORDERS:
        assert (row.state, row.error, row.body) == ("folded", None, None)
        assert [(order.name, order.store) for order in found] == [(ORDERS[name][0], "demo")]
    elif row.state == "parked":
        assert row.error
        assert services.vault.open(row.body)
        assert found == []
    else:
        assert (row.state, row.body, found) == ("folded", None, [])


@pytest.mark.parametrize("name", NAMES)
def test_the_file_as_it_lies_there_is_harmless_too(services: Services, name: str) -> None:
    row = delivered(services, name, (FIXTURES / name).read_bytes())
    assert row.state in ("folded", "parked")
    assert bool(row.error) == (row.state == "parked")


def kept_text(services: Services) -> Iterator[str]:
    with services.ledger.read() as connection:
        for row in connection.execute(select(orders)):
            yield json.dumps(row.body) + row.name
        for error in connection.execute(select(deliveries.c.error)).scalars():
            yield error or ""


@pytest.mark.parametrize("name", NAMES)
def test_no_personal_part_of_a_sample_lies_open_in_the_ledger(services: Services, name: str) -> None:
    body = json.dumps(sample(name)).encode()
    delivered(services, name, body)
    assert not [word for word in PERSONAL for text in kept_text(services) if word in text]
