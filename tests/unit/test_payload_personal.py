"""Personal data is reduced at the door: what rules ask of a buyer leaves, and nothing else."""

import json
from typing import Any

import pytest

from reconcile.model import CustomerFacts
from reconcile.shopify.payload import read_order
from reconcile.shopify.personal import PARTS, facts_from_body, facts_from_node, is_email, is_odd
from reconcile.shopify.stored import order_to_json

ADDRESS = {
    "first_name": "Ada", "last_name": "Byron", "address1": "12 rue du Four n°4", "city": "Lyon",
    "province": "Rhône", "zip": "69001", "phone": "+33 4 00 00 00 00",
}  # fmt: skip
NODE_ADDRESS = {
    "firstName": "Ada", "lastName": "Byron", "address1": "12 rue du Four n°4", "city": "Lyon",
    "province": "Rhône", "zip": "69001",
}  # fmt: skip
WHOLE = CustomerFacts(present=True, valid_email=True, missing_parts=frozenset(), odd_characters=False)


def test_a_whole_buyer() -> None:
    body = {"customer": {"id": 1, "email": "ada@example.com"}, "email": "ada@example.com", "shipping_address": ADDRESS}
    assert facts_from_body(body) == WHOLE
    node = {"customer": {"id": "gid://shopify/Customer/1"}, "email": "ada@example.com", "shippingAddress": NODE_ADDRESS}
    assert facts_from_node(node) == WHOLE


def test_an_absent_key_is_not_known_rather_than_missing() -> None:
    unknown = CustomerFacts(present=True, valid_email=None, missing_parts=None, odd_characters=False)
    assert facts_from_body({}) == unknown
    assert facts_from_node({}) == unknown
    assert facts_from_body({"customer": {"id": 1}, "shipping_address": {"country": "FR"}}) == unknown


def test_null_is_nobody_and_nothing() -> None:
    nobody = CustomerFacts(present=False, valid_email=False, missing_parts=frozenset(PARTS), odd_characters=False)
    keys = ("customer", "email", "contact_email", "shipping_address", "billing_address")
    assert facts_from_body(dict.fromkeys(keys)) == nobody
    assert facts_from_node(dict.fromkeys(("customer", "email", "shippingAddress", "billingAddress"))) == nobody


def test_the_billing_address_stands_in_for_a_missing_shipping_address() -> None:
    body = {"shipping_address": None, "billing_address": ADDRESS | {"zip": " "}}
    assert facts_from_body(body).missing_parts == frozenset({"zip"})


def test_the_shipping_address_goes_first() -> None:
    body = {"shipping_address": ADDRESS | {"last_name": None}, "billing_address": ADDRESS}
    assert facts_from_body(body).missing_parts == frozenset({"last_name"})


@pytest.mark.parametrize(
    ("address", "missing"),
    [
        ({"province": "Ontario"}, None),  # the rest is hidden: nothing can be said
        ({"province": "", "city": "Paris"}, {"province"}),  # hidden in part, but this one is seen to be empty
        (ADDRESS, set()),
        (dict.fromkeys(PARTS), set(PARTS)),
    ],
)
def test_only_what_is_seen_to_be_empty_is_missing(address: dict[str, Any], missing: set[str] | None) -> None:
    assert facts_from_body({"shipping_address": address}).missing_parts == missing


def test_any_valid_address_of_the_buyer_will_do() -> None:
    assert facts_from_body({"email": "", "customer": {"email": "a@b.co"}}).valid_email is True
    assert facts_from_body({"email": "", "contact_email": None}).valid_email is False


@pytest.mark.parametrize("text", ["a@b.co", "jürgen@münchen.example", "o'neil+x@sub.example.com", " a@b.co "])
def test_what_a_pos_takes_as_an_email(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "a@@b.co", "a b@c.de", "a@b..co", "a@b.co,c@d.ef", "x" * 255 + "@b.co", 5]
)
def test_what_a_pos_does_not_take(text: object) -> None:
    assert not is_email(text)


@pytest.mark.parametrize(
    "text", ["Zoë", "O’Brien", "北京", "n°4", "№ 4", "São Tomé & Príncipe", "a\u00a0b", "", None, 4]
)
def test_ordinary_characters(text: object) -> None:
    assert not is_odd(text)


@pytest.mark.parametrize("text", ["Ada 🎉", "line\nbreak", "tab\t", "zero\u200bwidth", "☎ 12", "\ufffe", "\ud800"])
def test_characters_that_poss_choke_on(text: str) -> None:
    assert is_odd(text)
    assert facts_from_body({"shipping_address": ADDRESS | {"city": text}}).odd_characters


def test_nothing_personal_leaves() -> None:
    secrets = {
        "email": "secret-mail@example.com", "contact_email": "secret-contact@example.com", "phone": "+1 secret-phone",
        "note": "secret-note", "browser_ip": "secret-ip", "token": "secret-token", "order_status_url": "https://secret-url",
        "customer": {"id": 1, "first_name": "secret-first", "email": "secret-customer@example.com"},
        "shipping_address": {part: f"secret-{part}" for part in (*PARTS, "company", "phone")},
        "billing_address": {part: f"secret-{part}" for part in PARTS},
        "client_details": {"user_agent": "secret-agent"}, "note_attributes": [{"name": "secret", "value": "secret"}],
    }  # fmt: skip
    body = {
        "id": 1,
        "name": "#1",
        "created_at": "2026-01-01T10:00:00Z",
        "updated_at": "2026-01-01T10:00:00Z",
        **secrets,
    }
    order = read_order(json.dumps(body).encode())
    assert order.customer == WHOLE
    assert "secret" not in json.dumps(order_to_json(order))
    assert "secret" not in repr(order)
