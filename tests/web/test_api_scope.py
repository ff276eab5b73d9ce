"""Who may call what: every route with every role, without a token, and with another shop's. And the API's description."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from reconcile import people
from reconcile.ledger.tables import events
from reconcile.services import Services
from tests.rows import an_order, keep
from tests.web.callers import HELD_BACK, Api, an_incident, two_shops
from tests.web.test_api_stores import deliver
from webhooks.app import create_app

ROUTES: list[tuple[str, str, str, Any]] = [
    ("GET", "orders", "viewer", None),
    ("GET", "orders/demo/1001", "viewer", None),
    ("GET", "orders/demo/1001/support", "viewer", None),
    ("POST", "orders/demo/1001/requeue", "operator", None),
    ("POST", "orders/demo/1001/hold", "operator", {"until": "2026-12-01T00:00:00Z"}),
    ("POST", "orders/demo/1001/dismiss", "operator", {"reason": "why"}),
    ("POST", "requeue", "operator", {"cause": "archived_orders_off"}),
    ("GET", "batches/{batch}", "viewer", None),
    ("POST", "batches/{batch}/cancel", "operator", None),
    ("GET", "incidents", "viewer", None),
    ("GET", "incidents/{incident}", "viewer", None),
    ("GET", "incidents/{incident}/support", "viewer", None),
    ("POST", "incidents/{incident}/acknowledge", "operator", None),
    ("POST", "incidents/{incident}/note", "operator", {"note": "seen"}),
    ("POST", "incidents/{incident}/fixed", "operator", None),
    ("GET", "stores", "viewer", None),
    ("GET", "stores/demo", "viewer", None),
    ("GET", "stores/demo/checks", "viewer", None),
    ("GET", "stores/demo/statement?from=2026-11-01&to=2026-11-02", "viewer", None),
    ("GET", "stores/demo/stock", "viewer", None),
    ("GET", "stores/demo/inferred", "viewer", None),
    ("GET", "stores/demo/live", "viewer", None),
    ("POST", "stores/demo/sweep", "operator", None),
    ("POST", "stores/demo/check", "operator", None),
    ("POST", "stores/demo/stop", "operator", {"reason": "why"}),
    ("POST", "stores/demo/release", "operator", None),
    ("PUT", "stores/demo/mode", "admin", {"mode": "assist"}),
    ("PUT", "stores/demo/limits", "admin", {"attempts": 1}),
    ("PUT", "stores/demo/declared", "admin", {"employee": "Shop"}),
    ("POST", "stores/demo/touch/reset", "admin", None),
    ("GET", "deliveries", "viewer", None),
    ("POST", "deliveries/{delivery}/replay", "operator", None),
]
ROLES = ("viewer", "operator", "admin")
LISTS = ("orders", "incidents", "stores", "deliveries")


@pytest.fixture
def made(services: Services) -> Services:
    two = two_shops(services)
    keep(two.ledger, an_order(), **HELD_BACK)
    return two


def paths(made: Services) -> Iterator[tuple[str, str, str, Any]]:
    """Every route on objects of the shop `demo` that are there."""
    named = {
        "batch": people.requeue_many(made, "eve", ["demo"], [("demo", 1001)]),
        "incident": an_incident(made),
        "delivery": deliver(made),
    }
    for verb, path, role, body in ROUTES:
        yield verb, path.format(**named), role, body


def written(made: Services) -> int:
    with made.ledger.read() as connection:
        return len(connection.execute(select(events.c.id)).all())


def test_the_table_of_routes_is_whole(made: Services) -> None:
    described = Api(made, None).get("openapi.json")["paths"]
    known = {(verb, re.sub(r"\?.*", "", path)) for verb, path, _, _ in ROUTES}
    named = {"{store}": "demo", "{order_id}": "1001", "{incident_id}": "{incident}", "{batch_id}": "{batch}"}
    named["{delivery_id}"] = "{delivery}"
    found = set()
    for path, verbs in described.items():
        filled = re.sub(r"\{\w+\}", lambda part: named[part[0]], path).removeprefix("/api/v1/")
        found |= {(verb.upper(), filled) for verb in verbs if verb != "parameters"}
    assert found == known


def test_without_a_token_nothing_is_told_and_nothing_done(made: Services) -> None:
    api, routes = Api(made, None), list(paths(made))
    before = written(made)
    for verb, path, _, body in routes:
        assert api.refused(verb, path, body)[:2] == (401, "unauthorised"), path
    assert written(made) == before


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_it_may_and_no_more(made: Services, role: str) -> None:
    api = Api(made, role)
    for verb, path, needed, body in paths(made):
        status = api.call(verb, path, body).status_code
        if ROLES.index(role) < ROLES.index(needed):
            assert status == 403, path
        else:
            assert status in (200, 202), path


def test_a_lesser_role_is_refused_before_what_it_sends_is_read(made: Services) -> None:
    assert Api(made, "viewer").refused("POST", "requeue", {"nonsense": 1})[:2] == (403, "forbidden")


def test_another_shops_objects_are_not_there(made: Services) -> None:
    api, routes = Api(made, "admin", "other"), list(paths(made))
    before = written(made)
    for verb, path, _, body in routes:
        if path in LISTS:
            assert "demo" not in [one["store"] for one in api.get(path)["items"]], path
            if path != "stores":
                assert api.call(verb, f"{path}?store=demo").status_code == 404
        elif path == "requeue":
            assert api.call(verb, path, body).get_json()["total"] == 0
            assert api.call(verb, path, {"store": "demo"}).status_code == 404
            assert api.call(verb, path, {"orders": [{"store": "demo", "order_id": 1001}]}).status_code == 404
        else:
            assert api.refused(verb, path, body)[:2] == (404, "not_found"), path
    assert written(made) == before


def test_another_shops_order_cannot_be_told_from_one_that_is_not_there(made: Services) -> None:
    api = Api(made, "viewer", "other")
    answers = [api.call("GET", f"orders/{key}").get_json() for key in ("demo/1001", "demo/4711", "nowhere/1001")]
    assert answers[0] == answers[1]
    assert {answer["error"] for answer in answers} == {"not_found"}


def test_a_batch_over_two_shops_is_not_there_for_one_of_them(made: Services) -> None:
    batch = Api(made).call("POST", "requeue", {"cause": "archived_orders_off"}).get_json()["batch_id"]
    assert Api(made, "admin", "demo").call("GET", f"batches/{batch}").status_code == 404
    assert Api(made, "viewer").get(f"batches/{batch}")["total"] == 1


def test_a_token_of_the_shop_sees_it(made: Services) -> None:
    assert [one["store"] for one in Api(made, "viewer", "demo").get("orders")["items"]] == ["demo"]


@pytest.mark.parametrize(
    "path", ["orders/demo/4711", "orders/demo/x", "orders/demo/99999999999999999999", "incidents/4711", "no"]
)
def test_what_is_not_there_is_404_in_the_one_shape(made: Services, path: str) -> None:
    assert Api(made, "admin").refused("GET", path)[:2] == (404, "not_found")


def test_a_body_that_is_no_json_is_named(made: Services) -> None:
    client = create_app(made).test_client()
    headers = Api(made)._headers | {"Content-Type": "application/json"}
    for raw in (b"{", b"\xff", b"[]", b"null"):
        answer = client.post("/api/v1/requeue", data=raw, headers=headers)
        assert (answer.status_code in (400, 422), set(answer.get_json())) == (True, {"error", "message", "details"}), (
            raw
        )


def test_the_description_names_every_answer_and_the_docs_ask_nothing_of_any_other_host(made: Services) -> None:
    client = create_app(made).test_client()
    described = client.get("/api/v1/openapi.json").get_json()
    assert described["openapi"] == "3.1.0"
    for path, verbs in described["paths"].items():
        for verb, told in verbs.items():
            if verb != "parameters":
                assert {"401", "403"} <= set(told["responses"]), path
                assert told["summary"], path
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for path in described["paths"]:
        assert path in page.text
    assert set(re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text)) == {"/static/api_docs.css", "openapi.json"}
    assert "<script" not in page.text
    assert client.get("/static/api_docs.css").status_code == 200
