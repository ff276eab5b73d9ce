"""Any number of orders as Shopify sends them, 7 kB each, and the POS records that say the same; both cut from one sample."""

import json
from datetime import UTC, datetime
from pathlib import Path

SAMPLE = Path(__file__).parent / "sample"
FIRST_ID = 5_510_000_000_000
FIRST_NUMBER = 10_000

_ORDER = json.loads((SAMPLE / "order.json").read_text())
_SALE = json.loads((SAMPLE / "sale.json").read_text())


def _template(sample: object, **known: object) -> str:
    text = json.dumps(sample, ensure_ascii=False, separators=(",", ":")).replace("%", "%%")
    for word, value in known.items():
        text = text.replace(str(value), f"%({word})s")
    return text


ORDER = _template(_ORDER, id=_ORDER["id"], number=_ORDER["order_number"], at=_ORDER["created_at"])
SALE = _template(_SALE, reference=_SALE["public_id"], id=_SALE["id"], at=_SALE["created_at"])


def body(count: int, at: datetime) -> bytes:
    """The body of the webhook for the order with this running number, placed and paid at that moment."""
    return (ORDER % {"id": FIRST_ID + count, "number": FIRST_NUMBER + count, "at": _moment(at)}).encode()


def sale(reference: str, at: datetime) -> str:
    """Heartland's row of the sale with this reference, `#10000` and on; empty for any other spelling."""
    number = reference.removeprefix("#")
    if number == reference or not number.isdecimal():
        return ""
    return SALE % {"reference": reference, "id": int(number), "at": _moment(at)}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
