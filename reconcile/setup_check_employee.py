"""The checklist's first row: whom the connector sells as is there, active, and best nobody's own account.

Source: checklist.md, row 1; facts/connector-causes.md, A2 X1 and X2.
"""

from collections.abc import Iterator, Sequence

from reconcile.check_result import CheckResult, Result
from reconcile.evidence import Declared
from reconcile.model import Employee, SetUp

HEARTLAND = "heartland"
TITLE = "The employee assigned to POS transactions is active"
TITLE_FR = "L'employé assigné aux transactions POS est actif"
KEPT_TITLE = "The employee assigned to POS transactions is kept for online orders"
KEPT_TITLE_FR = "L'employé assigné aux transactions POS est réservé aux commandes en ligne"
FIX = (
    "Shopify > Mortar > Settings > orders panel > Employee assigned to POS transactions: choose an active one, best one"
    " kept for it (eCom Orders, Online Orders, Shopify Sales)."
)
FIX_FR = (
    "Shopify > Mortar > Paramètres > panneau des commandes > Employé assigné aux transactions POS : choisissez un"
    " employé actif, de préférence réservé (« Commandes eCom », « Commandes en ligne », « Ventes Shopify »)."
)
KEPT_WORDS = (
    "shopify", "online", "ecom", "e-com", "ecommerce", "web", "internet", "en ligne", "mortar", "accumula", "connector",
    "connecteur", "orders", "commandes",
)  # fmt: skip


def check_employee(kind: str, declared: Declared, set_up: SetUp) -> Iterator[CheckResult]:
    """Whether the assigned employee is active, then whether the name is one that stays when somebody leaves."""
    if kind == HEARTLAND:
        yield _line(
            Result.DOES_NOT_APPLY, "Heartland Retail has no such setting.", "Heartland Retail n'a pas ce réglage."
        )
        return
    if set_up.employees is None:
        why = set_up.unread.get("employees", "not read")
        yield _line(Result.UNKNOWN, why, why)
        return
    yield from _active(declared.employee, set_up.employees)
    yield from _others(declared.employee, set_up.employees)
    yield from _kept_for_it(declared.employee, set_up.employees)


def _active(assigned: str | None, read: Sequence[Employee]) -> Iterator[CheckResult]:
    if assigned is None:
        sellers = [one for one in read if one.sells]
        if sellers:
            yield from _seen(sellers[0], declared=False)
        else:
            yield _line(
                Result.UNKNOWN, "not declared, and no sale of the connector's has been seen yet",
                "non déclaré, et aucune vente du connecteur n'a encore été vue",
            )  # fmt: skip
    elif not assigned.strip():
        yield _line(Result.FAIL, "nobody is assigned", "personne n'est assigné")
    elif found := _named(assigned, read):
        yield from _seen(next((one for one in found if one.active), found[0]), declared=True)
    else:
        yield _line(
            Result.FAIL, f"the POS has no employee named {assigned}", f"le POS n'a pas d'employé nommé {assigned}"
        )


def _seen(one: Employee, *, declared: bool) -> Iterator[CheckResult]:
    name, state, etat = _called(one), _state(one), _etat(one)
    origin, origine = ("", "") if declared else (", seen on the latest sales", ", vu sur les dernières ventes")
    result = Result.PASS if one.active else Result.FAIL
    yield _line(result, f"{name} is {state}{origin}", f"{name} est {etat}{origine}")


def _others(assigned: str | None, read: Sequence[Employee]) -> Iterator[CheckResult]:
    """Somebody else who is gone although the connector, or our own access, goes by them."""
    mine = _named(assigned or "", read)
    first = next((one for one in read if one.sells), None) if assigned is None else None
    for one in read:
        if one.active or one in mine or one is first:
            continue
        if one.sells:
            said, dit = "sold for the connector lately", "a vendu récemment pour le connecteur"
        else:
            said, dit = "granted our own access, which ends with it", "a accordé notre accès, qui prend fin avec lui"
        yield _line(
            Result.FAIL, f"{_called(one)} {said} and is {_state(one)}", f"{_called(one)} {dit} et est {_etat(one)}",
            subject=_called(one),
        )  # fmt: skip


def _kept_for_it(assigned: str | None, read: Sequence[Employee]) -> Iterator[CheckResult]:
    found = _named(assigned or "", read) or [one for one in read if one.sells and assigned is None]
    one = next((one for one in found if one.active), None)
    if one is None:
        return
    name = _called(one)
    if one.owns_token:
        said, dit = "is the one who installed the connection", "est celui qui a installé la connexion"
    elif not any(word in name.casefold() for word in KEPT_WORDS):
        said, dit = "looks like a person", "semble être une personne"
    else:
        yield _line(Result.PASS, f"{name} stays when somebody leaves", f"{name} reste quand quelqu'un part", kept=True)
        return
    yield _line(
        Result.WARNING, f"{name} {said}: when that employee is archived, orders stop",
        f"{name} {dit} : si cet employé est archivé, les commandes s'arrêtent", kept=True,
    )  # fmt: skip


def _line(result: Result, said: str, dit: str, *, subject: str = "", kept: bool = False) -> CheckResult:
    fine = result in (Result.PASS, Result.DOES_NOT_APPLY)
    return CheckResult(
        slug="employee_dedicated" if kept else "employee_active", result=result, subject=subject,
        title=KEPT_TITLE if kept else TITLE, title_fr=KEPT_TITLE_FR if kept else TITLE_FR,
        evidence=said, evidence_fr=dit, fix="" if fine else FIX, fix_fr="" if fine else FIX_FR,
    )  # fmt: skip


def _named(name: str, read: Sequence[Employee]) -> list[Employee]:
    wanted = " ".join(name.split()).casefold()
    return [one for one in read if wanted and " ".join(one.name.split()).casefold() == wanted]


def _called(one: Employee) -> str:
    return one.name or f"n° {one.employee_id}"


def _state(one: Employee) -> str:
    words = (("archived", one.archived), ("locked out", one.locked), ("deleted", one.deleted))
    return " and ".join(word for word, holds in words if holds) or "active"


def _etat(one: Employee) -> str:
    words = (("archivé", one.archived), ("verrouillé", one.locked), ("supprimé", one.deleted))
    return " et ".join(word for word, holds in words if holds) or "actif"
