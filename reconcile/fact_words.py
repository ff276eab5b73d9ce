"""What findings rest on, and what differs, in French: the rules write it down once, in English."""

import re
from collections.abc import Mapping

from reconcile.model import Fact
from reconcile.phrases import Phrases

# What a fact is about; names of the connector's settings stay as its own page has them.
LABELS: Mapping[str, str] = {
    "active products under %(sku)s": "produits actifs sous %(sku)s",
    "address": "adresse",
    "after the edit": "après la modification",
    "after the edit %(sku)s": "après la modification, %(sku)s",
    "archived": "archivée",
    "archived at": "archivée le",
    "assigned to": "assignée à",
    "cancel": "annulation",
    "edit": "modification",
    "edit %(sku)s": "modification, %(sku)s",
    "duplicate %(records)s": "en double : %(records)s",
    "unmatched_product %(sku)s": "produit sans correspondance, %(sku)s",
    "balance of %(record)s": "solde de %(record)s",
    "cancellation": "annulation",
    "cancelled at": "annulée le",
    "capture required": "capture exigée",
    "channels left out": "canaux exclus",
    "characters in the address": "caractères dans l'adresse",
    "connector": "connecteur",
    "created at": "créée le",
    "custom field %(name)s": "champ personnalisé %(name)s",
    "customer": "client",
    "discount": "remise",
    "e-mail": "e-mail",
    "edited": "modifiée",
    "eligible at": "attendue à partir de",
    "eligible before it stood, within the usual time": "attendue avant l'arrêt, dans le délai habituel",
    "eligible since": "attendue depuis",
    "employee %(name)s": "employé %(name)s",
    "empty fields": "champs vides",
    "financial status": "état du paiement",
    "fulfilled": "traitée",
    "fulfilled at": "traitée le",
    "fulfilment": "traitement",
    "just as likely": "tout aussi probable",
    "last arrival": "dernière arrivée",
    "late orders in a row": "commandes en retard de suite",
    "later orders arrived": "des commandes plus récentes sont arrivées",
    "later orders that arrived": "commandes plus récentes arrivées",
    "line": "ligne",
    "location %(name)s": "emplacement %(name)s",
    "made by": "créée par",
    "mapped locations": "emplacements associés",
    "missing in the address": "manque dans l'adresse",
    "missing of the address": "manque dans l'adresse",
    "name": "nom",
    "near to the name, but not it": "proche du nom, mais ce n'est pas lui",
    "needs %(product)s": "a besoin de %(product)s",
    "nothing from": "rien à partir du",
    "nothing has arrived of what became eligible since": "rien n'est arrivé de ce qui est attendu depuis le",
    "nothing since": "rien depuis le",
    "order source": "source des commandes",
    "ordered": "commandé",
    "orders in a row that have not arrived": "commandes de suite non arrivées",
    "orders in a row that stayed away": "commandes de suite restées absentes",
    "orders like it, late in a row": "commandes semblables, en retard de suite",
    "orders of %(name)s that are late in a row": "commandes de %(name)s en retard de suite",
    "other orders that arrived meanwhile": "autres commandes arrivées entre-temps",
    "others that arrived": "autres arrivées",
    "others that it has": "autres qu'il a",
    "paid": "payé",
    "payment": "paiement",
    "payment method": "moyen de paiement",
    "payment provider": "fournisseur de paiement",
    "payment types": "types de paiement",
    "probability": "probabilité",
    "product": "produit",
    "product %(sku)s": "produit %(sku)s",
    "products in common": "produits en commun",
    "products under %(sku)s": "produits sous %(sku)s",
    "products under them": "produits sous ces SKU",
    "quantity": "quantité",
    "quantity %(sku)s": "quantité de %(sku)s",
    "record": "enregistrement",
    "records under its number": "enregistrements sous son numéro",
    "refund": "remboursement",
    "refund %(number)s": "remboursement %(number)s",
    "refund %(number)s made": "remboursement %(number)s fait le",
    "refund %(number)s restocked": "remboursement %(number)s, remis en stock",
    "refunds and cancellations in a row that the POS lacks": "remboursements et annulations de suite absents du POS",
    "required field %(name)s": "champ obligatoire %(name)s",
    "required fields": "champs obligatoires",
    "sales channel": "canal de vente",
    "sales for edits": "ventes pour des modifications",
    "settings": "réglages",
    "settings not declared, so not ruled out": "réglages non déclarés, donc pas écartés",
    "settings read": "réglages lus le",
    "shipping": "expédition",
    "sold for": "vendu pour",
    "sold for %(records)s": "vendu pour %(records)s",
    "state": "état",
    "status": "statut",
    "successful payments": "paiements réussis",
    "tag": "balise",
    "tags": "balises",
    "tax": "taxes",
    "test order": "commande de test",
    "total": "total",
    "touched with": "relancée avec",
    "whether the employee is active": "si l'employé est actif",
    "which product it stands for": "le produit qu'elle remplace",
    "%(part)s not read, so not ruled out": "%(part)s non lus, donc pas écartés",
}
FEMININE = frozenset({"tags", "tag", "address", "last arrival", "sales for edits", "channels left out", "order source"})
VALUES: Mapping[str, str] = {
    "%(n)s, the first eligible %(at)s": "%(n)s, la première attendue le %(at)s",
    "%(n)s, the first %(at)s": "%(n)s, le premier le %(at)s",
    "%(n)s, none arrived since %(at)s": "%(n)s, aucune arrivée depuis le %(at)s",
    "%(n)s, since %(at)s": "%(n)s, depuis le %(at)s",
    "%(at)s, %(length)s ago; usually here within %(usual)s": "%(at)s, il y a %(length)s ; d'habitude ici en %(usual)s",
    "%(record)s, made %(at)s": "%(record)s, fait le %(at)s",
    "%(amount)s on %(at)s": "%(amount)s le %(at)s",
    "cancelled %(at)s": "annulée le %(at)s",
    "%(left)s of %(total)s": "%(left)s sur %(total)s",
    "the channel %(name)s": "le canal %(name)s",
    "the tag %(name)s": "la balise %(name)s",
    "the lack of the tag %(name)s": "l'absence de la balise %(name)s",
    "that they were created long before": "le fait qu'elles ont été créées longtemps avant",
    "%(names)s and %(n)s more": "%(names)s et %(n)s de plus",
    "%(n)s more": "%(n)s de plus",
    "%(n)s, all archived": "%(n)s, tous archivés",
    "there as %(title)s, but archived": "présent comme %(title)s, mais archivé",
    "absent, and items require %(fields)s": "absent, et les articles exigent %(fields)s",
    "discount of %(amount)s": "remise de %(amount)s",
    "no product fits %(names)s": "aucun produit ne convient à %(names)s",
    "required, only values of its list are taken": "obligatoire, seules les valeurs de sa liste sont acceptées",
    "a refund without restock": "un remboursement sans remise en stock",
    "a gift card was sold": "une carte-cadeau a été vendue",
    "not known: the order has a line without a SKU": "inconnu : la commande a une ligne sans SKU",
    "these were left behind: they were in no queue": "celles-ci ont été laissées : elles n'étaient dans aucune file",
    "there is none of this name": "personne de ce nom",
    "not among those that the token sees": "pas parmi ceux que le jeton voit",
    "not read; no payment provider named": "non lus ; aucun fournisseur de paiement nommé",
    "not read, so not ruled out": "non lus, donc pas écartés",
    "403: this user may not do that": "403 : cet utilisateur n'en a pas le droit",
    "archived and locked out": "archivé et verrouillé",
    "archived and deleted": "archivé et supprimé",
    "locked out and deleted": "verrouillé et supprimé",
    "archived and locked out and deleted": "archivé, verrouillé et supprimé",
}
WORDS: Mapping[str, str] = {
    "on": "activé", "off": "désactivé", "unknown": "inconnu", "unset": "non défini", "nobody": "personne",
    "yes": "oui", "no": "non", "none": "aucun", "required": "obligatoire", "empty": "vide", "not read": "non lu",
    "not said": "non indiqué", "archived": "archivé", "locked out": "verrouillé", "deleted": "supprimé", "active": "actif",
    "closed": "fermé", "no active station": "aucune caisse active", "cannot be compared": "ne se comparent pas",
    "by its quantities": "d'après ses quantités", "missing or malformed": "absent ou mal formé",
    "emoji or unprintable ones": "émojis ou caractères non imprimables", "in force": "en vigueur",
    "not cancelled": "non annulée", "cancelled": "annulée", "first name": "prénom", "last name": "nom", "street": "rue",
    "city": "ville", "province or state": "province", "postal code": "code postal", "payment unknown": "paiement inconnu",
    # Shopify's own words
    "pending": "en attente", "authorized": "autorisé", "partially_paid": "partiellement payé", "paid": "payé",
    "partially_refunded": "partiellement remboursé", "refunded": "remboursé", "voided": "annulé", "expired": "expiré",
    "fulfilled": "traitée", "partial": "traitée en partie", "unfulfilled": "non traitée", "on hold": "suspendue",
    "restocked": "remise en stock",
    # parts of the POS's settings
    "required_fields": "champs obligatoires", "items": "produits", "locations": "emplacements",
    "payment_types": "types de paiement", "employees": "employés",
}  # fmt: skip
DAYS = re.compile(r"(\d+) d(?= \d+ h|$)")
DECIMAL = re.compile(r"-?\d+\.\d+(?: %)?")
LABELLED, VALUED = Phrases(LABELS), Phrases(VALUES)


def label(what: str, locale: str) -> str:
    """What a fact or a difference is about; what no template knows is a name, and stays."""
    found = LABELLED.find(what) if locale == "fr" else None
    if found is None:
        return what
    template, values = found
    return LABELS[template] % {name: WORDS.get(part, part) for name, part in values.items()}


def value(of: str, text: str, locale: str) -> str:
    """What is said of it; names, numbers and moments stay."""
    if locale != "fr":
        return text
    if text == "none" and of in FEMININE:
        return "aucune"
    return _french(text)


def told(fact: Fact, locale: str) -> tuple[str, str]:
    """What a fact is about, and what is said of it, in the language."""
    return label(fact.what, locale), value(fact.what, fact.value, locale)


def _french(text: str) -> str:
    found = VALUED.find(text)
    if found is not None:
        template, values = found
        return VALUES[template] % {name: _french(part) for name, part in values.items()}
    return ", ".join(_word(part) for part in text.split(", "))


def _word(part: str) -> str:
    if DECIMAL.fullmatch(part):
        return part.replace(".", ",")
    return WORDS.get(part) or DAYS.sub(r"\1 j", part)
