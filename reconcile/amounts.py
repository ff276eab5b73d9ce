"""Money as text."""

from decimal import Decimal

CENT = Decimal("0.01")


def written(amount: Decimal) -> str:
    """At least two decimals, more only where there are more; never an exponent."""
    short = amount.normalize().as_tuple().exponent
    whole = not isinstance(short, int) or short >= -2
    return format(amount.quantize(CENT) if whole else amount.normalize(), "f")
