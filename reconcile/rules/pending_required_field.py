"""Rule: a required custom field is empty on the pending order."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Fact, Remedy, RequiredField, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import listed, pos
from reconcile.rules._pending import empty_fields, held, refunded_meanwhile, required_on_sales, seen, unsettled
from reconcile.rules._present import records


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    pos=("heartland",),
    title_fr="La commande reste en attente dans Heartland : un champ personnalisé requis y est vide.",
    fix_fr="Heartland > Sales > Orders : ouvrir la commande, remplir le champ, la passer à Open, puis la distribuer, la "
    "traiter et la facturer. Pour les suivantes : Heartland > Settings > Custom Fields, Required = NO.",
    evidence_fr="Un enregistrement en attente depuis plus longtemps que `pending_after`, et dessus la clé d'un champ que "
    "les réglages du POS exigent, sans valeur : certain, et probable quand le champ n'a été vu obligatoire que longtemps "
    "après. Des champs obligatoires dont l'enregistrement ne montre pas la valeur, et rien d'autre qui l'explique : "
    "probable quand il ne donne aucun de ses champs ; possible quand le champ appartient à ses lignes, à son paiement ou à "
    "son client, ou quand les réglages n'ont pas pu être lus.",
    then_fr="La commande n'est jamais relancée, puisque le POS l'a. Le cas se ferme quand un regard suivant la trouve "
    "terminée et égale à celle de Shopify.",
)
def pending_required_field(ev: Evidence) -> Suspicion | None:
    """Heartland holds the order as pending because a required custom field on it is empty.

    A field that staff must fill in at the till is unknown to a web order. Heartland then either refuses the order or
    keeps it as pending. A pending order takes nothing out of stock until it is invoiced.

    Evidence: a record that has been pending for longer than `pending_after`, and on it the key of a field that the
      POS's settings require, without a value: certain, and likely when the field was seen required only long after
      the record was made. Required fields whose value the record does not show, and
      nothing else that explains it: likely when the record gives none of its fields; possible when the field belongs
      to its lines, its payment or its customer, or when the settings could not be read.
    Fix: Heartland > Sales > Orders: open the order, fill in the field, set the order to Open, then distribute, fulfil
      and invoice it. For the orders to come: Heartland > Settings > Custom Fields, set Required to NO on the field.
    Then: the order is never touched, since the POS has it. The case closes when a later look finds it finished and
      equal to Shopify's.
    Not this: an order that is absent altogether while a field is required is `required_custom_field`. A balance that
      is not zero is `pending_total_mismatch`.
    Source: facts/connector-causes.md, A4 H1 and D1; facts/heartland-api.md, 2.5 and 3.3
    """
    empty = empty_fields(ev)
    if empty:
        facts = tuple(pos(f"required field {one.name} ({one.group})", "empty") for one in empty)
        certainty = Certainty.CERTAIN if any(_was_required(ev, one) for one in empty) else Certainty.LIKELY
        return Suspicion(certainty, (*records(held(ev)), *facts), _subject(empty[0]))
    if not held(ev) or _otherwise_explained(ev):
        return None
    return _unseen(ev)


def _was_required(ev: Evidence, field: RequiredField) -> bool:
    """Whether the field was seen required before the connector had to finish the record."""
    made = [sale.created_at for sale in held(ev) if sale.created_at is not None]
    return field.since is None or not made or field.since < max(made) + ev.pending_after


def _otherwise_explained(ev: Evidence) -> bool:
    off = any(unsettled(sale) for sale in held(ev))
    return bool(seen(ev) or off or refunded_meanwhile(ev) or ev.discrepancies)


def _unseen(ev: Evidence) -> Suspicion | None:
    """Fields that are required, or empty, without the other half of the evidence."""
    fields = required_on_sales(ev)
    if fields is None:
        return _settings_unread(ev)
    blind = all(sale.unfilled_fields is None for sale in held(ev))
    on_order = [one for one in fields if blind and one.group.count(".") <= 1]
    if on_order:
        return Suspicion(Certainty.LIKELY, _required(ev, on_order), _subject(on_order[0]))
    elsewhere = _elsewhere(ev)
    if elsewhere:
        return Suspicion(Certainty.POSSIBLE, _required(ev, elsewhere), _subject(elsewhere[0]))
    return None


def _settings_unread(ev: Evidence) -> Suspicion | None:
    keys = [key for sale in held(ev) for key in sale.unfilled_fields or ()]
    if not keys:
        return None
    unread = pos("required fields", "not read")
    return Suspicion(Certainty.POSSIBLE, (*records(held(ev)), pos("empty fields", listed(keys)), unread), keys[0])


def _elsewhere(ev: Evidence) -> list[RequiredField]:
    """Required fields of what hangs on an order and is not read with it."""
    every = ev.shop.set_up.required_fields or () if ev.shop.set_up else ()
    return [
        one for one in every if one.group == "customer" or "payment" in one.group or one.group.endswith("line_item")
    ]


def _required(ev: Evidence, fields: list[RequiredField]) -> tuple[Fact, ...]:
    return (*records(held(ev)), *(pos(f"required field {one.name} ({one.group})", "not read") for one in fields))


def _subject(field: RequiredField) -> str:
    return f"{field.group}: {field.name}"
