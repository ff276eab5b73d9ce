"""The door for personal data: a buyer goes in, `CustomerFacts` comes out, and nothing else is kept."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from reconcile.model import CustomerFacts

PARTS = ("first_name", "last_name", "address1", "city", "province", "zip")
NODE_PARTS = {"firstName": "first_name", "lastName": "last_name"}
EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\".]+(\.[^@\s,;<>()\".]+)+")
LONGEST_EMAIL = 254  # RFC 5321

# Emoji are "other symbols" or modifiers; the degree sign and its like in Latin-1 stand in ordinary addresses.
ODD_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
ODD_SYMBOLS = frozenset({"So", "Sk"})
LAST_OF_LATIN_1 = 0xFF
NUMERO_SIGN = "№"

Raw = Mapping[str, Any]


def facts_from_body(body: Raw) -> CustomerFacts:
    """What a REST order body says of the buyer; an absent key means that the app may not see it.

    Shopify leaves protected fields out of webhook bodies, it does not send them as null
    (https://shopify.dev/docs/apps/launch/protected-customer-data).
    """
    customer = body.get("customer")
    emails = [body[key] for key in ("email", "contact_email") if key in body]
    if isinstance(customer, Mapping) and "email" in customer:
        emails.append(customer["email"])
    return _facts("customer" in body and customer is None, emails, body, ("shipping_address", "billing_address"))


def facts_from_node(node: Raw) -> CustomerFacts:
    """The same of an Admin GraphQL node, from which what was denied has been taken out."""
    emails = [node["email"]] if "email" in node else []
    nobody = "customer" in node and node["customer"] is None
    addresses = {key: _snake(node[key]) for key in ("shippingAddress", "billingAddress") if key in node}
    return _facts(nobody, emails, addresses, ("shippingAddress", "billingAddress"))


def _facts(nobody: bool, emails: Iterable[object], addresses: Raw, keys: tuple[str, str]) -> CustomerFacts:
    found = list(emails)
    address = _address(addresses, keys)
    return CustomerFacts(
        present=not nobody,
        valid_email=any(map(is_email, found)) if found else None,
        missing_parts=_missing(address),
        odd_characters=any(map(is_odd, (address or {}).values())),
    )


def _address(addresses: Raw, keys: tuple[str, str]) -> Raw | None:
    """The shipping or else the billing address; {} when both are seen to be empty, None when neither can be seen."""
    seen = [addresses[key] for key in keys if key in addresses]
    filled = [address for address in seen if isinstance(address, Mapping) and address]
    if filled:
        return {part: filled[0][part] for part in PARTS if part in filled[0]}
    return dict.fromkeys(PARTS) if seen and all(address is None for address in seen) else None


def _missing(address: Raw | None) -> frozenset[str] | None:
    if not address:
        return None
    missing = frozenset(part for part, value in address.items() if not isinstance(value, str) or not value.strip())
    return missing if missing or len(address) == len(PARTS) else None


def _snake(address: object) -> object:
    if not isinstance(address, Mapping):
        return address
    return {NODE_PARTS.get(key, key): value for key, value in address.items()}


def is_email(value: object) -> bool:
    """Whether this looks like an address that a POS would take; no look-up is made."""
    return isinstance(value, str) and len(value) <= LONGEST_EMAIL and EMAIL.fullmatch(value.strip()) is not None


def is_odd(value: object) -> bool:
    """Whether a text holds characters that POSs are known to choke on: unprintable ones and emoji."""
    if not isinstance(value, str) or (value.isascii() and value.isprintable()):
        return False
    return any(map(_odd, value))


def _odd(character: str) -> bool:
    category = unicodedata.category(character)
    if category in ODD_CATEGORIES:
        return True
    return category in ODD_SYMBOLS and ord(character) > LAST_OF_LATIN_1 and character != NUMERO_SIGN
