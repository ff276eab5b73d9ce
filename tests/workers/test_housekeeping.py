"""Purge: what is old enough goes, some thousand at a time; what is still to be folded stays whatever its age."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, insert, select

from reconcile.config import BODIES_KEPT, Settings, settings_from
from reconcile.errors import ConfigurationError
from reconcile.housekeeping import AT_A_TIME, tidy
from reconcile.ledger.tables import deliveries, events
from reconcile.services import Services

KEEP = timedelta(days=90)


def keep_delivery(services: Services, state: str, age: timedelta) -> None:
    values: dict[str, Any] = {"store": "demo", "webhook_id": f"{state} {age}", "topic": "orders/paid", "state": state}
    at = services.clock.now() - age
    with services.ledger.write() as connection:
        connection.execute(insert(deliveries).values(received_at=at, body=b"sealed", **values))


def rows(services: Services) -> list[Row[Any]]:
    with services.ledger.read() as connection:
        return list(connection.execute(select(deliveries).order_by(deliveries.c.id)))


def test_the_body_of_a_parked_delivery_goes_after_its_time_and_its_webhook_id_stays(services: Services) -> None:
    keep_delivery(services, "parked", BODIES_KEPT + timedelta(hours=1))
    keep_delivery(services, "parked", BODIES_KEPT - timedelta(hours=1))
    tidy(services, keep=KEEP)
    assert [row.body for row in rows(services)] == [None, b"sealed"]


def test_what_still_waits_to_be_folded_keeps_its_body_however_old_it_is(services: Services) -> None:
    keep_delivery(services, "received", BODIES_KEPT * 3)
    tidy(services, keep=KEEP)
    assert [row.body for row in rows(services)] == [b"sealed"]


def test_history_of_several_steps_goes_and_the_rest_stays(services: Services) -> None:
    now = services.clock.now()
    ages = [KEEP + timedelta(hours=1)] * (AT_A_TIME + 5) + [KEEP - timedelta(hours=1)] * 3
    noted = [{"store": "demo", "at": now - age, "kind": "standing", "text": "waiting → matched"} for age in ages]
    with services.ledger.write() as connection:
        connection.execute(insert(events), noted)
    assert tidy(services, keep=KEEP)["events of the history"] == AT_A_TIME + 5
    with services.ledger.read() as connection:
        assert len(connection.execute(select(events)).all()) == 3


def settings(tmp_path: Path, **environ: str) -> Settings:
    stores = tmp_path / "stores.toml"
    stores.touch()
    return settings_from({"STORES_FILE": str(stores), "SECRET_KEY": "k"} | environ, kinds=frozenset())


def test_how_long_is_a_setting(services: Services, tmp_path: Path) -> None:
    kept = settings(tmp_path, KEEP_BODIES="2d", KEEP_HISTORY="14d")
    assert (kept.bodies_kept, kept.history_kept) == (timedelta(days=2), timedelta(days=14))
    assert settings(tmp_path).bodies_kept == BODIES_KEPT
    keep_delivery(services, "parked", timedelta(days=3))
    keep_delivery(services, "parked", timedelta(days=1))
    tidy(replace(services, settings=replace(services.settings, bodies_kept=kept.bodies_kept)), keep=KEEP)
    assert [row.body for row in rows(services)] == [None, b"sealed"]


def test_a_span_that_is_none_or_too_short_is_a_problem_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        settings(tmp_path, KEEP_BODIES="for ever", KEEP_HISTORY="1d")
    assert [problem.partition(":")[0] for problem in refused.value.problems] == ["KEEP_BODIES", "KEEP_HISTORY"]
