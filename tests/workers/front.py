"""The loop's own shop: the sandbox's Shopify and a Heartland account behind real HTTP, on one clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from reconcile.bootstrap import make_services
from reconcile.config import Settings, Shop
from reconcile.ledger import Ledger
from reconcile.model import Mode
from reconcile.services import Services
from reconcile.shops import enrol
from tests.contract.accounts import TOKEN, HeartlandAccount, heartland
from tests.contract.shops import DOMAIN, STATIC, Storefront, storefront


@dataclass
class Front:
    """One shop, `demo`, in mode auto; `shopify` is also the clock of everything."""

    shopify: Storefront
    pos: HeartlandAccount
    services: Services

    @property
    def shop(self) -> Shop:
        return self.services.shop("demo")


@contextmanager
def front(ledger: Ledger) -> Iterator[Front]:
    with storefront() as shopify, heartland() as pos:
        pos.books.clock = shopify.now
        shop = Shop(
            store="demo", domain=DOMAIN, mode=Mode.AUTO,
            shopify={"access_token": STATIC, "base_url": shopify.url},
            pos={"token": TOKEN, "base_url": f"{pos.url}/api", "spacing_ms": 0},
        )  # fmt: skip
        settings = Settings(shops={"demo": shop}, secret_key="a key for tests")
        services = make_services(settings, shopify, ledger, shopify.sleep)
        enrol(services)
        yield Front(shopify, pos, services)
