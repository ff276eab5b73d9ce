"""The limits as the form has them: a number in a unit that a person thinks in, and what each does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from reconcile.limits import LONGEST, duration, shortly
from webhooks.languages import gettext
from webhooks.languages import marked as _

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
PERCENT = Decimal("0.01")
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    name: str
    says: str
    unit: str = ""
    one: timedelta | Decimal = Decimal(1)  # of the unit
    least: int = 0

    @property
    def most(self) -> int:
        if isinstance(self.one, timedelta):
            return LONGEST // self.one
        return 100 if self.one == PERCENT else MOST

    @property
    def step(self) -> str:
        """What the browser takes: only whole orders and touches, but half a day as well."""
        return "1" if self.one == 1 else "any"

    def number(self, value: Any) -> str:
        """What the form shows of a value of the stores file."""
        if isinstance(self.one, timedelta):
            return f"{Decimal(str(duration(value) / self.one)):f}".removesuffix(".0")
        return f"{(Decimal(str(value)) / self.one).normalize():f}"

    def value(self, text: str) -> Any:
        """What the stores file would say for what was filled in; raises ValueError when it is no number."""
        try:
            number = Decimal(text.strip().replace(",", "."))
            if not (number.is_finite() and 0 <= number <= MOST):
                raise ValueError(text)
            if isinstance(self.one, timedelta):
                return shortly(timedelta(seconds=round(float(number) * self.one.total_seconds())))
            exact = number * self.one
            return int(exact) if self.one == 1 and exact == int(exact) else float(exact)
        except (InvalidOperation, OverflowError):
            raise ValueError(text) from None


LIMITS: dict[str, Limit] = {
    "touches_an_hour": Limit(
        _("Touches in an hour"), _("those above wait for their turn; 0 touches none"), _("orders")
    ),
    "attempts": Limit(_("Attempts per order and cause"), _("after so many touches a person is asked"), _("touches")),
    "settle": Limit(_("A touch settles for"), _("until then nobody touches the order again"), _("minutes"), MINUTE),
    "max_age": Limit(_("Older orders are asked about"), _("missing for longer: a person is asked first"), _("days"), DAY),
    "share": Limit(
        _("Stops when more would be touched than"),
        _("of the last day's orders, without one cause for all of them: everything stops, a person is asked"),
        _("percent"), PERCENT,
    ),
    "share_from": Limit(_("The share counts from"), _("fewer orders in the last day say nothing"), _("orders"), least=1),
    "missing_after": Limit(
        _("Missing after"), _("until 200 arrivals have shown the connector's speed, which then decides"), _("minutes"), MINUTE
    ),
    "pending_after": Limit(
        _("Pending after"), _("a record that the POS holds unfinished for longer is a case"), _("minutes"), MINUTE
    ),
}  # fmt: skip


def filled(form: Mapping[str, str], before: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """The limits that the form changes; an empty field gives a limit back to the stores file."""
    found: dict[str, Any] = {}
    for name, limit in LIMITS.items():
        text = form.get(name)
        if text is None:
            continue
        try:
            value = limit.value(text) if text.strip() else None
        except ValueError:
            problems.append(gettext("%(limit)s: “%(given)s” is no number.", limit=gettext(limit.name), given=text))
            continue
        if value is None or value != before[name]:
            found[name] = value
    return found
