"""Whom the connector sells as, and whether the POS still lets them. Not a rule.

Employees that were not read answer nothing: None.
"""

from datetime import datetime

from reconcile.evidence import Evidence
from reconcile.model import Employee


def gone(ev: Evidence) -> Employee | None:
    """The inactive employee whom the connector surely sells as: the one who is assigned, else those of its latest sales."""
    assigned = named(ev)
    for some in (assigned, () if assigned else _sellers(ev)):
        if some and not any(one.active for one in some):
            return some[0]
    return None


def perhaps_gone(ev: Evidence) -> Employee | None:
    """An inactive one who may have to do with it: of its latest sales, though another is assigned; or who let us in."""
    if unknown_name(ev):
        return Employee(employee_id="", name=ev.shop.declared.employee or "", deleted=True)
    own = [one for one in _read(ev) if one.owns_token]
    return next((one for one in (*_sellers(ev), *own) if not one.active), None)


def named(ev: Evidence) -> tuple[Employee, ...]:
    """Those who go by the name that is declared as assigned; a name may be given twice."""
    wanted = spelled(ev.shop.declared.employee or "")
    return tuple(one for one in _read(ev) if wanted and spelled(one.name) == wanted)


def unknown_name(ev: Evidence) -> bool:
    """Whether an employee is declared whom the POS does not have."""
    set_up = ev.shop.set_up
    read = set_up is not None and set_up.employees is not None
    return read and bool(spelled(ev.shop.declared.employee or "")) and not named(ev)


def why(one: Employee) -> str:
    """In which way an employee is not active."""
    words = {"archived": one.archived, "locked out": one.locked, "deleted": one.deleted}
    return " and ".join(word for word, holds in words.items() if holds) or "active"


def title_of(one: Employee) -> str:
    """The name, or what is left of somebody who is gone."""
    return one.name or f"employee {one.employee_id}"


def since(ev: Evidence) -> datetime:
    """When the first absent order became eligible after the last one that arrived."""
    came = [one.eligible_at for one in ev.shop.outcomes if one.arrived_at is not None]
    last = max(came, default=None)
    absent = [one.eligible_at for one in ev.shop.outcomes if one.arrived_at is None]
    return min((at for at in absent if last is None or at > last), default=ev.eligible_at)


def spelled(name: str) -> str:
    """A name whatever its capitals and blanks."""
    return " ".join(name.split()).casefold()


def _sellers(ev: Evidence) -> tuple[Employee, ...]:
    return tuple(one for one in _read(ev) if one.sells)


def _read(ev: Evidence) -> tuple[Employee, ...]:
    return (ev.shop.set_up.employees if ev.shop.set_up else None) or ()
