"""Set-up check: the connector's help-page checklist, read from the POS and the declared settings."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from reconcile.check_result import CheckResult, Result
from reconcile.config import Shop
from reconcile.errors import Rejected, Retryable, Unauthorised
from reconcile.inferred import inferred
from reconcile.ledger.tables import checks, orders
from reconcile.model import CaseState, Item, SetUp
from reconcile.required_products import REQUIRED_SKUS, TITLES
from reconcile.services import Services
from reconcile.setup_check_downloads import check_downloads
from reconcile.setup_check_employee import HEARTLAND, check_employee
from reconcile.shop_evidence import keep_reading, read_set_up, sellers
from reconcile.shops import change, declared_of, row_of

__all__ = ["CheckResult", "Result", "check_set_up"]


def check_set_up(shop: Shop, services: Services) -> list[CheckResult]:
    """Walk the checklist once and keep its result; a part that cannot be read is unknown, never a pass."""
    now = services.clock.now()
    with services.ledger.read() as connection:
        row = row_of(connection, shop.store)
        held = _held_products(connection, shop.store)
        latest = sellers(connection, shop.store)
        declared = declared_of(services, shop.store, row)
        shown = {one.key: one for one in inferred(connection, shop, row, declared, now) if not one.value}
    try:
        set_up = read_set_up(services.pos(shop), (), declared=declared, sellers=latest)
    except (Retryable, Unauthorised, Rejected) as error:
        set_up = SetUp(read_at=now, unread=dict.fromkeys(("required_fields", "items", "employees"), str(error)))
    found = [
        *check_employee(shop.pos_kind, declared, set_up), *check_downloads(declared, shown), *_fields(shop.pos_kind, set_up),
        *_products(set_up, held),
    ]  # fmt: skip
    with services.ledger.write() as connection:
        if not set_up.unread:
            keep_reading(connection, shop.store, set_up)
        change(connection, shop.store, checked_at=now, next_check_at=now + shop.check_every)
        _keep(connection, shop.store, found, now)
    return found


def _held_products(connection: Connection, store: str) -> frozenset[str]:
    """The required products that an order with an open case waits for."""
    c = orders.c
    query = select(c.subject).where(c.store == store, c.cause == "required_product_unusable")
    return frozenset(connection.execute(query.where(c.case_state != CaseState.CLOSED.value)).scalars())


FIELD_FIX = "Heartland > Settings > Custom Fields > {name}: set Required to No. Advised for every custom field."
FIELD_FIX_FR = (
    "Heartland > Paramètres > Champs personnalisés > {name} : mettez « requis » sur Non. Conseillé pour tous."
)


def _fields(kind: str, set_up: SetUp) -> Iterator[CheckResult]:
    title, titre = "No custom field is required", "Aucun champ personnalisé n'est requis"
    slug = "custom_field_required"
    if kind != HEARTLAND:
        yield CheckResult(
            slug=slug, result=Result.DOES_NOT_APPLY, title=title, title_fr=titre,
            evidence="Lightspeed Retail asks no custom field of a sale.",
            evidence_fr="Lightspeed Retail n'exige aucun champ personnalisé d'une vente.",
        )  # fmt: skip
        return
    if set_up.required_fields is None:
        why = set_up.unread.get("required_fields", "not read")
        yield CheckResult(
            slug=slug, result=Result.UNKNOWN, title=title, title_fr=titre, evidence=why, evidence_fr=why,
            fix="Give the token's user the permission to view custom fields.",
            fix_fr="Donnez à l'utilisateur du jeton le droit de voir les champs personnalisés.",
        )  # fmt: skip
        return
    if not set_up.required_fields:
        text = ("none of the custom fields is required", "aucun champ personnalisé n'est requis")
        yield CheckResult(
            slug=slug, result=Result.PASS, title=title, title_fr=titre, evidence=text[0], evidence_fr=text[1]
        )
    for required in set_up.required_fields:
        yield CheckResult(
            slug=slug, subject=f"{required.group}: {required.name}", result=Result.FAIL, title=title, title_fr=titre,
            evidence=f"{required.name} ({required.group}) is required",
            evidence_fr=f"{required.name} ({required.group}) est requis",
            fix=FIELD_FIX.format(name=required.name), fix_fr=FIELD_FIX_FR.format(name=required.name),
        )  # fmt: skip


PRODUCT_FIX = (
    "Restore the product {title} with exactly the SKU {sku}. If it was never made: allow all values on custom fields"
    " for a time, let the connector create it, then set every switch back to No."
)
PRODUCT_FIX_FR = (
    "Rétablissez le produit {title} avec exactement le SKU {sku}. S'il n'a jamais existé : autorisez toutes les valeurs"
    " des champs personnalisés un moment, laissez le connecteur le créer, puis remettez tout sur Non."
)


def _products(set_up: SetUp, held: frozenset[str]) -> Iterator[CheckResult]:
    blocked = [f for f in set_up.required_fields or () if f.group == "item"]
    for sku in REQUIRED_SKUS:
        result, said, dit = _product(set_up, sku, needed=sku in held, fields_block=bool(blocked))
        title = TITLES[sku]
        yield CheckResult(
            slug="required_product", subject=sku, result=result, evidence=said, evidence_fr=dit,
            title=f"The product {title} (SKU {sku}) can be used", title_fr=f"Le produit {title} (SKU {sku}) est utilisable",
            fix=PRODUCT_FIX.format(title=title, sku=sku) if result is Result.FAIL else "",
            fix_fr=PRODUCT_FIX_FR.format(title=title, sku=sku) if result is Result.FAIL else "",
        )  # fmt: skip


def _product(set_up: SetUp, sku: str, *, needed: bool, fields_block: bool) -> tuple[Result, str, str]:
    if set_up.items is None:
        why = set_up.unread.get("items", "not read")
        return Result.UNKNOWN, why, why
    found: Sequence[Item] = set_up.items.get(sku, ())
    if any(item.active for item in found):
        return Result.PASS, "there, and active", "présent et actif"
    if found:
        return Result.FAIL, "there, but archived: this blocks the orders that need it", "archivé : bloque les commandes"
    if needed and fields_block:
        text = "absent, an order needs it, and a required item field stops the connector from making it"
        return Result.FAIL, text, "absent, nécessaire, et un champ requis empêche sa création"
    return Result.PASS, "absent: the connector makes it when an order first needs it", "absent : créé au premier besoin"


def _keep(connection: Connection, store: str, found: Sequence[CheckResult], now: datetime) -> None:
    connection.execute(delete(checks).where(checks.c.store == store))
    for position, check in enumerate(found):
        values = {name: getattr(check, name) for name in CheckResult.__dataclass_fields__} | {
            "result": check.result.value
        }
        connection.execute(insert(checks).values(store=store, position=position, checked_at=now, **values))
