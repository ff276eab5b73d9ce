"""The link by which a merchant lets us in, at Shopify, at the POS, or both: sealed, for seven days, ended by a newer one.

It is good once for each side that it was made for; what the approvals bring is `approvals.py`'s.
"""

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from reconcile import history
from reconcile.config import BY_LINK, Shop
from reconcile.errors import NotThere, ReconcilerError, Refused
from reconcile.ledger.keeping import Keeping
from reconcile.pos.base import Approvable
from reconcile.services import Services
from reconcile.shopify.installed import TOKENS

GOOD_FOR = timedelta(days=7)
OPEN = "shopify.invite"  # the word of the shop's newest link and the sides still to approve; empty once there is none
SHOPIFY, POS = "shopify", "pos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What a link is for; `open` are the sides that are still to approve."""

    shop: Shop
    open: tuple[str, ...]


def sides_by_link(shop: Shop) -> tuple[str, ...]:
    """Where the merchant's approval lets us in: at Shopify, at the POS, at both, or at neither."""
    grants = {SHOPIFY: shop.shopify.get("grant"), POS: shop.pos.get("grant")}
    return tuple(side for side, grant in grants.items() if grant == BY_LINK)


def invite(services: Services, who: str, store: str) -> str:
    """The address to send to the merchant; an older one of this shop is void from now on.

    It is for the sides where nobody has approved yet, or for all of them again. Raises `Refused` when neither side is
    approved by a link, or our own public address is not known.
    """
    shop = services.shop(store)
    sides = sides_by_link(shop)
    if not sides:
        raise Refused(
            f"{store}: neither Shopify nor the POS is approved by a link; set shopify.grant or pos.grant to {BY_LINK}."
        )
    if not shop.webhook_url:
        raise Refused(f"{store}: webhook_url is missing; the link and the way back to us are at the same address.")
    until, word = services.clock.now() + GOOD_FOR, secrets.token_urlsafe(16)
    wanted = [side for side in sides if not _is_approved(services, shop, side)] or sides
    kept_of(services, store).put(OPEN, " ".join((word, *wanted)))
    text = f"a link for approving at {' and '.join(wanted)} was made, good until {until:%Y-%m-%d %H:%M} UTC"
    tell(services, store, who, text)
    sealed = services.vault.seal(json.dumps({"invite": store, "word": word, "until": until.isoformat()}).encode())
    return f"{home_of(shop)}/connect/{sealed.decode()}"


def invited(services: Services, token: str) -> Invitation:
    """What a link is for; raises `NotThere` that says what is wrong with the link."""
    try:
        told = json.loads(services.vault.open(token.encode("utf-8", "surrogateescape")))
        store, word, until = told["invite"], told["word"], datetime.fromisoformat(told["until"])
    except (ReconcilerError, ValueError, KeyError, TypeError):
        raise NotThere("This link is not one of ours, or a part of it is missing: copy it whole.") from None
    if services.clock.now() >= until:
        raise NotThere("This link has expired: ask for a new one.")
    known, sides = _newest(services, store) if store in services.settings.shops else ("", ())
    if not known or not hmac.compare_digest(known.encode(), str(word).encode()):
        raise NotThere("This link was used already, or a newer one was sent since.")
    return Invitation(shop=services.shop(store), open=sides)


def settle(services: Services, store: str, side: str) -> None:
    """The merchant has approved there; a link that was for nothing else is void."""
    word, sides = _newest(services, store)
    left = [one for one in sides if one != side]
    kept_of(services, store).put(OPEN, " ".join((word, *left)) if left else "")


def home_of(shop: Shop) -> str:
    """Our own public address, as the shop's `webhook_url` has it."""
    parts = urlsplit(shop.webhook_url)
    return f"{parts.scheme}://{parts.netloc}"


def kept_of(services: Services, store: str) -> Keeping:
    """What the ledger keeps for a shop, sealed."""
    return Keeping(services.ledger, services.vault, services.clock, store)


def tell(services: Services, store: str, who: str, text: str) -> None:
    """Write into the shop's history."""
    values = {"store": store, "at": services.clock.now(), "kind": "connected", "who": who, "text": text}
    with services.ledger.write() as connection:
        history.tell(connection, values)


def _newest(services: Services, store: str) -> tuple[str, tuple[str, ...]]:
    """The word of the newest link and its sides; one of an older release was for Shopify."""
    word, *sides = (kept_of(services, store).get(OPEN) or "").split() or [""]
    return word, tuple(sides) or ((SHOPIFY,) if word else ())


def _is_approved(services: Services, shop: Shop, side: str) -> bool:
    if side == SHOPIFY:
        return bool(kept_of(services, shop.store).get(TOKENS))
    pos = services.pos(shop)
    return isinstance(pos, Approvable) and pos.is_approved()
